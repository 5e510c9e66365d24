#include "core/cost/usage_meter.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

TokenUsage used(std::int64_t input, std::int64_t output, UsageQuality quality = UsageQuality::reported) {
  return {input, 0, 0, output, 0, input + output, quality};
}

// big: 10 and 100 micro-USD a token, small: 1 and 10.
PriceTable prices() {
  return *PriceTable::from_json(*parse_json(
      R"({"as_of":"2026-01-31","vendors":{"acme":{"models":{"big":{"input":10,"output":100},
                                                             "small":{"input":1,"output":10}}}}})",
      "prices"));
}

UsageSource deltas(std::string model = "big") {
  return {"acme", std::move(model), UsageSemantics::delta};
}
UsageSource totals(std::string model = "big") {
  return {"acme", std::move(model), UsageSemantics::total};
}

std::optional<std::int64_t> micro(const std::optional<Money>& cost) {
  return cost ? std::optional(cost->micro_usd()) : std::nullopt;
}

TEST(UsageMeter, KnowsNothingWhenNothingWasReported) {
  UsageMeter meter;
  meter.begin(totals());
  EXPECT_TRUE(meter.total().empty());
  EXPECT_FALSE(meter.cost(prices()));
  EXPECT_TRUE(meter.by_model(prices()).empty());
}

TEST(UsageMeter, AddsDeltas) {
  UsageMeter meter;
  meter.begin(deltas());
  meter.add(used(10, 1));
  meter.add(used(20, 2));
  EXPECT_EQ(meter.total(), used(30, 3));
  EXPECT_EQ(micro(meter.cost(prices())), 30 * 10 + 3 * 100);
}

TEST(UsageMeter, ATotalReplacesTheOneBefore) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add(used(10, 1));
  meter.add(used(10, 1));
  meter.add(used(10, 40));
  EXPECT_EQ(meter.total(), used(10, 40));
}

TEST(UsageMeter, ATotalThatFallsBeginsANewCounter) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add(used(100, 20));
  meter.add(used(30, 5));
  meter.add(used(30, 9));
  EXPECT_EQ(meter.total(), used(130, 29));
}

TEST(UsageMeter, ATotalWithABucketThatFallsMovesTokensBetweenBuckets) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add({100, 0, 0, 50, 0, 150, UsageQuality::reported});
  meter.add({100, 0, 0, 20, 40, 160, UsageQuality::reported});
  EXPECT_EQ(meter.total(), (TokenUsage{100, 0, 0, 20, 40, 160, UsageQuality::reported}));
}

TEST(UsageMeter, ATotalAloneIsTakenBackWhenItsBucketsAreNamed) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add({0, 0, 0, 0, 0, 120, UsageQuality::reported});
  EXPECT_EQ(meter.total().total_tokens, 120);
  EXPECT_FALSE(meter.cost(prices()));
  meter.add(used(100, 20));
  EXPECT_EQ(meter.total(), used(100, 20));
  EXPECT_TRUE(meter.cost(prices()));
}

TEST(UsageMeter, TokensBelongToTheModelThatWasNamedWhenTheyWereReported) {
  UsageMeter meter;
  meter.begin(totals("big"));
  meter.add(used(100, 10));
  meter.set_model("small");
  meter.add(used(150, 30));
  const auto models = meter.by_model(prices());
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].model, "big");
  EXPECT_EQ(models[0].tokens, used(100, 10));
  EXPECT_EQ(models[1].model, "small");
  EXPECT_EQ(models[1].tokens, used(50, 20));
  EXPECT_EQ(micro(models[1].cost), 50 * 1 + 20 * 10);
  EXPECT_EQ(micro(meter.cost(prices())), 100 * 10 + 10 * 100 + 50 * 1 + 20 * 10);
}

