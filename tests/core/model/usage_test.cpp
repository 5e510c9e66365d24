#include "core/model/usage.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

TokenUsage read(std::string_view text) {
  return usage_from_json(*parse_json_object(text, "usage"));
}

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

TEST(TokenUsage, IsAnEmptyObjectWhenAbsentAndSevenKeysOtherwise) {
  EXPECT_EQ(to_text(to_json(TokenUsage{})), "{}");
  const TokenUsage usage{1, 2, 3, 4, 5, 15, UsageQuality::partial};
  EXPECT_EQ(to_text(to_json(usage)),
            R"({"input_tokens":1,"cache_read_tokens":2,"cache_write_tokens":3,"output_tokens":4,"reasoning_tokens":5,)"
            R"("total_tokens":15,"quality":"partial"})");
  EXPECT_EQ(usage_from_json(to_json(usage)), usage);
}

TEST(TokenUsage, DerivesTheTotal) {
  const TokenUsage usage = read(R"({"input_tokens":10,"output_tokens":5,"reasoning_tokens":1})");
  EXPECT_EQ(usage.total_tokens, 16);
  EXPECT_EQ(usage.quality, UsageQuality::reported);
  EXPECT_EQ(read(R"({"total_tokens":7})").total_tokens, 7);
  EXPECT_EQ(read(R"({"input_tokens":10,"total_tokens":25})").total_tokens, 25);
  EXPECT_EQ(read(R"({"input_tokens":10,"total_tokens":3})").total_tokens, 10);
}

TEST(TokenUsage, TakesTheOtherNameOfCacheWrites) {
  EXPECT_EQ(read(R"({"cache_creation_tokens":4})").cache_write_tokens, 4);
  EXPECT_EQ(read(R"({"cache_creation_tokens":4,"cache_write_tokens":3})").cache_write_tokens, 3);
}

TEST(TokenUsage, CountsThatAreNoneAreZero) {
  EXPECT_EQ(read(R"({"input_tokens":-5,"output_tokens":1})").input_tokens, 0);
  EXPECT_EQ(read(R"({"input_tokens":2.9})").input_tokens, 2);
  EXPECT_EQ(read(R"({"input_tokens":-2.9})").input_tokens, 0);
  EXPECT_EQ(read(R"({"input_tokens":"12","output_tokens":1})").input_tokens, 0);
  EXPECT_EQ(read(R"({"input_tokens":1e300})").input_tokens, kMost);
  EXPECT_EQ(read(R"({"input_tokens":18446744073709551615})").input_tokens, kMost);
}

TEST(TokenUsage, IsAbsentWhenNothingCanBeRead) {
  EXPECT_TRUE(read("{}").empty());
  EXPECT_TRUE(read(R"({"tokens":5,"input_tokens":"many"})").empty());
  EXPECT_TRUE(read(R"({"input_tokens":5,"quality":"absent"})").empty());
  EXPECT_EQ(read(R"({"input_tokens":5,"quality":"excellent"})").quality, UsageQuality::reported);
  EXPECT_EQ(read(R"({"input_tokens":5,"quality":"estimated"})").quality, UsageQuality::estimated);
}

TEST(TokenUsage, AddsBucketByBucketAndKeepsTheWorseQuality) {
  const TokenUsage a{1, 2, 3, 4, 5, 15, UsageQuality::reported};
  const TokenUsage b{10, 20, 30, 40, 50, 150, UsageQuality::estimated};
  EXPECT_EQ(a + b, (TokenUsage{11, 22, 33, 44, 55, 165, UsageQuality::estimated}));
  EXPECT_EQ(a + TokenUsage{}, a);
  EXPECT_EQ(TokenUsage{} + a, a);
  EXPECT_TRUE((TokenUsage{} + TokenUsage{}).empty());
}

TEST(TokenUsage, AddingNeverOverflows) {
  const TokenUsage most = read(R"({"input_tokens":9223372036854775807,"output_tokens":9223372036854775807})");
  EXPECT_EQ(most.total_tokens, kMost);
  EXPECT_EQ((most + most).input_tokens, kMost);
}

TEST(TokenUsage, QualitiesHaveNames) {
  EXPECT_EQ(quality_name(UsageQuality::absent), "absent");
  EXPECT_EQ(quality_name(UsageQuality::estimated), "estimated");
  EXPECT_EQ(quality_name(UsageQuality::partial), "partial");
  EXPECT_EQ(quality_name(UsageQuality::reported), "reported");
}

}  // namespace
}  // namespace asmgr
