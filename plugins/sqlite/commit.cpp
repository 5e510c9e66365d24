// The write side: commit groups.
#include <algorithm>
#include <asmgr/toolkit/store_query.hpp>
#include <asmgr/toolkit/store_rules.hpp>
#include <functional>
#include <optional>
#include <utility>
#include <vector>

#include "change_codec.hpp"
#include "packed_id.hpp"
#include "rows.hpp"
#include "sqlite_store.hpp"

namespace asmgr::sqlite_store {
namespace {

using sdk::items;
using sdk::view;
using store_rules::RowAction;
using store_rules::UnitPlan;

using HostAlive = std::function<bool(Connection&, std::string_view)>;

// What the rules see of the file, inside the write transaction.
class FileState final : public store_rules::StoreState {
 public:
  FileState(Writer& writer, const HostAlive& host_alive) : writer_(writer), host_alive_(host_alive) {}

  const store_rules::HeadState* head(std::string_view session_id) override {
    const CachedHead* head = writer_.head(session_id);
    return head == nullptr ? nullptr : &head->state;
  }
  store_rules::SessionState session(std::string_view session_id) override {
    const CachedHead* head = writer_.head(session_id);
    if (head == nullptr) return {};
    Rows rows = writer_.statements().session_version.query(head->key);
    return rows.next() ? store_rules::SessionState{true, rows.number(0)} : store_rules::SessionState{};
  }
  bool host_alive(std::string_view host_id) override { return host_alive_(writer_.connection(), host_id); }
  store_rules::RunState run(std::string_view session_id, std::string_view run_id) override {
    Rows rows = writer_.statements().find_run.query(run_id);
    if (!rows.next()) return {};
    const CachedHead* head = writer_.head(session_id);
    return {true, head != nullptr && head->key == rows.integer(0), rows.number(1)};
  }
  store_rules::RecordState record(std::string_view tenant, std::string_view kind, std::string_view id) override {
    Rows rows = writer_.statements().find_record.query(kind, id, tenant);
    return rows.next() ? store_rules::RecordState{true, rows.number(0), rows.integer(1)} : store_rules::RecordState{};
  }
  std::uint64_t caller_event(std::string_view session_id, std::string_view event_id) override {
    const CachedHead* head = writer_.head(session_id);
    if (head == nullptr) return 0;
    const PackedId id(event_id);
    Rows rows = writer_.statements().find_caller_event.query(head->key, id.stored());
    return rows.next() ? rows.number(0) : 0;
  }

 private:
  Writer& writer_;
  const HostAlive& host_alive_;
};

// Writes what plans say. One per transaction.
class GroupWriter {
 public:
  explicit GroupWriter(Writer& writer) : writer_(writer), sql_(writer.statements()), last_(writer.latest_change()) {}

  void write(const asmgr_commit_unit& unit, const UnitPlan& plan) {
    const std::uint64_t change = last_ + ++count_;
    std::int64_t key = 0;
    if (unit.session_id.len != 0) key = write_session(unit, plan, change);
    write_records(unit, plan);
    append_change(entries_, ChangeEntry{plan.changed, key, plan.last_seq, {}});
  }

  // The last step before COMMIT. Returns the last change number given.
  std::uint64_t finish() { return count_ == 0 ? last_ : writer_.insert_changes(count_, entries_); }

 private:
  std::int64_t write_session(const asmgr_commit_unit& unit, const UnitPlan& plan, std::uint64_t change) {
    // The change number that made a session is its key: unique for ever, and a later session never gets it again.
    CachedHead& head = plan.creates_session ? writer_.add_head(view(unit.session_id), new_head(change))
                                            : *writer_.head(view(unit.session_id));
    if (unit.session != nullptr) {
      const asmgr_session& s = *unit.session;
      Statement& statement = plan.creates_session ? sql_.insert_session : sql_.update_session;
      statement.execute(head.key, view(s.id), s.status, s.version, s.created_us, s.updated_us, s.deleted_us,
                        checksum_of(s, head.key), view(s.agent_id), view(s.parent_id), view(s.tenant), view(s.chain_id),
                        view(s.doc));
      write_tags(head.key, view(s.doc));
    }
    write_runs(unit, plan, head.key);
    write_events(unit, head);
    write_head(plan, change, head);
    return head.key;
  }

