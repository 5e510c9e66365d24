// The parts of the toolkit for model APIs that read how long to wait.
#include <gtest/gtest.h>

#include "sdk/toolkit/model_api/rate_limits.hpp"
#include "sdk/toolkit/model_api/retry.hpp"

namespace asmgr::model_api {
namespace {

using std::chrono::milliseconds;

// 2026-01-31T09:30:00Z
const auto kNow = std::chrono::system_clock::from_time_t(1'769'851'800);

TEST(RateLimits, OfWhichNothingRemainsSayWhenTheyAreRenewed) {
  const http::Headers headers{{"x-ratelimit-remaining-requests", "0"},
                              {"X-RateLimit-Remaining-Tokens", "0"},
                              {"x-ratelimit-reset-requests", "1s"},
                              {"x-ratelimit-reset-tokens", "6m0.5s"}};
  EXPECT_EQ(read_limits_reset(headers, kNow), milliseconds(360'500));
}

TEST(RateLimits, OfWhichSomethingRemainsAreNotWaitedFor) {
  const http::Headers headers{{"x-ratelimit-remaining-requests", "0"},
                              {"x-ratelimit-remaining-tokens", "17"},
                              {"x-ratelimit-reset-requests", "20ms"},
                              {"x-ratelimit-reset-tokens", "6m0s"}};
  EXPECT_EQ(read_limits_reset(headers, kNow), milliseconds(20));
}

TEST(RateLimits, MaySayTheTimeOfTheirRenewal) {
  const http::Headers headers{{"anthropic-ratelimit-requests-remaining", "0"},
                              {"anthropic-ratelimit-requests-reset", "2026-01-31T09:30:12Z"},
                              {"anthropic-ratelimit-tokens-remaining", "5"},
                              {"anthropic-ratelimit-tokens-reset", "2026-01-31T10:30:00Z"}};
  EXPECT_EQ(read_limits_reset(headers, kNow), milliseconds(12'000));
}

TEST(RateLimits, ThatCannotBeReadSayNothing) {
  for (const char* reset : {"", "soon", "1", "1x", "-1s", "1s2", "s", "6m 0s", "nan"}) {
    const http::Headers headers{{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", reset}};
    EXPECT_EQ(read_limits_reset(headers, kNow), std::nullopt) << reset;
  }
  for (const char* reset : {"", "soon", "2026-01-31", "2026-01-31T09:30:12", "2026-01-31T09:30:12+01:00"}) {
    const http::Headers headers{{"anthropic-ratelimit-requests-remaining", "0"},
                                {"anthropic-ratelimit-requests-reset", reset}};
    EXPECT_EQ(read_limits_reset(headers, kNow), std::nullopt) << reset;
  }
  EXPECT_EQ(read_limits_reset({}, kNow), std::nullopt);
  EXPECT_EQ(read_limits_reset({{"x-ratelimit-remaining-requests", "0"}}, kNow), std::nullopt);
}

TEST(RetryAfter, IsMillisecondsSecondsOrADate) {
  EXPECT_EQ(read_retry_after({{"retry-after-ms", "30"}, {"retry-after", "7"}}, kNow), milliseconds(30));
  EXPECT_EQ(read_retry_after({{"Retry-After", "7"}}, kNow), milliseconds(7'000));
  EXPECT_EQ(read_retry_after({{"retry-after", "Sat, 31 Jan 2026 09:30:05 GMT"}}, kNow), milliseconds(5'000));
  EXPECT_EQ(read_retry_after({{"retry-after", "Sat, 31 Jan 2026 09:29:05 GMT"}}, kNow), milliseconds(0));
  EXPECT_EQ(read_retry_after({{"retry-after", "later"}}, kNow), std::nullopt);
}

TEST(RetryAfter, IsTakenFromTheLimitsWhereTheServerDoesNotSay) {
  const http::Headers used_up{{"x-ratelimit-remaining-requests", "0"}, {"x-ratelimit-reset-requests", "2s"}};
  EXPECT_EQ(read_retry_after(used_up, kNow), milliseconds(2'000));
  http::Headers both = used_up;
  both.push_back({"retry-after", "7"});
  EXPECT_EQ(read_retry_after(both, kNow), milliseconds(7'000));
}

}  // namespace
}  // namespace asmgr::model_api
