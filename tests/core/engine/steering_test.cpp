// A run that is told something while it is carried out.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/approval_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

Result<Run> steer(SessionManager& manager, const std::string& run, const std::string& text = "look left") {
  SteerRunOptions options;
  options.run_id = run;
  options.text = text;
  return manager.steer_run(options);
}

// What each start of a provider was given.
class Starts {
 public:
  struct Seen {
    std::string input;
    std::string transcript;
    std::string token;
  };
  void note(const RunContext& context) {
    const std::lock_guard lock(mutex_);
    seen_.push_back({to_text(context.run->input), context.transcript, context.resume_token});
  }
  std::vector<Seen> all() {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

 private:
  std::mutex mutex_;
  std::vector<Seen> seen_;
};

// Speaks until it is stopped; its next start ends well.
ScriptedProvider::Script stopped_once(Starts& starts) {
  return [&starts](ScriptedRun& run) {
    starts.note(run.context());
    if (starts.all().size() > 1) {
      run.text("now left");
      return run.finish(FinishStatus::completed,
                        R"({"output":{"content":"now left"},"token_usage":{"input_tokens":2}})");
    }
    run.text("going right");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled, R"({"token_usage":{"input_tokens":5}})");
  };
}

TEST(Steering, ReachesAProviderThatTakesInputDuringATurn) {
  std::string told;
  ApprovalWorld world([&](ScriptedRun& run) {
    run.text("going right");
    told = run.next_message();
    run.text("now left");
    run.finish(FinishStatus::completed);
  });
  world.provider->set_can_steer();
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.count(session, "message_streamed") == 1; }));
  const auto steered = steer(world.manager(), run);
  ASSERT_TRUE(steered) << steered.error().message();
  const auto result = running.get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(told, R"({"role":"user","content":"look left"})");
  EXPECT_THAT(world.checked_types(session),
              ElementsAre("session_created", "session_started", "message_sent", "run_started", "message_streamed",
                          "message_sent", "message_streamed", "run_completed"));
  EXPECT_EQ(world.provider->starts, 1);
}

TEST(Steering, ThatTheProviderRefusesIsOnRecordAndTheRunGoesOn) {
  std::atomic<bool> told{false};
  ApprovalWorld world([&](ScriptedRun& run) {
    run.text("going right");
    EXPECT_TRUE(eventually([&] { return told.load(); }));
    run.finish(FinishStatus::completed);
  });
  world.provider->set_can_steer();
  world.provider->steer_refusal = Error(ErrorCode::provider_error, "not now");
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.count(session, "message_streamed") == 1; }));
  const auto steered = steer(world.manager(), run);
  told = true;
  ASSERT_FALSE(steered);
  EXPECT_EQ(steered.error().message(), "not now");
  ASSERT_TRUE(running.get());
  EXPECT_THAT(world.checked_types(session),
              ElementsAre("session_created", "session_started", "message_sent", "run_started", "message_streamed",
                          "message_sent", "error_occurred", "run_completed"));
}

TEST(Steering, StopsAProviderThatTakesNoneAndStartsItAgainAsTheSameRun) {
  Starts starts;
  ApprovalWorld world(stopped_once(starts));
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.count(session, "message_streamed") == 1; }));
  const auto steered = steer(world.manager(), run);
  ASSERT_TRUE(steered) << steered.error().message();
  const auto result = running.get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->run_id, run);
  EXPECT_EQ(result->token_usage.input_tokens, 7) << "of both attempts";
  EXPECT_EQ(world.count(session, "run_started"), 1U);
  EXPECT_EQ(world.count(session, "step_reset"), 1U);
  ASSERT_EQ(starts.all().size(), 2U);
  EXPECT_EQ(starts.all()[1].input, "\"look left\"");
  EXPECT_THAT(starts.all()[1].transcript, HasSubstr("hello"));
  EXPECT_THAT(starts.all()[1].transcript, HasSubstr("going right"));
  TranscriptOptions wanted;
  wanted.session_id = session;
  const auto said = world.manager().get_transcript(wanted);
  ASSERT_TRUE(said);
  std::vector<std::string> texts;
  for (const TranscriptMessage& message : said->messages) texts.push_back(message.content.value_or("-"));
  EXPECT_THAT(texts, ElementsAre("hello", "going right", "look left", "now left")) << "nothing is superseded";
}

