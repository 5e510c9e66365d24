// What the hosts of a store have to account for, as one list.
#include <algorithm>

#include "core/engine/audit_act.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

constexpr std::uint32_t kAuditPage = 1000;

Result<std::vector<Session>> audit_sessions(Store& store) {
  std::vector<Session> sessions;
  SessionQuery query;
  query.agent_id = kAuditAgent;
  query.limit = kAuditPage;
  while (true) {
    auto page = store.list_sessions(query);
    if (!page) return page.error();
    sessions.insert(sessions.end(), page->begin(), page->end());
    if (page->size() < kAuditPage) return sessions;
    query.after_id = page->back().id;
  }
}

bool earlier(const Event& a, const Event& b) {
  return std::tie(a.timestamp, a.session_id, a.sequence_number) <
         std::tie(b.timestamp, b.session_id, b.sequence_number);
}

}  // namespace

Result<std::vector<Event>> SessionManager::get_audit(const AuditOptions& options) {
  if (EngineThread::here()) return blocking_here();
  if (options.limit == 0) return Error(ErrorCode::validation_error, "limit must be at least 1");
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  Store& store = (*host)->store();
  auto sessions = audit_sessions(store);
  if (!sessions) return sessions.error();
  std::vector<Event> acts;
  for (const Session& session : *sessions) {
    EventQuery query;
    query.session_id = session.id;
    query.since = options.since;
    query.limit = options.limit;
    query.order = Order::descending;
    auto events = store.get_events(query);
    if (!events) return events.error();
    std::erase_if(*events, [](const Event& event) { return !event.type_name.starts_with(kAuditTypePrefix); });
    std::move(events->begin(), events->end(), std::back_inserter(acts));
    std::sort(acts.begin(), acts.end(), earlier);
    if (acts.size() > options.limit) acts.erase(acts.begin(), acts.end() - options.limit);
  }
  return acts;
}

void SessionManager::account_for(const AuditAct& act) {
  const std::vector<StoreHost*> stores = engine_->stores();
  if (stores.empty()) return;
  AuditLog& log = stores.front()->audit();
  log.submit(log.entry(act));
}

}  // namespace asmgr
