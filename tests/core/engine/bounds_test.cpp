// Bounds of a single run, kept to while it speaks.
#include <gmock/gmock.h>

#include "tests/core/engine/support/budget_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::IsEmpty;

std::ptrdiff_t violations_of(World& world, const RunResult& result) {
  const std::vector<std::string> types = world.checked_types(result.session_id);
  return std::count(types.begin(), types.end(), "policy_violation");
}

void speak(ScriptedRun& run) {
  run.text("more");
  report_tokens(run, 10, 10);
}

TEST(Bounds, AProviderThatPassesOneIsStoppedWhileItSpeaksAndTheBreachIsSaidOnce) {
  constexpr int kMany = 100'000;
  std::atomic<int> spoken{0};
  BudgetWorld world(
      [&](ScriptedRun& run) {
        while (!run.context().cancel->cancelled() && ++spoken < kMany) speak(run);
        speak(run);  // what was on its way
        run.finish(FinishStatus::completed);
      },
      "  each: {plugin: limits, config: {max_total_tokens: 100}}\n");
  const Result<RunResult> result = world.run_once();
  EXPECT_TRUE(is_over_budget(result)) << "also when the provider says that it has completed";
  EXPECT_EQ(world.provider->cancels, 1);
  EXPECT_LT(spoken, kMany);
  EXPECT_EQ(violations_of(world, *result), 1);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

TEST(Bounds, AWarningIsSaidOnceHoweverFarTheRunGoes) {
  BudgetWorld world(
      [](ScriptedRun& run) {
        for (int i = 0; i < 10; ++i) speak(run);
        run.finish(FinishStatus::completed);
      },
      "  each: {plugin: limits, config: {max_total_tokens: 100, on_violation: warn}}\n");
  const Result<RunResult> result = world.run_once();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(world.provider->cancels, 0);
  EXPECT_EQ(violations_of(world, *result), 1);
}

}  // namespace
}  // namespace asmgr::testing
