// Budgets that many runs share: what they hold of them, and what is left of it all in the end.
#include <gmock/gmock.h>

#include "tests/core/engine/support/budget_world.hpp"
#include "tests/core/engine/support/fake_policy.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kTensOfAHundred =
    "  hourly: {plugin: limits, config: {max_total_tokens: 100, estimate: {tokens: 10}, window: {per: agent, every: "
    "1h}}}\n";
constexpr const char* kHundredWithoutEstimate =
    "  hourly: {plugin: limits, config: {max_total_tokens: 100, window: {per: agent, every: 1h}}}\n";

void use_ten(ScriptedRun& run) {
  report_tokens(run, 6, 4);
  run.finish(FinishStatus::completed);
}

std::size_t violations_in(World& world, const std::string& session) {
  const std::vector<std::string> types = world.checked_types(session);
  return static_cast<std::size_t>(std::count(types.begin(), types.end(), "policy_violation"));
}

class Budgets : public ::testing::TestWithParam<const char*> {};

TEST_P(Budgets, FiftyRunsAtOnceCannotOverspendTogether) {
  Latch refused;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        refused.wait();
        use_ten(run);
      },
      kTensOfAHundred, GetParam());
  std::vector<std::future<Result<RunResult>>> told;
  for (int i = 0; i < 50; ++i) told.push_back(world.begin(world.new_run()));
  const auto is_ready = [](const auto& one) {
    return one.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
  };
  EXPECT_TRUE(eventually([&] { return std::count_if(told.begin(), told.end(), is_ready) == 40; }));
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 100);
  refused.open();
  int completed = 0;
  for (auto& one : told) {
    ASSERT_EQ(one.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    const Result<RunResult> result = one.get();
    if (result && result->status == RunStatus::completed) {
      ++completed;
    } else {
      EXPECT_TRUE(is_over_budget(result)) << (result ? result->error->message() : result.error().message());
    }
  }
  EXPECT_EQ(completed, 10);
  EXPECT_EQ(world.provider->starts, 10);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 100);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

TEST_P(Budgets, WhereNobodyKnowsWhatARunWillUseOneAtATimePasses) {
  Latch go_on;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        go_on.wait();
        use_ten(run);
      },
      kHundredWithoutEstimate, GetParam());
  auto first = world.begin(world.new_run());
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const Result<RunResult> second = world.run_once();
  EXPECT_TRUE(is_over_budget(second));
  EXPECT_THAT(second->error->message(), HasSubstr("0 left"));
  EXPECT_EQ(violations_in(world, second->session_id), 1U);
  EXPECT_EQ(world.provider->starts, 1);
  go_on.open();
  EXPECT_EQ(first.get()->status, RunStatus::completed);
  // The rest is there for the others.
  for (int i = 0; i < 9; ++i) EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_TRUE(is_over_budget(world.run_once()));
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 100);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

TEST_P(Budgets, OutliveTheirManager) {
  BudgetWorld world(use_ten, kTensOfAHundred, GetParam());
  for (int i = 0; i < 10; ++i) {
    if (i % 4 == 3) world.end_manager();
    EXPECT_EQ(world.run_once()->status, RunStatus::completed) << i;
  }
  world.end_manager();
  EXPECT_TRUE(is_over_budget(world.run_once()));
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 100);
}

TEST_P(Budgets, AreOfATenantsAgentAlone) {
  BudgetWorld world(use_ten, kHundredWithoutEstimate, GetParam());
  for (int i = 0; i < 10; ++i) EXPECT_EQ(world.run_once("tester", "acme")->status, RunStatus::completed);
  EXPECT_TRUE(is_over_budget(world.run_once("tester", "acme")));
  EXPECT_EQ(world.run_once("tester")->status, RunStatus::completed);
  EXPECT_EQ(world.run_once("tester", "other")->status, RunStatus::completed);
  EXPECT_EQ(world.run_once("another", "acme")->status, RunStatus::completed);
}

TEST_P(Budgets, BeginAnewWithEachWindow) {
  BudgetWorld world(use_ten, kTensOfAHundred, GetParam());
  world.clock.now_us = 5 * BudgetWorld::kHourUs - 1;
  for (int i = 0; i < 10; ++i) EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_TRUE(is_over_budget(world.run_once()));
  world.clock.now_us = 5 * BudgetWorld::kHourUs;
  EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens", 4)), 100);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens", 5)), 10);
}

TEST_P(Budgets, AreSettledInTheWindowInWhichTheRunBegan) {
  Latch go_on;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        go_on.wait();
        use_ten(run);
      },
      kHundredWithoutEstimate, GetParam());
  auto told = world.begin(world.new_run());
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  world.clock.now_us = 2 * BudgetWorld::kHourUs;
  go_on.open();
  EXPECT_EQ(told.get()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens", 0)), 10);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens", 2)), -1);
}

