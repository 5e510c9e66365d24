#include "core/cost/money.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace asmgr {
namespace {

constexpr std::int64_t kMostTokens = std::numeric_limits<std::int64_t>::max();

TEST(Money, RoundsHalfUpToMicroDollars) {
  EXPECT_EQ(Money::of_pico_usd(1'499'999).micro_usd(), 1);
  EXPECT_EQ(Money::of_pico_usd(1'500'000).micro_usd(), 2);
  EXPECT_EQ(Money::of_pico_usd(499'999).micro_usd(), 0);
  EXPECT_EQ(Money::of_pico_usd(-500'000).micro_usd(), 0);
  EXPECT_EQ(Money::of_pico_usd(-500'001).micro_usd(), -1);
}

TEST(Money, IsRoundedOnceAtTheEndOfASum) {
  Money sum;
  for (int i = 0; i < 1000; ++i) sum += Money::of_pico_usd(400'000);
  EXPECT_EQ(sum.micro_usd(), 400);
}

TEST(Money, TakesWhatAProviderSaysInDollars) {
  EXPECT_EQ(Money::of_usd(0.00305)->micro_usd(), 3050);
  EXPECT_EQ(Money::of_usd(0.1)->pico_usd(), Int128{100'000'000'000});
  EXPECT_EQ(Money::of_usd(0)->micro_usd(), 0);
  EXPECT_DOUBLE_EQ(Money::of_usd(12.345678)->usd(), 12.345678);
}

TEST(Money, IsNoneForWhatIsNoAmount) {
  EXPECT_FALSE(Money::of_usd(-0.01));
  EXPECT_FALSE(Money::of_usd(std::nan("")));
  EXPECT_FALSE(Money::of_usd(std::numeric_limits<double>::infinity()));
}

TEST(Money, StaysAtTheMostWhereAnAmountDoesNotFit) {
  const Money large = Money::of_tokens(kMostTokens, kMostTokens);
  Money sum = large;
  for (int i = 0; i < 10; ++i) sum += large;
  EXPECT_EQ(sum.micro_usd(), kMostTokens);
  EXPECT_GE(sum, large);
  EXPECT_EQ((-sum).micro_usd(), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(Money::of_usd(1e300)->micro_usd(), kMostTokens);
}

TEST(Money, OfNegativeTokensIsNothing) {
  EXPECT_TRUE(Money::of_tokens(-5, 3).is_zero());
  EXPECT_TRUE(Money::of_tokens(5, -3).is_zero());
}

TEST(Money, AnUnknownPartMakesASumUnknown) {
  EXPECT_EQ(sum_of(Money::of_pico_usd(1), Money::of_pico_usd(2)), Money::of_pico_usd(3));
  EXPECT_FALSE(sum_of(Money::of_pico_usd(1), std::nullopt));
  EXPECT_FALSE(sum_of(std::nullopt, Money::of_pico_usd(1)));
}

}  // namespace
}  // namespace asmgr
