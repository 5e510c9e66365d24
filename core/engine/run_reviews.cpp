// Tools that wait for permission: the policies are asked about one call at a time, and the provider is answered.
#include <algorithm>

#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/model/json.hpp"
#include "core/ports/asking.hpp"

namespace asmgr {

void RunExecution::on_ask(std::uint64_t ticket, std::string tool_call) {
  if (phase_ != Phase::running || finished_) return;
  activity_ns_ = engine_.clock.monotonic_ns();
  Ask ask;
  ask.ticket = ticket;
  ask.tool_call = std::move(tool_call);
  auto parsed = parse_json_object(ask.tool_call, "tool call");
  if (!parsed) return on_misbehaved("asked about a tool call that is not a JSON object");
  ask.parsed = std::move(*parsed);
  const bool is_last = find_int(ask.parsed, kAsksToCome).value_or(0) <= 0;
  if (ask.parsed.erase(kAsksToCome) != 0) ask.tool_call = to_text(ask.parsed);
  if (cause_) {
    denied_tools_.insert(ask.call_id());
    return resolve(ask, ToolVerdict::deny, "the run is being ended");
  }
  asks_.push_back(std::move(ask));
  // Calls of one turn are looked at once all are here: a run is not left before.
  if (is_last) review_next();
}

// Nobody has allowed them: a provider that starts them all the same is not believed.
void RunExecution::refuse_asks() {
  for (const Ask& ask : std::exchange(asks_, {})) denied_tools_.insert(ask.call_id());
  for (const auto& [id, awaited] : awaited_) denied_tools_.insert(awaited.ask.call_id());
}

void RunExecution::review_next() {
  if (asks_.empty() || policy_busy_) return;
  if (judge_ == nullptr) return reviewed({});
  const Ask& ask = asks_.front();
  ask_policies(
      "review_tool",
      [text = ask.tool_call, call = ask.call_id()](RunJudge& judge) { return judge.review_tool(text, call); },
      [this](Judgement judgement) { reviewed(std::move(judgement)); });
}

void RunExecution::reviewed(Judgement judgement) {
  if (asks_.empty()) return drain_held();
  Ask ask = std::move(asks_.front());
  asks_.erase(asks_.begin());
  if (judgement.action == PolicyAction::request_approval && !cause_) {
    ask_a_person(std::move(ask), judgement);
  } else {
    record_violations(judgement);
    Verdict verdict;
    verdict.allowed = judgement.action <= PolicyAction::warn && !cause_;
    if (!verdict.allowed) verdict.note = "a policy does not allow this tool call";
    if (!verdict.allowed && !judgement.violations.empty())
      verdict.note = judgement.violations.front().violation.message;
    verdict.approval_id = ask.approval_id;
    settle_ask(ask, verdict);
    if (judgement.action == PolicyAction::cancel) {
      end(EndCause{EndCause::Kind::failed, violation_error_, std::nullopt, {}});
    }
  }
  hold_more();
  drain_held();
  review_next();
  (void)park_if_waiting();
  arm_timer();
}

// Allowed: the intent is in the log before the tool can run. Denied: the denial is.
void RunExecution::settle_ask(const Ask& ask, const Verdict& verdict) {
  const std::string call = ask.call_id();
  boost::json::object started = ask.parsed;
  started.erase("ticket");
  redaction_.redact(started);
  if (verdict.allowed && !open_tools_.contains(call)) {
    if (!say_pieces(redaction_.ended_by_call(call))) return drop();
    if (!verdict.approval_id.empty()) started["approval_id"] = verdict.approval_id;
    const boost::json::value* input = find(started, "tool_input");
    open_tools_[call] =
        OpenTool{std::string(find_string(started, "tool_name").value_or("")),
                 input == nullptr ? boost::json::value(nullptr) : *input, engine_.clock.monotonic_ns(), true};
    ++tool_calls_;
    writer_.stage(EventType::tool_call_started, started, names_);
  }
  if (!verdict.allowed) denied_tools_.insert(call);
  writer_.when_durable(
      [this, self = shared_from_this(), ask, verdict, attempt = attempt_](const Result<void>& durable) {
        if (!durable || finished_ || attempt != attempt_) return;  // another target would not know the question
        resolve(ask, verdict.allowed ? ToolVerdict::allow : ToolVerdict::deny, verdict.note);
      });
  if (judge_ != nullptr && verdict.allowed) judge(EventType::tool_call_started, started);
}

void RunExecution::resolve(const Ask& ask, ToolVerdict verdict, const std::string& note) {
  const bool edited = ask.edited && verdict == ToolVerdict::allow;
  const boost::json::object* input = edited ? find_object(ask.parsed, "tool_input") : nullptr;
  CallWatch::Scope watched(engine_.watch, {serving().name, "resolve", &session_});
  auto resolved = plan_.provider->resolve(link_->context.start, ask.ticket, verdict, note,
                                          input == nullptr ? std::string() : to_text(*input));
  if (watched.end()) return drop();
  if (!resolved) on_misbehaved("could not take an answer: " + resolved.error().message());
}

void RunExecution::drain_held() {
  for (EventBatch& batch : std::exchange(held_, {})) on_events(std::move(batch));
  for (ApprovalRecord& approval : std::exchange(held_decisions_, {})) decided(std::move(approval));
  if (auto held = std::exchange(held_finish_, std::nullopt)) on_finish(held->first, held->second);
}

std::string RunExecution::Ask::call_id() const {
  return std::string(find_string(parsed, "tool_call_id").value_or(""));
}
std::string RunExecution::Ask::tool_name() const {
  return std::string(find_string(parsed, "tool_name").value_or(""));
}
boost::json::object RunExecution::Ask::input() const {
  const boost::json::object* given = find_object(parsed, "tool_input");
  return given == nullptr ? boost::json::object() : *given;
}

}  // namespace asmgr
