// Tool calls that wait for a person, while their run lives.
#include "tests/core/engine/support/approval_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Answered = ScriptedRun::Answered;

TEST(Approvals, ACallWaitsUntilItIsGrantedAndThenRuns) {
  Answered told;
  ApprovalWorld world(one_call(&told));
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  auto result = world.begin(run_id);
  const Approval asked = world.pending();
  EXPECT_EQ(asked.session_id, session);
  EXPECT_EQ(asked.run_id, run_id);
  EXPECT_EQ(asked.tool_name, "ask_me");
  EXPECT_EQ(asked.tool_call_id, "c1");
  EXPECT_EQ(asked.tool_input, (boost::json::object{{"path", "a"}}));
  EXPECT_EQ(asked.policy_name, "fake");
  EXPECT_EQ(asked.violation_kind, "approval_required");
  EXPECT_EQ(asked.message, "somebody has to look at this");
  EXPECT_THAT(world.run(run_id).waiting_on, ElementsAre(asked.id));
  EXPECT_EQ(world.run(run_id).status, RunStatus::running);

  const auto decided = world.decide(asked.id, true, "go ahead");
  ASSERT_TRUE(decided) << decided.error().message();
  EXPECT_EQ(decided->status, ApprovalStatus::granted);
  const auto ended = result.get();
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
  EXPECT_EQ(told.verdict, ToolVerdict::allow);
  EXPECT_THAT(world.checked_types(session),
              ElementsAre("session_created", "session_started", "message_sent", "run_started", "policy_violation",
                          "tool_approval_requested", "tool_approval_granted", "tool_call_started",
                          "tool_call_completed", "run_completed"));
  const boost::json::object granted = world.data_of(session, "tool_approval_granted");
  EXPECT_EQ(granted.at("approval_id"), boost::json::value(asked.id));
  EXPECT_EQ(granted.at("decided_by"), "ana");
  EXPECT_EQ(granted.at("reason"), "go ahead");
  EXPECT_EQ(world.data_of(session, "tool_call_started").at("approval_id"), boost::json::value(asked.id));
  const asmgr::Run run = world.run(run_id);
  EXPECT_TRUE(run.waiting_on.empty());
  EXPECT_FALSE(run.metadata.contains("suspended"));
  const Approval kept = world.approvals().front();
  EXPECT_EQ(kept.status, ApprovalStatus::granted);
  EXPECT_EQ(kept.decided_by, "ana");
}

TEST(Approvals, ADeniedCallNeverStartsAndTheModelIsToldWhy) {
  Answered told;
  ApprovalWorld world(one_call(&told));
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  ASSERT_TRUE(world.decide(world.pending().id, false, "not on a Friday"));
  const auto ended = result.get();
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
  EXPECT_EQ(told.verdict, ToolVerdict::deny);
  EXPECT_THAT(told.note, HasSubstr("not on a Friday"));
  EXPECT_EQ(world.count(session, "tool_call_started"), 0U);
  EXPECT_EQ(world.count(session, "tool_approval_denied"), 1U);
}

TEST(Approvals, AreDecidedOnceWhoeverElseTries) {
  ApprovalWorld world(one_call(nullptr));
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  const std::string id = world.pending().id;
  std::vector<std::future<Result<Approval>>> deciders;
  for (int i = 0; i < 8; ++i) {
    deciders.push_back(std::async(std::launch::async, [&world, id, i] { return world.decide(id, i % 2 == 0); }));
  }
  int decided = 0;
  for (auto& decider : deciders) {
    const auto answer = decider.get();
    if (answer) {
      ++decided;
    } else {
      EXPECT_EQ(answer.error().code(), ErrorCode::invalid_transition);
      EXPECT_THAT(answer.error().message(), HasSubstr("already (by ana"));
    }
  }
  EXPECT_EQ(decided, 1);
  ASSERT_TRUE(result.get());
  EXPECT_EQ(world.count(session, "tool_approval_granted") + world.count(session, "tool_approval_denied"), 1U);
}

TEST(Approvals, ThatNobodyDecidesAreDeniedWhenTheirTimeIsUp) {
  Answered told;
  ApprovalWorld world(one_call(&told));
  world.wiring.pipelines["default"].approvals.timeout = std::chrono::milliseconds(50);
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(told.verdict, ToolVerdict::deny);
  EXPECT_EQ(world.data_of(session, "tool_approval_denied").at("reason"), "expired");
  const Approval expired = world.approvals().front();
  EXPECT_EQ(expired.status, ApprovalStatus::expired);
  const auto late = world.decide(expired.id, true);
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code(), ErrorCode::invalid_transition);
}