TEST(Steering, GoesOnInTheProvidersOwnSessionWhereItHasOne) {
  Starts starts;
  ApprovalWorld world(stopped_once(starts));
  world.provider->set_resumes_natively();
  world.provider->token = "native-1";
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.count(session, "message_streamed") == 1; }));
  ASSERT_TRUE(steer(world.manager(), run));
  ASSERT_TRUE(running.get());
  EXPECT_EQ(starts.all().at(1).token, "native-1");
  EXPECT_EQ(starts.all().at(1).transcript, "");
}

TEST(Steering, ACancelThatComesMeanwhileEndsTheRun) {
  Starts starts;
  Latch may_stop;
  ApprovalWorld world([&](ScriptedRun& run) {
    starts.note(run.context());
    run.text("x");
    run.wait_for_cancel();
    may_stop.wait();
    run.finish(FinishStatus::cancelled);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.count(session, "message_streamed") == 1; }));
  std::promise<Result<asmgr::Run>> steered;
  SteerRunOptions options;
  options.run_id = run;
  options.text = "look left";
  world.manager().begin_steer_run(options, [&](Result<asmgr::Run> told) { steered.set_value(std::move(told)); });
  CancelRunOptions cancel;
  cancel.run_id = run;
  std::promise<Result<asmgr::Run>> cancelled;
  ASSERT_TRUE(eventually([&] { return world.provider->cancels >= 1; }));
  world.manager().begin_cancel_run(cancel, [&](Result<asmgr::Run> ended) { cancelled.set_value(std::move(ended)); });
  ASSERT_TRUE(eventually([&] { return world.provider->cancels >= 2; }));
  may_stop.open();
  EXPECT_FALSE(steered.get_future().get());
  EXPECT_EQ(cancelled.get_future().get()->status, RunStatus::cancelled);
  EXPECT_EQ(running.get()->status, RunStatus::cancelled);
  EXPECT_EQ(starts.all().size(), 1U);
}

TEST(Steering, AProviderThatDoesNotStopEndsTheRunInsteadOfRunningTwice) {
  Latch end_of_test;
  ApprovalWorld world([&](ScriptedRun& run) {
    run.text("x");
    end_of_test.wait();
    run.finish(FinishStatus::cancelled);
  });
  world.wiring.pipelines["default"].timeouts.cancel_grace = std::chrono::milliseconds(50);
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto running = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.count(session, "message_streamed") == 1; }));
  EXPECT_FALSE(steer(world.manager(), run));
  const auto ended = running.get();
  EXPECT_EQ(ended->error->code(), ErrorCode::provider_timeout) << ended->error->message();
  EXPECT_EQ(world.provider->starts, 1);
  end_of_test.open();
}

TEST(Steering, IsRefusedWhereNobodyIsThereToTell) {
  ApprovalWorld world([](ScriptedRun& run) { run.finish(FinishStatus::completed); });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  const auto pending = steer(world.manager(), run);
  ASSERT_FALSE(pending);
  EXPECT_EQ(pending.error().code(), ErrorCode::invalid_operation);
  EXPECT_THAT(pending.error().message(), HasSubstr("pending"));
  ASSERT_TRUE(world.execute(run));
  EXPECT_EQ(steer(world.manager(), run).error().code(), ErrorCode::invalid_operation);
  EXPECT_EQ(steer(world.manager(), run, "").error().code(), ErrorCode::validation_error);
  EXPECT_EQ(steer(world.manager(), "run_none").error().code(), ErrorCode::run_not_found);
}

TEST(Steering, IsRefusedWhereThereIsNoModelOrAPersonIsWaitedFor) {
  ApprovalWorld world([](ScriptedRun& run) {
    run.call_tool("c1", "ask_me");
    run.finish(FinishStatus::completed);
  });
  const std::string run = world.pending_run(world.active_session());
  auto running = world.begin(run);
  const Approval asked = world.pending();
  const auto waiting = steer(world.manager(), run);
  ASSERT_FALSE(waiting);
  EXPECT_THAT(waiting.error().message(), HasSubstr("waits for an approval"));
  world.provider->set_starts_over();
  EXPECT_EQ(steer(world.manager(), run).error().code(), ErrorCode::capability_not_supported);
  ASSERT_TRUE(world.decide(asked.id, true));
  ASSERT_TRUE(running.get());
}

}  // namespace
}  // namespace asmgr::testing
