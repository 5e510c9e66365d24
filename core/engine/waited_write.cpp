#include "core/engine/waited_write.hpp"

#include "core/engine/session_manager.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

using Written = std::function<void(const CommitStatus&, UnitResult&)>;

Written telling(Handler<UnitResult> handler) {
  return [handler = std::move(handler)](const CommitStatus& status, UnitResult& result) {
    if (status.outcome == CommitOutcome::filled) return handler(result);
    handler(status.error.value_or(Error(ErrorCode::storage_write_failed, "the store was busy; try again")));
  };
}

// What the store answered, a refusal too.
Result<UnitResult> answer_to(const std::function<void(Written)>& write) {
  return block<UnitResult>([&write](Handler<UnitResult> handler) { write(telling(std::move(handler))); });
}

Result<UnitResult> unless_refused(Result<UnitResult> answer) {
  if (!answer || answer->answer == CommitAnswer::ok) return answer;
  return answer->error.value_or(Error(ErrorCode::storage_write_failed, "the store refused it and did not say why"));
}

}  // namespace

Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit) {
  return unless_refused(answer_to([&](Written written) { host.write(std::move(unit), std::move(written)); }));
}

Result<UnitResult> write_and_wait(StoreHost& host, CommitUnit unit, const AuditAct& act) {
  return unless_refused(answer_to([&](Written written) { host.write(std::move(unit), act, std::move(written)); }));
}

Result<bool> replace_record(StoreHost& host, Record record, std::uint64_t version) {
  record.version = version + 1;
  CommitUnit unit;
  unit.records.push_back({std::move(record), version, RecordWrite::Kind::put, 0});
  auto answer = answer_to([&](Written written) { host.write(std::move(unit), std::move(written)); });
  if (answer && answer->answer == CommitAnswer::version_conflict) return false;
  answer = unless_refused(std::move(answer));
  if (!answer) return answer.error();
  return true;
}

}  // namespace asmgr