TEST(Approvals, APersonMayChangeTheInputThatTheCallRunsWith) {
  Answered told;
  ApprovalWorld world(one_call(&told));
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  DecideApprovalOptions options;
  options.approval_id = world.pending().id;
  options.grant = true;
  options.edited_input = boost::json::object{{"path", "b"}};
  ASSERT_TRUE(world.manager().decide_approval(options));
  ASSERT_TRUE(result.get());
  EXPECT_EQ(told.verdict, ToolVerdict::allow);
  EXPECT_EQ(told.edited_input, R"({"path":"b"})");
  EXPECT_EQ(world.data_of(session, "tool_approval_granted").at("edited"), true);
  EXPECT_EQ(world.data_of(session, "tool_call_started").at("tool_input"),
            boost::json::value(boost::json::object{{"path", "b"}}));
}

TEST(Approvals, AChangedInputIsNoWayAroundAPolicyThatDenies) {
  Answered told;
  ApprovalWorld world(one_call(&told));
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  DecideApprovalOptions options;
  options.approval_id = world.pending().id;
  options.grant = true;
  options.edited_input = boost::json::object{{"path", "forbidden"}};
  ASSERT_TRUE(world.manager().decide_approval(options));
  ASSERT_TRUE(result.get());
  EXPECT_EQ(told.verdict, ToolVerdict::deny);
  EXPECT_EQ(world.count(session, "tool_call_started"), 0U);
}

TEST(Approvals, TheClocksOfTheRunStandStillWhileAPersonIsAsked) {
  ApprovalWorld world(one_call(nullptr));
  world.wiring.pipelines["default"].timeouts.run = std::chrono::milliseconds(150);
  world.wiring.pipelines["default"].timeouts.idle = std::chrono::milliseconds(100);
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  const std::string id = world.pending().id;
  std::this_thread::sleep_for(std::chrono::milliseconds(400));  // it is the passing of time that is tested
  ASSERT_TRUE(world.decide(id, true));
  const auto ended = result.get();
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed) << ended->error->message();
}

