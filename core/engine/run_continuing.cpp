// How a run goes on that was parked: as the same run, in its next attempt, with what was decided meanwhile.
#include <algorithm>

#include "core/engine/approval_events.hpp"
#include "core/engine/holds.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/model/json.hpp"
#include "core/transcript/transcript_builder.hpp"

namespace asmgr {

void RunExecution::go_on_from(ParkedRun parked) {
  const Suspension before = read_suspension(row_->run);
  lost_attempts_ = before.lost + (before.on_purpose ? 0 : 1);
  worked_before_ns_ = before.elapsed_ms * 1'000'000;
  tool_calls_ = parked.calls.started;
  resume_token_ = before.resume_token;
  // What was used before counts, whoever carried it out.
  const ProviderInfo& info = serving();
  model_ = find_string(row_->run.provider_metadata, "model").value_or("");
  meter_ = UsageMeter();
  meter_.begin({info.vendor, model_, UsageSemantics::delta});
  meter_.settle(row_->run.token_usage, row_->run.cost_usd);
  begin_attempt(before.attempt + 1);
  usage_ = meter_.total();
  cost_ = meter_.cost(*plan_.prices);
  for (const NotedHold& noted : parked.holds) {
    HeldBudget held{noted.hold, noted.hold.amount};
    held.hold.ceiling = noted.hold.amount;  // until its policy says what it is now
    holds_.push_back(std::move(held));
  }
  for (const ApprovalRecord& approval : parked.approvals) {
    if (approval.run_input && !row_->verbatim_input) row_->verbatim_input = *approval.run_input;
    decisions_.push_back({approval, false});
    if (will_be_asked_again(approval)) continue;
    if (!told_.empty()) told_ += '\n';
    told_ += told_of(approval);
  }
  // Of a call that is not known verbatim any more the transcript says what was decided.
  if (info.starts_over || !waiting_calls_.empty()) told_.clear();
  resumed_ = std::move(parked);
}

// Where the tools are run on this side the call itself is gone on with: whoever runs them asks about it once more.
bool RunExecution::will_be_asked_again(const ApprovalRecord& approval) {
  const ProviderInfo& info = plan_.provider->info();
  const auto input = approval.input_as_asked();
  if (info.grade != EnforcementGrade::own || info.starts_over || !input) return false;
  boost::json::object call;
  call["tool_call_id"] = approval.approval.tool_call_id;
  call["tool_name"] = approval.approval.tool_name;
  call["tool_input"] = *input;
  waiting_calls_.push_back(std::move(call));
  return true;
}

// It is started on the same input again, and that is not known any more.
void RunExecution::refuse_without_input() {
  const Error error(ErrorCode::input_redacted,
                    "run " + row_->run.id +
                        " cannot go on: secrets were taken out of its input, and what it said verbatim was not kept "
                        "(redaction.keep_pending); start a new run with the input");
  cause_ = EndCause{EndCause::Kind::failed, error, std::nullopt, {}};
  refuse({});
}

// The answers, and the beginning of the attempt that has them, in one unit.
void RunExecution::stage_going_on() {
  Run& run = row_->run;
  stage_calls_in_doubt(writer_, resumed_->calls, names_);
  for (const ApprovalRecord& approval : resumed_->approvals) session_.note_answer(approval, names_);
  boost::json::object reset;
  reset["attempt"] = attempt_;
  reset["reason"] = kAttemptContinues;
  say(EventType::step_reset, std::move(reset));
  run.waiting_on.clear();
  Suspension suspension;
  suspension.attempt = attempt_;
  suspension.lost = lost_attempts_;
  write_suspension(run, suspension);
  erase_suspension(run);
  writer_.stage_run(row_);
}

// What is held already stays; only what nobody has held yet is asked for.
void RunExecution::keep_holds() {
  for (HeldBudget& held : holds_) {
    const auto asked =
        std::find_if(asked_.begin(), asked_.end(), [&](const Hold& hold) { return hold.counter == held.hold.counter; });
    if (asked == asked_.end()) continue;
    held.hold.ceiling = asked->ceiling;
    asked_.erase(asked);
  }
}

// After the unit of its beginning, so that the transcript has the answers.
void RunExecution::start_again() {
  const ProviderInfo& info = serving();
  // A session of the provider's own has not got the results of calls that are still to run.
  const bool natively = info.can_resume_natively && waiting_calls_.empty();
  if (natively && resume_token_.empty()) resume_token_ = resumable_session(Behind::not_at_all);
  if (!natively) resume_token_.clear();
  if (!resume_token_.empty() || info.starts_over) return start_provider();
  session_.with_transcript([this, self = shared_from_this()](Result<Transcript> said) {
    if (phase_ != Phase::beginning || session_.abandoned()) return;
    if (!said) {
      phase_ = Phase::running;
      if (!cause_) cause_ = EndCause{EndCause::Kind::failed, said.error(), std::nullopt, {}};
      return finalize(std::nullopt, {});
    }
    const Transcript cut = truncate(std::move(*said), limits_of(plan_.continuation));
    if (!cut.messages.empty()) prompt_transcript_ = to_text(boost::json::value(to_prompt_json(cut)));
    start_provider();
  });
}

// Whoever made the session for this run left it together with the run.
void RunExecution::end_session() {
  SessionStatus to = SessionStatus::failed;
  if (row_->run.status == RunStatus::completed) to = SessionStatus::completed;
  if (row_->run.status == RunStatus::cancelled) to = SessionStatus::cancelled;
  if (check_transition(session_.session().status, to) != Transition::allowed) return;
  stage_status(session_, to, row_->run.error);
}

}  // namespace asmgr
