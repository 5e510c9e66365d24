// What the errors of agents mean that say in words of their own why their model's service refused.
#include "plugins/acp/agent_failure.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

namespace asmgr::acp {
namespace {

struct Case {
  const char* data;
  asmgr_status status;
  std::int64_t http_status;
};

Failure failure_with(const char* data) {
  json_rpc::Error error;
  error.code = -32603;
  error.message = "Internal error";
  error.data = boost::json::parse(data);
  return failure_of(error, "to answer the prompt", {});
}

TEST(AcpAgentFailure, TakesTheReasonThatCodexGivesOfItsModelsService) {
  const Case cases[] = {
      {R"({"message":"exceeded retry limit, last status: 429 Too Many Requests",)"
       R"("codex_error_info":{"response_too_many_failed_attempts":{"http_status_code":429}}})",
       ASMGR_E_PROVIDER_RATE_LIMITED, 429},
      {R"({"message":"unexpected status 401 Unauthorized: invalid x-api-key","codex_error_info":"other"})",
       ASMGR_E_PROVIDER_AUTH, 401},
      {R"({"message":"experiencing high demand","codex_error_info":"internal_server_error"})",
       ASMGR_E_PROVIDER_UNAVAILABLE, 0},
      {R"({"message":"no more","codex_error_info":"usage_limit_exceeded"})", ASMGR_E_PROVIDER_QUOTA, 0},
      {R"({"message":"log in","codex_error_info":"unauthorized"})", ASMGR_E_PROVIDER_AUTH, 0},
      {R"({"message":"gone","codex_error_info":{"response_stream_disconnected":{"http_status_code":null}}})",
       ASMGR_E_PROVIDER_UNAVAILABLE, 0},
      {R"({"message":"prompt is too long","codex_error_info":"other"})", ASMGR_E_PROVIDER, 0},
      {R"({"message":"unexpected status abc","codex_error_info":{}})", ASMGR_E_PROVIDER, 0},
      {R"({"message":"unexpected status 4","codex_error_info":[1]})", ASMGR_E_PROVIDER, 0},
  };
  for (const Case& one : cases) {
    const Failure failure = failure_with(one.data);
    EXPECT_EQ(failure.status, one.status) << one.data;
    EXPECT_EQ(failure.http_status, one.http_status) << one.data;
  }
}

TEST(AcpAgentFailure, NamesALimitOfRatesAsOne) {
  const Failure failure = failure_with(
      R"({"message":"slow","codex_error_info":{"response_too_many_failed_attempts":{"http_status_code":429}}})");
  EXPECT_EQ(failure.kind, "rate_limit");
}

TEST(AcpAgentFailure, KnowsASessionThatGeminiDoesNotHave) {
  const Failure failure = failure_with(
      R"({"details":"Invalid session identifier \"x\".\n  Searched for sessions in /h/.gemini/tmp/w/chats."})");
  EXPECT_EQ(failure.kind, "unknown_session");
}

}  // namespace
}  // namespace asmgr::acp
