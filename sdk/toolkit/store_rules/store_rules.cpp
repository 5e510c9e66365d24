#include <algorithm>
#include <asmgr/cpp/string.hpp>
#include <asmgr/toolkit/store_rules.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asmgr::store_rules {
namespace {

using sdk::items;
using sdk::view;

std::string quoted(std::string_view text) {
  return "'" + std::string(text) + "'";
}

bool version_holds(std::uint64_t expected, bool exists, std::uint64_t stored) {
  if (expected == ASMGR_VERSION_ANY) return true;
  if (expected == ASMGR_VERSION_ABSENT) return !exists;
  return exists && stored == expected;
}

std::string version_sentence(std::string_view what, std::uint64_t expected, bool exists, std::uint64_t stored) {
  std::string text = std::string(what) + " is ";
  text += exists ? "at version " + std::to_string(stored) : "not there";
  text += expected == ASMGR_VERSION_ABSENT ? ", the write expected it to be absent"
                                           : ", the write expected version " + std::to_string(expected);
  return text + "; read it again and decide anew";
}

// Judges one unit, step by step; the first step that refuses ends it.
class UnitCheck {
 public:
  UnitCheck(const asmgr_commit_unit& unit, StoreState& state)
      : unit_(unit), state_(state), session_id_(view(unit.session_id)) {}

  UnitPlan judge() {
    if (check_shape() && check_head() && check_events() && check_session() && check_runs() && check_caller_ids() &&
        check_records()) {
      finish();
    }
    return std::move(plan_);
  }

 private:
  bool takes() const { return (unit_.flags & ASMGR_UNIT_TAKE) != 0; }
  bool releases() const { return (unit_.flags & ASMGR_UNIT_RELEASE) != 0; }
  bool needs_owner() const { return unit_.events.count != 0 || unit_.session != nullptr || takes() || releases(); }

  bool refuse(asmgr_status status, std::string message) {
    plan_.status = status;
    plan_.message = std::move(message);
    return false;
  }
  std::string of_session() const { return "session " + quoted(session_id_); }

  // What no state of the store could make right.
  bool check_shape() {
    if (session_id_.empty()) {
      if (needs_owner() || unit_.runs.count != 0)
        return refuse(ASMGR_E_INVALID_INPUT,
                      "a unit without a session carries events, runs, a session row or an ownership flag; only records "
                      "may be written without a session");
      return true;
    }
    if (takes() && unit_.owner.len == 0)
      return refuse(ASMGR_E_INVALID_INPUT, of_session() + " is to be taken by nobody: the unit's owner is empty");
    if (unit_.session != nullptr && view(unit_.session->id) != session_id_)
      return refuse(ASMGR_E_INVALID_INPUT,
                    "the unit of " + of_session() + " carries the row of session " + quoted(view(unit_.session->id)));
    return true;
  }

  bool check_head() {
    if (session_id_.empty()) return true;
    const HeadState* head = state_.head(session_id_);
    if (head == nullptr) return check_creation();
    plan_.last_seq = head->last_seq;
    plan_.epoch = head->epoch;
    if (!needs_owner()) return true;
    if (head->epoch != unit_.epoch) return refuse(ASMGR_E_STALE_EPOCH, epoch_sentence());
    return takes() ? check_take(*head) : check_owner(*head);
  }

  bool check_creation() {
    const bool creates = takes() && unit_.epoch == 0 && unit_.session != nullptr;
    if (!creates)
      return refuse(ASMGR_E_SESSION_NOT_FOUND,
                    of_session() + " does not exist; a unit makes one by taking it at epoch 0 with a session row");
    plan_.creates_session = true;
    return check_sequence(0);
  }

  bool check_take(const HeadState& head) {
    const std::string owner = head.owner;  // the next question to the state may invalidate `head`
    if (!check_sequence(head.last_seq)) return false;
    if (owner.empty() || owner == view(unit_.owner) || !state_.host_alive(owner)) return true;
    return refuse(ASMGR_E_STALE_EPOCH,
                  of_session() + " is owned by host " + quoted(owner) + ", which lives; send it a command instead");
  }

  bool check_owner(const HeadState& head) {
    if (head.owner != view(unit_.owner) || head.owner.empty()) {
      return refuse(ASMGR_E_STALE_EPOCH, head.owner.empty() ? of_session() + " has no owner; take it first"
                                                            : of_session() + " is owned by host " + quoted(head.owner) +
                                                                  ", not by " + quoted(view(unit_.owner)));
    }
    return check_sequence(head.last_seq);
  }

