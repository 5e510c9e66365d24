// Lists of sessions.
#include <algorithm>

#include "core/engine/audit_act.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/listed_session.hpp"
#include "core/engine/session_manager.hpp"

namespace asmgr {
namespace {

// Whether a dead host's run is still said to run, and whether one waits for a person.
void look_at_runs(Store& store, ListedSession& item, const std::string& session_id) {
  RunQuery running;
  running.session_id = session_id;
  running.statuses = {RunStatus::running};
  const auto runs = store.list_runs(running);
  const bool unowned = item.owner_gone;
  item.owner_gone = false;
  for (const Run& run : runs ? *runs : std::vector<Run>{}) {
    if (!run.waiting_on.empty()) item.approval_pending = true;
    if (run.waiting_on.empty() && unowned) item.owner_gone = true;
  }
}

}  // namespace

ListedSession listed(Store& store, Session session) {
  ListedSession item;
  if (auto head = store.head(session.id)) {
    item.last_sequence = head->last_sequence;
    item.owner_gone = !head->owner.empty() && !head->owner_alive;
  }
  const bool may_run = item.owner_gone || session.status == SessionStatus::active;
  if (may_run) look_at_runs(store, item, session.id);
  item.session = std::move(session);
  return item;
}

Result<std::vector<ListedSession>> SessionManager::list_sessions(ListSessionsOptions options) {
  if (options.limit == 0) return Error(ErrorCode::validation_error, "limit must be at least 1");
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  Store& store = (*host)->store();
  std::vector<ListedSession> items;
  SessionQuery query;
  query.tenant = options.tenant;
  query.statuses = options.statuses;
  query.agent_id = options.agent_id;
  query.tag = options.tag;
  query.after_id = options.after_id;
  query.limit = options.limit;
  query.include_deleted = options.include_deleted;
  while (items.size() < options.limit) {
    auto page = store.list_sessions(query);
    if (!page) return page.error();
    for (Session& session : *page) {
      query.after_id = session.id;
      const bool hidden = session.agent_id == kAuditAgent && options.agent_id != kAuditAgent;
      const bool tagged =
          options.tag.empty() || std::find(session.tags.begin(), session.tags.end(), options.tag) != session.tags.end();
      if (hidden || !tagged || items.size() == options.limit) continue;
      items.push_back(listed(store, std::move(session)));
    }
    if (page->size() < query.limit) break;
  }
  return items;
}

}  // namespace asmgr
