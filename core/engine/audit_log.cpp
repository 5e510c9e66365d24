#include "core/engine/audit_log.hpp"

#include <algorithm>

#include "core/engine/store_host.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::chrono::milliseconds kFirstAuditPause{20};
constexpr std::chrono::milliseconds kLongestAuditPause{1000};

boost::json::object event_data(const AuditAct& act) {
  boost::json::object data;
  data["actor"] = act.by.actor;
  data["request_id"] = act.by.request_id;
  if (!act.session_id.empty()) data["session_id"] = act.session_id;
  if (!act.run_id.empty()) data["run_id"] = act.run_id;
  data["details"] = act.details;
  return data;
}

Event audit_event(std::string type_name, std::string id, Timestamp at, const boost::json::object& data) {
  Event event;
  event.id = std::move(id);
  event.type_name = std::move(type_name);
  event.type = event_type_of(event.type_name);
  event.timestamp = at;
  event.data = to_text(data);
  return event;
}

}  // namespace

class AuditLog::Entry {
 public:
  Entry(AuditAct given, Timestamp when, std::string id) : act(std::move(given)), at(when), event_id(std::move(id)) {}
  const AuditAct act;
  const Timestamp at;
  const std::string event_id;
  bool submitted = false;  // under the log's lock
};

// An audit unit with all that its views point into.
class AuditLog::Unit final : public CommitRequest {
 public:
  explicit Unit(AuditLog& log) : log_(log) {}
  // Nothing may be submitted to the store from here.
  void committed(const CommitStatus& commit_status) override {
    log_.host_.read([&log = log_, commit_status] { log.came_back(commit_status); }, Inline::no);
  }
  std::vector<EntryPtr> entries;
  std::vector<Event> events;
  std::vector<EventView> views;
  Hash last_hash{};

 private:
  AuditLog& log_;
};

AuditLog::AuditLog(StoreHost& host, const Clock& clock, EngineLog log, Observer* observer)
    : host_(host), clock_(clock), log_(std::move(log)), observer_(observer), pause_(kFirstAuditPause) {}

AuditLog::~AuditLog() = default;

AuditLog::EntryPtr AuditLog::entry(const AuditAct& act) const {
  const Timestamp now = clock_.now();
  return std::make_shared<Entry>(act, now, new_event_id(now));
}

void AuditLog::keep(std::span<const EntryPtr> entries) {
  for (const EntryPtr& entry : entries) {
    if (!std::exchange(entry->submitted, true)) waiting_.push_back(entry);
  }
}

void AuditLog::submit(CommitRequest& act, std::span<const EntryPtr> entries) {
  std::unique_lock lock(mutex_);
  keep(entries);
  if (finished_) {
    lock.unlock();
    host_.commits().submit(act);
    return;
  }
  acts_.push_back(&act);
  begin(std::move(lock));
}

void AuditLog::submit(EntryPtr entry) {
  std::unique_lock lock(mutex_);
  keep({&entry, 1});
  if (!finished_) begin(std::move(lock));
}

void AuditLog::undone(std::span<const EntryPtr> entries, const Error& error) {
  for (const EntryPtr& entry : entries) {
    AuditAct act{
        .what = "act_undone", .by = entry->act.by, .session_id = entry->act.session_id, .run_id = entry->act.run_id};
    act.details["act"] = entry->act.what;
    act.details["event_id"] = entry->event_id;
    act.details["error_code"] = code_name(error.code());
    submit(this->entry(act));
  }
}

void AuditLog::begin(std::unique_lock<std::mutex> lock) {
  if (std::exchange(busy_, true)) return;  // goes with the next unit
  lock.unlock();
  host_.register_host(Inline::no, [this](Result<void> registered) {
    if (registered) return send();
    // Without a row this host cannot own the session. The acts find that out for themselves.
    std::unique_lock held(mutex_);
    const std::vector<CommitRequest*> acts = std::exchange(acts_, {});
    held.unlock();
    host_.commits().submit(acts);
    try_again(registered.error().message());
  });
}

void AuditLog::send() {
  std::unique_lock lock(mutex_);
  std::vector<CommitRequest*> together;
  if (in_flight_ != nullptr || !waiting_.empty()) {
    in_flight_ = make_unit();
    together.push_back(in_flight_.get());
  }
  together.insert(together.end(), acts_.begin(), acts_.end());
  acts_.clear();
  const bool only_acts = in_flight_ == nullptr;
  if (only_acts) busy_ = false;
  lock.unlock();
  host_.commits().submit(together);
}