TEST_P(Budgets, WhoWasTooSlowForAllThatIsLeftGetsWhatIsLeftThen) {
  BudgetWorld world(
      [](ScriptedRun& run) {
        report_tokens(run, 6, 4);
        run.wait_for_cancel();
        run.finish(FinishStatus::cancelled);
      },
      kHundredWithoutEstimate, GetParam());
  const std::string id = world.new_run();
  std::atomic<bool> others_were_quicker{false};
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    const auto holds = [](const CommitUnit* unit) {
      return std::any_of(unit->records.begin(), unit->records.end(),
                         [](const RecordWrite& write) { return write.record.kind == record_kind::kHold; });
    };
    if (std::none_of(units.begin(), units.end(), holds) || others_were_quicker.exchange(true)) return std::nullopt;
    world.count(world.counter_id("hourly", "max_total_tokens"), 95);
    return std::nullopt;
  };
  const Result<RunResult> result = world.execute(id);
  EXPECT_TRUE(is_over_budget(result)) << "it had five, used ten, and there was no more";
  EXPECT_EQ(world.provider->starts, 1);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 105);
  EXPECT_EQ(world.checked_types(result->session_id).back(), "run_failed");
}

TEST_P(Budgets, WhatAPolicyNamesTwiceIsHeldOnceAndACounterOfAnotherTenantIsNotOurs) {
  Latch go_on;
  World world(
      [&](ScriptedRun& run) {
        go_on.wait();
        use_ten(run);
      },
      GetParam());
  auto policy = std::make_shared<FakePolicy>();
  policy->holds = {{"c", "total_tokens", 5, 10}, {"c", "total_tokens", 10, 10}};
  use(world, policy);
  const auto begin = [&](const std::string& tenant) {
    StartSessionOptions start;
    start.agent_id = "tester";
    start.tenant = tenant;
    const std::string session = world.manager().start_session(start)->id;
    EXPECT_TRUE(world.manager().activate_session({session, tenant, {}, {}}));
    return world.begin(world.pending_run(session));
  };
  auto acme = begin("acme");
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  EXPECT_EQ(world.store->get_record("acme", record_kind::kCounter, "c")->value, 10);
  auto nobodys = begin("");
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 2; }));
  EXPECT_TRUE(is_over_budget(begin("acme").get()));
  go_on.open();
  EXPECT_EQ(acme.get()->status, RunStatus::completed);
  EXPECT_EQ(nobodys.get()->status, RunStatus::completed);
}

// -- a run that uses more than it holds -----------------------------------------------------------------------------

TEST_P(Budgets, ARunThatHasUsedWhatItHoldsGetsMore) {
  Latch go_on;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        report_tokens(run, 20, 5);
        go_on.wait();
        report_tokens(run, 5, 0);
        run.finish(FinishStatus::completed);
      },
      kTensOfAHundred, GetParam());
  auto told = world.begin(world.new_run());
  // 10 at first, 15 that it has used beyond, and 10 more because all of that is used.
  EXPECT_TRUE(eventually([&] {
    const std::vector<Record> holds = world.noted_holds();
    return holds.size() == 1 && holds.front().value == 35;
  }));
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 35);
  go_on.open();
  EXPECT_EQ(told.get()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 30);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

TEST_P(Budgets, ARunIsEndedWhenNothingIsLeftForIt) {
  std::atomic<int> uses{6};
  BudgetWorld world(
      [&](ScriptedRun& run) {
        for (int i = 0; i < uses; ++i) report_tokens(run, 10, 0);
        if (uses > 6) run.wait_for_cancel();  // the budget ends it
        run.finish(FinishStatus::completed);
      },
      kTensOfAHundred, GetParam());
  EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  uses = 7;  // 40 are left, and its own use is within the bound
  const Result<RunResult> result = world.run_once();
  EXPECT_TRUE(is_over_budget(result));
  EXPECT_THAT(result->error->message(), HasSubstr("policy 'hourly'"));
  EXPECT_EQ(violations_in(world, result->session_id), 1U);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 60 + result->token_usage.total_tokens);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

TEST_P(Budgets, ARunThatEndsWhileItGetsMoreIsSettledByWhatItHeldInTheEnd) {
  Latch growing;
  Latch finished;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        report_tokens(run, 20, 5);
        growing.wait();
        run.finish(FinishStatus::completed);
        // Cut off: the engine has taken the finish.
        EXPECT_TRUE(eventually([&] { return run.text("late", EmitMode::asynchronous) == EmitAnswer::stop; }));
        finished.open();
      },
      kTensOfAHundred, GetParam());
  world.store->set_fast(false);  // commits are not the session's own calls
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    const auto grows = [](const CommitUnit* unit) {
      return unit->events.empty() && unit->records.size() == 2 &&
             unit->records.back().record.kind == record_kind::kHold;
    };
    if (std::any_of(units.begin(), units.end(), grows)) {
      growing.open();
      finished.wait();
    }
    return std::nullopt;
  };
  EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 25);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

// -- a host that dies -----------------------------------------------------------------------------------------------

