#include "core/engine/waited_write.hpp"

#include "core/engine/session_manager.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

std::function<void(const CommitStatus&, UnitResult&)> telling(Handler<UnitResult> handler) {
  return [handler = std::move(handler)](const CommitStatus& status, UnitResult& result) {
    if (status.outcome == CommitOutcome::filled) return handler(result);
    handler(status.error.value_or(Error(ErrorCode::storage_write_failed, "the store was busy; try again")));
  };
}

}  // namespace

Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit) {
  return block<UnitResult>(
      [&](Handler<UnitResult> handler) { host.write(std::move(unit), telling(std::move(handler))); });
}

Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit, const AuditAct& act) {
  return block<UnitResult>(
      [&](Handler<UnitResult> handler) { host.write(std::move(unit), act, telling(std::move(handler))); });
}

Error refusal_of(const UnitResult& result) {
  return result.error.value_or(Error(ErrorCode::storage_write_failed, "the store refused it and did not say why"));
}

}  // namespace asmgr
