// Runs that wait for a person while nobody carries them out, and how they go on.
#include "tests/core/engine/support/approval_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// What the provider was started with, attempt by attempt.
struct Seen {
  std::vector<std::string> inputs;
  std::vector<std::string> transcripts;
  std::vector<std::string> tokens;
  std::vector<ToolVerdict> verdicts;
};

ScriptedProvider::Script speak_and_call(Seen& seen) {
  return [&seen](ScriptedRun& run) {
    seen.inputs.push_back(to_text(run.context().run->input));
    seen.transcripts.push_back(run.context().transcript);
    seen.tokens.push_back(run.context().resume_token);
    run.text("attempt " + std::to_string(seen.inputs.size()));
    run.emit(EventType::token_usage_updated, R"({"input_tokens":10,"output_tokens":5})");
    const ScriptedRun::Answered answer = run.call_tool("c" + std::to_string(seen.inputs.size()), "ask_me");
    if (run.context().cancel->cancelled()) return run.finish(FinishStatus::cancelled);
    seen.verdicts.push_back(answer.verdict);
    run.finish(FinishStatus::completed);
  };
}

Result<RunResult> execute_with_nobody(ApprovalWorld& world, const std::string& run_id) {
  ExecuteRunOptions options;
  options.run_id = run_id;
  options.execution.approver = Approver::nobody;
  return world.manager().execute_run(options);
}

Result<RunResult> await(ApprovalWorld& world, const std::string& run_id) {
  AwaitRunOptions options;
  options.run_id = run_id;
  options.timeout = std::chrono::seconds(10);
  return world.manager().await_run(options);
}

TEST(ParkedRun, IsLeftWithItsQuestionWhenNobodyIsThereToAsk) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  const auto result = execute_with_nobody(world, run_id);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::running);
  EXPECT_FALSE(result->error);
  const Approval asked = world.pending();
  EXPECT_THAT(result->waiting_on, ElementsAre(asked.id));
  EXPECT_EQ(world.run(run_id).status, RunStatus::running);
  EXPECT_EQ(world.provider->cancels, 1);
  EXPECT_EQ(world.manager().status().runs, 0U) << "it holds no slot";
  EXPECT_THAT(world.checked_types(session), Not(Contains("run_cancelled")));
}

TEST(ParkedRun, IsLeftOnceTheToolsThatRunBesideItsQuestionHaveEnded) {
  Latch asked;
  ApprovalWorld world([&](ScriptedRun& run) {
    EXPECT_EQ(run.ask("c1", "free_tool"), ToolVerdict::allow);
    std::thread other([&] { (void)run.ask("c2", "ask_me"); });
    asked.wait();
    run.emit(EventType::tool_call_completed, R"({"tool_call_id":"c1","tool_name":"free_tool","tool_output":"done"})");
    other.join();
    run.finish(FinishStatus::cancelled);
  });
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  std::thread asking([&] {
    (void)world.pending();
    asked.open();
  });
  const auto result = execute_with_nobody(world, run_id);
  asking.join();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::running);
  EXPECT_EQ(result->waiting_on.size(), 1U);
}

TEST(ParkedRun, GoesOnAsTheSameRunOnceItIsGranted) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  ASSERT_TRUE(world.decide(world.pending().id, true, "fine"));
  const auto ended = await(world, run_id);
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
  EXPECT_EQ(ended->token_usage.total_tokens, 30) << "both attempts count";
  EXPECT_THAT(seen.verdicts, ElementsAre(ToolVerdict::allow));
  EXPECT_EQ(world.approvals().size(), 1U) << "nobody is asked twice about one call";
  ASSERT_EQ(seen.inputs.size(), 2U);
  EXPECT_THAT(seen.inputs[1], HasSubstr("was approved"));
  EXPECT_THAT(seen.transcripts[1], HasSubstr("hello"));
  EXPECT_THAT(seen.transcripts[1], HasSubstr("attempt 1"));
  EXPECT_THAT(seen.transcripts[1], HasSubstr("approved"));
  EXPECT_THAT(world.checked_types(session),
              ElementsAre("session_created", "session_started", "message_sent", "run_started", "message_streamed",
                          "token_usage_updated", "policy_violation", "tool_approval_requested", "tool_approval_granted",
                          "step_reset", "message_streamed", "token_usage_updated", "tool_call_started",
                          "tool_call_completed", "run_completed"));
  const asmgr::Run run = world.run(run_id);
  EXPECT_EQ(run.metadata.at("attempt"), 2);
  EXPECT_FALSE(run.metadata.contains("suspended"));
  for (const Event& event : world.events(session)) {
    if (event.type != EventType::run_completed) continue;
    EXPECT_THAT(event.metadata, HasSubstr(R"("attempt":2)"));
  }
}

