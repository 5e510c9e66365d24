#include "core/tools/tool_run.hpp"

#include <algorithm>

#include "core/model/json.hpp"
#include "core/tools/tool_turn.hpp"

namespace asmgr {
namespace {

// Our own questions are told from those of the provider by this bit.
constexpr std::uint64_t kOurs = std::uint64_t{1} << 63U;

EventView event_of(EventType type, const std::string& data) {
  EventView event;
  event.type = type;
  event.type_name = type_name(type);
  event.data = data;
  return event;
}

ToolOutcome refusal(std::string text) {
  return {true, boost::json::string(std::move(text))};
}

std::string result_with(const Error& error) {
  boost::json::object result;
  result["error"] = error.to_json();
  return to_text(boost::json::value(std::move(result)));
}

// How many model calls the caller allows; 0 = as many as it takes.
std::int64_t turns_of(const std::string& options, const ProviderInfo& info) {
  const auto parsed = parse_json_object(options, "options");
  const auto asked = parsed ? find_int(*parsed, "max_turns") : std::nullopt;
  if (asked && *asked > 0) return *asked;
  return info.max_turns.value_or(0);
}

}  // namespace

Result<std::shared_ptr<ToolRun>> ToolRun::of(std::shared_ptr<Provider> provider, std::shared_ptr<const ToolSet> tools,
                                             const ToolLoopOptions& options, const RunContext& context) {
  auto messages = TurnMessages::of(context.transcript, context.run->input);
  if (!messages) return messages.error();
  return std::shared_ptr<ToolRun>(
      new ToolRun(std::move(provider), std::move(tools), options, context, std::move(*messages)));
}

ToolRun::ToolRun(std::shared_ptr<Provider> provider, std::shared_ptr<const ToolSet> tools,
                 const ToolLoopOptions& options, const RunContext& context, TurnMessages messages)
    : provider_(std::move(provider)),
      tools_(std::move(tools)),
      options_(options),
      outer_(context),
      max_turns_(turns_of(context.options, provider_->info())),
      messages_(std::move(messages)) {}

void ToolRun::begin() {
  tools_->offer([self = shared_from_this()](Result<OfferedTools> tools) { self->offered(std::move(tools)); });
}

void ToolRun::offered(Result<OfferedTools> tools) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return;
    if (tools) offered_ = std::move(*tools);
  }
  if (!tools) return fail(tools.error());
  start_turn();
}

// -- model calls ----------------------------------------------------------------------------------------------------

void ToolRun::start_turn() {
  auto turn = std::make_shared<ToolTurn>(shared_from_this());
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return;
    if (!room_) {
      phase_ = Phase::paused;
      return;
    }
    phase_ = Phase::model;
    ++turn_;
    start_ = turn_ == 1 ? outer_.start : outer_.last_start->fetch_add(1) + 1;
    turn->context = outer_;
    turn->context.start = start_;
    turn->context.turn = turn_;
    turn->context.tools = offered_.describe();
    if (turn_ > 1) turn->context.transcript = messages_.text();
    turn->context.channel = turn.get();
  }
  if (turn->context.turn > 1) {
    const std::string data = "{\"turn\":" + std::to_string(turn->context.turn) + "}";
    const EventView event = event_of(EventType::step_started, data);
    (void)emit({&event, 1}, EmitMode::asynchronous);
  }
  turn->begin();
  const std::uint64_t start = turn->context.start;
  auto begun = provider_->start(turn->context);
  if (!begun) {
    turn->not_started();
    return fail(begun.error());
  }
  std::unique_lock lock(mutex_);
  const bool too_late = cancelled_ && start_ == start;  // the order to stop came before there was something to stop
  lock.unlock();
  if (too_late) provider_->cancel(start);
}

EmitAnswer ToolRun::emit(std::span<const EventView> events, EmitMode mode) {
  const EmitAnswer answer = outer_.channel->emit(events, mode);
  if (answer == EmitAnswer::pause) {
    const std::lock_guard lock(mutex_);
    room_ = false;
  }
  return answer;
}

void ToolRun::ask(std::uint64_t ticket, std::string_view tool_call_json) {
  outer_.channel->ask(ticket & ~kOurs, tool_call_json);
}

void ToolRun::misbehaved(std::string_view what) {
  outer_.channel->misbehaved(what);
}

