// verify_session: whether a session's log is what was written, from its first event on.
#include "core/engine/verify_log.hpp"
#include "core/engine/waiting.hpp"
#include "core/engine/whole_log.hpp"

namespace asmgr {
namespace {

// Their checksums are looked at when they are read.
Result<void> read_run_rows(Store& store, VerifiedLog& found) {
  RunQuery query;
  query.session_id = found.session_id;
  query.limit = 200;
  while (true) {
    const auto page = store.list_runs(query);
    if (!page && !is_damage(page.error())) return page.error();
    if (!page) {
      found.problem = page.error();
      found.problem_at = 0;
      return {};
    }
    if (page->size() < query.limit) return {};
    query.after_id = page->back().id;
  }
}

}  // namespace

Result<VerifiedLog> verify_log(StoreHost& host, const Session& session) {
  auto head = host.store().head(session.id);
  if (!head) return head.error();
  auto found = follow_log(host.store(), session, *head, std::nullopt);
  if (!found || found->problem) return found;
  if (auto read = read_run_rows(host.store(), *found); !read) return read.error();
  return found;
}

Result<VerifiedLog> SessionManager::verify_session(const VerifySessionOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto log = find_recovered_log(*engine_, options.session_id, options.tenant);
  if (!log) return log.error();
  Store& store = log->host->store();
  auto found = follow_log(store, log->session, log->head, options.expect);
  if (!found || found->problem) return found;
  if (auto read = read_run_rows(store, *found); !read) return read.error();
  return found;
}

}  // namespace asmgr
