// What policies are asked, when, and what becomes of a run whose policy objects, hangs or is slow.
#include <gmock/gmock.h>

#include "tests/core/engine/support/fake_policy.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

TEST(PolicyCalls, AHungPreflightEndsTheRunBeforeAnythingIsSpent) {
  auto let_go = std::make_shared<std::atomic<bool>>(false);
  auto policy = std::make_shared<FakePolicy>();
  policy->check = [let_go]() -> Result<Decision> {
    while (!let_go->load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return Decision{};
  };
  World world(complete_with_text);
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(100);
  use(world, policy);
  auto result = world.execute(world.pending_run(world.active_session()));
  *let_go = true;
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(result->error->code(), ErrorCode::plugin_hung);
  EXPECT_EQ(world.provider->starts, 0);
}

TEST(PolicyCalls, AToolIsInTheLogBeforeItRunsAndADeniedOneNeverStarts) {
  World* self = nullptr;
  std::vector<std::string> log_at_verdict;
  World world([&](ScriptedRun& run) {
    if (run.ask("c1", "allowed") == ToolVerdict::allow) log_at_verdict = self->checked_types(run.context().session->id);
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"allowed","tool_input":{}})");
    run.emit(EventType::tool_call_completed, R"({"tool_call_id":"c1","tool_name":"allowed","tool_output":{}})");
    EXPECT_EQ(run.ask("c2", "denied"), ToolVerdict::deny);
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c2","tool_name":"denied","tool_input":{}})");
    run.emit(EventType::tool_call_failed, R"({"tool_call_id":"c2","tool_name":"denied","is_error":true})");
    run.finish(FinishStatus::completed);
  });
  self = &world;
  auto policy = std::make_shared<FakePolicy>();
  policy->review = [](std::string_view call) -> Result<Decision> {
    Decision decision;
    if (call.find("denied") != std::string_view::npos) {
      decision.action = PolicyAction::deny;
      decision.violations.push_back({"deny", "not this one", R"({"kind":"tool_denied"})"});
    }
    return decision;
  };
  use(world, policy);
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  ASSERT_FALSE(log_at_verdict.empty());
  EXPECT_EQ(log_at_verdict.back(), "tool_call_started");
  int started = 0;
  int violations = 0;
  for (const std::string& type : world.checked_types(session)) {
    started += type == "tool_call_started";
    violations += type == "policy_violation";
  }
  EXPECT_EQ(started, 1);
  EXPECT_EQ(violations, 1);
  ASSERT_TRUE(result->policy);
}

TEST(PolicyCalls, APolicyStopsTheRunInMidStream) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 100'000; ++i) {
      if (run.text("x") == EmitAnswer::stop || run.context().cancel->cancelled()) break;
    }
    run.finish(FinishStatus::completed);
  });
  auto policy = std::make_shared<FakePolicy>();
  policy->cancel_on_text = true;
  use(world, policy);
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(result->error->code(), ErrorCode::policy_violation);
  const auto types = world.checked_types(session);
  EXPECT_LT(types.size(), 3000U);
  EXPECT_EQ(std::count(types.begin(), types.end(), "policy_violation"), 1);
}

TEST(PolicyCalls, OneThatIsSlowToObserveIsNamedOncePerRun) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 3; ++i) run.text("x");
    run.finish(FinishStatus::completed);
  });
  auto policy = std::make_shared<FakePolicy>();
  policy->on_observe = [] { std::this_thread::sleep_for(std::chrono::milliseconds(60)); };  // the slowness under test
  use(world, policy);
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  const auto lines = world.logged("took");
  ASSERT_EQ(lines.size(), 1U);
  EXPECT_THAT(lines.front(), HasSubstr("policy 'fake' took"));
}

}  // namespace
}  // namespace asmgr::testing