  // What the doc says, where the table says something else.
  void write_tags(std::int64_t session_key, std::string_view doc) {
    const std::vector<std::string> tags = store_query::read_tags(doc);
    std::vector<std::string> written;
    {
      Rows rows = sql_.find_tags.query(session_key);
      while (rows.next()) written.emplace_back(rows.bytes(0));
    }
    if (tags == written) return;
    sql_.delete_tags.execute(session_key);
    for (const std::string& tag : tags) sql_.insert_tag.execute(session_key, tag);
  }

  void write_runs(const asmgr_commit_unit& unit, const UnitPlan& plan, std::int64_t session_key) {
    const auto runs = items<asmgr_run>(unit.runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      const asmgr_run& r = runs[i];
      const store_query::RunFacts facts = store_query::read_run_doc(view(r.doc));
      Statement& statement = plan.runs[i] == RowAction::insert ? sql_.insert_run : sql_.update_run;
      statement.execute(view(r.id), session_key, r.status, r.version, r.created_us, r.started_us, r.ended_us,
                        checksum_of(r, session_key), view(r.provider), view(r.doc), facts.tokens[0], facts.tokens[1],
                        facts.tokens[2], facts.tokens[3], facts.tokens[4], facts.tokens[5], facts.cost_micro_usd,
                        facts.model);
    }
  }

  // And counts them in the head.
  void write_events(const asmgr_commit_unit& unit, CachedHead& head) {
    for (const asmgr_event& e : items<asmgr_event>(unit.events)) {
      const PackedId run(view(e.run_id));
      const PackedId id(view(e.id));
      const PackedId correlation(view(e.correlation_id));
      const std::int64_t type_name = writer_.name_key(view(e.type_name));
      const std::int64_t provider = writer_.name_key(view(e.provider));
      sql_.insert_event.execute(head.key, e.seq, e.time_us, e.type, type_name, std::uint32_t{e.flags},
                                std::uint32_t{e.schema}, provider, run.stored(), id.stored(), correlation.stored(),
                                Blob{e.hash, sizeof(e.hash)}, Blob{e.body_hash, sizeof(e.body_hash)}, view(e.metadata),
                                view(e.data));
      head.last_hash.assign(reinterpret_cast<const char*>(e.hash), sizeof(e.hash));
      if ((e.flags & ASMGR_EVENT_PRUNED) != 0) continue;
      ++head.text_events;
      head.text_bytes += e.data.len + e.metadata.len;
    }
  }

  static CachedHead new_head(std::uint64_t change) {
    CachedHead head;
    head.key = static_cast<std::int64_t>(change);
    return head;
  }

  void write_head(const UnitPlan& plan, std::uint64_t change, CachedHead& head) {
    head.state.last_seq = plan.last_seq;
    head.state.epoch = plan.epoch;
    if (plan.changes_owner) head.state.owner.assign(plan.owner);
    head.change = change;
    if (plan.creates_session)
      writer_.insert_head(head);
    else
      writer_.update_head(head);
  }

  void write_records(const asmgr_commit_unit& unit, const UnitPlan& plan) {
    const auto records = items<asmgr_record>(unit.records);
    for (std::size_t i = 0; i < records.size(); ++i) {
      asmgr_record r = records[i];
      r.value = plan.records[i].value;
      switch (plan.records[i].action) {
        case RowAction::none:
          break;
        case RowAction::erase:
          sql_.delete_record.execute(view(r.kind), view(r.id), view(r.tenant));
          break;
        case RowAction::add:
          add_to_record(r);
          break;
        case RowAction::insert:
          put_record(sql_.insert_record, r);
          break;
        case RowAction::update:
          put_record(sql_.update_record, r);
          break;
      }
    }
  }

  static void put_record(Statement& statement, const asmgr_record& r) {
    statement.execute(view(r.kind), view(r.id), view(r.tenant), r.version, r.due_us, r.value, checksum_of(r),
                      view(r.session_id), view(r.status), view(r.body));
  }

  // The other columns stay, but the checksum covers them too.
  void add_to_record(const asmgr_record& added) {
    std::uint32_t checksum = 0;
    {
      Rows rows = sql_.read_record.query(view(added.kind), view(added.id), view(added.tenant));
      if (!rows.next()) throw sdk::StatusError(ASMGR_E_INTERNAL, "a record vanished inside a transaction");
      asmgr_record stored = read_record(rows);
      stored.value = added.value;
      checksum = checksum_of(stored);
    }
    sql_.add_record.execute(view(added.kind), view(added.id), view(added.tenant), added.value, checksum);
  }

