#include "core/routing/sticky_sessions.hpp"

#include <gtest/gtest.h>

namespace asmgr {
namespace {

constexpr std::int64_t kStickySecond = 1'000'000'000;

TEST(StickySessions, ASessionStaysForTheWholeTimeAfterEachRun) {
  StickySessions sessions(std::chrono::seconds(10));
  sessions.keep("ses_1", 2, 0);
  EXPECT_EQ(sessions.target_of("ses_1", 9 * kStickySecond), 2U);
  sessions.keep("ses_1", 1, 9 * kStickySecond);
  EXPECT_EQ(sessions.target_of("ses_1", 18 * kStickySecond), 1U);
  EXPECT_FALSE(sessions.target_of("ses_1", 19 * kStickySecond));
  EXPECT_FALSE(sessions.target_of("ses_2", 0));
}

TEST(StickySessions, WithoutATimeNothingIsKept) {
  StickySessions sessions(std::chrono::seconds(0));
  sessions.keep("ses_1", 2, 0);
  EXPECT_FALSE(sessions.target_of("ses_1", 0));
  EXPECT_EQ(sessions.size(), 0U);
}

TEST(StickySessions, WhatHasExpiredIsForgotten) {
  StickySessions sessions(std::chrono::seconds(10));
  for (int i = 0; i < 1000; ++i) sessions.keep("ses_" + std::to_string(i), 0, i);
  EXPECT_EQ(sessions.size(), 1000U);
  sessions.keep("ses_0", 1, 5 * kStickySecond);
  sessions.keep("late", 0, 12 * kStickySecond);
  EXPECT_EQ(sessions.size(), 2U) << "the one that was renewed and the new one";
  EXPECT_EQ(sessions.target_of("ses_0", 12 * kStickySecond), 1U);
}

}  // namespace
}  // namespace asmgr
