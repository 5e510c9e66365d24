// The write side: commit and delete_session.
#include <asmgr/toolkit/store_rules.hpp>
#include <utility>
#include <vector>

#include "memory_store.hpp"

namespace asmgr::memory_store {

using sdk::items;
using sdk::view;

// What the rules see of the tables. The store's lock is held.
class MemoryStore::State final : public store_rules::StoreState {
 public:
  explicit State(const MemoryStore& store) : store_(store) {}

  const store_rules::HeadState* head(std::string_view session_id) override {
    const Session* session = store_.tables_.find_session(session_id);
    return session == nullptr ? nullptr : &session->head;
  }
  store_rules::SessionState session(std::string_view session_id) override {
    const Session* session = store_.tables_.find_session(session_id);
    return session == nullptr ? store_rules::SessionState{} : store_rules::SessionState{true, session->row.version};
  }
  bool host_alive(std::string_view host_id) override { return store_.alive(host_id); }
  store_rules::RunState run(std::string_view session_id, std::string_view run_id) override {
    const auto found = store_.tables_.runs.find(run_id);
    if (found == store_.tables_.runs.end()) return {};
    return {true, found->second.session_id == session_id, found->second.version};
  }
  store_rules::RecordState record(std::string_view tenant, std::string_view kind, std::string_view id) override {
    const RecordRow* row = store_.tables_.find_record(tenant, kind, id);
    return row == nullptr ? store_rules::RecordState{} : store_rules::RecordState{true, row->version, row->value};
  }
  std::uint64_t caller_event(std::string_view session_id, std::string_view event_id) override {
    const Session* session = store_.tables_.find_session(session_id);
    return session == nullptr ? 0 : session->log.find_caller_id(event_id);
  }

 private:
  const MemoryStore& store_;
};

void MemoryStore::commit(sdk::ArrayView<const asmgr_commit_unit> units, sdk::ArrayView<asmgr_commit_result> results,
                         std::uint64_t /*wait_us*/) {
  // The copying and reading is done before the lock is taken.
  std::vector<PreparedUnit> prepared;
  prepared.reserve(units.size());
  for (const asmgr_commit_unit& unit : units) prepared.emplace_back(unit);

  std::vector<store_rules::UnitPlan> plans;
  plans.reserve(units.size());
  {
    const std::unique_lock lock(tables_mutex_);
    State state(*this);
    for (std::size_t i = 0; i < units.size(); ++i) {
      plans.push_back(store_rules::check_unit(units[i], state));
      if (plans[i].status == ASMGR_OK) apply(units[i], plans[i], std::move(prepared[i]));
    }
  }
  announce();

  for (std::size_t i = 0; i < units.size(); ++i) {
    const store_rules::UnitPlan& plan = plans[i];
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

Session& MemoryStore::session_for(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan,
                                  std::vector<std::string> tags) {
  if (!plan.creates_session) {
    Session& session = *tables_.find_session(view(unit.session_id));
    if (unit.session != nullptr) session.row.assign(*unit.session, std::move(tags));
    return session;
  }
  auto made = std::make_unique<Session>();
  Session& session = *made;
  session.row.assign(*unit.session, std::move(tags));
  tables_.sessions.emplace(session.row.id, std::move(made));
  return session;
}

void MemoryStore::apply(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan, PreparedUnit prepared) {
  if (unit.session_id.len != 0) {
    Session& session = session_for(unit, plan, std::move(prepared.tags));
    const auto runs = items<asmgr_run>(unit.runs);
    for (std::size_t i = 0; i < runs.size(); ++i) {
      tables_.runs[std::string(view(runs[i].id))].assign(runs[i], session.row.id, std::move(prepared.facts[i]));
      session.runs.emplace(view(runs[i].id));
    }
    prepared.events.set_session(session.row.id);
    session.log.append(std::move(prepared.events));
    session.head.last_seq = plan.last_seq;
    session.head.epoch = plan.epoch;
    if (plan.changes_owner) session.head.owner.assign(plan.owner);
  }
  apply_records(unit, plan);
  note_change(view(unit.session_id), plan.last_seq, plan.changed);
}

void MemoryStore::apply_records(const asmgr_commit_unit& unit, const store_rules::UnitPlan& plan) {
  using store_rules::RowAction;
  const auto records = items<asmgr_record>(unit.records);
  for (std::size_t i = 0; i < records.size(); ++i) {
    const RowAction action = plan.records[i].action;
    if (action == RowAction::none) continue;
    auto& group = tables_.records[std::string(view(records[i].kind))][std::string(view(records[i].tenant))];
    const auto row = group.find(view(records[i].id));
    if (action == RowAction::erase) {
      group.erase(row);
    } else if (action == RowAction::add) {
      row->second.value = plan.records[i].value;
    } else if (row != group.end()) {
      row->second.assign(records[i], plan.records[i].value);
    } else {
      group[std::string(view(records[i].id))].assign(records[i], plan.records[i].value);
    }
  }
}

MemoryStore::RemovedRows MemoryStore::take_out(std::string_view id) {
  RemovedRows removed;
  removed.session = std::move(tables_.sessions.extract(tables_.sessions.find(id)).mapped());
  for (const std::string& run : removed.session->runs) removed.runs.push_back(tables_.runs.extract(run));
  for (auto& [kind, tenants] : tables_.records) {
    for (auto& [of_tenant, group] : tenants) {
      for (auto row = group.begin(); row != group.end();) {
        const auto next = std::next(row);
        if (row->second.session_id == id) removed.records.push_back(group.extract(row));
        row = next;
      }
    }
  }
  note_change(id, 0, ASMGR_CHANGED_EVENTS | ASMGR_CHANGED_SESSION | ASMGR_CHANGED_RUNS | ASMGR_CHANGED_RECORDS);
  return removed;
}

void MemoryStore::require_epoch(const Session& session, std::uint64_t epoch) {
  if (session.head.epoch == epoch) return;
  throw sdk::StatusError(ASMGR_E_STALE_EPOCH, "session '" + session.row.id + "' is at epoch " +
                                                  std::to_string(session.head.epoch) + ", the caller says " +
                                                  std::to_string(epoch) + "; read the head again");
}

void MemoryStore::delete_session(std::string_view tenant, std::string_view id, std::uint64_t epoch) {
  RemovedRows removed;  // freed without the lock
  {
    const std::unique_lock lock(tables_mutex_);
    const Session* session = visible(tenant, id);
    if (session == nullptr) return;
    require_epoch(*session, epoch);
    removed = take_out(id);
  }
  announce();
}

}  // namespace asmgr::memory_store