  Writer& writer_;
  WriteStatements& sql_;
  const std::uint64_t last_;
  std::uint64_t count_ = 0;
  std::string entries_;
};

// A group of units in one transaction; what it planned is true once it has returned. Throws what rolled it back.
struct GroupOutcome {
  std::vector<UnitPlan> plans;
  std::uint64_t last_change = 0;
  bool wrote = false;
};

GroupOutcome commit_group(Writer& writer, sdk::ArrayView<const asmgr_commit_unit> units, std::size_t first,
                          std::size_t count, const HostAlive& host_alive, const Deadline& deadline) {
  GroupOutcome outcome;
  Transaction transaction(writer, deadline);
  FileState state(writer, host_alive);
  GroupWriter group(writer);
  for (std::size_t i = first; i < first + count; ++i) {
    outcome.plans.push_back(store_rules::check_unit(units[i], state));
    if (outcome.plans.back().status != ASMGR_OK) continue;
    group.write(units[i], outcome.plans.back());
    outcome.wrote = true;
  }
  outcome.last_change = group.finish();
  if (!outcome.wrote) return outcome;
  transaction.commit(deadline);
  writer.set_latest_change(outcome.last_change);
  return outcome;
}

// Whether the units of a failed group are worth trying alone: not when the file cannot be written just now, and never
// when something may have been written.
bool may_work_alone(const sdk::StatusError& error) {
  return error.status() != ASMGR_E_BUSY && error.status() != ASMGR_E_STORAGE_AMBIGUOUS;
}

// Each unit in a transaction of its own, in order. Throws the first failure when nothing at all was written, and
// STORAGE_AMBIGUOUS whenever the outcome of one is unknown: then the heads tell about the others too.
GroupOutcome commit_one_by_one(Writer& writer, sdk::ArrayView<const asmgr_commit_unit> units,
                               const HostAlive& host_alive, const Deadline& deadline) {
  GroupOutcome all;
  std::optional<sdk::StatusError> first_failure;
  for (std::size_t i = 0; i < units.size(); ++i) {
    try {
      GroupOutcome one = commit_group(writer, units, i, 1, host_alive, deadline);
      all.plans.push_back(std::move(one.plans.front()));
      all.last_change = one.last_change;
      all.wrote = all.wrote || one.wrote;
    } catch (const sdk::StatusError& error) {
      if (error.status() == ASMGR_E_STORAGE_AMBIGUOUS) throw;
      if (!first_failure) first_failure = error;
      UnitPlan failed;
      failed.status = error.status();
      failed.message = error.message();
      all.plans.push_back(std::move(failed));
    }
  }
  if (!all.wrote && first_failure) throw *first_failure;
  return all;
}

}  // namespace

void SqliteStore::commit(sdk::ArrayView<const asmgr_commit_unit> units, sdk::ArrayView<asmgr_commit_result> results,
                         std::uint64_t wait_us) {
  if (units.empty()) return;
  const Deadline deadline = wait_us == UINT64_MAX
                                ? own_deadline()
                                : Deadline(std::chrono::microseconds(std::min<std::uint64_t>(wait_us, 3'600'000'000)));
  const HostAlive host_alive = [this](Connection& connection, std::string_view id) { return alive(connection, id); };
  GroupOutcome outcome;
  {
    WriterLock writer(writer_, deadline);
    try {
      outcome = commit_group(*writer, units, 0, units.size(), host_alive, deadline);
    } catch (const sdk::StatusError& error) {
      if (units.size() == 1 || !may_work_alone(error)) throw;
      outcome = commit_one_by_one(*writer, units, host_alive, deadline);
    }
  }
  if (outcome.wrote) changes_.announce(outcome.last_change);

  for (std::size_t i = 0; i < units.size(); ++i) {
    const UnitPlan& plan = outcome.plans[i];
    if (plan.status == ASMGR_OK) {
      sdk::accept(results[i], plan.last_seq, plan.epoch);
      continue;
    }
    sdk::refuse(host_, results[i], sdk::StatusError(plan.status, plan.message), plan.last_seq, plan.epoch);
    results[i].value = plan.value;
    const auto events = items<asmgr_event>(units[i].events);
    for (const auto& found : plan.existing)
      sdk::add_existing(results[i], found.index, found.seq, view(events[found.index].id));
  }
}

}  // namespace asmgr::sqlite_store
