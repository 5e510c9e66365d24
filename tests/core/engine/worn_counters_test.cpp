// Counters of windows that are over: how long they stay in the store.
#include <gmock/gmock.h>

#include "tests/core/engine/support/budget_world.hpp"

namespace asmgr::testing {
namespace {

// A window of an hour is kept for another hour and a day.
constexpr const char* kHourly =
    "  hourly: {plugin: limits, config: {max_total_tokens: 100, estimate: {tokens: 10}, window: {per: agent, every: "
    "1h}}}\n";

void finish_with_ten(ScriptedRun& run) {
  report_tokens(run, 6, 4);
  run.finish(FinishStatus::completed);
}

class WornCounters : public ::testing::TestWithParam<const char*> {};

TEST_P(WornCounters, CountersOfWindowsThatAreLongOverAreRemoved) {
  BudgetWorld world(finish_with_ten, kHourly, GetParam());
  const auto run_in = [&](std::int64_t window) {
    world.clock.now_us = window * BudgetWorld::kHourUs + 1;
    EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  };
  const auto counted = [&](std::int64_t window) {
    return world.counted(world.counter_id("hourly", "max_total_tokens", window));
  };
  run_in(1);
  run_in(2);
  run_in(27);  // looks after what is over: that of window 1, and not yet that of window 2
  EXPECT_TRUE(eventually([&] { return counted(1) == -1; }));
  EXPECT_EQ(counted(2), 10);
  EXPECT_EQ(counted(27), 10);
  run_in(40);
  EXPECT_TRUE(eventually([&] { return counted(2) == -1; }));
  EXPECT_EQ(counted(27), 10);
}

TEST_P(WornCounters, ACounterStaysAsLongAsARunHoldsOfIt) {
  Latch go_on;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        if (run.context().session->agent_id == "tester") go_on.wait();
        finish_with_ten(run);
      },
      kHourly, GetParam());
  world.clock.now_us = BudgetWorld::kHourUs + 1;
  EXPECT_EQ(world.run_once("another")->status, RunStatus::completed);
  auto long_run = world.begin(world.new_run());
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 2; }));
  world.clock.now_us = 40 * BudgetWorld::kHourUs;
  EXPECT_EQ(world.run_once("a third")->status, RunStatus::completed);
  // One of the same window that nobody holds of is gone.
  EXPECT_TRUE(
      eventually([&] { return world.counted(world.counter_id("hourly", "max_total_tokens", 1, "/another")) == -1; }));
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens", 1)), 10);
  go_on.open();
  EXPECT_EQ(long_run.get()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens", 1)), 10);
}

INSTANTIATE_TEST_SUITE_P(Stores, WornCounters, ::testing::Values("memory", "sqlite"),
                         [](const auto& store) { return std::string(store.param); });

}  // namespace
}  // namespace asmgr::testing
