#include "core/engine/parked_run.hpp"

#include "core/engine/approval_events.hpp"
#include "core/engine/closed_record.hpp"
#include "core/engine/kept_input.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kSuspended = "suspended";
constexpr std::string_view kAttempt = "attempt";

EventType terminal_event_of(RunStatus status) {
  return status == RunStatus::cancelled ? EventType::run_cancelled : EventType::run_failed;
}

void tell_of_end(SessionRuntime& session, const std::shared_ptr<RunRow>& row) {
  session.writer().when_durable([&session, row](const Result<void>& durable) {
    session.forget_run(row->run.id);
    if (!durable) return session.left_to_owner(row->run.id);
    RunResult result = result_of_idle_run(row->run);
    point_at_end(result, session.writer().just_written());
    session.directory().run_ended(row->run.id);
    session.engine().outcomes.settle(row->run.id, std::move(result));
  });
}

}  // namespace

Suspension read_suspension(const Run& run) {
  Suspension suspension;
  suspension.attempt = find_int(run.metadata, kAttempt).value_or(1);
  const boost::json::object* kept = find_object(run.metadata, kSuspended);
  if (kept == nullptr) return suspension;
  suspension.lost = find_int(*kept, "lost_attempts").value_or(0);
  suspension.elapsed_ms = find_int(*kept, "elapsed_ms").value_or(0);
  suspension.on_purpose = find_bool(*kept, "on_purpose").value_or(false);
  suspension.resume_token = find_string(*kept, "resume_token").value_or("");
  return suspension;
}

void write_suspension(Run& run, const Suspension& suspension) {
  boost::json::object kept;
  kept["lost_attempts"] = suspension.lost;
  kept["elapsed_ms"] = suspension.elapsed_ms;
  kept["on_purpose"] = suspension.on_purpose;
  if (!suspension.resume_token.empty()) kept["resume_token"] = suspension.resume_token;
  if (suspension.attempt > 1) run.metadata[kAttempt] = suspension.attempt;
  run.metadata[kSuspended] = std::move(kept);
}

void erase_suspension(Run& run) {
  run.metadata.erase(kSuspended);
}

void end_parked_run(SessionRuntime& session, const ParkedRun& parked, const ParkedEnd& end) {
  const std::shared_ptr<RunRow>& row = parked.row;
  Run& run = row->run;
  UnitWriter& writer = session.writer();
  const Timestamp now = session.engine().clock.now();
  const auto names = names_of_idle(session, run);
  const Suspension suspension = read_suspension(run);
  stage_calls_in_doubt(writer, parked.calls, names);
  for (const ApprovalRecord& approval : parked.approvals) session.note_answer(approval, names);
  run.status = end.status;
  run.error = end.error;
  run.ended_at = now;
  run.waiting_on.clear();
  erase_suspension(run);
  boost::json::object data = end.status == RunStatus::cancelled ? boost::json::object() : error_event_data(end.error);
  if (!end.reason.empty()) data["reason"] = end.reason;
  if (!run.token_usage.empty()) data["token_usage"] = to_json(run.token_usage);
  writer.stage(terminal_event_of(end.status), data, names);
  writer.stage_run(row);
  if (input_is_redacted(run)) writer.stage_record(forget_input(run, session.session().tenant));
  const RunUsage used = usage_of(run, parked.calls, suspension.elapsed_ms);
  for (const NotedHold& noted : parked.holds) stage_settlement(writer, session.session(), run.id, noted.hold, used);
  if (parked.queue_entry) writer.stage_record(close_record(*parked.queue_entry, "done", {}, kVersionAny, now));
  tell_of_end(session, row);
}

}  // namespace asmgr