TEST(Approvals, ADecisionIsRememberedAsFarAsItSays) {
  std::vector<ToolVerdict> verdicts;
  ApprovalWorld world([&](ScriptedRun& run) {
    verdicts.push_back(run.call_tool("c1", "ask_me", R"({"n":1})").verdict);
    verdicts.push_back(run.call_tool("c2", "ask_me", R"({"n":2})").verdict);
    verdicts.push_back(run.call_tool("c3", "ask_other", R"({"n":1})").verdict);
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  DecideApprovalOptions options;
  options.approval_id = world.pending().id;
  options.grant = true;
  options.scope = ApprovalScope::tool;
  ASSERT_TRUE(world.manager().decide_approval(options));
  // The second call of the same tool did not ask; the other tool does.
  const Approval other = world.pending();
  EXPECT_EQ(other.tool_call_id, "c3");
  ASSERT_TRUE(world.decide(other.id, false));
  ASSERT_TRUE(result.get());
  EXPECT_THAT(verdicts, ElementsAre(ToolVerdict::allow, ToolVerdict::allow, ToolVerdict::deny));
  EXPECT_EQ(world.approvals().size(), 2U);

  // In the session's next run it still holds, also for a host that read it from the store.
  world.end_manager();
  verdicts.clear();
  auto next = world.begin(world.pending_run(session));
  ASSERT_TRUE(world.decide(world.pending().id, false));
  ASSERT_TRUE(next.get());
  EXPECT_THAT(verdicts, ElementsAre(ToolVerdict::allow, ToolVerdict::allow, ToolVerdict::deny));
}

TEST(Approvals, WhatIsRememberedForAWhileIsForgottenThen) {
  int asked = 0;
  ApprovalWorld world([&](ScriptedRun& run) {
    run.call_tool("c" + std::to_string(++asked), "ask_me");
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto first = world.begin(world.pending_run(session));
  DecideApprovalOptions options;
  options.approval_id = world.pending().id;
  options.grant = true;
  options.scope = ApprovalScope::policy;
  options.remember_for = std::chrono::milliseconds(1);
  ASSERT_TRUE(world.manager().decide_approval(options));
  ASSERT_TRUE(first.get());
  std::this_thread::sleep_for(std::chrono::milliseconds(2));
  auto second = world.begin(world.pending_run(session));
  ASSERT_TRUE(world.decide(world.pending().id, true));
  ASSERT_TRUE(second.get());
}

TEST(Approvals, ARunThatIsCancelledWhileItWaitsTakesItsQuestionBack) {
  ApprovalWorld world(one_call(nullptr));
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  auto result = world.begin(run_id);
  const Approval asked = world.pending();
  CancelRunOptions cancel;
  cancel.run_id = run_id;
  ASSERT_TRUE(world.manager().cancel_run(cancel));
  ASSERT_TRUE(result.get());
  EXPECT_EQ(world.data_of(session, "tool_approval_denied").at("reason"), "run_cancelled");
  EXPECT_EQ(world.approvals().front().status, ApprovalStatus::cancelled);
  EXPECT_TRUE(world.run(run_id).waiting_on.empty());
  EXPECT_EQ(world.count(session, "tool_call_started"), 0U);
  EXPECT_FALSE(world.decide(asked.id, true));
}

TEST(Approvals, ACallerMayDecideBeforehandAndThatIsOnRecord) {
  for (const bool grants : {true, false}) {
    Answered told;
    ApprovalWorld world(one_call(&told));
    const std::string session = world.active_session();
    ExecuteRunOptions options;
    options.run_id = world.pending_run(session);
    options.execution.approver = grants ? Approver::grants : Approver::denies;
    options.caller.actor = "batch";
    const auto result = world.manager().execute_run(options);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->status, RunStatus::completed);
    EXPECT_EQ(told.verdict, grants ? ToolVerdict::allow : ToolVerdict::deny);
    const Approval decided = world.approvals().front();
    EXPECT_EQ(decided.status, grants ? ApprovalStatus::granted : ApprovalStatus::denied);
    EXPECT_EQ(decided.decided_by, "batch");
    EXPECT_EQ(world.count(session, "tool_approval_requested"), 1U);
  }
}

TEST(Approvals, WithNobodyToAskThePipelineMayDeny) {
  Answered told;
  ApprovalWorld world(one_call(&told));
  world.wiring.pipelines["default"].approvals.on_no_approver = ApprovalOptions::NoApprover::deny;
  ExecuteRunOptions options;
  options.run_id = world.pending_run(world.active_session());
  options.execution.approver = Approver::nobody;
  const auto result = world.manager().execute_run(options);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(told.verdict, ToolVerdict::deny);
  EXPECT_THAT(told.note, HasSubstr("nobody is there to approve it"));
}

TEST(Approvals, OtherCallsOfTheRunGoOnWhileOneWaits) {
  std::atomic<bool> second_ran{false};
  ApprovalWorld world([&](ScriptedRun& run) {
    std::thread waiting([&] { run.call_tool("c1", "ask_me"); });
    while (run.context().cancel != nullptr && !run.context().cancel->cancelled() && !second_ran) {
      if (run.answer_to("c2", "free").verdict == ToolVerdict::allow) second_ran = true;
    }
    waiting.join();
    run.finish(FinishStatus::completed);
  });
  auto result = world.begin(world.pending_run(world.active_session()));
  const std::string id = world.pending().id;
  EXPECT_TRUE(eventually([&] { return second_ran.load(); }));
  ASSERT_TRUE(world.decide(id, true));
  ASSERT_TRUE(result.get());
}

TEST(Approvals, SecretsOfTheInputAreNotShown) {
  Answered told;
  ApprovalWorld world(one_call(&told, "ask_me", R"({"api_key":"sk-ant-api03-abcdefghijklmnopqrstuvwxyz0123456789"})"));
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  const Approval asked = world.pending();
  EXPECT_EQ(asked.tool_input.at("api_key"), "[REDACTED]");
  auto record = world.store->get_record({}, record_kind::kApproval, asked.id);
  ASSERT_TRUE(record);
  EXPECT_THAT(record->body, ::testing::Not(HasSubstr("sk-ant")));
  ASSERT_TRUE(world.decide(asked.id, true));
  ASSERT_TRUE(result.get());
}

TEST(Approvals, AProviderThatCannotWaitIsStoppedWithTheQuestionLeftOpen) {
  ApprovalWorld world(
      [](ScriptedRun& run) {
        run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"ask_me","tool_input":{"n":1}})");
        run.wait_for_cancel();
        run.finish(FinishStatus::cancelled);
      },
      "memory", EnforcementGrade::cancel);
  auto policy = std::make_shared<FakePolicy>();
  policy->want({EventType::tool_call_started});
  policy->judge_event = [](const EventView& event, Decision& decision) {
    auto asked = ask_about_tools(event.data);
    if (asked) decision = std::move(*asked);
  };
  use(world, policy);
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::cancelled);
  const Approval asked = world.pending();
  EXPECT_EQ(asked.tool_name, "ask_me");
  EXPECT_EQ(asked.policy_name, "fake");
  // Decided later, for the run that comes next: on record in the log.
  ASSERT_TRUE(world.decide(asked.id, true));
  EXPECT_TRUE(eventually([&] { return world.count(session, "tool_approval_granted") == 1; }));
}

}  // namespace
}  // namespace asmgr::testing
