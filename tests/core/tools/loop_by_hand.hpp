// A tool loop between an engine and a provider that do only what a test tells them: every interleaving can be had.
#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/model/json.hpp"
#include "core/tools/tool_loop.hpp"
#include "tests/core/tools/fake_tool_server.hpp"

namespace asmgr::testing {

// The engine's side: keeps what it is told. A hook runs in the midst of what it is called for.
class EngineByHand final : public RunChannel {
 public:
  std::function<EmitAnswer(const std::string& type)> on_emit;
  std::function<void(std::uint64_t ticket)> on_ask;

  EmitAnswer emit(std::span<const EventView> events, EmitMode) noexcept override {
    ++inside_;
    EmitAnswer answer = EmitAnswer::go_on;
    for (const EventView& event : events) {
      note(std::string(event.type_name));
      if (on_emit) answer = on_emit(std::string(event.type_name));
    }
    --inside_;
    return answer;
  }
  void ask(std::uint64_t ticket, std::string_view) noexcept override {
    ++inside_;
    note("asked");
    {
      const std::lock_guard lock(mutex_);
      tickets_.push_back(ticket);
    }
    if (on_ask) on_ask(ticket);
    --inside_;
  }
  void finish(FinishStatus status, std::string_view result_json) noexcept override {
    const std::lock_guard lock(mutex_);
    told_in_time_ = told_in_time_ && inside_ == 0 && !finished_;
    finished_ = status;
    result_ = result_json;
  }
  void misbehaved(std::string_view) noexcept override { note("misbehaved"); }
  void next_target(NextTarget, Go) noexcept override {}

  std::vector<std::string> said() {
    const std::lock_guard lock(mutex_);
    return said_;
  }
  std::vector<std::uint64_t> tickets() {
    const std::lock_guard lock(mutex_);
    return tickets_;
  }
  std::optional<FinishStatus> finished() {
    const std::lock_guard lock(mutex_);
    return finished_;
  }
  std::string result() {
    const std::lock_guard lock(mutex_);
    return result_;
  }
  // The end came once, after all that was said, and nothing was said afterwards.
  bool was_told_in_time() {
    const std::lock_guard lock(mutex_);
    return told_in_time_;
  }

 private:
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    if (finished_) told_in_time_ = false;
    said_.push_back(std::move(what));
  }

  std::atomic<int> inside_{0};
  std::mutex mutex_;
  std::vector<std::string> said_;
  std::vector<std::uint64_t> tickets_;
  std::optional<FinishStatus> finished_;
  std::string result_;
  bool told_in_time_ = true;
};

// A model that says what the test has it say, turn by turn.
class ModelByHand final : public Provider {
 public:
  ModelByHand() { info_.grade = EnforcementGrade::own; }
  std::function<void()> in_start;
  std::atomic<int> cancels{0};
  std::atomic<std::uint64_t> resumed{0};  // the start that was told last that there is room

