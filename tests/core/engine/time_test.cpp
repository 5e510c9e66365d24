// How long a run may take is kept to whatever the run does, also when it says nothing at all.
#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/budget_world.hpp"
#include "tests/core/engine/support/fake_policy.hpp"

namespace asmgr::testing {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr const char* kShort = "  short: {plugin: limits, config: {max_duration: 50ms}}\n";

void wait_in_silence(ScriptedRun& run) {
  run.wait_for_cancel();
  run.finish(FinishStatus::cancelled);
}

// The run was ended by its duration: once said, and the provider asked to stop.
void expect_out_of_time(BudgetWorld& world, const Result<RunResult>& result) {
  ASSERT_TRUE(is_over_budget(result)) << (result ? to_text(to_json(*result)) : result.error().message());
  EXPECT_EQ(world.provider->cancels, 1);
  const std::vector<std::string> types = world.checked_types(result->session_id);
  EXPECT_EQ(std::count(types.begin(), types.end(), "policy_violation"), 1);
  EXPECT_THAT(types, Not(Contains(std::string(kTimePassed))));
  EXPECT_EQ(types.back(), "run_failed");
}

TEST(Time, ARunThatSaysNothingIsEndedAtItsMaxDuration) {
  BudgetWorld world(wait_in_silence, kShort);
  const Result<RunResult> result = world.run_once();
  expect_out_of_time(world, result);
  const boost::json::object& violation = result->policy->at("violations").as_array().at(0).as_object();
  EXPECT_EQ(violation.at("rule"), "max_duration");
  EXPECT_EQ(violation.at("details").at("metric"), "duration_ms");
  EXPECT_GE(violation.at("details").at("actual").as_int64(), 51) << "exactly the bound is fine";
}

TEST(Time, ARunWhoseToolSaysNothingIsEndedToo) {
  BudgetWorld world(
      [](ScriptedRun& run) {
        EXPECT_EQ(run.ask("c1", "sleep"), ToolVerdict::allow);
        run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"sleep","tool_input":{}})");
        wait_in_silence(run);
      },
      kShort);
  const Result<RunResult> result = world.run_once();
  expect_out_of_time(world, result);
  EXPECT_THAT(world.checked_types(result->session_id), Contains("tool_call_failed"));
}

TEST(Time, ARunThatIsPausedIsEndedToo) {
  std::atomic<bool> was_paused{false};
  std::atomic<bool> store_stands{true};
  BudgetWorld world(
      [&](ScriptedRun& run) {
        while (!was_paused && !run.context().cancel->cancelled()) {
          was_paused = run.text("x", EmitMode::asynchronous) == EmitAnswer::pause;
        }
        run.wait_for_cancel();
        store_stands = false;
        run.finish(FinishStatus::cancelled);
      },
      "  short: {plugin: limits, config: {max_duration: 300ms}}\n");
  world.store->set_fast(false);
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    const auto streams = [](const CommitUnit* unit) {
      return std::any_of(unit->events.begin(), unit->events.end(),
                         [](const EventView& event) { return event.type == EventType::message_streamed; });
    };
    if (std::any_of(units.begin(), units.end(), streams)) (void)eventually([&] { return !store_stands.load(); });
    return std::nullopt;
  };
  expect_out_of_time(world, world.run_once());
  EXPECT_TRUE(was_paused);
}

TEST(Time, AWarningIsRecordedOnceAndTheRunGoesOn) {
  Latch warned;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        warned.wait();
        run.text("still here");
        run.finish(FinishStatus::completed);
      },
      "  short: {plugin: limits, config: {max_duration: 20ms, on_violation: warn}}\n");
  const std::string id = world.new_run();
  const std::string session = world.store->get_run({}, id)->session_id;
  auto told = world.begin(id);
  const auto warnings = [&] {
    const std::vector<std::string> types = world.checked_types(session);
    return std::count(types.begin(), types.end(), "policy_violation");
  };
  EXPECT_TRUE(eventually([&] { return warnings() == 1; }));
  warned.open();
  const Result<RunResult> result = told.get();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(warnings(), 1);
  EXPECT_EQ(world.provider->cancels, 0);
}