// With the entries of the one before, if that was not written.
std::unique_ptr<AuditLog::Unit> AuditLog::make_unit() {
  auto unit = std::make_unique<Unit>(*this);
  if (in_flight_ != nullptr) unit->entries = std::move(in_flight_->entries);
  unit->entries.insert(unit->entries.end(), waiting_.begin(), waiting_.end());
  waiting_.clear();
  const Timestamp now = clock_.now();
  if (!chain_.made) {
    if (chain_.session_id.empty()) chain_.session_id = new_session_id(now);
    NewSession fields;
    fields.id = chain_.session_id;
    fields.agent_id = kAuditAgent;
    fields.metadata["host"] = host_.host_id();
    auto session = make_session(std::move(fields), now);
    boost::json::object created;
    created["host"] = host_.host_id();
    unit->events.push_back(
        audit_event(std::string(type_name(EventType::session_created)), new_event_id(now), now, created));
    chain_.last_hash = hasher_.first(session->chain_id);
    unit->unit.session = SessionWrite{std::move(*session), kVersionAbsent};
    unit->unit.take = true;
  }
  for (const EntryPtr& entry : unit->entries) {
    unit->events.push_back(audit_event(std::string(kAuditTypePrefix) + entry->act.what, entry->event_id, entry->at,
                                       event_data(entry->act)));
  }
  std::uint64_t sequence = chain_.last_sequence;
  Hash previous = chain_.last_hash;
  for (Event& event : unit->events) {
    event.session_id = chain_.session_id;
    EventView& view = unit->views.emplace_back(view_of(event));
    view.sequence_number = ++sequence;
    previous = hasher_.chain(previous, view);
  }
  unit->last_hash = previous;
  unit->unit.session_id = chain_.session_id;
  unit->unit.owner = host_.host_id();
  unit->unit.epoch = chain_.epoch;
  unit->unit.expected_last_sequence = chain_.last_sequence;
  unit->unit.events = unit->views;
  return unit;
}

void AuditLog::came_back(const CommitStatus& status) {
  if (status.outcome == CommitOutcome::ambiguous) return resolve_ambiguous();
  if (status.outcome != CommitOutcome::filled) {
    return try_again(status.error ? status.error->message() : "the store was busy");
  }
  const UnitResult& result = in_flight_->result;
  switch (result.answer) {
    case CommitAnswer::ok:
      return written(result.epoch);
    case CommitAnswer::refused:
      return try_again(result.error ? result.error->message() : "the store refused");
    default:  // somebody else has written into it, or taken it
      return take_another_session();
  }
}

// Nobody else writes this log, so its head tells.
void AuditLog::resolve_ambiguous() {
  const auto head = host_.store().head(chain_.session_id);
  if (!head && head.error().code() != ErrorCode::session_not_found) return try_again(head.error().message());
  const std::uint64_t found = head ? head->last_sequence : 0;
  if (found == in_flight_->views.back().sequence_number) return written(head->epoch);
  if (found == chain_.last_sequence) return try_again("the outcome of the commit was unknown");
  take_another_session();
}

void AuditLog::written(std::uint64_t epoch) {
  {
    const std::lock_guard lock(mutex_);
    if (in_flight_->unit.take) chain_.epoch = epoch;
    chain_.made = true;
    chain_.last_sequence = in_flight_->views.back().sequence_number;
    chain_.last_hash = in_flight_->last_hash;
    in_flight_.reset();
    pause_ = kFirstAuditPause;
    delayed_ = false;
  }
  next();
}

void AuditLog::take_another_session() {
  {
    const std::lock_guard lock(mutex_);
    log_({.level = ASMGR_LOG_WARN,
          .message = "audit session " + chain_.session_id + " was written to by somebody else; another one is begun",
          .session_id = chain_.session_id,
          .plugin = host_.name()});
    chain_ = {};
  }
  try_again("its session was taken");
}

void AuditLog::try_again(const std::string& why) {
  const std::unique_lock lock(mutex_);
  if (!std::exchange(delayed_, true)) {
    if (observer_ != nullptr) observer_->happened(Incident::audit_delayed, host_.name());
    log_({.level = ASMGR_LOG_WARN,
          .message = "store '" + host_.name() + "': an audit event could not be written: " + why + "; trying again",
          .plugin = host_.name()});
  }
  if (finished_) {
    busy_ = false;
    rest_.notify_all();
    return;
  }
  retry_ = host_.after(pause_, [this] {
    std::unique_lock held(mutex_);
    if (finished_) return;
    busy_ = false;
    begin(std::move(held));
  });
  pause_ = std::min(pause_ * 2, kLongestAuditPause);
}

void AuditLog::next() {
  std::unique_lock lock(mutex_);
  busy_ = false;
  if (!finished_ && (!waiting_.empty() || !acts_.empty())) return begin(std::move(lock));
  rest_.notify_all();
}

void AuditLog::finish(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  if (finished_) return;
  rest_.wait_for(lock, patience, [this] { return !busy_ && waiting_.empty(); });
  finished_ = true;
  if (retry_ != nullptr) retry_->cancel();
  const std::vector<CommitRequest*> acts = std::exchange(acts_, {});
  const std::size_t lost = waiting_.size() + (in_flight_ == nullptr ? 0 : in_flight_->entries.size());
  lock.unlock();
  host_.commits().submit(acts);
  if (lost == 0) return;
  log_({.level = ASMGR_LOG_ERROR,
        .message = "store '" + host_.name() + "': " + std::to_string(lost) + " audit events could not be written",
        .plugin = host_.name()});
}

}  // namespace asmgr