  std::string epoch_sentence() const {
    return of_session() + " is at epoch " + std::to_string(plan_.epoch) + ", the unit says " +
           std::to_string(unit_.epoch) + ": it was taken since; read the head again";
  }

  bool check_sequence(std::uint64_t last_seq) {
    const bool unchecked = unit_.expected_last_seq == ASMGR_SEQ_UNCHECKED && unit_.events.count == 0;
    if (unchecked || unit_.expected_last_seq == last_seq) return true;
    return refuse(ASMGR_E_SEQUENCE_CONFLICT, of_session() + " is at event " + std::to_string(last_seq) +
                                                 ", the unit expects " + std::to_string(unit_.expected_last_seq) +
                                                 "; read the head and number the events again");
  }

  // The events continue expected_last_seq without a gap.
  bool check_events() {
    const auto events = items<asmgr_event>(unit_.events);
    std::uint64_t next = unit_.expected_last_seq;
    for (const asmgr_event& event : events) {
      ++next;
      if (event.seq != next)
        return refuse(ASMGR_E_INVALID_INPUT, "event " + quoted(view(event.id)) + " of " + of_session() +
                                                 " has number " + std::to_string(event.seq) + ", its place needs " +
                                                 std::to_string(next));
      if (event.session_id.len != 0 && view(event.session_id) != session_id_)
        return refuse(ASMGR_E_INVALID_INPUT, "event " + quoted(view(event.id)) + " in the unit of " + of_session() +
                                                 " belongs to session " + quoted(view(event.session_id)));
    }
    return true;
  }

  bool check_session() {
    if (unit_.session == nullptr) return true;
    const std::uint64_t expected = unit_.session->expected_version;
    if (expected == ASMGR_VERSION_ANY) return true;
    const SessionState stored = plan_.creates_session ? SessionState{} : state_.session(session_id_);
    if (version_holds(expected, stored.exists, stored.version)) return true;
    return refuse(ASMGR_E_CONFLICT, version_sentence(of_session(), expected, stored.exists, stored.version));
  }

  bool check_runs() {
    const auto runs = items<asmgr_run>(unit_.runs);
    plan_.runs.reserve(runs.size());
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const asmgr_run& run = runs[i];
      if (run.id.len == 0) return refuse(ASMGR_E_INVALID_INPUT, "a run of " + of_session() + " has no id");
      if (run.session_id.len != 0 && view(run.session_id) != session_id_)
        return refuse(ASMGR_E_INVALID_INPUT, "run " + quoted(view(run.id)) + " in the unit of " + of_session() +
                                                 " belongs to session " + quoted(view(run.session_id)));
      const RunState stored = run_before(runs, i);
      if (stored.exists && !stored.of_session)
        return refuse(ASMGR_E_CONFLICT, "run " + quoted(view(run.id)) +
                                            " exists already and belongs to another session than " +
                                            quoted(session_id_));
      if (!version_holds(run.expected_version, stored.exists, stored.version))
        return refuse(ASMGR_E_CONFLICT, version_sentence("run " + quoted(view(run.id)), run.expected_version,
                                                         stored.exists, stored.version));
      plan_.runs.push_back(stored.exists ? RowAction::update : RowAction::insert);
    }
    return true;
  }

  // As the unit's earlier rows leave it.
  RunState run_before(const sdk::ArrayView<const asmgr_run>& runs, std::size_t index) {
    for (std::size_t i = index; i-- > 0;) {
      if (view(runs[i].id) == view(runs[index].id)) return RunState{true, true, runs[i].version};
    }
    return state_.run(session_id_, view(runs[index].id));
  }

  bool check_caller_ids() {
    const auto events = items<asmgr_event>(unit_.events);
    std::vector<std::string_view> ids;
    for (std::size_t i = 0; i < events.size(); ++i) {
      if ((events[i].flags & ASMGR_EVENT_CALLER_ID) == 0) continue;
      const std::string_view id = view(events[i].id);
      ids.push_back(id);
      if (plan_.creates_session) continue;
      const std::uint64_t seq = state_.caller_event(session_id_, id);
      if (seq != 0) plan_.existing.push_back(ExistingEvent{static_cast<std::uint32_t>(i), seq});
    }
    if (!plan_.existing.empty())
      return refuse(ASMGR_E_ALREADY_EXISTS, std::to_string(plan_.existing.size()) + " of the events of " +
                                                of_session() + " are stored already; leave them out");
    std::sort(ids.begin(), ids.end());
    const auto twice = std::adjacent_find(ids.begin(), ids.end());
    if (twice == ids.end()) return true;
    return refuse(ASMGR_E_INVALID_INPUT, "event id " + quoted(*twice) + " stands twice in one unit of " + of_session());
  }