// The provider is a router; whoever carries the run out starts its targets.
void ToolRun::next_target(NextTarget next, RunChannel::Go go) {
  outer_.channel->next_target(std::move(next), std::move(go));
}

void ToolRun::turn_ended(FinishStatus status, std::string_view result_json, bool said_usage) {
  auto result = parse_json_object(result_json, "result");
  if (status != FinishStatus::tool_calls || !result) {
    std::string text(result_json);
    if (result && turn_ > 1) text = with_usage_of_all(std::move(*result));
    return end(status, text);
  }
  if (!said_usage) {
    if (const boost::json::object* usage = find_object(*result, "token_usage")) {
      const std::string data = to_text(boost::json::value(*usage));
      const EventView event = event_of(EventType::token_usage_updated, data);
      (void)emit({&event, 1}, EmitMode::asynchronous);
    }
  }
  count_usage(*result);
  auto calls = read_tool_calls(*result, turn_);
  if (!calls) {
    misbehaved(calls.error().message());
    return end(FinishStatus::failed, result_with(calls.error()));
  }
  if (max_turns_ != 0 && turn_ >= max_turns_) {
    return fail(
        Error(ErrorCode::provider_error, "the model still asks for tools after " + std::to_string(turn_) +
                                             " turns, which is what max_turns allows; raise max_turns of provider '" +
                                             provider_->info().name + "', or give the model less to do")
            .with_detail("kind", boost::json::value("max_turns")));
  }
  const boost::json::object* output = find_object(*result, "output");
  run_calls(std::move(*calls), output == nullptr ? std::string_view() : find_string(*output, "content").value_or(""));
}

void ToolRun::count_usage(const boost::json::object& result) {
  const boost::json::object* said = find_object(result, "token_usage");
  const auto cost = find_number(result, "cost_usd");
  const std::lock_guard lock(mutex_);
  if (said == nullptr) usage_known_ = false;
  if (said != nullptr) usage_ = usage_ + usage_from_json(*said);
  if (!cost) cost_known_ = false;
  cost_usd_ += cost.value_or(0);
}

// The last word of a run is about all of its model calls; the provider knows only its own. Where one of them said
// nothing, what was reported on the way has to do.
std::string ToolRun::with_usage_of_all(boost::json::object result) {
  count_usage(result);
  const std::lock_guard lock(mutex_);
  result.erase("token_usage");
  result.erase("cost_usd");
  if (usage_known_) result["token_usage"] = to_json(usage_);
  if (cost_known_) result["cost_usd"] = cost_usd_;
  return to_text(boost::json::value(std::move(result)));
}

// -- tools ----------------------------------------------------------------------------------------------------------

void ToolRun::run_calls(std::vector<ModelCall> calls, std::string_view said) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return;
    phase_ = Phase::tools;
    messages_.add_said(said);
    calls_.clear();
    for (const ModelCall& call : calls) {
      messages_.add_call(call);
      Call waiting;
      waiting.call = call;
      calls_.push_back(std::move(waiting));
    }
  }
  for (std::size_t i = 0; i < calls.size(); ++i) {
    boost::json::object question;
    question["tool_call_id"] = calls[i].id;
    question["tool_name"] = calls[i].name;
    question["tool_input"] = calls[i].input;
    outer_.channel->ask(kOurs | i, to_text(boost::json::value(std::move(question))));
  }
}

Result<void> ToolRun::resolve(std::uint64_t ticket, ToolVerdict verdict, std::string_view note,
                              std::string_view edited_input_json) {
  std::unique_lock lock(mutex_);
  if ((ticket & kOurs) == 0) {
    const std::uint64_t start = start_;
    lock.unlock();
    return provider_->resolve(start, ticket, verdict, note, edited_input_json);
  }
  const std::size_t index = ticket & ~kOurs;
  if (phase_ != Phase::tools || index >= calls_.size() || calls_[index].state != CallState::asked) return {};
  Call& call = calls_[index];
  if (verdict == ToolVerdict::deny) {
    lock.unlock();
    note_done(index, refusal(std::string(note)));
    return {};
  }
  if (auto edited = parse_json_object(edited_input_json, "input"); edited && !edited_input_json.empty()) {
    call.call.input = std::move(*edited);
  }
  call.state = CallState::allowed;
  lock.unlock();
  start_allowed();
  return {};
}