TEST(UsageMeter, TokensThatMoveBetweenBucketsLeaveTheModelThatHadThem) {
  UsageMeter meter;
  meter.begin(totals("big"));
  meter.add({0, 0, 0, 50, 0, 50, UsageQuality::reported});
  meter.set_model("small");
  meter.add({0, 0, 0, 20, 40, 60, UsageQuality::reported});
  const auto models = meter.by_model(prices());
  ASSERT_EQ(models.size(), 2u);
  EXPECT_EQ(models[0].tokens.output_tokens, 20);
  EXPECT_EQ(models[1].tokens.output_tokens, 0);
  EXPECT_EQ(models[1].tokens.reasoning_tokens, 40);
}

TEST(UsageMeter, TheModelThatIsKnownLateTakesTheWholeStart) {
  UsageMeter meter;
  meter.begin(deltas(""));
  meter.set_model("");
  meter.set_model("small");
  meter.add(used(1, 0));
  ASSERT_EQ(meter.by_model(prices()).size(), 1u);
  EXPECT_EQ(meter.by_model(prices())[0].model, "small");
}

TEST(UsageMeter, EveryAttemptCountsAlsoOfAnotherProvider) {
  UsageMeter meter;
  meter.begin(totals("big"));
  meter.add(used(100, 20));  // failed after this
  meter.begin({"acme", "small", UsageSemantics::delta});
  meter.add(used(100, 20));
  meter.add(used(0, 5));
  EXPECT_EQ(meter.total(), used(200, 45));
  EXPECT_EQ(micro(meter.cost(prices())), 100 * 10 + 20 * 100 + 100 * 1 + 25 * 10);
}

TEST(UsageMeter, ANewStartBeginsItsTotalsAtNothingAlsoWhenTheyAreLarger) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add(used(10, 1));
  meter.begin(totals());
  meter.add(used(500, 9));
  EXPECT_EQ(meter.total(), used(510, 10));
}

TEST(UsageMeter, TheLastWordOfAStartReplacesItsUpdatesAndNoOtherStart) {
  UsageMeter meter;
  meter.begin(deltas());
  meter.add(used(7, 7));
  meter.begin(deltas());
  meter.add(used(10, 10));
  meter.add(used(10, 10));
  meter.settle(used(19, 5));
  EXPECT_EQ(meter.total(), used(26, 12));
  meter.settle(TokenUsage{});
  EXPECT_EQ(meter.total(), used(26, 12));
}

