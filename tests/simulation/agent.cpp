#include "tests/simulation/agent.hpp"

#include "core/engine/run_link.hpp"

namespace asmgr::simulation {
namespace {

constexpr std::chrono::milliseconds kLook{1};

EventView event_of(EventType type, std::string_view data, std::string_view id = {}) {
  EventView event;
  event.type = type;
  event.type_name = type_name(type);
  event.data = data;
  event.id = id;
  event.caller_id = !id.empty();
  return event;
}

void say(RunLink& link, EventType type, const std::string& data, EmitMode mode = EmitMode::may_block) {
  const EventView event = event_of(type, data);
  (void)link.emit({&event, 1}, mode);
}

void say_text(RunLink& link, const std::string& text, EmitMode mode = EmitMode::may_block) {
  say(link, EventType::message_streamed, R"({"content":")" + text + R"("})", mode);
}

const std::string kUsage = R"({"input_tokens":3,"output_tokens":1})";
const std::string kAnswer = R"({"output":{"content":"done"},"token_usage":)" + kUsage + "}";

}  // namespace

Agent::Agent(const HistoryPlan& plan, Mood mood) : plan_(plan), mood_(mood) {
  info_.name = "agent";
  info_.vendor = "test";
  info_.grade = EnforcementGrade::intercept;
  info_.describe_json = "{}";
}

void Agent::end() {
  release();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Agent::release() {
  const std::lock_guard lock(mutex_);
  released_ = true;
  changed_.notify_all();
}

Behaviour Agent::behaviour_of(const std::string& run_id) const {
  if (mood_ == Mood::calm) return Behaviour::answers;
  for (std::size_t i = 0; i < plan_.runs; ++i) {
    if (plan_.run_id(i) == run_id) return plan_.behaviours[i];
  }
  return Behaviour::answers;
}

Result<void> Agent::start(const RunContext& context) {
  const Behaviour behaviour = behaviour_of(context.run->id);
  if (behaviour == Behaviour::does_not_start) {
    return Error(ErrorCode::provider_unavailable, "this agent does not start");
  }
  auto talk = std::make_shared<Talk>();
  talk->context = &context;
  talk->link = static_cast<RunLink&>(*context.channel).shared_from_this();
  talk->run_id = context.run->id;
  talk->session_id = context.session->id;
  if (behaviour == Behaviour::finishes_at_once) {
    say_text(*talk->link, "at once");
    talk->link->finish(FinishStatus::completed, "{}");
    return {};
  }
  const std::lock_guard lock(mutex_);
  talks_[context.start] = talk;
  threads_.emplace_back([this, talk, behaviour, number = context.start] {
    act(*talk, behaviour);
    const std::lock_guard over(mutex_);
    talks_.erase(number);
  });
  return {};
}

void Agent::cancel(std::uint64_t) noexcept {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

void Agent::resume(std::uint64_t) noexcept {}

Result<void> Agent::steer(std::uint64_t, std::string_view) {
  return Error(ErrorCode::capability_not_supported);
}

Result<void> Agent::resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict verdict, std::string_view,
                            std::string_view) {
  const std::lock_guard lock(mutex_);
  if (const auto talk = talks_.find(start); talk != talks_.end()) talk->second->verdicts[ticket] = verdict;
  changed_.notify_all();
  return {};
}

void Agent::act(Talk& talk, Behaviour behaviour) {
  RunLink& link = *talk.link;
  switch (behaviour) {
    case Behaviour::talks_long:
      return talk_long(talk);
    case Behaviour::counts_usage:
      return count_usage(talk);
    case Behaviour::fails:
      say_text(link, "oh");
      return link.finish(FinishStatus::failed, R"({"error":{"code":"provider_error","message":"no"}})");
    case Behaviour::finishes_twice:
      return finish_twice(talk);
    case Behaviour::finishes_in_a_race:
      return finish_in_a_race(talk);
    case Behaviour::repeats_event_ids:
      return repeat_event_ids(talk);
    case Behaviour::sends_nonsense:
      return send_nonsense(talk);
    case Behaviour::waits_for_cancel:
    case Behaviour::says_nothing:
      wait_for_cancel(talk);
      return link.finish(FinishStatus::cancelled, "{}");
    case Behaviour::ignores_cancel:
      say_text(link, "la la la");
      wait_for_release();
      return link.finish(FinishStatus::completed, "{}");
    case Behaviour::uses_tools:
      return use_tools(talk);
    case Behaviour::ends_itself:
      say(link, EventType::run_completed, R"({"stop_reason":"end_turn"})");
      return link.finish(FinishStatus::failed, "no JSON");
    default:
      return answer(talk);
  }
}

void Agent::answer(Talk& talk) {
  for (const char* text : {"one", "two", "three"}) say_text(*talk.link, text);
  say(*talk.link, EventType::token_usage_updated, kUsage);
  talk.link->finish(FinishStatus::completed, kAnswer);
}

void Agent::talk_long(Talk& talk) {
  for (int i = 0; i < 200; ++i) say_text(*talk.link, std::to_string(i), EmitMode::asynchronous);
  talk.link->finish(FinishStatus::completed, "{}");
}

void Agent::count_usage(Talk& talk) {
  for (int i = 0; i < 5; ++i) say(*talk.link, EventType::token_usage_updated, kUsage, EmitMode::asynchronous);
  talk.link->finish(FinishStatus::completed, "{}");
}

void Agent::finish_twice(Talk& talk) {
  say_text(*talk.link, "before");
  talk.link->finish(FinishStatus::completed, "{}");
  say_text(*talk.link, "after");
  talk.link->finish(FinishStatus::failed, "{}");
  say(*talk.link, EventType::token_usage_updated, kUsage, EmitMode::asynchronous);
  talk.link->ask(1, R"({"tool_call_id":"late","tool_name":"late","tool_input":{}})");
}

void Agent::finish_in_a_race(Talk& talk) {
  std::thread other([&] { talk.link->finish(FinishStatus::completed, "{}"); });
  talk.link->finish(FinishStatus::failed, "{}");
  other.join();
}

void Agent::repeat_event_ids(Talk& talk) {
  const std::string data = R"({"content":"again"})";
  const std::string of_session = "evt_of_" + talk.session_id;
  const std::string of_run = "evt_of_" + talk.run_id;
  const auto twice = [&](const std::string& id) {
    const EventView events[] = {event_of(EventType::message_streamed, data, id),
                                event_of(EventType::message_streamed, data, id)};
    (void)talk.link->emit(events, EmitMode::asynchronous);
  };
  twice(of_session);
  say_text(*talk.link, "between", EmitMode::asynchronous);
  twice(of_run);
  say_text(*talk.link, "between");
  const EventView last = event_of(EventType::message_streamed, data, of_run);
  (void)talk.link->emit({&last, 1}, EmitMode::may_block);
  talk.link->finish(FinishStatus::completed, "{}");
}

void Agent::send_nonsense(Talk& talk) {
  RunLink& link = *talk.link;
  say(link, EventType::session_completed, "{}");
  say(link, EventType::policy_violation, R"({"policy":"mine"})");
  say(link, EventType::tool_call_started, "neither JSON nor anything");
  say(link, EventType::token_usage_updated, R"({"input_tokens":"many","output_tokens":-7})");
  say(link, EventType::run_started, R"({"session_id":"native","model":"m"})");
  say(link, EventType::message_streamed, "{\"content\":\r\n\"two lines\"}");
  EventView unknown = event_of(EventType::unknown, "{}");
  unknown.type_name = "agent.sneezed";
  (void)link.emit({&unknown, 1}, EmitMode::may_block);
  link.finish(FinishStatus::completed, "{}");
}

bool Agent::ask(Talk& talk, std::uint64_t ticket, const std::string& call) {
  talk.link->ask(ticket, R"({"tool_call_id":")" + call + R"(","tool_name":"hammer","tool_input":{}})");
  std::unique_lock lock(mutex_);
  while (!talk.verdicts.contains(ticket) && !talk.context->cancel->cancelled()) changed_.wait_for(lock, kLook);
  return talk.verdicts.contains(ticket) && talk.verdicts[ticket] == ToolVerdict::allow;
}

void Agent::use_tools(Talk& talk) {
  RunLink& link = *talk.link;
  const std::string begun = R"({"tool_call_id":"open","tool_name":"saw","tool_input":{}})";
  if (ask(talk, 1, "asked")) {
    say(link, EventType::tool_call_started, R"({"tool_call_id":"asked","tool_name":"hammer","tool_input":{}})");
    say(link, EventType::tool_call_completed, R"({"tool_call_id":"asked","tool_name":"hammer","tool_output":1})");
  }
  say(link, EventType::tool_call_started, begun);
  say(link, EventType::tool_call_started, begun);
  link.finish(FinishStatus::completed, "{}");
}

void Agent::wait_for_cancel(Talk& talk) {
  std::unique_lock lock(mutex_);
  while (!released_ && !talk.context->cancel->cancelled()) changed_.wait_for(lock, kLook);
}

void Agent::wait_for_release() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return released_; });
}

}  // namespace asmgr::simulation