void ToolRun::start_allowed() {
  std::vector<Start> starts;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::tools) return;
    for (std::size_t i = 0; i < calls_.size() && running_ < options_.parallel; ++i) {
      if (calls_[i].state != CallState::allowed) continue;
      calls_[i].state = CallState::running;
      ++running_;
      starts.push_back({i, calls_[i].call});
    }
  }
  for (const Start& start : starts) run_call(start);
}

void ToolRun::run_call(const Start& start) {
  const OfferedTools::Offer* offer = offered_.find(start.call.name);
  if (offer == nullptr) {
    return call_ended(start.index,
                      refusal("there is no tool '" + start.call.name + "' (there are: " + offered_.names() + ")"));
  }
  const std::uint64_t handle =
      offer->server->call(offer->tool.own_name, start.call.input, options_.timeout,
                          [self = shared_from_this(), index = start.index, turn = turn_](ToolOutcome result) {
                            if (self->turn_ == turn) self->call_ended(index, std::move(result));
                          });
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::ended) {  // cancelled while it was being started
    lock.unlock();
    return offer->server->cancel(handle);
  }
  if (start.index < calls_.size()) calls_[start.index].handle = handle;
}

void ToolRun::call_ended(std::size_t index, ToolOutcome result) {
  ModelCall call;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::tools || index >= calls_.size() || calls_[index].state != CallState::running) return;
    call = calls_[index].call;
  }
  result = cut_to(std::move(result), options_.max_result_bytes);
  tell(call, result);
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  note_done(index, std::move(result));
}

void ToolRun::tell(const ModelCall& call, const ToolOutcome& result) {
  boost::json::object data;
  data["tool_call_id"] = call.id;
  data["tool_name"] = call.name;
  data["tool_output"] = result.output;
  if (result.is_error) data["is_error"] = true;
  const std::string text = to_text(boost::json::value(std::move(data)));
  const EventView event =
      event_of(result.is_error ? EventType::tool_call_failed : EventType::tool_call_completed, text);
  (void)emit({&event, 1}, EmitMode::asynchronous);
}

void ToolRun::note_done(std::size_t index, ToolOutcome result) {
  bool all = false;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::tools || index >= calls_.size()) return;
    calls_[index].state = CallState::done;
    calls_[index].result = std::move(result);
    all = std::all_of(calls_.begin(), calls_.end(), [](const Call& call) { return call.state == CallState::done; });
  }
  if (all) return tools_ended();
  start_allowed();
}

void ToolRun::tools_ended() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::tools) return;
    for (const Call& call : calls_) messages_.add_result(call.call, call.result);
    calls_.clear();
  }
  start_turn();
}

// -- from the engine ------------------------------------------------------------------------------------------------

void ToolRun::cancel() {
  std::vector<std::pair<std::shared_ptr<ToolServer>, std::uint64_t>> running;
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::ended || cancelled_) return;
  cancelled_ = true;
  if (phase_ == Phase::model) {
    const std::uint64_t start = start_;
    lock.unlock();
    return provider_->cancel(start);
  }
  for (const Call& call : calls_) {
    const OfferedTools::Offer* offer = offered_.find(call.call.name);
    // One that is just being started is cancelled by whoever starts it.
    const bool known = call.state == CallState::running && call.handle != 0;
    if (known && offer != nullptr) running.emplace_back(offer->server, call.handle);
  }
  lock.unlock();
  for (const auto& [server, handle] : running) server->cancel(handle);
  end(FinishStatus::cancelled, "{}");
}

void ToolRun::resume() {
  std::unique_lock lock(mutex_);
  room_ = true;
  if (phase_ == Phase::paused) {
    lock.unlock();
    return start_turn();
  }
  const bool speaking = phase_ == Phase::model;
  const std::uint64_t start = start_;
  lock.unlock();
  if (speaking) provider_->resume(start);
}

Result<void> ToolRun::steer(std::string_view message_json) {
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::ended) return Error(ErrorCode::run_not_found, "the run is over");
  const std::uint64_t start = start_;
  lock.unlock();
  return provider_->steer(start, message_json);
}

Result<std::string> ToolRun::resume_token() {
  std::unique_lock lock(mutex_);
  const std::uint64_t start = start_;
  lock.unlock();
  return provider_->resume_token(start);
}

void ToolRun::end(FinishStatus status, const std::string& result_json) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
  }
  outer_.channel->finish(status, result_json);
}

void ToolRun::fail(const Error& error) {
  end(FinishStatus::failed, result_with(error));
}

}  // namespace asmgr
