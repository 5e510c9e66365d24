#include "core/routing/strategy.hpp"

#include <gmock/gmock.h>

#include <map>

namespace asmgr {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<RankedTarget> three() {
  return {{0, 1, {}, {}}, {1, 1, {}, {}}, {2, 1, {}, {}}};
}
Money usd(double amount) {
  return *Money::of_usd(amount);
}

TEST(Strategy, EachHasANameThatIsReadBack) {
  for (const auto* name : {"priority", "weighted", "round_robin", "lowest_cost", "lowest_latency"}) {
    ASSERT_TRUE(parse_strategy(name)) << name;
    EXPECT_EQ(strategy_name(*parse_strategy(name)), name);
  }
  EXPECT_FALSE(parse_strategy("random"));
}

TEST(Strategy, PriorityIsTheOrderOfTheList) {
  Turns turns(RouteStrategy::priority);
  EXPECT_THAT(turns.order(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.order(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.order({}), IsEmpty());
}

TEST(Strategy, RoundRobinGivesEachItsTurn) {
  Turns turns(RouteStrategy::round_robin);
  EXPECT_THAT(turns.order(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.order(three()), ElementsAre(1, 2, 0));
  EXPECT_THAT(turns.order(three()), ElementsAre(2, 0, 1));
  EXPECT_THAT(turns.order(three()), ElementsAre(0, 1, 2));
}

TEST(Strategy, RoundRobinPassesOverWhoIsMissing) {
  Turns turns(RouteStrategy::round_robin);
  EXPECT_THAT(turns.order(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.order({three()[0], three()[2]}), ElementsAre(2, 0));
  EXPECT_THAT(turns.order(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.order({}), IsEmpty());
}

TEST(Strategy, WeightedSharesAreExactAndSpread) {
  Turns turns(RouteStrategy::weighted);
  const std::vector<RankedTarget> targets{{0, 5, {}, {}}, {1, 1, {}, {}}, {2, 2, {}, {}}};
  std::map<std::size_t, int> firsts;
  int in_a_row = 0;
  int longest = 0;
  for (int i = 0; i < 800; ++i) {
    const std::size_t first = turns.order(targets).front();
    ++firsts[first];
    in_a_row = first == 0 ? in_a_row + 1 : 0;
    longest = std::max(longest, in_a_row);
  }
  EXPECT_EQ(firsts[0], 500);
  EXPECT_EQ(firsts[1], 100);
  EXPECT_EQ(firsts[2], 200);
  EXPECT_LE(longest, 3) << "the heavy one does not take all its runs at once";
}

TEST(Strategy, WithoutWeightATargetIsOnlyThereForWhenTheOthersFail) {
  Turns turns(RouteStrategy::weighted);
  const std::vector<RankedTarget> targets{{0, 0, {}, {}}, {1, 3, {}, {}}, {2, 7, {}, {}}};
  for (int i = 0; i < 20; ++i) {
    const auto order = turns.order(targets);
    EXPECT_NE(order.front(), 0U);
    EXPECT_EQ(order.back(), 0U);
  }
  EXPECT_THAT(turns.order({targets[0]}), ElementsAre(0));
}

TEST(Strategy, LowestCostPutsAnUnknownPriceLast) {
  Turns turns(RouteStrategy::lowest_cost);
  EXPECT_THAT(turns.order({{0, 1, {}, {}}, {1, 1, usd(4), {}}, {2, 1, usd(3), {}}, {3, 1, usd(3), {}}}),
              ElementsAre(2, 3, 1, 0));
}

TEST(Strategy, LowestLatencyMeasuresWhoIsNotMeasured) {
  Turns turns(RouteStrategy::lowest_latency);
  EXPECT_THAT(turns.order({{0, 1, {}, 500}, {1, 1, {}, 20}, {2, 1, {}, {}}}), ElementsAre(2, 1, 0));
}

TEST(Strategy, LookingTakesNoTurn) {
  Turns turns(RouteStrategy::round_robin);
  EXPECT_THAT(turns.look(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.look(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.order(three()), ElementsAre(0, 1, 2));
  EXPECT_THAT(turns.look(three()), ElementsAre(1, 2, 0));
}

}  // namespace
}  // namespace asmgr
