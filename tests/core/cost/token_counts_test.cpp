#include "core/cost/token_counts.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace asmgr {
namespace {

TEST(TokenCounts, CachedTokensInsideTheInputAreTakenOutOfIt) {
  EXPECT_EQ(from_inclusive({812, 640, 0, 41, 12, 853}), (TokenUsage{172, 640, 0, 29, 12, 853, UsageQuality::reported}));
}

TEST(TokenCounts, CacheWritesInsideTheInputAreTakenOutToo) {
  EXPECT_EQ(from_inclusive({100, 50, 30, 10, 0, {}}).input_tokens, 20);
}

TEST(TokenCounts, CachedTokensBesideTheInputStay) {
  EXPECT_EQ(from_counts({172, 640, 5, 41, 0, {}}, CacheCounting::beside_input, ReasoningCounting::inside_output),
            (TokenUsage{172, 640, 5, 41, 0, 858, UsageQuality::reported}));
}

TEST(TokenCounts, ReasoningBesideTheOutputStays) {
  EXPECT_EQ(from_counts({100, 60, 0, 10, 25, 135}, CacheCounting::inside_input, ReasoningCounting::beside_output),
            (TokenUsage{40, 60, 0, 10, 25, 135, UsageQuality::reported}));
}

TEST(TokenCounts, AnUnexplainedTotalIsKept) {
  EXPECT_EQ(from_inclusive({0, 0, 0, 0, 0, 77}).total_tokens, 77);
}

TEST(TokenCounts, CountsThatContradictEachOtherArePartial) {
  const TokenUsage usage = from_inclusive({10, 25, 0, 3, 4, {}});
  EXPECT_EQ(usage, (TokenUsage{0, 25, 0, 0, 4, 29, UsageQuality::partial}));
  EXPECT_EQ(from_inclusive({10, 25, 0, 3, 0, {}}, UsageQuality::estimated).quality, UsageQuality::estimated);
}

TEST(TokenCounts, NegativeAndHugeCountsDoNoHarm) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  EXPECT_EQ(from_inclusive({-1, -2, -3, -4, -5, -6}), (TokenUsage{0, 0, 0, 0, 0, 0, UsageQuality::reported}));
  EXPECT_EQ(from_counts({kMost, kMost, kMost, kMost, kMost, {}}, CacheCounting::beside_input,
                        ReasoningCounting::beside_output)
                .total_tokens,
            kMost);
}

}  // namespace
}  // namespace asmgr
