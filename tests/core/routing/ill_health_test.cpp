#include "core/routing/ill_health.hpp"

#include <gtest/gtest.h>

#include <set>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

TEST(IllHealth, IsOfTheProviderAndNeverOfTheRequest) {
  const std::set<ErrorCode> ill{ErrorCode::provider_unavailable,
                                ErrorCode::provider_rate_limited,
                                ErrorCode::provider_timeout,
                                ErrorCode::provider_authentication_failed,
                                ErrorCode::provider_quota_exceeded,
                                ErrorCode::plugin_crashed,
                                ErrorCode::plugin_hung,
                                ErrorCode::plugin_misbehaved,
                                ErrorCode::plugin_disabled,
                                ErrorCode::timeout};
  for (const ErrorCode code : all_error_codes()) {
    EXPECT_EQ(is_ill_health(Error(code)), ill.contains(code)) << code_name(code);
  }
}

Error provider_error_that_is(bool retryable) {
  boost::json::object json;
  json["code"] = "provider_error";
  json["message"] = "no";
  json["retryable"] = retryable;
  return *Error::from_json(json);
}

TEST(IllHealth, AGeneralFailureIsTakenAsItsProviderSaysIt) {
  EXPECT_TRUE(is_ill_health(provider_error_that_is(true)));
  EXPECT_FALSE(is_ill_health(provider_error_that_is(false)));
}

TEST(IllHealth, HowLongToWaitStandsInTheDetails) {
  EXPECT_EQ(asked_to_wait_ms(Error(ErrorCode::provider_rate_limited)), 0);
  EXPECT_EQ(asked_to_wait_ms(Error(ErrorCode::provider_rate_limited).with_detail("retry_after_ms", 1500)), 1500);
  EXPECT_EQ(asked_to_wait_ms(Error(ErrorCode::provider_rate_limited).with_detail("retry_after_ms", -3)), 0);
  EXPECT_EQ(asked_to_wait_ms(Error(ErrorCode::provider_rate_limited).with_detail("retry_after_ms", "soon")), 0);
  EXPECT_EQ(asked_to_wait_ms(Error(ErrorCode::provider_rate_limited).with_retry_after_ms(70)), 70);
}

TEST(IllHealth, AFailureThatSaysNothingOrNonsenseIsAProviderError) {
  EXPECT_EQ(error_of_result({}, "p").code(), ErrorCode::provider_error);
  const auto nonsense = parse_json_object(R"({"error":{"code":"meltdown","message":"hot"}})", "result");
  const Error error = error_of_result(*nonsense, "p");
  EXPECT_EQ(error.code(), ErrorCode::provider_error);
  EXPECT_EQ(error.message(), "hot");
  EXPECT_EQ(error.details().at("reported_code").as_string(), "meltdown");
}

}  // namespace
}  // namespace asmgr