  bool check_records() {
    const auto records = items<asmgr_record>(unit_.records);
    plan_.records.reserve(records.size());
    for (std::size_t i = 0; i < records.size(); ++i) {
      if (records[i].kind.len == 0 || records[i].id.len == 0)
        return refuse(ASMGR_E_INVALID_INPUT,
                      "record number " + std::to_string(i) + " of the unit has no kind or no id");
      const RecordState before = record_before(records, i);
      const std::optional<RecordPlan> row = check_record(records[i], before);
      if (!row) return false;
      plan_.records.push_back(*row);
      records_after_.push_back(after(records[i], before, *row));
    }
    return true;
  }

  RecordState record_before(const sdk::ArrayView<const asmgr_record>& records, std::size_t index) {
    const asmgr_record& record = records[index];
    for (std::size_t i = index; i-- > 0;) {
      if (view(records[i].id) == view(record.id) && view(records[i].kind) == view(record.kind) &&
          view(records[i].tenant) == view(record.tenant))
        return records_after_[i];
    }
    return state_.record(view(record.tenant), view(record.kind), view(record.id));
  }

  static RecordState after(const asmgr_record& record, const RecordState& before, const RecordPlan& plan) {
    if (plan.action == RowAction::erase || plan.action == RowAction::none) return RecordState{};
    return RecordState{true, plan.action == RowAction::add ? before.version : record.version, plan.value};
  }

  static std::string name_of(const asmgr_record& record) {
    return std::string(view(record.kind)) + " record " + quoted(view(record.id));
  }

  std::optional<RecordPlan> check_record(const asmgr_record& record, const RecordState& stored) {
    const bool adds = (record.flags & ASMGR_RECORD_ADD) != 0;
    const bool erases = (record.flags & ASMGR_RECORD_DELETE) != 0;
    if (adds && erases) {
      refuse(ASMGR_E_INVALID_INPUT, name_of(record) + " is to be added to and deleted at once");
      return std::nullopt;
    }
    if (adds) return check_addition(record, stored);
    if (!version_holds(record.expected_version, stored.exists, stored.version)) {
      refuse(ASMGR_E_CONFLICT,
             version_sentence(name_of(record), record.expected_version, stored.exists, stored.version));
      return std::nullopt;
    }
    if (erases) return RecordPlan{stored.exists ? RowAction::erase : RowAction::none, 0};
    return RecordPlan{stored.exists ? RowAction::update : RowAction::insert, record.value};
  }

  std::optional<RecordPlan> check_addition(const asmgr_record& record, const RecordState& stored) {
    std::int64_t sum = 0;
    const bool overflows = __builtin_add_overflow(stored.value, record.add, &sum);
    if (!overflows && sum <= record.ceiling) return RecordPlan{stored.exists ? RowAction::add : RowAction::insert, sum};
    plan_.value = stored.value;
    refuse(ASMGR_E_LIMIT_EXCEEDED, name_of(record) + " is at " + std::to_string(stored.value) + "; adding " +
                                       std::to_string(record.add) + " would pass its ceiling of " +
                                       std::to_string(record.ceiling));
    return std::nullopt;
  }

  void finish() {
    plan_.last_seq += unit_.events.count;
    if (takes()) ++plan_.epoch;
    plan_.changes_owner = takes() || releases();
    plan_.owner = releases() ? std::string_view() : view(unit_.owner);
    if (unit_.events.count != 0) plan_.changed |= ASMGR_CHANGED_EVENTS;
    if (unit_.session != nullptr || plan_.changes_owner) plan_.changed |= ASMGR_CHANGED_SESSION;
    if (unit_.runs.count != 0) plan_.changed |= ASMGR_CHANGED_RUNS;
    if (unit_.records.count != 0) plan_.changed |= ASMGR_CHANGED_RECORDS;
  }

  const asmgr_commit_unit& unit_;
  StoreState& state_;
  std::string_view session_id_;
  UnitPlan plan_;
  std::vector<RecordState> records_after_;  // as plan_.records
};

}  // namespace

UnitPlan check_unit(const asmgr_commit_unit& unit, StoreState& state) {
  return UnitCheck(unit, state).judge();
}

}  // namespace asmgr::store_rules
