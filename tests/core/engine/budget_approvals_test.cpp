// Budgets of runs that wait for a person.
#include <gmock/gmock.h>

#include "tests/core/engine/support/budget_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

// One that asks about every tool, and a budget of an hour of which each run holds 20.
constexpr const char* kAskingWithinABudget =
    "  asks: {plugin: tool_rules, config: {ask: [ask_me]}}\n"
    "  hourly: {plugin: limits, config: {max_total_tokens: 100, estimate: {tokens: 20}, window: {per: agent, every: "
    "1h}}}\n";

class AskedWithinABudget {
 public:
  AskedWithinABudget() {
    run_id = world.new_run();
    ExecuteRunOptions options;
    options.run_id = run_id;
    options.execution.approver = Approver::nobody;
    const auto left = world.manager().execute_run(options);
    EXPECT_TRUE(left) << left.error().message();
    EXPECT_EQ(left->status, RunStatus::running);
    EXPECT_EQ(world.counted(counter), 20) << "held while it waits";
    EXPECT_THAT(world.noted_holds(), SizeIs(1));
  }
  void grant() {
    DecideApprovalOptions options;
    options.approval_id = world.manager().list_approvals({}).value().at(0).id;
    options.grant = true;
    EXPECT_TRUE(world.manager().decide_approval(options));
  }

  BudgetWorld world{[](ScriptedRun& run) {
                      report_tokens(run, 5, 2);
                      static_cast<void>(run.call_tool("c1", "ask_me"));
                      run.finish(run.context().cancel->cancelled() ? FinishStatus::cancelled : FinishStatus::completed);
                    },
                    kAskingWithinABudget};
  const std::string counter = world.counter_id("hourly", "max_total_tokens");
  std::string run_id;
};

TEST(BudgetOfAWaitingRun, IsHeldWhileItWaitsAndSettledWithWhatAllAttemptsUsed) {
  AskedWithinABudget asked;
  asked.grant();
  AwaitRunOptions await;
  await.run_id = asked.run_id;
  const auto ended = asked.world.manager().await_run(await);
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
  EXPECT_EQ(asked.world.counted(asked.counter), 14);
  EXPECT_THAT(asked.world.noted_holds(), IsEmpty());
}

TEST(BudgetOfAWaitingRun, IsGivenBackWhenTheRunIsCancelled) {
  AskedWithinABudget asked;
  CancelRunOptions cancel;
  cancel.run_id = asked.run_id;
  ASSERT_TRUE(asked.world.manager().cancel_run(cancel));
  EXPECT_EQ(asked.world.counted(asked.counter), 7);
  EXPECT_THAT(asked.world.noted_holds(), IsEmpty());
}

TEST(BudgetOfAWaitingRun, OutlivesItsHost) {
  AskedWithinABudget asked;
  asked.world.end_manager();
  EXPECT_EQ(asked.world.counted(asked.counter), 20);
  asked.grant();
  AwaitRunOptions await;
  await.run_id = asked.run_id;
  ASSERT_TRUE(asked.world.manager().await_run(await));
  EXPECT_EQ(asked.world.counted(asked.counter), 14);
  EXPECT_THAT(asked.world.noted_holds(), IsEmpty());
}

TEST(BoundThatAsks, HoldsTheNextToolUntilAPersonLetsTheRunGoBeyond) {
  BudgetWorld world(
      [](ScriptedRun& run) {
        report_tokens(run, 30, 30);
        EXPECT_EQ(run.call_tool("c1", "any").verdict, ToolVerdict::allow);
        run.finish(FinishStatus::completed);
      },
      "  bound: {plugin: limits, config: {max_total_tokens: 50, on_violation: request_approval}}\n");
  auto result = world.begin(world.new_run());
  std::vector<Approval> pending;
  ASSERT_TRUE(eventually([&] {
    pending = world.manager().list_approvals({}).value();
    return !pending.empty();
  }));
  EXPECT_EQ(pending[0].policy_name, "bound");
  EXPECT_EQ(pending[0].violation_kind, "budget_exceeded");
  DecideApprovalOptions options;
  options.approval_id = pending[0].id;
  options.grant = true;
  ASSERT_TRUE(world.manager().decide_approval(options));
  const auto ended = result.get();
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
}

}  // namespace
}  // namespace asmgr::testing
