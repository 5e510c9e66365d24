// When a model API wants to be asked again.
#include "sdk/toolkit/model_api/retry.hpp"

#include <gtest/gtest.h>

namespace asmgr::model_api {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Sun, 06 Nov 1994 08:49:37 GMT, the date that the specification of HTTP has for an example.
const auto kThen = std::chrono::system_clock::from_time_t(784111777);

std::optional<milliseconds> after(const std::string& value) {
  return read_retry_after({{"Retry-After", value}}, kThen);
}

TEST(RetryAfter, IsSecondsWithOrWithoutAFraction) {
  EXPECT_EQ(after("7"), seconds(7));
  EXPECT_EQ(after("0.25"), milliseconds(250));
  EXPECT_EQ(after("0"), milliseconds(0));
}

TEST(RetryAfter, IsADateInEachOfTheThreeFormsOfHttp) {
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:50:07 GMT"), seconds(30));
  EXPECT_EQ(after("Sunday, 06-Nov-94 08:50:07 GMT"), seconds(30));
  EXPECT_EQ(after("Sun Nov  6 08:50:07 1994"), seconds(30));
}

TEST(RetryAfter, ADateThatIsPastIsNow) {
  EXPECT_EQ(after("Sun, 06 Nov 1994 08:00:00 GMT"), milliseconds(0));
}

TEST(RetryAfter, ATimeThatIsFarAwayIsADay) {
  EXPECT_EQ(after("999999999"), std::chrono::hours(24));
  EXPECT_EQ(after("Sun, 06 Nov 2094 08:50:07 GMT"), std::chrono::hours(24));
}

TEST(RetryAfter, MillisecondsCountBeforeIt) {
  EXPECT_EQ(read_retry_after({{"retry-after", "7"}, {"retry-after-ms", "30"}}, kThen), milliseconds(30));
}

TEST(RetryAfter, WhatCannotBeReadIsNotThere) {
  for (const char* value : {"", "soon", "-3", "1e3", "1.2.3", "99999999999999999999"}) {
    EXPECT_EQ(after(value), std::nullopt) << value;
  }
  EXPECT_EQ(read_retry_after({{"content-type", "7"}}, kThen), std::nullopt);
}

TEST(BackOff, WaitsForWhatWasAskedForAndALittleMore) {
  BackOff back_off(7);
  for (std::uint32_t attempt = 1; attempt < 20; ++attempt) {
    const milliseconds delay = back_off.before_next(attempt, seconds(10));
    EXPECT_GE(delay, seconds(10));
    EXPECT_LE(delay, seconds(11));
  }
}

TEST(BackOff, DoublesUpToEightSeconds) {
  BackOff back_off(7);
  for (const auto& [attempt, most] : {std::pair{1U, 500}, {2U, 1000}, {5U, 8000}, {200U, 8000}}) {
    const milliseconds delay = back_off.before_next(attempt, std::nullopt);
    EXPECT_GE(delay.count(), most / 2) << attempt;
    EXPECT_LE(delay.count(), most) << attempt;
  }
}

}  // namespace
}  // namespace asmgr::model_api
