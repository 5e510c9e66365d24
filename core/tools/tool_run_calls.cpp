// The tools of a turn: asked about, run, and told of.
#include <algorithm>

#include "core/model/json.hpp"
#include "core/ports/asking.hpp"
#include "core/tools/tool_run.hpp"
#include "core/tools/tool_turn.hpp"

namespace asmgr {
namespace {

// The ticket of a question is the place of its call.
constexpr unsigned kTurnShift = 32;
constexpr std::uint64_t kIndexMask = (std::uint64_t{1} << kTurnShift) - 1;

ToolOutcome refusal(std::string text) {
  return {true, boost::json::string(std::move(text))};
}

}  // namespace

void ToolRun::run_calls(std::uint32_t turn, const std::vector<ModelCall>& calls, std::string_view said) {
  bool cancelled = false;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::model) return;
    cancelled = cancelled_;
    if (!cancelled) {
      messages_.add_said(said);
      for (const ModelCall& call : calls) messages_.add_call(call);
      expect(calls);
    }
  }
  // The order to stop came when the model had said all it had to say.
  if (cancelled) return end(FinishStatus::cancelled, "{}");
  ask_about(turn, calls);
}

// The lock is held.
void ToolRun::expect(const std::vector<ModelCall>& calls) {
  phase_ = Phase::tools;
  calls_.clear();
  for (const ModelCall& call : calls) {
    Call waiting;
    waiting.call = call;
    calls_.push_back(std::move(waiting));
  }
}

void ToolRun::ask_about(std::uint32_t turn, const std::vector<ModelCall>& calls) {
  for (std::size_t i = 0; i < calls.size(); ++i) {
    boost::json::object question;
    question["tool_call_id"] = calls[i].id;
    question["tool_name"] = calls[i].name;
    question["tool_input"] = calls[i].input;
    if (const std::size_t to_come = calls.size() - i - 1; to_come != 0) question[kAsksToCome] = to_come;
    const std::string text = to_text(boost::json::value(std::move(question)));
    const std::uint64_t ticket = kOurs | (std::uint64_t{turn} << kTurnShift) | i;
    if (!speak([&] { outer_.channel->ask(ticket, text); })) return;
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
  const Place place{static_cast<std::uint32_t>((ticket & ~kOurs) >> kTurnShift), ticket & kIndexMask};
  Call* const call = call_at(place);
  if (call == nullptr || call->state != CallState::asked) return {};
  if (verdict == ToolVerdict::deny) {
    lock.unlock();
    note_done(place, refusal(std::string(note)));
    return {};
  }
  if (auto edited = parse_json_object(edited_input_json, "input"); edited && !edited_input_json.empty()) {
    call->call.input = std::move(*edited);
  }
  call->state = CallState::allowed;
  lock.unlock();
  start_allowed();
  return {};
}

ToolRun::Call* ToolRun::call_at(const Place& place) {
  const bool is_there = phase_ == Phase::tools && place.turn == turn_ && place.index < calls_.size();
  return is_there ? &calls_[place.index] : nullptr;
}

// As many as may run at a time; none while the engine has no room for what they will say.
void ToolRun::start_allowed() {
  std::vector<std::pair<Place, ModelCall>> starts;
  {
    const std::lock_guard lock(mutex_);
    if (phase_ != Phase::tools || !room_) return;
    for (std::size_t i = 0; i < calls_.size() && running_ < options_.parallel; ++i) {
      if (calls_[i].state != CallState::allowed) continue;
      calls_[i].state = CallState::running;
      ++running_;
      starts.emplace_back(Place{turn_, i}, calls_[i].call);
    }
  }
  for (const auto& [place, call] : starts) run_call(place, call);
}

void ToolRun::run_call(const Place& place, const ModelCall& call) {
  {
    const std::lock_guard lock(mutex_);
    if (call_at(place) == nullptr) return;  // cancelled meanwhile
  }
  const OfferedTools::Offer* offer = offered_.find(call.name);
  if (offer == nullptr) {
    return call_ended(place, refusal("there is no tool '" + call.name + "' (there are: " + offered_.names() + ")"));
  }
  const std::uint64_t handle = offer->server->call(
      offer->tool.own_name, call.input, options_.timeout,
      [self = shared_from_this(), place](ToolOutcome result) { self->call_ended(place, std::move(result)); });
  std::unique_lock lock(mutex_);
  if (phase_ == Phase::ended) {  // cancelled while it was being started
    lock.unlock();
    return offer->server->cancel(handle);
  }
  if (Call* const running = call_at(place)) running->handle = handle;
}

void ToolRun::call_ended(const Place& place, ToolOutcome result) {
  ModelCall call;
  {
    const std::lock_guard lock(mutex_);
    const Call* const ended = call_at(place);
    if (ended == nullptr || ended->state != CallState::running) return;
    call = ended->call;
  }
  result = cut_to(std::move(result), options_.max_result_bytes);
  tell(call, result);
  {
    const std::lock_guard lock(mutex_);
    --running_;
  }
  note_done(place, std::move(result));
}

void ToolRun::tell(const ModelCall& call, const ToolOutcome& result) {
  boost::json::object data;
  data["tool_call_id"] = call.id;
  data["tool_name"] = call.name;
  data["tool_output"] = result.output;
  if (result.is_error) data["is_error"] = true;
  emit_one(result.is_error ? EventType::tool_call_failed : EventType::tool_call_completed,
           to_text(boost::json::value(std::move(data))));
}

void ToolRun::note_done(const Place& place, ToolOutcome result) {
  {
    const std::lock_guard lock(mutex_);
    Call* const done = call_at(place);
    if (done == nullptr) return;
    done->state = CallState::done;
    done->result = std::move(result);
    const bool all =
        std::all_of(calls_.begin(), calls_.end(), [](const Call& call) { return call.state == CallState::done; });
    if (all) {
      for (const Call& call : calls_) messages_.add_result(call.call, call.result);
      calls_.clear();
      phase_ = Phase::model_is_due;
    }
  }
  start_turn();
  start_allowed();
}

}  // namespace asmgr
