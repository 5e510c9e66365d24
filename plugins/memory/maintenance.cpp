// Pruning, removing, measuring and checking.
#include <algorithm>
#include <asmgr/toolkit/store_maintenance.hpp>
#include <variant>

#include "row_walk.hpp"

namespace asmgr::memory_store {
namespace {

using store_maintenance::ProblemKind;

std::string gap_in(const EventLog& log) {
  std::uint64_t expected = 1;
  for (const EventBlock& block : log.blocks()) {
    if (block.first_seq() != expected)
      return "Event " + std::to_string(expected) + " is missing: " + std::to_string(block.first_seq()) + " follows.";
    expected += block.size();
  }
  return {};
}

// Pushes what is wrong with the session's events and its head.
void check_session(const Session& session, sdk::TextSink& problems) {
  if (const std::string gap = gap_in(session.log); !gap.empty())
    problems.push(store_maintenance::problem_json(ProblemKind::gap, session.row.id, gap));
  if (session.head.last_seq != session.log.size())
    problems.push(store_maintenance::problem_json(ProblemKind::head, session.row.id,
                                                  "The head is at event " + std::to_string(session.head.last_seq) +
                                                      ", there are " + std::to_string(session.log.size()) + "."));
}

}  // namespace

std::string MemoryStore::retain(std::string_view order_json, const sdk::Cancel& cancel) {
  const store_maintenance::Order order = store_maintenance::read_order(order_json);
  if (const auto* pruning = std::get_if<store_maintenance::Prune>(&order.what))
    return store_maintenance::pruned_json(prune(*pruning, order.batch_size, cancel));
  if (const auto* removal = std::get_if<store_maintenance::Remove>(&order.what))
    return store_maintenance::removed_json(cancel.cancelled() ? 0 : remove(*removal));
  // What is gone went back to the process at once.
  return store_maintenance::compacted_json(0);
}

std::uint64_t MemoryStore::prune(const store_maintenance::Prune& order, std::size_t batch_size,
                                 const sdk::Cancel& cancel) {
  {
    const std::shared_lock lock(tables_mutex_);
    if (tables_.find_session(order.session_id) == nullptr)
      throw sdk::StatusError(ASMGR_E_SESSION_NOT_FOUND, "there is no session '" + order.session_id + "'");
  }
  std::uint64_t pruned = 0;
  for (const store_maintenance::Range& range : order.sequences) {
    for (std::uint64_t next = range.first; next <= range.last;) {
      if (cancel.cancelled()) return pruned;
      const std::unique_lock lock(tables_mutex_);
      Session* session = tables_.find_session(order.session_id);
      if (session == nullptr) return pruned;  // somebody removed it meanwhile
      const std::uint64_t last = std::min(range.last, session->log.size());
      if (next > last) break;
      pruned += session->log.prune(next, last, batch_size);
    }
  }
  return pruned;
}

std::uint64_t MemoryStore::remove(const store_maintenance::Remove& order) {
  RemovedRows removed;  // freed without the lock
  {
    const std::unique_lock lock(tables_mutex_);
    const Session* session = tables_.find_session(order.session_id);
    if (session == nullptr) return 0;
    require_epoch(*session, order.epoch);
    if (!session->head.owner.empty() && alive(session->head.owner))
      throw sdk::StatusError(ASMGR_E_STALE_EPOCH, "session '" + order.session_id + "' is owned by '" +
                                                      session->head.owner + "', which is alive; it can be removed " +
                                                      "when nobody works on it");
    removed = take_out(order.session_id);
  }
  announce();
  return 1 + removed.session->log.size() + removed.runs.size() + removed.records.size();
}

void MemoryStore::check(const sdk::Cancel& cancel, sdk::TextSink& problems) {
  cancel.throw_if_cancelled();
  walk_rows(tables_.sessions, [&](const std::unique_ptr<Session>& session) {
    cancel.throw_if_cancelled();
    check_session(*session, problems);
  });
  walk_rows(tables_.runs, [&](const RunRow& run) {
    if (tables_.find_session(run.session_id) == nullptr)
      problems.push(store_maintenance::problem_json(ProblemKind::orphan, run.session_id,
                                                    "Run '" + run.id + "' belongs to no session."));
  });
}

void MemoryStore::sizes(std::string_view after_id, std::uint32_t limit, sdk::ItemSink<asmgr_session_size>& out) {
  const std::shared_lock lock(tables_mutex_);
  auto next = after_id.empty() ? tables_.sessions.begin() : tables_.sessions.upper_bound(after_id);
  for (; next != tables_.sessions.end() && limit != 0; ++next, --limit) {
    auto size = sdk::make<asmgr_session_size>();
    size.id = sdk::to_abi(next->first);
    size.events = next->second->log.text_events();
    size.text_bytes = next->second->log.text_bytes();
    if (!out.push(size)) return;
  }
}

std::string MemoryStore::measure() {
  store_maintenance::StoreSize size;
  const std::shared_lock lock(tables_mutex_);
  size.sessions = tables_.sessions.size();
  size.runs = tables_.runs.size();
  for (const auto& [id, session] : tables_.sessions) {
    size.events += session->log.size();
    size.pruned_events += session->log.size() - session->log.text_events();
  }
  for (const auto& [kind, tenants] : tables_.records)
    for (const auto& [tenant, group] : tenants) size.records += group.size();
  return store_maintenance::size_json(size);
}

}  // namespace asmgr::memory_store
