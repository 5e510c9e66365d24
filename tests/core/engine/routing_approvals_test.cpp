// People who are asked about what a target of a router wants to do.
#include "tests/core/engine/support/approval_world.hpp"
#include "tests/core/engine/support/routed_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

void call_and_complete(ScriptedRun& run) {
  run.call_tool("c1", "ask_me");
  if (run.context().cancel->cancelled()) return run.finish(FinishStatus::cancelled);
  run.finish(FinishStatus::completed);
}

TEST(RoutingApprovals, TheAnswerGoesToTheTargetThatAsked) {
  RoutedWorld<ApprovalWorld> world(
      {[](ScriptedRun& run) { fail_with(run, "provider_unavailable"); }, call_and_complete});
  const std::string session = world.active_session();
  auto told = world.begin(world.pending_run(session));
  ASSERT_TRUE(world.decide(world.pending().id, true));
  const auto result = told.get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(world.all_data(session, "tool_call_completed").size(), 1U);
}

// A run that is left waiting while nobody carries it out goes on with the target that asked, by its own session.
TEST(RoutingApprovals, AParkedRunGoesOnWithItsTarget) {
  std::vector<std::string> seen;
  RoutedWorld<ApprovalWorld> world({[](ScriptedRun& run) { fail_with(run, "provider_unavailable"); },
                                    [&](ScriptedRun& run) {
                                      seen.push_back(run.context().resume_token);
                                      call_and_complete(run);
                                    }},
                                   {}, "sqlite");
  world.targets[1]->set_resumes_natively();
  world.targets[1]->token = "native-b";
  world.route({});
  const std::string session = world.active_session();
  ExecuteRunOptions options;
  options.run_id = world.pending_run(session);
  options.execution.approver = Approver::nobody;
  const auto parked = world.manager().execute_run(options);
  ASSERT_TRUE(parked) << parked.error().message();
  EXPECT_EQ(parked->status, RunStatus::running);
  ASSERT_TRUE(world.decide(world.pending().id, true));
  AwaitRunOptions await;
  await.run_id = options.run_id;
  await.timeout = std::chrono::seconds(10);
  const auto result = world.manager().await_run(await);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_THAT(seen, ElementsAre("", "native-b"));
  EXPECT_EQ(world.targets[0]->starts, 1) << "not asked again";
  ASSERT_TRUE(result->routing) << "also of a result that is read from the store";
  EXPECT_EQ(result->routing->at("routed_provider").as_string(), "b");
  EXPECT_EQ(world.attempts(session).back(), "3 run_completed");
}

TEST(RoutingApprovals, NobodyTakesOverFromATargetWhoseQuestionIsOpen) {
  RouteSettings settings;
  settings.failover_after_output = true;
  RoutedWorld<ApprovalWorld> world({[](ScriptedRun& run) {
                                      run.context().channel->ask(
                                          1, R"({"tool_call_id":"c1","tool_name":"ask_me","tool_input":{}})");
                                      fail_with(run, "provider_unavailable");
                                    },
                                    call_and_complete},
                                   settings);
  const std::string session = world.active_session();
  const auto result = world.begin(world.pending_run(session)).get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(world.targets[1]->starts, 0);
  EXPECT_EQ(world.approvals(ApprovalStatus::pending).size(), 0U);
}

}  // namespace
}  // namespace asmgr::testing
