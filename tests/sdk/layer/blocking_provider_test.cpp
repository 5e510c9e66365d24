#include <pthread.h>
#include <signal.h>

#include <asmgr/plugin.hpp>
#include <atomic>
#include <optional>
#include <stdexcept>
#include <thread>

#include "tests/sdk/layer/fake_host.hpp"

namespace asmgr::sdk::test {
namespace {

std::atomic<int> functions_running{0};
std::atomic<int> on_cancels{0};
std::atomic<int> on_answers{0};

class BlockingTestProvider final : public BlockingProvider {
 public:
  explicit BlockingTestProvider(const Create& create) : mode_(create.config) {}
  ~BlockingTestProvider() override { EXPECT_EQ(functions_running.load(), 0) << "a run outlived its provider"; }

  std::string describe() override { return R"({"grade":"intercept"})"; }

  RunResult run(BlockingRun& run) override {
    struct Count {
      Count() { ++functions_running; }
      ~Count() { --functions_running; }
    } const count;
    if (mode_ == "status") throw StatusError(ASMGR_E_PROVIDER_QUOTA, "no money").with_details(R"({"left":0})");
    if (mode_ == "std") throw std::runtime_error("broken");
    if (mode_ == "int") throw 7;
    if (mode_ == "signals") {
      sigset_t blocked;
      pthread_sigmask(SIG_SETMASK, nullptr, &blocked);
      return {ASMGR_FINISH_COMPLETED, sigismember(&blocked, SIGINT) == 1 ? "blocked" : "open"};
    }
    if (mode_ == "ask") {
      const Verdict verdict = run.ask(R"({"tool_name":"ls"})");
      if (verdict.cancelled) return {ASMGR_FINISH_CANCELLED, verdict.allowed ? "allowed" : "denied"};
      return {ASMGR_FINISH_COMPLETED,
              (verdict.allowed ? "allow " : "deny ") + verdict.note + verdict.edited_input_json};
    }
    if (mode_ == "ask_later") {
      // Two questions at once; the answers are taken as they come.
      const std::uint64_t first = run.ask_later(R"({"tool_name":"one"})");
      const std::uint64_t second = run.ask_later(R"({"tool_name":"two"})");
      std::string said;
      while (said.size() < 2 && !run.wait_for(std::chrono::milliseconds(1))) {
        if (const auto verdict = run.take_answer(first)) said += verdict->allowed ? "A" : "D";
        if (const auto verdict = run.take_answer(second)) said += verdict->allowed ? "a" : "d";
      }
      return {ASMGR_FINISH_COMPLETED, run.take_answer(first) ? "twice" : said};
    }
    if (mode_ == "wait") {
      if (!run.emit(event(ASMGR_EV_STEP_STARTED, "{}"))) return {ASMGR_FINISH_CANCELLED, "stopped"};
      if (!run.wait_for(std::chrono::hours(1))) return {ASMGR_FINISH_FAILED, "{}"};
      run.throw_if_cancelled();
    }
    if (mode_ == "short_wait") return {ASMGR_FINISH_COMPLETED, run.wait_for(std::chrono::milliseconds(1)) ? "c" : "t"};
    return {ASMGR_FINISH_COMPLETED, std::string(run.context().options())};
  }
  void on_cancel(std::uint64_t) override { ++on_cancels; }
  void on_answer(std::uint64_t) override { ++on_answers; }

 private:
  std::string mode_;
};

constexpr asmgr_component kBlockingTestProvider = component<BlockingTestProvider>("test", "A provider for tests", "{}");

class BlockingProviderLayer : public testing::Test {
 protected:
  void start(const std::string& mode) {
    on_cancels = 0;
    on_answers = 0;
    live.emplace(host, kBlockingTestProvider, mode);
    ASSERT_EQ(table().start(live->instance, &run.context, &error), static_cast<asmgr_status>(ASMGR_OK));
  }
  const asmgr_provider& table() { return *live->table<asmgr_provider>(ASMGR_IFACE_PROVIDER); }
  void resolve(std::uint64_t ticket, std::uint32_t verdict, const char* note, const char* edited = "") {
    asmgr_error none;
    EXPECT_EQ(live->table<asmgr_provider_approval>(ASMGR_IFACE_PROVIDER_APPROVAL)
                  ->resolve(live->instance, run.context.start, ticket, verdict, text(note), text(edited), &none),
              static_cast<asmgr_status>(ASMGR_OK));
  }

  FakeHost host;
  FakeRun run;
  asmgr_error error;
  std::optional<Live> live;
};

TEST_F(BlockingProviderLayer, WhatTheFunctionReturnsFinishesTheRunOnce) {
  start("");
  ASSERT_TRUE(run.wait_finished());
  live.reset();
  EXPECT_EQ(run.finishes, 1);
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(run.result, R"({"model":"m"})");
}

TEST_F(BlockingProviderLayer, AStatusErrorFailsTheRunWithItsCode) {
  start("status");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_EQ(run.result, R"({"error":{"code":"provider_quota_exceeded","message":"no money","details":{"left":0}}})");
}

TEST_F(BlockingProviderLayer, AnyOtherExceptionFailsTheRunToo) {
  start("std");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_NE(run.result.find("broken"), std::string::npos) << run.result;
  FakeRun second(2);
  live.emplace(host, kBlockingTestProvider, "int");
  ASSERT_EQ(table().start(live->instance, &second.context, &error), static_cast<asmgr_status>(ASMGR_OK));
  ASSERT_TRUE(second.wait_finished());
  EXPECT_EQ(second.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
}

TEST_F(BlockingProviderLayer, TheThreadTakesNoSignalsAndTheCallersMaskStays) {
  sigset_t before;
  pthread_sigmask(SIG_SETMASK, nullptr, &before);
  start("signals");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.result, "blocked");
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, nullptr, &after);
  EXPECT_EQ(sigismember(&before, SIGINT), sigismember(&after, SIGINT));
}

TEST_F(BlockingProviderLayer, EventsMayBlockAndStopEndsTheFunction) {
  run.emit_answer = ASMGR_STOP;
  start("wait");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.result, "stopped");
  EXPECT_EQ(run.emit_flags, std::vector<std::uint32_t>{ASMGR_EMIT_MAY_BLOCK});
  EXPECT_EQ(run.types, std::vector<std::uint32_t>{ASMGR_EV_STEP_STARTED});
}