  [[nodiscard]] std::size_t starts() {
    const std::lock_guard lock(mutex_);
    return turns_.size();
  }
  [[nodiscard]] const RunContext& turn(std::size_t number) {
    const std::lock_guard lock(mutex_);
    return *turns_.at(number - 1);
  }
  EmitAnswer say(std::size_t number) {
    EventView event;
    event.type = EventType::message_streamed;
    event.type_name = type_name(event.type);
    event.data = R"({"delta":"x"})";
    return turn(number).channel->emit({&event, 1}, EmitMode::asynchronous);
  }
  void want(std::size_t number, std::vector<std::string> tools) {
    std::string calls;
    for (std::size_t i = 0; i < tools.size(); ++i) {
      calls += (i == 0 ? "" : ",") + (R"({"id":"c)" + std::to_string(i)) + R"(","name":"mcp__fake__)" + tools[i] +
               R"(","input":{}})";
    }
    finish(number, FinishStatus::tool_calls, R"({"tool_calls":[)" + calls + "]}");
  }
  void finish(std::size_t number, FinishStatus status, const std::string& result = "{}") {
    const RunContext* turn = nullptr;
    {
      const std::lock_guard lock(mutex_);
      turn = std::exchange(turns_.at(number - 1), nullptr);
    }
    if (turn != nullptr) turn->channel->finish(status, result);
  }
  // What a provider owes for each start.
  void finish_all() {
    for (std::size_t i = 1; i <= starts(); ++i) finish(i, FinishStatus::cancelled);
  }

  [[nodiscard]] const ProviderInfo& info() const noexcept override { return info_; }
  [[nodiscard]] Result<void> start(const RunContext& context) override {
    {
      const std::lock_guard lock(mutex_);
      turns_.push_back(&context);
    }
    if (in_start) in_start();
    return {};
  }
  void cancel(std::uint64_t) noexcept override { ++cancels; }
  void resume(std::uint64_t start) noexcept override { resumed = start; }
  [[nodiscard]] Result<void> resolve(std::uint64_t, std::uint64_t, ToolVerdict, std::string_view,
                                     std::string_view) override {
    return {};
  }
  [[nodiscard]] Result<void> steer(std::uint64_t, std::string_view) override { return {}; }
  [[nodiscard]] Result<std::string> resume_token(std::uint64_t) override { return std::string(); }

 private:
  ProviderInfo info_;
  std::mutex mutex_;
  std::vector<const RunContext*> turns_;
};

class LoopByHand {
 public:
  explicit LoopByHand(ToolLoopOptions options = {}) {
    auto tools = std::make_shared<const ToolSet>(std::vector<std::shared_ptr<ToolServer>>{server},
                                                 std::vector<std::string>{"*"});
    loop = std::make_unique<ToolLoop>(model, tools, options);
    server->add("echo", [](const boost::json::object&, const FakeToolServer::Answer& answer) {
      answer({false, "echo"});
    });
    server->add("hang", [this](const boost::json::object&, FakeToolServer::Answer answer) {
      const std::lock_guard lock(mutex_);
      hanging_.push_back(std::move(answer));
    });
    run_.input = boost::json::value("hello");
    context_.start = kStart;
    context_.session = &session_;
    context_.run = &run_;
    context_.channel = &engine;
    context_.last_start = std::make_shared<std::atomic<std::uint64_t>>(kStart);
  }

  ~LoopByHand() { model->finish_all(); }

  void begin() { EXPECT_TRUE(loop->start(context_)); }
  void cancel() { loop->cancel(kStart); }
  void resume() { loop->resume(kStart); }
  // The answer to the question with that number, from 0.
  void allow(std::size_t question) {
    EXPECT_TRUE(loop->resolve(kStart, engine.tickets().at(question), ToolVerdict::allow, "", ""));
  }
  void deny(std::size_t question) {
    EXPECT_TRUE(loop->resolve(kStart, engine.tickets().at(question), ToolVerdict::deny, "no", ""));
  }
  // Answers the calls of `hang`, in the order in which they came.
  void answer_hanging(const std::string& text = "late") {
    std::vector<FakeToolServer::Answer> answers;
    {
      const std::lock_guard lock(mutex_);
      answers = std::exchange(hanging_, {});
    }
    for (const auto& answer : answers) answer({false, boost::json::string(text)});
  }
  [[nodiscard]] int calls() const { return server->calls; }

  EngineByHand engine;
  std::shared_ptr<ModelByHand> model = std::make_shared<ModelByHand>();
  std::shared_ptr<FakeToolServer> server = std::make_shared<FakeToolServer>();
  std::unique_ptr<ToolLoop> loop;

 private:
  static constexpr std::uint64_t kStart = 7;
  Session session_;
  Run run_;
  RunContext context_;
  std::mutex mutex_;
  std::vector<FakeToolServer::Answer> hanging_;
};

}  // namespace asmgr::testing
