// Error bodies as servers that speak OpenAI's APIs write them.
#include "plugins/openai/error_envelope.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/answer_replay.hpp"

namespace asmgr_test {
namespace {

std::string failure(int status, std::string_view body) {
  return line_of(asmgr::openai::failure_of_body(status, body));
}

TEST(OpenAiError, AQuotaThatIsUsedUpIsNoRateLimit) {
  EXPECT_EQ(failure(429, R"({"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}})"),
            R"({"failure":{"status":"provider_quota_exceeded","kind":"insufficient_quota","message":"m",)"
            R"("retryable":false}})");
}

TEST(OpenAiError, OtherServersWriteItInTheirOwnShapes) {
  const std::string expected =
      R"({"failure":{"status":"invalid_input","kind":"","message":"no such model","retryable":false}})";
  EXPECT_EQ(failure(404, R"({"error":"no such model"})"), expected);
  EXPECT_EQ(failure(404, R"({"detail":"no such model"})"), expected);
  EXPECT_EQ(failure(404, R"({"statusCode":404,"message":"no such model"})"), expected);
  EXPECT_EQ(failure(404, R"([{"error":{"code":404,"message":"no such model"}}])"), expected);
}

TEST(OpenAiError, APageOfAProxyLeavesTheStatusToSpeak) {
  for (const std::string_view body : {"<html>Bad gateway</html>", "", "[]", "7", "null", R"({"error":[]})"}) {
    EXPECT_EQ(failure(502, body),
              R"({"failure":{"status":"provider_unavailable","kind":"","message":"","retryable":true}})")
        << body;
  }
}

}  // namespace
}  // namespace asmgr_test