TEST(ParkedRun, ADenialIsToldToTheModelAndTheRunGoesOnWithoutTheCall) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  ASSERT_TRUE(world.decide(world.pending().id, false, "too dear"));
  const auto ended = await(world, run_id);
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
  EXPECT_THAT(seen.inputs[1], HasSubstr("too dear"));
  // Made again all the same: denied again, and nobody is asked.
  EXPECT_THAT(seen.verdicts, ElementsAre(ToolVerdict::deny));
  EXPECT_EQ(world.approvals().size(), 1U);
  EXPECT_EQ(world.count(session, "tool_call_started"), 0U);
}

TEST(ParkedRun, GoesOnNativelyWhereTheProviderCan) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  world.provider->set_resumes_natively();
  world.provider->token = "native-7";
  const std::string run_id = world.pending_run(world.active_session());
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  ASSERT_TRUE(world.decide(world.pending().id, true));
  ASSERT_TRUE(await(world, run_id));
  ASSERT_EQ(seen.tokens.size(), 2U);
  EXPECT_EQ(seen.tokens[1], "native-7");
  EXPECT_THAT(seen.transcripts[1], IsEmpty());
  EXPECT_THAT(seen.inputs[1], HasSubstr("was approved"));
}

TEST(ParkedRun, AProviderWithoutAModelIsStartedOnTheSameInputAgain) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  world.provider->set_starts_over();
  const std::string run_id = world.pending_run(world.active_session());
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  ASSERT_TRUE(world.decide(world.pending().id, true));
  ASSERT_TRUE(await(world, run_id));
  ASSERT_EQ(seen.inputs.size(), 2U);
  EXPECT_EQ(seen.inputs[1], seen.inputs[0]);
  EXPECT_THAT(seen.verdicts, ElementsAre(ToolVerdict::allow));
}

TEST(ParkedRun, OutlivesItsHost) {
  for (const std::string store : {"memory", "sqlite"}) {
    Seen seen;
    ApprovalWorld world(speak_and_call(seen), store);
    const std::string session = world.active_session();
    const std::string run_id = world.pending_run(session);
    auto result = world.begin(run_id);
    const std::string id = world.pending().id;
    world.end_manager();
    const auto left = result.get();
    ASSERT_TRUE(left) << left.error().message();
    EXPECT_EQ(left->status, RunStatus::running);
    EXPECT_THAT(left->waiting_on, ElementsAre(id));
    ASSERT_TRUE(world.decide(id, true));
    const auto ended = await(world, run_id);
    ASSERT_TRUE(ended) << ended.error().message();
    EXPECT_EQ(ended->status, RunStatus::completed);
    EXPECT_EQ(seen.inputs.size(), 2U);
    EXPECT_EQ(world.count(session, "tool_call_started"), 1U);
    EXPECT_EQ(world.count(session, "run_started"), 1U);
  }
}

TEST(ParkedRun, ReadingItLeavesItAsItIs) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen), "sqlite");
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  world.end_manager();
  EXPECT_EQ(world.run(run_id).status, RunStatus::running);
  EXPECT_EQ(world.pending().run_id, run_id);
  EXPECT_EQ(seen.inputs.size(), 1U);
}

TEST(ParkedRun, CanBeCancelled) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen), "sqlite");
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  world.end_manager();
  CancelRunOptions cancel;
  cancel.run_id = run_id;
  cancel.reason = "no longer wanted";
  const auto cancelled = world.manager().cancel_run(cancel);
  ASSERT_TRUE(cancelled) << cancelled.error().message();
  EXPECT_EQ(cancelled->status, RunStatus::cancelled);
  EXPECT_THAT(cancelled->waiting_on, IsEmpty());
  EXPECT_EQ(world.approvals().front().status, ApprovalStatus::cancelled);
  EXPECT_EQ(world.data_of(session, "tool_approval_denied").at("reason"), "run_cancelled");
  EXPECT_EQ(world.data_of(session, "run_cancelled").at("reason"), "no longer wanted");
}

