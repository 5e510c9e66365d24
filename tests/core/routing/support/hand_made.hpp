// A target whose runs a test carries out by hand, and the other end of a router's run.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/ports/provider.hpp"

namespace asmgr::testing {

class HandMadeTarget final : public Provider {
 public:
  explicit HandMadeTarget(std::string name, EnforcementGrade grade = EnforcementGrade::intercept) {
    info_.name = std::move(name);
    info_.grade = grade;
  }
  ProviderInfo& change() { return info_; }
  std::optional<Error> refuses;  // its next start
  std::function<void(const RunContext&)> in_start;
  std::string token;

  // The starts that have not finished, oldest first.
  std::deque<const RunContext*> starts;
  std::vector<std::string> calls;

  void say(EventType type = EventType::message_streamed) {
    EventView event;
    event.type = type;
    event.type_name = type_name(type);
    event.data = R"({"content":"hi"})";
    starts.front()->channel->emit({&event, 1}, EmitMode::asynchronous);
  }
  void finish(FinishStatus status, const std::string& result = "{}") {
    const RunContext* context = starts.front();
    starts.pop_front();
    context->channel->finish(status, result);
  }
  void complete() { finish(FinishStatus::completed, R"({"output":{"content":")" + info_.name + R"("}})"); }
  void fail(const std::string& code, const std::string& details = "{}") {
    finish(FinishStatus::failed,
           R"({"error":{"code":")" + code + R"(","message":"it failed","details":)" + details + "}}");
  }

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> start(const RunContext& context) override {
    if (refuses) return *std::exchange(refuses, std::nullopt);
    starts.push_back(&context);
    if (in_start) in_start(context);
    return {};
  }
  void cancel(std::uint64_t start) noexcept override { calls.push_back("cancel " + std::to_string(start)); }
  void resume(std::uint64_t start) noexcept override { calls.push_back("resume " + std::to_string(start)); }
  [[nodiscard]] Result<void> resolve(std::uint64_t start, std::uint64_t ticket, ToolVerdict, std::string_view,
                                     std::string_view) override {
    calls.push_back("resolve " + std::to_string(start) + " " + std::to_string(ticket));
    return {};
  }
  [[nodiscard]] Result<void> steer(std::uint64_t start, std::string_view message) override {
    calls.push_back("steer " + std::to_string(start) + " " + std::string(message));
    return {};
  }
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t) override { return token; }

 private:
  ProviderInfo info_;
};

// Starts the targets at once, unless it waits to be told.
class RecordingRun final : public RunChannel {
 public:
  explicit RecordingRun(std::string session_id = "ses_1") {
    session.id = std::move(session_id);
    context.start = 100;
    context.session = &session;
    context.run = &run;
    context.cancel = &token;
    context.channel = this;
  }
  Session session;
  Run run;
  CancelToken token;
  RunContext context;

  std::vector<std::string> log;  // what was emitted, asked, announced and finished, in order
  std::vector<NextTarget> announced;
  std::string result;
  bool waits = false;
  std::optional<Error> forbids;  // the next start
  std::vector<Go> waiting;
  std::uint64_t last_start = 1000;

  void go() {
    Go next = std::move(waiting.front());
    waiting.erase(waiting.begin());
    next(++last_start);
  }
  EmitAnswer emit(std::span<const EventView> events, EmitMode) noexcept override {
    for (const EventView& event : events) log.emplace_back(event.type_name);
    return answer;
  }
  EmitAnswer answer = EmitAnswer::go_on;
  void ask(std::uint64_t ticket, std::string_view) noexcept override { log.push_back("ask " + std::to_string(ticket)); }
  void finish(FinishStatus status, std::string_view json) noexcept override {
    static constexpr const char* kNames[] = {"", "completed", "failed", "cancelled", "tool_calls"};
    log.push_back(std::string("finish ") + kNames[static_cast<std::uint32_t>(status)]);
    result = json;
  }
  void misbehaved(std::string_view what) noexcept override { log.push_back("misbehaved " + std::string(what)); }
  void next_target(NextTarget next, Go go) noexcept override {
    log.push_back("start " + next.info->name + (next.failure ? " after " + next.failure->target : ""));
    announced.push_back(next);
    if (waits) {
      waiting.push_back(std::move(go));
    } else if (forbids) {
      go(*std::exchange(forbids, std::nullopt));
    } else {
      go(++last_start);
    }
  }
};

}  // namespace asmgr::testing