TEST(UsageMeter, ACostThatTheProviderReportsIsPreferredToTheTable) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add(used(100, 10), 0.25);
  meter.add(used(200, 20), 0.5);
  EXPECT_EQ(micro(meter.cost(prices())), 500'000);
  EXPECT_EQ(micro(meter.cost(PriceTable())), 500'000);
  ASSERT_EQ(meter.by_model(prices()).size(), 1u);
  EXPECT_TRUE(meter.by_model(prices())[0].cost_reported);
}

TEST(UsageMeter, AReportedCostOfZeroSaysNothing) {
  UsageMeter meter;
  meter.begin(deltas());
  meter.add(used(1, 0), 0.0);
  EXPECT_EQ(micro(meter.cost(prices())), 10);
  EXPECT_FALSE(meter.cost(PriceTable()));
  meter.settle(used(1, 0), -4);
  EXPECT_EQ(micro(meter.cost(prices())), 10);

  UsageMeter known;
  known.begin(totals());
  known.add(used(5, 0), 0.1);
  known.add(used(9, 0), 0.0);
  known.settle(used(9, 0), 0.0);
  EXPECT_EQ(micro(known.cost(prices())), 100'000);
}

TEST(UsageMeter, ReportedCostsAreDeltasOrTotalsAsTheTokensAre) {
  UsageMeter delta;
  delta.begin(deltas());
  delta.add(used(1, 0), 0.1);
  delta.add(used(1, 0), 0.2);
  EXPECT_EQ(micro(delta.cost(prices())), 300'000);

  UsageMeter total;
  total.begin(totals());
  total.add(used(5, 0), 0.1);
  total.add(used(9, 0), 0.3);
  total.add(used(2, 0), 0.05);  // a new counter
  EXPECT_EQ(micro(total.cost(prices())), 350'000);
}

TEST(UsageMeter, ACostAloneIsAnUpdateToo) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add(used(5, 0));
  meter.add(TokenUsage{}, 0.125);
  EXPECT_EQ(meter.total(), used(5, 0));
  EXPECT_EQ(micro(meter.cost(prices())), 125'000);
}

TEST(UsageMeter, TheCostOfTheLastWordReplacesThoseOfTheUpdates) {
  UsageMeter meter;
  meter.begin(deltas());
  meter.add(used(1, 0), 0.1);
  meter.set_model("small");
  meter.add(used(1, 0), 0.1);
  meter.settle(TokenUsage{}, 0.05);
  EXPECT_EQ(micro(meter.cost(prices())), 50'000);
}

TEST(UsageMeter, AStartWithoutAReportedCostIsPricedByTheTableBesideOneWith) {
  UsageMeter meter;
  meter.begin(deltas());
  meter.add(used(1, 0), 0.5);
  meter.begin(deltas("small"));
  meter.add(used(3, 0));
  EXPECT_EQ(micro(meter.cost(prices())), 500'003);
}

TEST(UsageMeter, APartWithoutAPriceMakesTheCostUnknown) {
  UsageMeter meter;
  meter.begin(deltas());
  meter.add(used(1, 1));
  EXPECT_TRUE(meter.cost(prices()));
  meter.begin({"acme", "unheard-of", UsageSemantics::delta});
  EXPECT_TRUE(meter.cost(prices()));  // it has used nothing yet
  meter.add(used(1, 1));
  EXPECT_FALSE(meter.cost(prices()));
  ASSERT_EQ(meter.by_model(prices()).size(), 2u);
  EXPECT_TRUE(meter.by_model(prices())[0].cost);
  EXPECT_FALSE(meter.by_model(prices())[1].cost);
}

TEST(UsageMeter, TheWorstQualityOfAllCountersHoldsAndTheNewestOfEach) {
  UsageMeter meter;
  meter.begin(totals());
  meter.add(used(10, 1, UsageQuality::estimated));
  meter.add(used(12, 1, UsageQuality::reported));
  EXPECT_EQ(meter.total().quality, UsageQuality::reported);
  meter.add(used(5, 1, UsageQuality::partial));  // a new counter
  meter.add(used(6, 1, UsageQuality::reported));
  EXPECT_EQ(meter.total().quality, UsageQuality::reported);
  meter.begin(deltas());
  meter.add(used(1, 1, UsageQuality::partial));
  meter.add(used(1, 1, UsageQuality::reported));
  EXPECT_EQ(meter.total().quality, UsageQuality::partial);
  meter.settle(used(2, 2, UsageQuality::reported));
  EXPECT_EQ(meter.total().quality, UsageQuality::reported);
}

TEST(UsageMeter, WithoutABeginItCountsDeltasOfAnUnknownVendor) {
  UsageMeter meter;
  meter.add(used(1, 2));
  meter.add(used(1, 2));
  EXPECT_EQ(meter.total(), used(2, 4));
  EXPECT_FALSE(meter.cost(prices()));
}

TEST(UsageMeter, NegativeAndHugeCountsDoNoHarm) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  UsageMeter meter;
  meter.begin(totals());
  meter.add({-5, -5, -5, -5, -5, -5, UsageQuality::reported});
  EXPECT_EQ(meter.total().total_tokens, 0);
  meter.add({kMost, kMost, kMost, kMost, kMost, kMost, UsageQuality::reported});
  meter.begin(deltas());
  meter.add({kMost, kMost, kMost, kMost, kMost, kMost, UsageQuality::reported});
  meter.add({kMost, kMost, kMost, kMost, kMost, kMost, UsageQuality::reported});
  meter.settle(used(1, 1));
  EXPECT_EQ(meter.total().total_tokens, kMost);
  EXPECT_TRUE(meter.cost(prices()));
}

}  // namespace
}  // namespace asmgr
