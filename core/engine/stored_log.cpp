#include "core/engine/stored_log.hpp"

namespace asmgr {
namespace {

// The document is read before and after the head; while somebody changes it, again.
Result<StoredLog> read_log(StoreHost& host, const std::string& session_id, const std::string& tenant) {
  Store& store = host.store();
  auto before = store.get_session(tenant, session_id);
  while (before) {
    auto head = store.head(session_id);
    if (!head) return head.error();
    auto after = store.get_session(tenant, session_id);
    if (!after) return after.error();
    if (after->version != before->version) {
      before = std::move(after);
      continue;
    }
    if (after->deleted_at.is_set()) return no_session(session_id);
    return StoredLog{&host, std::move(*after), std::move(*head)};
  }
  return before.error();
}

}  // namespace

Result<StoredLog> find_log(SessionManager::Engine& engine, const std::string& session_id, const std::string& tenant) {
  auto host = engine.store_of_session(session_id);
  if (!host) return host.error();
  return read_log(**host, session_id, tenant);
}

Result<StoredLog> find_recovered_log(SessionManager::Engine& engine, const std::string& session_id,
                                     const std::string& tenant) {
  auto log = find_log(engine, session_id, tenant);
  if (!log) return log;
  auto recovered = engine.recover_if_needed(*log->host, session_id, log->head);
  if (recovered) return read_log(*log->host, session_id, tenant);
  if (recovered.error().code() != ErrorCode::recovery_exhausted) return recovered.error();
  return log;
}

Error does_not_verify(const Error& problem, const std::string& refusal) {
  if (problem.code() == ErrorCode::invalid_operation) return Error(problem).with_context(refusal);  // too long
  return Error(ErrorCode::storage_read_failed, refusal + ", its log does not verify: " + problem.message(),
               problem.details())
      .with_retryable(false);
}

}  // namespace asmgr
