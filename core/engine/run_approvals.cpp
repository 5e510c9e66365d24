// Tool calls of a run that wait for a person: asked, decided, out of time, or left waiting.
#include <algorithm>

#include "core/engine/approval_events.hpp"
#include "core/engine/kept_input.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {

// -- asked ------------------------------------------------------------------------------------------------------------

void RunExecution::ask_a_person(Ask ask, const Judgement& judgement) {
  if (!ask.approval_id.empty()) {  // granted already, with another input that the policies have seen now
    return settle_ask(ask, Verdict{true, {}, ask.approval_id});
  }
  const auto asking =
      std::find_if(judgement.violations.begin(), judgement.violations.end(),
                   [](const JudgedViolation& found) { return found.action == PolicyAction::request_approval; });
  Question question;
  question.id = new_approval_id(engine_.clock.now());
  question.timeout = plan_.pipeline.approvals.timeout;
  question.request.tool_name = ask.tool_name();
  question.request.tool_call_id = ask.call_id();
  question.request.tool_input = ask.input();
  if (asking != judgement.violations.end()) {
    question.request.policy_name = asking->policy;
    const auto details = parse_json_object(asking->violation.details, "details");
    question.request.violation_kind = details ? find_string(*details, "kind").value_or("") : "";
    question.message = asking->violation.message;
  }
  if (const ApprovalRecord* decision = decision_for(question.request)) return settle_by(std::move(ask), *decision);
  record_violations(judgement);
  if (const ApprovalRecord* decision = session_.remembered_decision(question.request)) {
    return settle_by(std::move(ask), *decision);
  }
  ApprovalRecord asked =
      ask_about(question, *names_, session_.session().tenant, plan_.pipeline.redactor.get(), engine_.clock.now());
  decide_beforehand(asked);
  if (asked.approval.status != ApprovalStatus::pending) {
    stage_question(writer_, asked, names_);
    session_.note_answer(asked, names_);
    return settle_by(std::move(ask), asked);
  }
  wait_for_person(std::move(ask), std::move(asked));
}

// A decision about this very call, from before the run went on. A grant is for one call.
const ApprovalRecord* RunExecution::decision_for(const ApprovalRequest& request) {
  const auto known = std::find_if(decisions_.begin(), decisions_.end(), [&](const auto& decision) {
    return !decision.used && decision.record.is_same_call(request.tool_name, request.tool_input);
  });
  if (known == decisions_.end()) return nullptr;
  known->used = known->record.approval.status == ApprovalStatus::granted;
  return &known->record;
}

void RunExecution::decide_beforehand(ApprovalRecord& asked) const {
  Approval& approval = asked.approval;
  const auto decide = [&](ApprovalStatus status, std::string_view reason) {
    approval.status = status;
    approval.decided_at = engine_.clock.now();
    approval.decided_by = plan_.caller.actor;
    approval.reason = reason;
  };
  if (plan_.approver == Approver::grants)
    decide(ApprovalStatus::granted, "granted beforehand by the caller of the run");
  if (plan_.approver == Approver::denies) decide(ApprovalStatus::denied, "denied beforehand by the caller of the run");
  const bool denies = plan_.pipeline.approvals.on_no_approver == ApprovalOptions::NoApprover::deny;
  if (plan_.approver == Approver::nobody && denies) decide(ApprovalStatus::denied, "nobody is there to approve it");
}

void RunExecution::settle_by(Ask ask, const ApprovalRecord& decision) {
  const Approval& approval = decision.approval;
  if (approval.status != ApprovalStatus::granted) {
    return settle_ask(ask, Verdict{false, told_of(decision), {}});
  }
  if (!decision.edited_input || ask.input() == *decision.edited_input) {
    return settle_ask(ask, Verdict{!cause_.has_value(), {}, approval.id});
  }
  // What a person put in the place of the input is judged as any other: an approval is no way around a denial.
  ask.approval_id = approval.id;
  ask.edited = true;
  ask.parsed["tool_input"] = *decision.edited_input;
  ask.tool_call = to_text(ask.parsed);
  asks_.push_back(std::move(ask));
  if (asks_.size() == 1) review_next();
}

