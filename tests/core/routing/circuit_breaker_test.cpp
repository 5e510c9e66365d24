#include "core/routing/circuit_breaker.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace asmgr {
namespace {

using State = CircuitBreaker::State;
constexpr std::int64_t kSecond = 1'000'000'000;

CircuitBreaker breaker_of(std::uint32_t threshold, std::uint32_t probes = 1) {
  return CircuitBreaker({threshold, std::chrono::seconds(30), probes});
}

void fail(CircuitBreaker& breaker, std::int64_t now) {
  const auto permit = breaker.admit(now);
  ASSERT_TRUE(permit);
  breaker.failed(*permit, now);
}

TEST(CircuitBreaker, OpensAtTheThresholdAndNotBefore) {
  CircuitBreaker breaker = breaker_of(3);
  fail(breaker, 0);
  fail(breaker, 0);
  EXPECT_EQ(breaker.state(0), State::closed);
  fail(breaker, 0);
  EXPECT_EQ(breaker.state(0), State::open);
  EXPECT_FALSE(breaker.admit(0));
}

TEST(CircuitBreaker, ASuccessBeginsTheCountAnew) {
  CircuitBreaker breaker = breaker_of(2);
  fail(breaker, 0);
  breaker.succeeded(*breaker.admit(0));
  fail(breaker, 0);
  EXPECT_EQ(breaker.state(0), State::closed);
}

TEST(CircuitBreaker, IsHalfOpenOnceItsTimeIsUp) {
  CircuitBreaker breaker = breaker_of(1);
  fail(breaker, 0);
  EXPECT_EQ(breaker.state(30 * kSecond - 1), State::open);
  EXPECT_EQ(breaker.state(30 * kSecond), State::half_open);
}

TEST(CircuitBreaker, HalfOpenLetsExactlyAsManyProbesThroughAsItMay) {
  CircuitBreaker breaker = breaker_of(1, 2);
  fail(breaker, 0);
  const std::int64_t later = 31 * kSecond;
  EXPECT_TRUE(breaker.admit(later));
  EXPECT_TRUE(breaker.admit(later));
  EXPECT_FALSE(breaker.admits(later));
  EXPECT_FALSE(breaker.admit(later + 1000 * kSecond)) << "time alone brings no more probes";
}

TEST(CircuitBreaker, AProbeThatSucceedsCloses) {
  CircuitBreaker breaker = breaker_of(1);
  fail(breaker, 0);
  breaker.succeeded(*breaker.admit(31 * kSecond));
  EXPECT_EQ(breaker.state(31 * kSecond), State::closed);
}

TEST(CircuitBreaker, AProbeThatFailsOpensForTheWholeTimeAgain) {
  CircuitBreaker breaker = breaker_of(5);
  for (int i = 0; i < 5; ++i) fail(breaker, 0);
  fail(breaker, 31 * kSecond);
  EXPECT_EQ(breaker.state(60 * kSecond), State::open) << "one probe is enough, whatever the threshold";
  EXPECT_EQ(breaker.state(61 * kSecond), State::half_open);
}

TEST(CircuitBreaker, AProbeThatCameToNothingMakesRoomForAnother) {
  CircuitBreaker breaker = breaker_of(1);
  fail(breaker, 0);
  breaker.released(*breaker.admit(31 * kSecond));
  EXPECT_EQ(breaker.state(31 * kSecond), State::half_open);
  EXPECT_TRUE(breaker.admit(31 * kSecond));
}

TEST(CircuitBreaker, WhatBeganBeforeItOpenedChangesNothingAfterwards) {
  CircuitBreaker breaker = breaker_of(1);
  const auto slow = breaker.admit(0);
  const auto slower = breaker.admit(0);
  fail(breaker, 0);
  breaker.failed(*slow, 29 * kSecond);
  EXPECT_EQ(breaker.state(30 * kSecond), State::half_open) << "an old failure does not keep it open";
  ASSERT_TRUE(breaker.admit(31 * kSecond));
  breaker.succeeded(*slower);
  EXPECT_EQ(breaker.state(31 * kSecond), State::half_open) << "an old success does not close it";
}

TEST(CircuitBreaker, ItsStatesHaveNames) {
  EXPECT_EQ(state_name(State::closed), "closed");
  EXPECT_EQ(state_name(State::open), "open");
  EXPECT_EQ(state_name(State::half_open), "half_open");
}

}  // namespace
}  // namespace asmgr
