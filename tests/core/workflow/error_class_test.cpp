// What is recommended about each error.
#include "core/workflow/error_class.hpp"

#include <gtest/gtest.h>

#include <map>

namespace asmgr {
namespace {

TEST(ErrorClass, RecommendsByCodeAndAbortsWhatNobodyKnowsBetter) {
  const std::map<ErrorCode, RecommendedAction> expected{
      {ErrorCode::provider_timeout, RecommendedAction::retry},
      {ErrorCode::timeout, RecommendedAction::retry},
      {ErrorCode::storage_connection_failed, RecommendedAction::retry},
      {ErrorCode::storage_ambiguous, RecommendedAction::retry},
      {ErrorCode::host_terminated, RecommendedAction::retry},
      {ErrorCode::provider_rate_limited, RecommendedAction::wait_and_retry},
      {ErrorCode::max_runs_exceeded, RecommendedAction::wait_and_retry},
      {ErrorCode::max_sessions_exceeded, RecommendedAction::wait_and_retry},
      {ErrorCode::storage_full, RecommendedAction::wait_and_retry},
      {ErrorCode::provider_unavailable, RecommendedAction::failover},
      {ErrorCode::plugin_crashed, RecommendedAction::failover},
      {ErrorCode::plugin_hung, RecommendedAction::failover},
      {ErrorCode::plugin_disabled, RecommendedAction::failover},
      {ErrorCode::cancelled, RecommendedAction::cancel},
      {ErrorCode::policy_violation, RecommendedAction::cancel},
  };
  for (const ErrorCode code : all_error_codes()) {
    SCOPED_TRACE(code_name(code));
    const auto known = expected.find(code);
    const ErrorClass found = classify_error(Error(code));
    EXPECT_EQ(found.action, known == expected.end() ? RecommendedAction::abort : known->second);
    EXPECT_EQ(found.category, category_of(code));
    EXPECT_EQ(found.retryable, found.action != RecommendedAction::abort && found.action != RecommendedAction::cancel);
  }
}

TEST(ErrorClass, AnErrorThatSaysThatItIsRetryableIs) {
  const Error error = Error(ErrorCode::provider_error).with_retryable(true);
  EXPECT_EQ(classify_error(error).action, RecommendedAction::retry);
  const boost::json::object json = classified_json(error);
  EXPECT_EQ(json.at("recommended_action"), "retry");
  EXPECT_EQ(json.at("category"), "provider");
  EXPECT_EQ(json.at("retryable"), true);
  EXPECT_EQ(json.at("error").at("code"), "provider_error");
}

}  // namespace
}  // namespace asmgr