void RunExecution::wait_for_person(Ask ask, ApprovalRecord asked) {
  asked.plan = plan_.entry;
  const bool starts_over = serving().starts_over && input_is_redacted(row_->run);
  if (starts_over && plan_.pipeline.keep_pending && row_->verbatim_input) asked.run_input = *row_->verbatim_input;
  const bool we_run_it = serving().grade == EnforcementGrade::own;
  if (we_run_it && plan_.pipeline.keep_pending && ask.input() != asked.approval.tool_input) {
    asked.call_input = ask.input();
  }
  stage_question(writer_, asked, names_);
  ++asked.version;
  const std::string id = asked.approval.id;
  row_->run.waiting_on.push_back(id);
  Suspension suspension = read_suspension(row_->run);
  suspension.attempt = attempt_;
  suspension.lost = lost_attempts_;
  suspension.elapsed_ms = worked_ns() / 1'000'000;
  write_suspension(row_->run, suspension);
  writer_.stage_run(row_);
  if (waiting_since_ns_ == 0) waiting_since_ns_ = engine_.clock.monotonic_ns();
  awaited_.emplace(id, Awaited{std::move(ask), std::move(asked)});
}

// Seen in an event, so that nothing can wait: the run is ended with the question open where that stops the tool, and
// goes on where the next call can be made to wait.
void RunExecution::approval_wanted_by(const Judgement& judgement, const EventView& event) {
  const EnforcementGrade grade = serving().grade;
  if (grade == EnforcementGrade::observe) return;
  auto data = parse_json_object(event.data, "event data");
  const std::string call(data ? find_string(*data, "tool_call_id").value_or("") : "");
  const auto open = open_tools_.find(call);
  const bool unasked =
      event.type == EventType::tool_call_started && open != open_tools_.end() && !open->second.reviewed;
  if (grade >= EnforcementGrade::intercept && !unasked) return;
  if (!unasked) {
    return end(EndCause{EndCause::Kind::failed,
                        violation_error_.value_or(
                            Error(ErrorCode::policy_violation, "a policy wants a person to decide, and provider '" +
                                                                   serving().name + "' cannot be made to wait")),
                        std::nullopt,
                        {}});
  }
  EndCause cause;
  cause.kind = EndCause::Kind::for_approval;
  cause.reason = "approval_requested";
  cause.approval_id = new_approval_id(engine_.clock.now());
  ApprovalRequest& request = cause.approval.emplace();
  request.tool_name = find_string(*data, "tool_name").value_or("");
  request.tool_call_id = call;
  if (const auto* input = find_object(*data, "tool_input")) request.tool_input = *input;
  if (!judgement.violations.empty()) {
    request.policy_name = judgement.violations.front().policy;
    request.violation_kind = judgement.violations.front().violation.rule;
  }
  end(std::move(cause));
}

// -- decided ----------------------------------------------------------------------------------------------------------

bool RunExecution::awaits(const std::string& approval_id) const {
  return awaited_.contains(approval_id);
}

void RunExecution::decided(ApprovalRecord approval) {
  if (phase_ != Phase::running || finished_ || !awaits(approval.approval.id)) return;
  if (approval.approval.status == ApprovalStatus::pending) {  // what was written of it did not get there
    awaited_.at(approval.approval.id).expiring = false;
    return;
  }
  if (policy_busy_) {
    held_decisions_.push_back(std::move(approval));
    return;
  }
  const auto at = awaited_.find(approval.approval.id);
  Ask ask = std::move(at->second.ask);
  awaited_.erase(at);
  if (awaited_.empty()) stop_waiting();
  note_answer(approval);
  settle_by(std::move(ask), approval);
  hold_more();
  (void)park_if_waiting();
  arm_timer();
}

void RunExecution::note_answer(const ApprovalRecord& approval) {
  session_.note_answer(approval, names_);
  std::erase(row_->run.waiting_on, approval.approval.id);
  if (row_->run.waiting_on.empty()) erase_suspension(row_->run);
  writer_.stage_run(row_);
}

// The clocks that stood still go on.
void RunExecution::stop_waiting() {
  const std::int64_t now = engine_.clock.monotonic_ns();
  waited_ns_ += now - waiting_since_ns_;
  waiting_since_ns_ = 0;
  activity_ns_ = now;
}

std::int64_t RunExecution::worked_ns() const {
  const std::int64_t now = waiting_since_ns_ != 0 ? waiting_since_ns_ : engine_.clock.monotonic_ns();
  return now - started_ns_ - waited_ns_ + worked_before_ns_;
}

