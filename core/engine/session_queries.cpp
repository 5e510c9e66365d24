// The verbs that search across the sessions of a store. They read it on the caller's thread.
#include <algorithm>

#include "core/engine/audit_act.hpp"
#include "core/engine/engine.hpp"
#include "core/engine/listed_session.hpp"
#include "core/engine/query_cursor.hpp"
#include "core/engine/session_manager.hpp"
#include "core/engine/store_queries.hpp"
#include "core/engine/stored_log.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Audit streams are found by who asks for them by name.
void hide_audit(SessionSearch& search) {
  if (search.agent_id.empty()) search.not_agent_id = kAuditAgent;
}
void hide_audit(RunSearch& search) {
  if (search.session_id.empty()) search.not_agent_id = kAuditAgent;
}
void hide_audit(EventSearch& search) {
  if (search.session_ids.empty()) search.not_agent_id = kAuditAgent;
}

std::string_view name_of(const SessionSearch&) {
  return "sessions";
}
std::string_view name_of(const RunSearch&) {
  return "runs";
}
std::string_view name_of(const EventSearch&) {
  return "events";
}

// All that a cursor is bound to.
template <typename Search>
std::string bound_to(const Store& store, const std::string& tenant, const Search& search) {
  const boost::json::array parts = {store.info().name, tenant, name_of(search), filter_of(search)};
  return to_text(boost::json::value(parts));
}

template <typename Row>
struct SearchedPage {
  std::vector<Row> rows;
  std::string next_cursor;
  std::optional<std::uint64_t> total_count;
};

// `options` checked and asked of `store`.
template <typename Row, typename Options>
Result<SearchedPage<Row>> searched(Store& store, Options& options) {
  if (auto checked = check(options.search); !checked) return checked.error();
  auto queries = queries_of(store);
  if (!queries) return queries.error();
  hide_audit(options.search);
  const std::string search = bound_to(store, options.tenant, options.search);
  std::string after;
  if (!options.cursor.empty()) {
    auto opened = open_cursor(search, options.cursor);
    if (!opened) return opened.error();
    after = std::move(*opened);
  }
  auto found = (*queries)->search(options.tenant, options.search, after);
  if (!found) return found.error();
  SearchedPage<Row> page;
  page.rows = std::move(found->rows);
  if (!found->next.empty()) page.next_cursor = seal_cursor(search, found->next);
  if (options.total == TotalCount::left_out) return page;
  if (options.cursor.empty() && page.next_cursor.empty()) {
    page.total_count = page.rows.size();
    return page;
  }
  auto total = (*queries)->count(options.tenant, options.search);
  if (!total) return total.error();
  page.total_count = *total;
  return page;
}

}  // namespace

Result<StoreQueries*> queries_of(Store& store) {
  if (StoreQueries* queries = store.queries()) return queries;
  return Error(ErrorCode::capability_not_supported,
               "store '" + store.info().name +
                   "' cannot be searched across sessions (its plugin has no asmgr.store.query/1); use one that can, "
                   "such as sqlite");
}

Result<FoundSessions> SessionManager::search_sessions(SearchSessionsOptions options) {
  if (EngineThread::here()) return blocking_here();
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  auto page = searched<Session>((*host)->store(), options);
  if (!page) return page.error();
  FoundSessions found{{}, std::move(page->next_cursor), page->total_count};
  for (Session& session : page->rows) found.sessions.push_back(listed((*host)->store(), std::move(session)));
  return found;
}

Result<FoundRuns> SessionManager::search_runs(SearchRunsOptions options) {
  if (EngineThread::here()) return blocking_here();
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  auto page = searched<Run>((*host)->store(), options);
  if (!page) return page.error();
  return FoundRuns{std::move(page->rows), std::move(page->next_cursor), page->total_count};
}

Result<FoundEvents> SessionManager::search_events(SearchEventsOptions options) {
  if (EngineThread::here()) return blocking_here();
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  auto page = searched<Event>((*host)->store(), options);
  if (!page) return page.error();
  return FoundEvents{std::move(page->rows), std::move(page->next_cursor), page->total_count};
}

Result<std::uint64_t> SessionManager::count_events(SearchEventsOptions options) {
  if (EngineThread::here()) return blocking_here();
  if (auto checked = check(options.search); !checked) return checked.error();
  auto host = engine_->store_of_pipeline(options.pipeline);
  if (!host) return host.error();
  auto queries = queries_of((*host)->store());
  if (!queries) return queries.error();
  hide_audit(options.search);
  return (*queries)->count(options.tenant, options.search);
}

Result<SessionStats> SessionManager::get_session_stats(const std::string& session_id, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  auto log = find_recovered_log(*engine_, session_id, tenant);
  if (!log) return log.error();
  auto queries = queries_of(log->host->store());
  if (!queries) return queries.error();
  return (*queries)->session_stats(tenant, session_id);
}

}  // namespace asmgr
