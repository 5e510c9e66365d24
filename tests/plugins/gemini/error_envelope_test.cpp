// Error bodies of the Gemini API.
#include "plugins/gemini/error_envelope.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/answer_replay.hpp"

namespace asmgr_test {
namespace {

std::string failure(int status, std::string_view body) {
  return line_of(asmgr::gemini::failure_of_body(status, body));
}

std::string body_with(const std::string& status, const std::string& details) {
  return R"([{"error":{"code":0,"message":"m","status":")" + status + R"(","details":[)" + details + "]}}]";
}

TEST(GeminiError, ARateLimitSaysHowLongToWait) {
  EXPECT_EQ(failure(429, body_with("RESOURCE_EXHAUSTED",
                                   R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.0741s"})")),
            R"({"failure":{"status":"provider_rate_limited","kind":"RESOURCE_EXHAUSTED","message":"m",)"
            R"("retryable":true,"retry_after_ms":34075}})");
}

TEST(GeminiError, DurationsThatAreNoneAreLeftOut) {
  for (const std::string delay : {"", "s", "-1s", "x", "1", "1e9s", "nans"}) {
    EXPECT_THAT(failure(429, body_with("X", R"({"@type":"a/google.rpc.RetryInfo","retryDelay":")" + delay + "\"}")),
                testing::Not(testing::HasSubstr("retry_after_ms")))
        << delay;
  }
}

TEST(GeminiError, AQuotaOfADayIsUsedUpAndNotJustLimited) {
  EXPECT_EQ(failure(429, body_with("RESOURCE_EXHAUSTED",
                                   R"({"@type":"type.googleapis.com/google.rpc.QuotaFailure","violations":[)"
                                   R"({"quotaId":"GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]})")),
            R"({"failure":{"status":"provider_quota_exceeded","kind":"RESOURCE_EXHAUSTED","message":"m",)"
            R"("retryable":false}})");
}

TEST(GeminiError, AWrongKeyIsAFailedAuthenticationThoughItsStatusIs400) {
  EXPECT_EQ(failure(400, body_with("INVALID_ARGUMENT", R"({"@type":"type.googleapis.com/google.rpc.ErrorInfo",)"
                                                       R"("reason":"API_KEY_INVALID"})")),
            R"({"failure":{"status":"provider_authentication_failed","kind":"INVALID_ARGUMENT","message":"m",)"
            R"("retryable":false}})");
}

TEST(GeminiError, APreconditionThatFailedIsNotTheInputsFault) {
  EXPECT_THAT(failure(400, body_with("FAILED_PRECONDITION", "")), testing::HasSubstr(R"("status":"provider_error")"));
}

TEST(GeminiError, APageOfAProxyLeavesTheStatusToSpeak) {
  for (const std::string_view body : {"<html>Bad gateway</html>", "", "[]", "7", R"({"error":[]})", R"([7])"}) {
    EXPECT_EQ(failure(502, body),
              R"({"failure":{"status":"provider_unavailable","kind":"","message":"","retryable":true}})")
        << body;
  }
}

}  // namespace
}  // namespace asmgr_test
