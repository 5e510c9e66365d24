// A run that is told something while it goes on: by its provider where that can take it, else by being stopped and
// started again with it, as the same run.
#include "core/engine/parked_run.hpp"
#include "core/engine/run_estimate.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"
#include "core/model/json.hpp"
#include "core/transcript/transcript_builder.hpp"

namespace asmgr {
namespace {

Error cannot_be_steered(const std::string& run_id, const std::string& because) {
  return Error(ErrorCode::invalid_operation, "run " + run_id + " cannot be told anything: " + because);
}

std::string user_message(const std::string& text) {
  boost::json::object message;
  message["role"] = "user";
  message["content"] = text;
  return to_text(message);
}

}  // namespace

std::optional<Error> RunExecution::refuses_steering() const {
  const std::string& run_id = row_->run.id;
  const ProviderInfo& info = serving();
  if (cause_ || finished_) return cannot_be_steered(run_id, "it is ending");
  if (phase_ != Phase::running || link_ == nullptr || steering_) {
    return cannot_be_steered(run_id, "it is being started; try again");
  }
  if (info.can_steer) return std::nullopt;
  if (info.starts_over) {
    return Error(ErrorCode::capability_not_supported, "provider '" + info.name +
                                                          "' has no model that could be told anything; cancel run " +
                                                          run_id + " and start another");
  }
  if (!awaited_.empty()) return cannot_be_steered(run_id, "it waits for an approval; decide that first");
  return std::nullopt;
}

void RunExecution::steer(const std::string& text, std::function<void(const Result<void>&)> told) {
  if (auto refused = refuses_steering()) return told(*refused);
  if (!serving().can_steer) return stop_to_steer(text, std::move(told));
  say_steered(text);
  writer_.when_durable([this, self = shared_from_this(), text, told = std::move(told)](const Result<void>& durable) {
    if (!durable) return told(durable.error());
    if (finished_ || phase_ != Phase::running) return told(cannot_be_steered(row_->run.id, "it has just ended"));
    CallWatch::Scope watched(engine_.watch, {serving().name, "steer", &session_});
    const Result<void> taken = plan_.provider->steer(link_->context.start, user_message(text));
    if (watched.end()) return drop();
    if (!taken) say_not_steered(taken.error());
    told(taken);
  });
}

// The message stands in the log already, so that has to be there too.
void RunExecution::say_not_steered(const Error& error) {
  boost::json::object data;
  data["error_code"] = code_name(error.code());
  data["error_message"] = "the run goes on without what it was told: " + error.message();
  data["steered"] = true;
  say(EventType::error_occurred, std::move(data));
}

void RunExecution::say_steered(const std::string& text) {
  boost::json::object data;
  data["role"] = "user";
  data["content"] = text;
  data["steered"] = true;
  say(EventType::message_sent, std::move(data));
}

// -- a provider that cannot be told while it speaks -------------------------------------------------------------------

void RunExecution::stop_to_steer(const std::string& text, std::function<void(const Result<void>&)> told) {
  steering_ = Steering{text, std::move(told), engine_.clock.monotonic_ns()};
  refuse_asks();
  link_->token.cancel();
  CallWatch::Scope watched(engine_.watch, {serving().name, "cancel", &session_});
  plan_.provider->cancel(link_->context.start);
  if (watched.end()) return drop();
  arm_timer();
}

// Two of them at work on one thing would be worse than none.
void RunExecution::give_up_steering() {
  const Error error(ErrorCode::provider_timeout, "provider '" + serving().name +
                                                     "' did not stop within cancel_grace when run " + row_->run.id +
                                                     " was to be told something");
  if (auto steering = std::exchange(steering_, std::nullopt)) steering->told(error);
  end(EndCause{EndCause::Kind::failed, error, std::nullopt, {}});
}

// The provider has stopped: the same run goes on in its next attempt, with what was said so far and the message.
void RunExecution::start_steered(const boost::json::object& result) {
  const Steering steering = std::move(*std::exchange(steering_, std::nullopt));
  CallWatch::Scope watched(engine_.watch, {serving().name, "resume_token", &session_});
  auto token = plan_.provider->resume_token(link_->context.start);
  if (watched.end()) return drop();
  phase_ = Phase::beginning;
  link_->cut_off();
  link_->detach();
  close_open_tools("cancelled");
  settle_usage(result);
  begin_attempt(attempt_ + 1);
  boost::json::object reset;
  reset["attempt"] = attempt_;
  reset["reason"] = kAttemptContinues;
  say(EventType::step_reset, std::move(reset));
  say_steered(steering.text);
  Suspension suspension = read_suspension(row_->run);
  suspension.attempt = attempt_;
  write_suspension(row_->run, suspension);
  erase_suspension(row_->run);
  writer_.stage_run(row_);
  resume_token_ = token ? *token : std::string();
  told_ = steering.text;
  writer_.when_durable([this, self = shared_from_this(), told = steering.told](const Result<void>& durable) {
    told(durable);
    if (!durable && !cause_) cause_ = EndCause{EndCause::Kind::failed, durable.error(), std::nullopt, {}};
    start_again();
  });
}

// What was used before counts, whoever carries it on.
void RunExecution::begin_attempt(std::int64_t attempt) {
  attempt_ = attempt;
  auto names = std::make_shared<EventNames>(*names_);
  names->metadata = R"({"attempt":)" + std::to_string(attempt_) + "}";
  names_ = std::move(names);
  begin_meter();
}

void RunExecution::begin_meter() {
  const ProviderInfo& info = serving();
  const std::string model = model_.empty() ? expected_model(plan_.adapter_opts, info) : model_;
  meter_.begin({info.vendor, model, info.usage_is_total ? UsageSemantics::total : UsageSemantics::delta});
}

}  // namespace asmgr