TEST_P(Budgets, WhatADeadHostHeldIsSettledInTheWindowThatTookIt) {
  Latch go_on;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        report_tokens(run, 20, 5);
        go_on.wait();
        run.finish(FinishStatus::completed);
      },
      kTensOfAHundred, GetParam());
  const std::string counter = world.counter_id("hourly", "max_total_tokens");
  const std::string id = world.new_run();
  auto told = world.begin(id);
  EXPECT_TRUE(eventually([&] { return world.counted(counter) == 35; }));
  const std::vector<Record> held = world.noted_holds();
  ASSERT_THAT(held, SizeIs(1));
  auto row = world.store->get_run({}, id);
  go_on.open();
  told.wait();
  world.end_manager();
  // As the store was before the run ended.
  CommitUnit unit;
  unit.session_id = row->session_id;
  const std::uint64_t version = world.store->get_run({}, id)->version;
  row->version = version + 1;
  unit.runs.push_back(RunWrite{*row, version});
  world.count(counter, 35 - world.counted(counter));
  unit.records.push_back(RecordWrite{held.front(), kVersionAbsent, RecordWrite::Kind::put, 0, 0});
  const CommitUnit* units[] = {&unit};
  UnitResult result[1];
  ASSERT_EQ(world.store->commit(units, result, kWaitStoreLimit).outcome, CommitOutcome::filled);
  ASSERT_EQ(result[0].answer, CommitAnswer::ok);
  ASSERT_EQ(world.counted(counter), 35);

  world.clock.now_us = 3 * BudgetWorld::kHourUs;
  EXPECT_EQ(world.manager().get_run(id)->status, RunStatus::failed);
  EXPECT_EQ(world.counted(counter), 25);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens", 3)), -1);
  EXPECT_THAT(world.noted_holds(), IsEmpty());
}

// -- figures --------------------------------------------------------------------------------------------------------

TEST_P(Budgets, TokensInACacheCountAsInputAndReasoningAsOutput) {
  BudgetWorld world(
      [](ScriptedRun& run) {
        run.emit(
            EventType::token_usage_updated,
            R"({"input_tokens":1,"cache_read_tokens":2,"cache_write_tokens":3,"output_tokens":4,"reasoning_tokens":5})");
        run.emit(EventType::turn_completed, "{}");
        run.emit(EventType::turn_completed, "{}");
        run.finish(FinishStatus::completed);
      },
      "  hourly: {plugin: limits, config: {max_input_tokens: 100, max_output_tokens: 100, max_turns: 5, window: {per: "
      "agent, every: 1h}}}\n",
      GetParam());
  EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_input_tokens")), 6);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_output_tokens")), 9);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_turns")), 2);
}

TEST_P(Budgets, TokensWhosePriceNobodyKnowsCostWhatWasHeld) {
  std::string finish = "{}";
  bool speaks = true;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        if (speaks) report_tokens(run, 6, 4);
        run.finish(FinishStatus::completed, finish);
      },
      "  hourly: {plugin: limits, config: {max_cost_usd: 10, estimate: {cost_usd: 0.5}, on_missing_price: warn, "
      "window: "
      "{per: agent, every: 1h}}}\n",
      GetParam());
  const std::string counter = world.counter_id("hourly", "max_cost_usd");
  EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(counter), 500'000);
  finish = R"({"cost_usd":0.25})";
  EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(counter), 750'000);
  finish = "{}";
  speaks = false;
  EXPECT_EQ(world.run_once()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(counter), 750'000) << "a run that used nothing costs nothing";
}

TEST_P(Budgets, ABoundOfASingleRunBesideABudgetIsWhatTheRunHolds) {
  Latch go_on;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        go_on.wait();
        use_ten(run);
      },
      std::string(kHundredWithoutEstimate) + "  each: {plugin: limits, config: {max_total_tokens: 40}}\n", GetParam());
  auto first = world.begin(world.new_run());
  auto second = world.begin(world.new_run());
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 2; }));
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 80);
  EXPECT_TRUE(is_over_budget(world.run_once()));
  go_on.open();
  EXPECT_EQ(first.get()->status, RunStatus::completed);
  EXPECT_EQ(second.get()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 20);
}

TEST_P(Budgets, ASingleRunThatPassesItsOwnBoundIsStoppedAlthoughTheBudgetHasMore) {
  BudgetWorld world(
      [](ScriptedRun& run) {
        report_tokens(run, 45, 0);
        run.wait_for_cancel();
        run.finish(FinishStatus::cancelled);
      },
      std::string(kHundredWithoutEstimate) + "  each: {plugin: limits, config: {max_total_tokens: 40}}\n", GetParam());
  const Result<RunResult> result = world.run_once();
  EXPECT_TRUE(is_over_budget(result));
  EXPECT_THAT(result->error->message(), HasSubstr("policy 'each'"));
  EXPECT_EQ(violations_in(world, result->session_id), 1U);
  EXPECT_EQ(world.counted(world.counter_id("hourly", "max_total_tokens")), 45);
}

INSTANTIATE_TEST_SUITE_P(Stores, Budgets, ::testing::Values("memory", "sqlite"),
                         [](const auto& store) { return std::string(store.param); });

}  // namespace
}  // namespace asmgr::testing
