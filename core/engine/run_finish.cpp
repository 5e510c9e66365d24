// How a run ends: what its status is, its one terminal event, its result.
#include <algorithm>

#include "core/engine/approval_events.hpp"
#include "core/engine/closed_record.hpp"
#include "core/engine/holds.hpp"
#include "core/engine/kept_input.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/engine/session_verbs.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/model/json.hpp"
#include "core/routing/ill_health.hpp"

namespace asmgr {
namespace {

EventType terminal_event(RunStatus status) {
  switch (status) {
    case RunStatus::completed:
      return EventType::run_completed;
    case RunStatus::cancelled:
      return EventType::run_cancelled;
    case RunStatus::timeout:
      return EventType::run_timeout;
    default:
      return EventType::run_failed;
  }
}

}  // namespace

void RunExecution::on_finish(FinishStatus status, const std::string& result_json) {
  if (finished_ || phase_ == Phase::ended) {
    engine_.counters->late_events.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  if (policy_busy_) {
    held_finish_ = {status, result_json};
    return;
  }
  auto result = parse_json_object(result_json, "result");
  if (!result && !result_json.empty()) {
    cause_ = EndCause{EndCause::Kind::failed,
                      Error(ErrorCode::plugin_misbehaved,
                            "provider '" + serving().name +
                                "' finished with a result that is not a JSON object: " + result.error().message()),
                      std::nullopt,
                      {}};
    return finalize(std::nullopt, {});
  }
  if (!say_pieces(redaction_.ended())) return drop();
  boost::json::object clean = result && !result_json.empty() ? std::move(*result) : boost::json::object{};
  redaction_.redact(clean);
  const bool stopped = status == FinishStatus::cancelled || status == FinishStatus::completed;
  if (steering_ && !cause_ && stopped) return start_steered(clean);
  note_end_of_route(status, clean);
  finalize(status, clean);
}

void RunExecution::finalize(std::optional<FinishStatus> status, const boost::json::object& result) {
  if (finished_) return;
  finished_ = true;
  timer_.cancel();
  if (link_ != nullptr) link_->cut_off();
  if (auto steering = std::exchange(steering_, std::nullopt)) {
    steering->told(Error(ErrorCode::invalid_operation, "run " + row_->run.id + " ended before it could be told"));
  }
  withdraw_questions([this, self = shared_from_this(), status, result] {
    if (growth_ != Growth::writing) return write_end(status, result);
    end_after_growth_ = [this, status, result] { write_end(status, result); };
  });
}

void RunExecution::write_end(std::optional<FinishStatus> status, const boost::json::object& result) {
  (void)say_pieces(redaction_.ended());
  const bool completed = !cause_ && status == FinishStatus::completed;
  look_at_folder(completed, [this, status, result] { stage_end(status, result); });
}

void RunExecution::stage_end(std::optional<FinishStatus> status, const boost::json::object& result) {
  settle_status(status, result);
  redaction_.redact(row_->run.error);
  stage_withdrawn();
  close_open_tools(row_->run.status == RunStatus::cancelled ? "cancelled" : "in_doubt");
  stage_terminal_event(result);
  stage_closing_records();
  writer_.stage_run(row_);
  writer_.when_durable([this, self = shared_from_this()](const Result<void>& durable) { ended_durably(durable); });
}

void RunExecution::settle_usage(const boost::json::object& result) {
  if (auto model = find_string(result, "model")) {
    model_ = *model;
    meter_.set_model(model_);
  }
  const boost::json::object* usage = find_object(result, "token_usage");
  meter_.settle(usage == nullptr ? TokenUsage{} : usage_from_json(*usage), find_number(result, "cost_usd"));
  count_usage();
}

void RunExecution::settle_status(std::optional<FinishStatus> status, const boost::json::object& result) {
  Run& run = row_->run;
  if (const boost::json::object* output = find_object(result, "output")) run.output = *output;
  if (const boost::json::object* told = find_object(result, "provider_metadata")) {
    deep_merge(run.provider_metadata, *told);
  }
  settle_usage(result);
  if (auto reason = find_string(result, "stop_reason")) stop_reason_ = *reason;
  run.ended_at = engine_.clock.now();
  if (!model_.empty()) run.provider_metadata["model"] = model_;
  if (cause_) {
    switch (cause_->kind) {
      case EndCause::Kind::cancelled:
      case EndCause::Kind::for_approval:
        run.status = RunStatus::cancelled;
        run.error = Error(ErrorCode::cancelled, "run " + run.id + " was cancelled");
        return;
      case EndCause::Kind::timeout:
        run.status = RunStatus::timeout;
        break;
      case EndCause::Kind::failed:
        run.status = RunStatus::failed;
        break;
    }
    run.error = cause_->error.value_or(Error(ErrorCode::internal_error));
    return;
  }
  switch (*status) {
    case FinishStatus::completed:
      run.status = RunStatus::completed;
      return;
    case FinishStatus::cancelled:
      run.status = RunStatus::cancelled;
      run.error = Error(ErrorCode::cancelled, "provider '" + serving().name + "' says that the run was cancelled");
      return;
    case FinishStatus::tool_calls:
      run.status = RunStatus::failed;
      run.error = Error(ErrorCode::capability_not_supported,
                        "provider '" + serving().name + "' asks this host to run tools, which it was not given");
      return;
    default:
      break;
  }
  Error error = error_of_result(result, serving().name);
  run.status = RunStatus::failed;
  if (error.code() == ErrorCode::provider_timeout || error.code() == ErrorCode::timeout)
    run.status = RunStatus::timeout;
  if (error.code() == ErrorCode::cancelled) run.status = RunStatus::cancelled;
  run.error = std::move(error);
}

// A call that is still open when the run, or an attempt of it, ends gets a result, so that no transcript holds a
// question without an answer.
void RunExecution::close_open_tools(std::string_view code) {
  for (const auto& [call, tool] : open_tools_) {
    boost::json::object data;
    data["tool_call_id"] = call;
    data["tool_name"] = tool.name;
    data["tool_input"] = tool.input;
    data["tool_output"].emplace_object()["error"] = "the run ended while this call was open";
    data["is_error"] = true;
    data["error_code"] = code;
    say(EventType::tool_call_failed, std::move(data));
  }
  open_tools_.clear();
}

void RunExecution::stage_terminal_event(const boost::json::object&) {
  const Run& run = row_->run;
  boost::json::object data;
  if (run.status == RunStatus::completed) {
    data["stop_reason"] = stop_reason_.empty() ? "end_turn" : stop_reason_;
    data["token_usage"] = to_json(run.token_usage);
    if (run.cost_usd) data["total_cost_usd"] = *run.cost_usd;
    if (run.turn_count > 0) data["num_turns"] = run.turn_count;
    data["duration_ms"] = (engine_.clock.monotonic_ns() - started_ns_) / 1'000'000;
  } else if (run.status == RunStatus::cancelled) {
    if (cause_ && !cause_->reason.empty()) data["reason"] = cause_->reason;
    if (!run.token_usage.empty()) data["token_usage"] = to_json(run.token_usage);
  } else {
    data = error_event_data(*run.error);
    if (!run.token_usage.empty()) data["token_usage"] = to_json(run.token_usage);
  }
  say(terminal_event(run.status), std::move(data));
  if (cause_ && cause_->approval) {
    stage_question(writer_,
                   ask_about({cause_->approval_id, *cause_->approval, {}, plan_.pipeline.approvals.timeout}, *names_,
                             session_.session().tenant, plan_.pipeline.redactor.get(), engine_.clock.now()),
                   names_);
  }
}

void RunExecution::stage_closing_records() {
  if (input_is_redacted(row_->run)) writer_.stage_record(forget_input(row_->run, session_.session().tenant));
  row_->verbatim_input.reset();
  if (queue_entry_) {
    writer_.stage_record(close_record(*queue_entry_, "done", {}, kVersionAny, engine_.clock.now()));
  }
  const RunUsage used = usage_so_far();
  for (const HeldBudget& held : holds_) stage_settlement(writer_, session_.session(), row_->run.id, held.hold, used);
  if (row_->run.status != RunStatus::cancelled) return;
  for (const Record& command : commands_) session_.close_command(command, true, command_answer(to_json(row_->run)));
}

void RunExecution::ended_durably(const Result<void>& durable) {
  phase_ = Phase::ended;
  slot_.give_back();
  const std::string run_id = row_->run.id;
  if (link_ != nullptr) link_->detach();
  judge_.reset();
  if (!durable) {
    for (const auto& answer : std::exchange(ended_, {})) answer(durable.error());
    engine_.outcomes.settle(run_id, durable.error());
    session_.run_ended(run_id);
    return;
  }
  observe_end();
  for (const auto& answer : std::exchange(ended_, {})) answer(row_->run);
  engine_.outcomes.settle(run_id, make_result());
  session_.run_ended(run_id);
  if (resumed_ && plan_.ends_session) end_session();
}

RunResult RunExecution::make_result() const {
  const Run& run = row_->run;
  RunResult result;
  result.session_id = run.session_id;
  result.run_id = run.id;
  result.status = run.status;
  result.error = run.error;
  result.output = run.output;
  result.token_usage = run.token_usage;
  result.cost_usd = run.cost_usd;
  result.provider = names_->provider;
  result.model = model_;
  if (!routing_.empty()) result.routing = routing_;
  result.warnings = plan_.warnings;
  if (names_->spill->warning) result.warnings.push_back(*names_->spill->warning);
  result.workspace = workspace_;
  if (!violations_.empty()) {
    const boost::json::object* metadata = find_object(plan_.policy.combined, "metadata");
    boost::json::object& policy = result.policy.emplace();
    policy["action"] = action_name(worst_action_);
    policy["violations"] = violations_;
    policy["metadata"] = metadata == nullptr ? boost::json::object() : *metadata;
  }
  result.first_sequence = first_sequence_;
  point_at_end(result, writer_.just_written());
  return result;
}

}  // namespace asmgr
