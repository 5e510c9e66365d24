#include "host/cli/number_text.hpp"

#include <gtest/gtest.h>

namespace asmgr::cli {
namespace {

TEST(NumberText, ElapsedTimeHasTheUnitThatFits) {
  EXPECT_EQ(elapsed_text(950), "950ms");
  EXPECT_EQ(elapsed_text(2149), "2.1s");
  EXPECT_EQ(elapsed_text(185000), "3m05s");
  EXPECT_EQ(elapsed_text(7380000), "2h03m");
  EXPECT_EQ(elapsed_text(-5), "0ms");
}

TEST(NumberText, AnUnknownCostIsADash) {
  EXPECT_EQ(cost_text(std::nullopt), "-");
  EXPECT_EQ(cost_text(0.01234), "$0.0123");
}

TEST(NumberText, UsageSumsWhatGoesInAndWhatComesOut) {
  TokenUsage usage;
  usage.input_tokens = 10;
  usage.cache_read_tokens = 5;
  usage.output_tokens = 3;
  usage.reasoning_tokens = 2;
  usage.total_tokens = 20;
  usage.quality = UsageQuality::reported;
  EXPECT_EQ(usage_text(usage), "20 tokens (15 in, 5 out)");
  EXPECT_EQ(usage_text({}), "no token counts");
}

TEST(NumberText, ARunThatHasNotEndedHasNoSpan) {
  EXPECT_EQ(span_text(Timestamp{1000000}, Timestamp{}), "-");
  EXPECT_EQ(span_text(Timestamp{1000000}, Timestamp{2500000}), "1.5s");
}

}  // namespace
}  // namespace asmgr::cli