TEST(Time, OfSeveralDurationsTheOneThatTheStackCombinesHolds) {
  const std::string policies =
      "  first: {plugin: limits, config: {max_duration: 50ms}}\n"
      "  second: {plugin: limits, config: {max_duration: 1h}}\n";
  BudgetWorld tightest(wait_in_silence, policies);
  EXPECT_TRUE(is_over_budget(tightest.run_once()));

  Latch go_on;
  BudgetWorld last_wins(
      [&](ScriptedRun& run) {
        go_on.wait();
        run.finish(FinishStatus::completed);
      },
      policies);
  last_wins.wiring.pipelines["default"].limit_merge = LimitMerge::last_wins;
  std::atomic<int> told{0};
  auto policy = std::make_shared<FakePolicy>();
  policy->on_time(3'600'000, [&](const RunUsage&) { ++told; });
  last_wins.wiring.pipelines["default"].policies.push_back("fake");
  last_wins.wiring.policies["fake"] = PolicyBinding{policy, OnPolicyError::cancel, OnUnenforceable::refuse};
  auto run = last_wins.begin(last_wins.new_run());
  // At the 50 ms that `first` declares everybody is asked, and nobody objects.
  EXPECT_TRUE(eventually([&] { return told == 1; }));
  go_on.open();
  EXPECT_EQ(run.get()->status, RunStatus::completed);
}

TEST(Time, EachPolicyIsToldWhenItsOwnDurationHasPassed) {
  Latch go_on;
  std::mutex mutex;
  std::vector<std::int64_t> times;
  World world([&](ScriptedRun& run) {
    go_on.wait();
    run.finish(FinishStatus::completed);
  });
  for (const std::int64_t duration : {20, 60}) {
    auto policy = std::make_shared<FakePolicy>();
    policy->on_time(duration, [&, duration](const RunUsage& usage) {
      const std::lock_guard lock(mutex);
      if (usage.elapsed_ms > duration) times.push_back(duration);
    });
    const std::string name = "of_" + std::to_string(duration);
    world.wiring.policies[name] = PolicyBinding{policy, OnPolicyError::cancel, OnUnenforceable::refuse};
    world.wiring.pipelines["default"].policies.push_back(name);
  }
  auto run = world.begin(world.pending_run(world.active_session()));
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return std::count(times.begin(), times.end(), 60) == 1;
  }));
  go_on.open();
  EXPECT_EQ(run.get()->status, RunStatus::completed);
  EXPECT_EQ(times.front(), 20);
}

TEST(Time, OfABudgetIsUsedUpInSilenceAndEndsTheRun) {
  BudgetWorld world(wait_in_silence,
                    "  hourly: {plugin: limits, config: {max_duration: 60ms, window: {per: agent, every: 1h}}}\n");
  const Result<RunResult> result = world.run_once();
  expect_out_of_time(world, result);
  EXPECT_THAT(result->error->message(), HasSubstr("policy 'hourly'"));
  EXPECT_GE(world.counted(world.counter_id("hourly", "max_duration")), 61);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

TEST(Time, OfABudgetIsHeldAsItPasses) {
  BudgetWorld world(wait_in_silence,
                    "  hourly: {plugin: limits, config: {max_duration: 100ms, window: {per: agent, every: 1h}}}\n"
                    "  each: {plugin: limits, config: {max_duration: 20ms, on_violation: warn}}\n");
  const std::string counter = world.counter_id("hourly", "max_duration");
  std::vector<std::int64_t> amounts;
  world.store->after_commit = [&]() -> std::optional<CommitStatus> {
    const std::int64_t amount = world.counted(counter);
    if (amount >= 0 && (amounts.empty() || amounts.back() != amount)) amounts.push_back(amount);
    return std::nullopt;
  };
  const Result<RunResult> result = world.run_once();
  ASSERT_TRUE(is_over_budget(result));
  EXPECT_THAT(result->error->message(), HasSubstr("policy 'hourly'"));
  ASSERT_GE(amounts.size(), 3U) << "a slice, more of them, and what was used in the end";
  EXPECT_EQ(amounts.front(), 20);
  EXPECT_EQ(amounts[amounts.size() - 2], 100);
  EXPECT_GT(amounts.back(), 100);
}

}  // namespace
}  // namespace asmgr::testing