TEST_F(BlockingProviderLayer, CancelWakesAWaitAndEndsTheRunAsCancelled) {
  start("wait");
  ASSERT_TRUE(run.wait_emitted(1));
  run.token.cancelled = true;
  table().cancel(live->instance, run.context.start);
  table().cancel(live->instance, run.context.start);
  table().cancel(live->instance, 4711);
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  table().cancel(live->instance, run.context.start);
  live.reset();
  EXPECT_EQ(run.finishes, 1);
  EXPECT_LE(on_cancels.load(), 1);
}

TEST_F(BlockingProviderLayer, ATokenCancelledWithoutACallIsSeenToo) {
  start("wait");
  ASSERT_TRUE(run.wait_emitted(1));
  run.token.cancelled = true;
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
}

TEST_F(BlockingProviderLayer, AWaitEndsWithItsTime) {
  start("short_wait");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.result, "t");
}

TEST_F(BlockingProviderLayer, DestroyEndsAndJoinsEveryRun) {
  start("wait");
  FakeRun second(2);
  ASSERT_EQ(table().start(live->instance, &second.context, &error), static_cast<asmgr_status>(ASMGR_OK));
  ASSERT_TRUE(run.wait_emitted(1));
  ASSERT_TRUE(second.wait_emitted(1));
  live.reset();
  EXPECT_EQ(run.finishes, 1);
  EXPECT_EQ(second.finishes, 1);
  EXPECT_EQ(on_cancels.load(), 2);
  EXPECT_EQ(functions_running.load(), 0);
}

TEST_F(BlockingProviderLayer, ManyRunsAtOnceAreEachFinishedOnce) {
  start("ask");
  std::vector<std::unique_ptr<FakeRun>> runs;
  for (std::uint64_t i = 2; i < 34; ++i) {
    runs.push_back(std::make_unique<FakeRun>(i));
    ASSERT_EQ(table().start(live->instance, &runs.back()->context, &error), static_cast<asmgr_status>(ASMGR_OK));
  }
  for (const auto& one : runs) {
    ASSERT_TRUE(one->wait_asked());
    table().cancel(live->instance, one->context.start);
  }
  for (const auto& one : runs) ASSERT_TRUE(one->wait_finished());
  live.reset();
  for (const auto& one : runs) EXPECT_EQ(one->finishes, 1);
}

TEST_F(BlockingProviderLayer, AskReturnsTheVerdictThatComesLater) {
  start("ask");
  ASSERT_TRUE(run.wait_asked());
  EXPECT_EQ(run.calls.at(0), R"({"tool_name":"ls"})");
  resolve(run.tickets.at(0) + 1, ASMGR_VERDICT_DENY, "an unknown ticket");
  resolve(run.tickets.at(0), ASMGR_VERDICT_ALLOW, "fine ", R"({"a":1})");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.result, R"(allow fine {"a":1})");
}

TEST_F(BlockingProviderLayer, AskReturnsTheVerdictThatComesBeforeAskHasReturned) {
  run.when_asked = [this](std::uint64_t ticket) {
    resolve(ticket, ASMGR_VERDICT_DENY, "never");
    resolve(ticket, ASMGR_VERDICT_ALLOW, "too late");
  };
  start("ask");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.result, "deny never");
  resolve(run.tickets.at(0), ASMGR_VERDICT_ALLOW, "after the run");
}

TEST_F(BlockingProviderLayer, AskIsDeniedByACancel) {
  start("ask");
  ASSERT_TRUE(run.wait_asked());
  table().cancel(live->instance, run.context.start);
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_EQ(run.result, "denied");
}

TEST_F(BlockingProviderLayer, SeveralQuestionsAreOpenAtOnceAndEachIsAnsweredOnce) {
  run.when_asked = [this](std::uint64_t ticket) {
    if (ticket == 1) return;  // stays open while the second is asked
    resolve(ticket, ASMGR_VERDICT_ALLOW, "");
    resolve(ticket, ASMGR_VERDICT_DENY, "the first answer counts");
    resolve(99, ASMGR_VERDICT_ALLOW, "an unknown ticket");
    resolve(1, ASMGR_VERDICT_DENY, "");
  };
  start("ask_later");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.result, "Da");
  EXPECT_EQ(on_answers.load(), 2);
}

TEST_F(BlockingProviderLayer, AShortContextIsRefused) {
  live.emplace(host, kBlockingTestProvider, "");
  run.context.size = 24;
  EXPECT_EQ(table().start(live->instance, &run.context, &error), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  live.reset();
  EXPECT_EQ(run.finishes, 0);
}

}  // namespace
}  // namespace asmgr::sdk::test
