// What a run used and what it cost, from what its provider reports.
#include <gmock/gmock.h>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

void report(ScriptedRun& run, const std::string& usage) {
  run.emit(EventType::token_usage_updated, usage);
}

// A world whose prices are 1 USD per million input tokens and 10 per million output tokens, for vendor "v".
class PricedWorld : public World {
 public:
  explicit PricedWorld(ScriptedProvider::Script script, bool totals = false) : World(std::move(script)) {
    auto prices = PriceTable::shipped().with_overrides(
        {{"v", boost::json::object{{"m", boost::json::object{{"input", 1}, {"output", 10}}}}}});
    EXPECT_TRUE(prices) << prices.error().message();
    wiring.prices = std::make_shared<const PriceTable>(*prices);
    provider->set_vendor("v", totals);
  }
};

TEST(Usage, DeltasAddUpAndAreCostedByTheModelThatIsNamed) {
  PricedWorld world([](ScriptedRun& run) {
    run.emit(EventType::run_started, R"({"model":"m-1"})");
    report(run, R"({"input_tokens":1000,"output_tokens":100})");
    report(run, R"({"input_tokens":2000,"output_tokens":50})");
    run.finish(FinishStatus::completed);
  });
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->token_usage.input_tokens, 3000);
  EXPECT_EQ(result->token_usage.output_tokens, 150);
  ASSERT_TRUE(result->cost_usd);
  EXPECT_DOUBLE_EQ(*result->cost_usd, 0.0045);
}

TEST(Usage, TotalsAreNotCountedTwiceAndACounterThatBeginsAgainIs) {
  PricedWorld world(
      [](ScriptedRun& run) {
        run.emit(EventType::run_started, R"({"model":"m"})");
        report(run, R"({"input_tokens":1000,"output_tokens":100})");
        report(run, R"({"input_tokens":1500,"output_tokens":200})");
        report(run, R"({"input_tokens":10,"output_tokens":1})");
        run.finish(FinishStatus::completed);
      },
      true);
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->token_usage.input_tokens, 1510);
  EXPECT_EQ(result->token_usage.output_tokens, 201);
}

TEST(Usage, WhatTheProviderSaysItCostIsBelieved) {
  PricedWorld world([](ScriptedRun& run) {
    run.emit(EventType::run_started, R"({"model":"m"})");
    report(run, R"({"input_tokens":1000,"output_tokens":100})");
    run.finish(FinishStatus::failed, R"({"cost_usd":0.25,"error":{"code":"provider_error","message":"overloaded"}})");
  });
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_DOUBLE_EQ(result->cost_usd.value_or(-1), 0.25) << "failed runs cost too";
}

TEST(Usage, AnUnknownPriceIsUnknownAndNotNothing) {
  PricedWorld world([](ScriptedRun& run) {
    run.emit(EventType::run_started, R"({"model":"another"})");
    report(run, R"({"input_tokens":1000,"output_tokens":100})");
    run.finish(FinishStatus::completed);
  });
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->token_usage.input_tokens, 1000);
  EXPECT_FALSE(result->cost_usd);
}

TEST(Usage, OfARunningRunIsInItsRowSoThatItCountsWhateverBecomesOfTheHost) {
  PricedWorld world([](ScriptedRun& run) {
    run.emit(EventType::run_started, R"({"model":"m"})");
    report(run, R"({"input_tokens":1000,"output_tokens":100})");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto result = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.store->get_run({}, run)->token_usage.input_tokens == 1000; }));
  EXPECT_DOUBLE_EQ(world.store->get_run({}, run)->cost_usd.value_or(-1), 0.002);
  ASSERT_TRUE(world.manager().cancel_run({run, "", {}, {}, {}}));
  EXPECT_EQ(result.get()->token_usage.output_tokens, 100) << "cancelled runs count too";
}

TEST(Usage, OfASessionIsTheSumOfItsRunsAndItsCostUnknownWhenOneIs) {
  std::atomic<int> number{0};
  PricedWorld world([&](ScriptedRun& run) {
    const int which = ++number;
    run.emit(EventType::run_started, which == 3 ? R"({"model":"another"})" : R"({"model":"m"})");
    report(run, R"({"input_tokens":1000,"output_tokens":100})");
    run.finish(which == 2 ? FinishStatus::failed : FinishStatus::completed);
  });
  const std::string session = world.active_session();
  EXPECT_EQ(world.manager().get_session_usage(session)->runs, 0U);
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(world.execute(world.pending_run(session)));
  auto usage = world.manager().get_session_usage(session);
  ASSERT_TRUE(usage) << usage.error().message();
  EXPECT_EQ(usage->runs, 2U);
  EXPECT_EQ(usage->tokens.input_tokens, 2000) << "failed runs count";
  EXPECT_DOUBLE_EQ(usage->cost_usd.value_or(-1), 0.004);
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  usage = world.manager().get_session_usage(session);
  EXPECT_EQ(usage->tokens.total_tokens, 3300);
  EXPECT_FALSE(usage->cost_usd);
}

}  // namespace
}  // namespace asmgr::testing