// Whoever writes first decides; to be too late is a decision too.
void RunExecution::expire_questions() {
  const Timestamp now = engine_.clock.now();
  for (auto& [id, awaited] : awaited_) {
    const Timestamp due = awaited.record.approval.expires_at;
    if (awaited.expiring || !due.is_set() || now < due) continue;
    awaited.expiring = true;
    session_.expire(awaited.record);
  }
}

std::int64_t RunExecution::next_question_due_ns() const {
  const Timestamp now = engine_.clock.now();
  std::int64_t next = std::numeric_limits<std::int64_t>::max();
  for (const auto& [id, awaited] : awaited_) {
    if (awaited.expiring) continue;
    const std::int64_t left_us = std::max<std::int64_t>(0, awaited.record.approval.expires_at.us - now.us);
    next = std::min(next, engine_.clock.monotonic_ns() + left_us * 1000);
  }
  return next;
}

// -- the run ends while somebody is asked ---------------------------------------------------------------------------

// `then` goes on with the end once it is known of each question whether it was answered before it was withdrawn.
void RunExecution::withdraw_questions(std::function<void()> then) {
  if (awaited_.empty()) return then();
  auto left = std::make_shared<std::size_t>(awaited_.size());
  const auto told = [this, self = shared_from_this(), left, then = std::move(then)](ApprovalRecord approval) {
    if (phase_ == Phase::ended || session_.abandoned()) return;  // the session is somebody else's
    withdrawn_.push_back(std::move(approval));
    if (--*left == 0) then();
  };
  for (auto& [id, awaited] : std::exchange(awaited_, {})) session_.withdraw(awaited.record, told);
}

void RunExecution::stage_withdrawn() {
  for (const ApprovalRecord& approval : std::exchange(withdrawn_, {})) {
    session_.note_answer(approval, names_);
    std::erase(row_->run.waiting_on, approval.approval.id);
  }
  if (!row_->run.waiting_on.empty()) return;
  erase_suspension(row_->run);
}

// -- left waiting -----------------------------------------------------------------------------------------------------

// Nothing else goes on in the run, and nobody is here who could answer: it is left to whoever does.
bool RunExecution::park_if_waiting() {
  if (parking_) return true;
  const bool leaves = plan_.approver == Approver::nobody || engine_.draining || engine_.stopping;
  const bool only_waits = !awaited_.empty() && asks_.empty() && open_tools_.empty() && !policy_busy_;
  if (!leaves || !only_waits || phase_ != Phase::running || finished_ || cause_) return false;
  parking_ = true;
  Suspension suspension = read_suspension(row_->run);
  suspension.on_purpose = true;
  CallWatch::Scope watched(engine_.watch, {serving().name, "resume_token", &session_});
  auto token = plan_.provider->resume_token(link_->context.start);
  if (watched.end()) return drop(), true;
  if (token) suspension.resume_token = *token;
  write_suspension(row_->run, suspension);
  writer_.stage_run(row_);
  writer_.when_durable([this, self = shared_from_this()](const Result<void>& durable) {
    parking_ = false;
    // Decided, cancelled or asked something else meanwhile: then it goes on here.
    if (!durable || finished_ || cause_ || awaited_.empty() || !asks_.empty()) return;
    leave();
  });
  return true;
}

void RunExecution::leave() {
  phase_ = Phase::ended;
  finished_ = true;
  timer_.cancel();
  link_->cut_off();
  link_->token.cancel();
  CallWatch::Scope watched(engine_.watch, {serving().name, "cancel", &session_});
  plan_.provider->cancel(link_->context.start);
  if (watched.end()) return drop();
  link_->detach();
  judge_.reset();
  slot_.give_back();
  ParkedRun parked;
  parked.row = row_;
  parked.calls.started = tool_calls_;
  for (const HeldBudget& held : holds_) parked.holds.push_back({row_->run.id, held.hold});
  parked.queue_entry = queue_entry_;
  session_.park(std::move(parked));
  const std::string run_id = row_->run.id;
  for (const auto& answer : std::exchange(ended_, {})) answer(row_->run);
  RunResult result = make_result();
  result.waiting_on = row_->run.waiting_on;
  engine_.outcomes.settle(run_id, std::move(result));
  session_.run_ended(run_id);
}

}  // namespace asmgr
