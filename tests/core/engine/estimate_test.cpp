// What a run is expected to use and to cost, and bounds that are held by it.
#include "core/engine/run_estimate.hpp"

#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/budget_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

// Vendor "v": model m costs 1000 USD per million input tokens and 10'000 per million output tokens, cheap a tenth.
std::shared_ptr<const PriceTable> prices() {
  const auto card = [](double input) { return boost::json::object{{"input", input}, {"output", input * 10}}; };
  boost::json::object models;
  models["m"] = card(1000);
  models["cheap"] = card(100);
  boost::json::object vendors;
  vendors["v"] = std::move(models);
  auto table = PriceTable().with_overrides(vendors);
  EXPECT_TRUE(table) << table.error().message();
  return std::make_shared<const PriceTable>(*table);
}

class Estimate : public ::testing::Test {
 protected:
  Estimate() {
    plan_.provider = provider_;
    plan_.prices = prices();
    provider_->set_vendor("v", false);
    provider_->set_models({"m", "cheap"});
  }
  std::string of(std::size_t characters) { return to_text(estimate_of(plan_, characters)); }

  std::shared_ptr<ScriptedProvider> provider_ = std::make_shared<ScriptedProvider>([](ScriptedRun&) {});
  RunPlan plan_;
};

TEST_F(Estimate, IsTheInputAndTheMostThatTheProviderMayAnswer) {
  provider_->set_max_output_tokens(50);
  EXPECT_EQ(of(397), R"({"input_chars":397,"input_tokens":100,"max_output_tokens":50,"input_cost_usd":0.1,)"
                     R"("cost_usd":0.6})");
}

TEST_F(Estimate, IsNullWhereAnyPartIsNotKnown) {
  EXPECT_EQ(of(400), R"({"input_chars":400,"input_tokens":100,"max_output_tokens":null,"input_cost_usd":0.1,)"
                     R"("cost_usd":null})");
  provider_->set_max_output_tokens(50);
  provider_->set_models({"another"});
  EXPECT_EQ(of(400), R"({"input_chars":400,"input_tokens":100,"max_output_tokens":50,"input_cost_usd":null,)"
                     R"("cost_usd":null})");
  EXPECT_EQ(of(0), R"({"input_chars":0,"input_tokens":0,"max_output_tokens":50,"input_cost_usd":null,)"
                   R"("cost_usd":null})")
      << "a price that nobody knows is not 0, even of nothing";
}

TEST_F(Estimate, TheRunMayNameItsModelAndALowerMaximum) {
  provider_->set_max_output_tokens(50);
  plan_.adapter_opts["model"] = "cheap";
  plan_.adapter_opts["max_output_tokens"] = 20;
  EXPECT_EQ(of(400), R"({"input_chars":400,"input_tokens":100,"max_output_tokens":20,"input_cost_usd":0.01,)"
                     R"("cost_usd":0.03})");
  plan_.adapter_opts["max_output_tokens"] = 5000;
  EXPECT_THAT(of(400), HasSubstr(R"("max_output_tokens":50,)"));
}

// -- bounds ---------------------------------------------------------------------------------------------------------

constexpr const char* kHalfADollar = "  budget: {plugin: limits, config: {max_cost_usd: 0.5}}\n";

void complete_at_once(ScriptedRun& run) {
  run.finish(FinishStatus::completed);
}

class PricedBounds : public ::testing::Test {
 protected:
  static void price(BudgetWorld& world) {
    world.wiring.prices = prices();
    world.provider->set_vendor("v", false);
    world.provider->set_models({"m"});
  }
};

TEST_F(PricedBounds, ACostBoundNeedsAKnownPrice) {
  BudgetWorld world(complete_at_once, kHalfADollar);
  const Result<RunResult> refused = world.run_once();
  ASSERT_TRUE(refused && refused->error);
  EXPECT_EQ(refused->error->details().at("kind"), "missing_price");
  EXPECT_EQ(world.provider->starts, 0);

  BudgetWorld priced(complete_at_once, kHalfADollar);
  price(priced);
  EXPECT_EQ(priced.run_once()->status, RunStatus::completed);
}

TEST_F(PricedBounds, AMissingPriceMayBeOnlyWarnedOf) {
  BudgetWorld world(complete_at_once,
                    "  budget: {plugin: limits, config: {max_cost_usd: 0.5, on_missing_price: warn}}\n");
  const Result<RunResult> result = world.run_once();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->policy->at("action"), "warn");
}

TEST_F(PricedBounds, ACostBoundHoldsWhereTheProviderNeverNamesItsModel) {
  BudgetWorld world(
      [](ScriptedRun& run) {
        report_tokens(run, 1, 50);
        run.wait_for_cancel();
        run.finish(FinishStatus::cancelled);
      },
      kHalfADollar);
  price(world);
  const Result<RunResult> result = world.run_once();
  EXPECT_TRUE(is_over_budget(result));
  EXPECT_EQ(world.provider->cancels, 1);
  EXPECT_DOUBLE_EQ(result->cost_usd.value_or(-1), 0.501);
}

TEST_F(PricedBounds, OfABudgetTheEstimatedCostIsHeld) {
  Latch go_on;
  BudgetWorld world(
      [&](ScriptedRun& run) {
        go_on.wait();
        report_tokens(run, 3, 4);
        run.finish(FinishStatus::completed);
      },
      "  hourly: {plugin: limits, config: {max_cost_usd: 1, window: {per: agent, every: 1h}}}\n");
  price(world);
  world.provider->set_max_output_tokens(40);
  const std::string counter = world.counter_id("hourly", "max_cost_usd");
  auto first = world.begin(world.new_run());
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  EXPECT_EQ(world.counted(counter), 402'000) << "'hello' is two tokens";
  auto second = world.begin(world.new_run());
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 2; }));
  EXPECT_TRUE(is_over_budget(world.run_once())) << "less than that is left";
  go_on.open();
  EXPECT_EQ(first.get()->status, RunStatus::completed);
  EXPECT_EQ(second.get()->status, RunStatus::completed);
  EXPECT_EQ(world.counted(counter), 2 * 43'000);
}

}  // namespace
}  // namespace asmgr::testing
