#include "core/tools/tool_run.hpp"

#include "core/model/json.hpp"
#include "core/tools/tool_turn.hpp"

namespace asmgr {
namespace {

EventView event_of(EventType type, const std::string& data) {
  EventView event;
  event.type = type;
  event.type_name = type_name(type);
  event.data = data;
  return event;
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
  auto left = read_waiting_calls(context.waiting_calls);
  if (!left) return left.error();
  const boost::json::value nothing_new;
  auto messages = TurnMessages::of(context.transcript, left->empty() ? context.run->input : nothing_new);
  if (!messages) return messages.error();
  return std::shared_ptr<ToolRun>(
      new ToolRun(std::move(provider), std::move(tools), options, context, std::move(*messages), std::move(*left)));
}

ToolRun::ToolRun(std::shared_ptr<Provider> provider, std::shared_ptr<const ToolSet> tools,
                 const ToolLoopOptions& options, const RunContext& context, TurnMessages messages,
                 std::vector<ModelCall> left)
    : provider_(std::move(provider)),
      tools_(std::move(tools)),
      options_(options),
      outer_(context),
      max_turns_(turns_of(context.options, provider_->info())),
      messages_(std::move(messages)),
      left_(std::move(left)) {}

void ToolRun::begin() {
  tools_->offer([self = shared_from_this()](Result<OfferedTools> tools) { self->offered(std::move(tools)); });
}

void ToolRun::offered(Result<OfferedTools> tools) {
  if (!tools) return fail(tools.error());
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::asking_for_tools) return;
    offered_ = std::move(*tools);
    phase_ = Phase::model_is_due;
  }
  if (left_.empty()) return start_turn();
  go_on_with_left();
}

// The model call that wanted them counts as this run's first, though it was made before the run was left.
void ToolRun::go_on_with_left() {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::model_is_due) return;
    turn_ = 1;
    for (const ModelCall& call : left_) messages_.take_up_call(call);
    expect(left_);
  }
  ask_about(1, left_);
}

// -- what is said to the engine -------------------------------------------------------------------------------------

bool ToolRun::speak(const std::function<void()>& say) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return false;
    ++speaking_;
  }
  say();
  std::unique_lock lock(mutex_);
  if (--speaking_ != 0 || !owed_) return true;
  const Ending ending = *std::exchange(owed_, std::nullopt);
  lock.unlock();
  outer_.channel->finish(ending.status, ending.result_json);
  return true;
}

EmitAnswer ToolRun::emit(std::span<const EventView> events, EmitMode mode) {
  EmitAnswer answer = EmitAnswer::stop;
  (void)speak([&] {
    std::unique_lock lock(mutex_);
    const std::uint64_t before = resumes_;
    lock.unlock();
    answer = outer_.channel->emit(events, mode);
    lock.lock();
    // The word that there is room again may have come before this answer.
    if (answer == EmitAnswer::pause && resumes_ == before) room_ = false;
  });
  return answer;
}

void ToolRun::emit_one(EventType type, const std::string& data) {
  const EventView event = event_of(type, data);
  (void)emit({&event, 1}, EmitMode::asynchronous);
}

void ToolRun::ask(std::uint64_t ticket, std::string_view tool_call_json) {
  (void)speak([&] { outer_.channel->ask(ticket & ~kOurs, tool_call_json); });
}

void ToolRun::misbehaved(std::string_view what) {
  (void)speak([&] { outer_.channel->misbehaved(what); });
}

// The provider is a router; whoever carries the run out starts its targets.
void ToolRun::next_target(NextTarget next, RunChannel::Go go) {
  (void)speak([&] { outer_.channel->next_target(std::move(next), std::move(go)); });
}

void ToolRun::end(FinishStatus status, std::string result_json) {
  {
    const std::lock_guard lock(mutex_);
    if (phase_ == Phase::ended) return;
    phase_ = Phase::ended;
    if (speaking_ != 0) {
      owed_ = Ending{status, std::move(result_json)};
      return;
    }
  }
  outer_.channel->finish(status, result_json);
}

void ToolRun::fail(const Error& error) {
  end(FinishStatus::failed, result_with(error));
}

// -- model calls ----------------------------------------------------------------------------------------------------

void ToolRun::start_turn() {
  const std::shared_ptr<ToolTurn> turn = next_turn();
  if (turn == nullptr) return;
  if (turn->context.turn > 1) {
    emit_one(EventType::step_started, "{\"turn\":" + std::to_string(turn->context.turn) + "}");
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

// Null when none is due, or there is no room for what it would say.
std::shared_ptr<ToolTurn> ToolRun::next_turn() {
  auto turn = std::make_shared<ToolTurn>(shared_from_this());
  const std::lock_guard lock(mutex_);
  if (phase_ != Phase::model_is_due || !room_) return nullptr;
  phase_ = Phase::model;
  ++turn_;
  start_ = turn_ == 1 ? outer_.start : outer_.last_start->fetch_add(1) + 1;
  turn->context = outer_;
  turn->context.start = start_;
  turn->context.turn = turn_;
  turn->context.tools = offered_.describe();
  if (turn_ > 1) turn->context.transcript = messages_.text();
  turn->context.channel = turn.get();
  return turn;
}

void ToolRun::turn_ended(const RunContext& turn, FinishStatus status, std::string_view result_json, bool said_usage) {
  auto result = parse_json_object(result_json, "result");
  if (status != FinishStatus::tool_calls || !result) {
    std::string text(result_json);
    if (result && turn.turn > 1) text = with_usage_of_all(std::move(*result));
    return end(status, std::move(text));
  }
  const boost::json::object* usage = find_object(*result, "token_usage");
  if (!said_usage && usage != nullptr) {
    emit_one(EventType::token_usage_updated, to_text(boost::json::value(*usage)));
  }
  count_usage(*result);
  auto calls = read_tool_calls(*result, turn.turn);
  if (!calls) {
    misbehaved(calls.error().message());
    return fail(calls.error());
  }
  if (max_turns_ != 0 && turn.turn >= max_turns_) {
    return fail(
        Error(ErrorCode::provider_error, "the model still asks for tools after " + std::to_string(turn.turn) +
                                             " turns, which is what max_turns allows; raise max_turns of provider '" +
                                             provider_->info().name + "', or give the model less to do")
            .with_detail("kind", boost::json::value("max_turns")));
  }
  const boost::json::object* output = find_object(*result, "output");
  run_calls(turn.turn, *calls, output == nullptr ? std::string_view() : find_string(*output, "content").value_or(""));
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
  // First, so that what the servers answer to it is not taken for results.
  end(FinishStatus::cancelled, "{}");
  for (const auto& [server, handle] : running) server->cancel(handle);
}

void ToolRun::resume() {
  std::unique_lock lock(mutex_);
  room_ = true;
  ++resumes_;
  const bool speaking = phase_ == Phase::model;
  const std::uint64_t start = start_;
  lock.unlock();
  if (speaking) return provider_->resume(start);
  start_turn();
  start_allowed();
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

}  // namespace asmgr
