// A policy as it is written, and what is said about a wrong one.
#include <gmock/gmock.h>

#include <boost/json/parse.hpp>

#include "core/retention/policy.hpp"

namespace asmgr {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<RetentionPolicy> read(std::string_view text) {
  return retention_from_json(boost::json::parse(text).as_object());
}

std::string problem_with(std::string_view text) {
  const auto policy = read(text);
  if (policy) return "nothing is wrong";
  EXPECT_EQ(policy.error().code(), ErrorCode::validation_error);
  return policy.error().message();
}

TEST(RetentionPolicyReading, AnEmptyOneHasTheDefaults) {
  const auto policy = read("{}");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(*policy, RetentionPolicy());
  EXPECT_EQ(policy->max_session_age_days, std::nullopt);
  EXPECT_EQ(policy->max_completed_session_age_days, 90U);
  EXPECT_EQ(policy->hard_delete_after_days, 30U);
  EXPECT_EQ(policy->max_events_per_session, std::nullopt);
  EXPECT_EQ(policy->max_total_events, std::nullopt);
  EXPECT_THAT(policy->exempt_tags, ElementsAre("pinned"));
  EXPECT_THAT(policy->exempt_statuses, ElementsAre(SessionStatus::active, SessionStatus::paused));
  EXPECT_THAT(policy->prune_event_types_first, ElementsAre("message_streamed", "token_usage_updated"));
  EXPECT_TRUE(policy->drop_superseded_deltas);
  EXPECT_EQ(policy->batch_size, 100U);
}

TEST(RetentionPolicyReading, EveryFieldComesBackAsItWasWritten) {
  const auto policy = read(R"({"max_session_age_days": 1, "max_completed_session_age_days": "infinity",
      "max_events_per_session": 2, "max_total_events": 3, "hard_delete_after_days": 4, "exempt_statuses": ["failed"],
      "exempt_tags": [], "prune_event_types_first": ["my.own.type"], "batch_size": 5, "archive": {"folder": "/a"},
      "drop_superseded_deltas": false})");
  ASSERT_TRUE(policy) << policy.error().message();
  EXPECT_EQ(policy->max_session_age_days, 1U);
  EXPECT_EQ(policy->max_completed_session_age_days, std::nullopt);
  EXPECT_EQ(policy->max_total_events, 3U);
  EXPECT_EQ(policy->archive.folder, "/a");
  EXPECT_TRUE(policy->exempt_tags.empty());
  EXPECT_FALSE(policy->drop_superseded_deltas);
  const auto again = retention_from_json(to_json(*policy));
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(*again, *policy);
}

TEST(RetentionPolicyReading, WhatIsWrongNamesTheField) {
  EXPECT_EQ(
      problem_with(R"({"max_events_per_session": 0})"),
      "retention: max_events_per_session must be an integer from 1 to 1000000000000 or \"infinity\", but it is 0");
  EXPECT_THAT(problem_with(R"({"max_total_events": "many"})"), HasSubstr("max_total_events must be"));
  EXPECT_THAT(problem_with(R"({"hard_delete_after_days": 40000})"),
              HasSubstr("hard_delete_after_days must be an integer from 1 to 36500, but it is 40000"));
  EXPECT_THAT(problem_with(R"({"exempt_statuses": ["done"]})"), HasSubstr("exempt_statuses has an unknown status"));
  EXPECT_THAT(problem_with(R"({"exempt_tags": [""]})"), HasSubstr("exempt_tags has an empty name"));
  EXPECT_THAT(problem_with(R"({"batch_size": 20000})"), HasSubstr("batch_size must be an integer from 1 to 10000"));
  EXPECT_THAT(problem_with(R"({"batch_size": 0})"), HasSubstr("batch_size"));
  EXPECT_THAT(problem_with(R"({"drop_superseded_deltas": "no"})"),
              HasSubstr("drop_superseded_deltas must be true or false, but it is"));
  EXPECT_THAT(problem_with(R"({"archive": {"store": "a", "folder": "b"}})"),
              HasSubstr("archive names a store and a folder"));
  EXPECT_THAT(problem_with(R"({"archive": {"place": "b"}})"), HasSubstr("archive names neither"));
  EXPECT_THAT(problem_with(R"({"archive": {}})"), HasSubstr("archive names neither"));
}

}  // namespace
}  // namespace asmgr