TEST(ParkedRun, EndsWithItsSession) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  DeleteSessionOptions remove;
  remove.session_id = session;
  const auto refused = world.manager().delete_session(remove);
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr(run_id));
  ASSERT_TRUE(world.manager().cancel_session({session, "", {}, {}}));
  EXPECT_EQ(world.run(run_id).status, RunStatus::cancelled);
  EXPECT_THAT(world.checked_types(session).back(), "session_cancelled");
}

TEST(ParkedRun, WaitsOnInASessionThatIsPaused) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  ASSERT_TRUE(world.manager().pause_session({session, "", {}, {}}));
  ASSERT_TRUE(world.decide(world.pending().id, true));
  EXPECT_EQ(world.run(run_id).status, RunStatus::running);
  EXPECT_EQ(seen.inputs.size(), 1U);
  ASSERT_TRUE(world.manager().resume_session({session, "", {}, {}}));
  ASSERT_TRUE(await(world, run_id));
  EXPECT_EQ(seen.inputs.size(), 2U);
}

TEST(ParkedRun, OfASessionMadeForItIsClosedWithIt) {
  Seen seen;
  ApprovalWorld world(speak_and_call(seen));
  RunOnceOptions options;
  options.input = "hello";
  options.execution.approver = Approver::nobody;
  const auto parked = world.manager().run_once(options);
  ASSERT_TRUE(parked) << parked.error().message();
  EXPECT_EQ(parked->status, RunStatus::running);
  EXPECT_EQ(world.manager().get_session(parked->session_id)->session.status, SessionStatus::active);
  ASSERT_TRUE(world.decide(world.pending().id, true));
  ASSERT_TRUE(await(world, parked->run_id));
  EXPECT_TRUE(eventually(
      [&] { return world.manager().get_session(parked->session_id)->session.status == SessionStatus::completed; }));
}

TEST(ParkedRun, WaitsForASlotOfTheHostLikeAnyOther) {
  Latch first_may_end;
  ApprovalWorld world([&](ScriptedRun& run) {
    if (to_text(run.context().run->metadata).find("blocker") != std::string::npos) {
      first_may_end.wait();
    } else if (run.call_tool("c1", "ask_me").verdict != ToolVerdict::allow) {
      return run.finish(FinishStatus::cancelled);
    }
    run.finish(FinishStatus::completed);
  });
  world.wiring.host.max_parallel_runs = 1;
  const std::string run_id = world.pending_run(world.active_session());
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  StartRunOptions start;
  start.session_id = world.active_session();
  start.input = "hello";
  start.metadata["kind"] = "blocker";
  const auto blocker = world.manager().start_run(start);
  ASSERT_TRUE(blocker) << blocker.error().message();
  auto blocking = world.begin(blocker->id);
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 2; }));
  ASSERT_TRUE(world.decide(world.pending().id, true));
  EXPECT_EQ(world.provider->starts, 2) << "there is no slot for it yet";
  first_may_end.open();
  ASSERT_TRUE(blocking.get());
  const auto ended = await(world, run_id);
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
}

TEST(ParkedRun, IsParkedAgainWhenItAsksSomethingElse) {
  Seen seen;
  ApprovalWorld world([&](ScriptedRun& run) {
    seen.inputs.push_back("");
    const std::string n = std::to_string(seen.inputs.size());
    if (run.call_tool("a" + n, "ask_one").verdict == ToolVerdict::allow) {
      seen.verdicts.push_back(run.call_tool("b" + n, "ask_two").verdict);
    }
    run.finish(run.context().cancel->cancelled() ? FinishStatus::cancelled : FinishStatus::completed);
  });
  const std::string run_id = world.pending_run(world.active_session());
  ASSERT_TRUE(execute_with_nobody(world, run_id));
  ASSERT_TRUE(world.decide(world.pending().id, true));
  const Approval second = world.pending();
  EXPECT_EQ(second.tool_name, "ask_two");
  const auto parked = await(world, run_id);
  ASSERT_TRUE(parked) << parked.error().message();
  EXPECT_EQ(parked->status, RunStatus::running);
  EXPECT_EQ(world.run(run_id).metadata.at("attempt"), 2);
}

}  // namespace
}  // namespace asmgr::testing
