// The whole plugin against a server: what goes over the wire, and what a host sees.
#include <gmock/gmock.h>

#include "tests/plugins/support/cut_answers.hpp"
#include "tests/plugins/support/json_text.hpp"
#include "tests/plugins/support/recorded_run.hpp"

namespace asmgr_test {
namespace {

namespace fs = std::filesystem;
namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr std::string_view kKey = "AIza-very-secret";

fs::path recording(const std::string& name) {
  return fs::path(ASMGR_SOURCE_DIR) / "tests/data/gemini" / name;
}

json::object config_for(const std::string& url) {
  json::object config;
  config["api_key"] = json::string_view(kKey.data(), kKey.size());
  config["base_url"] = url + "/v1beta";
  config["model"] = "gemini-3-pro";
  config["max_retries"] = 0;
  return config;
}

class GeminiReplay : public testing::TestWithParam<fs::path> {};

TEST_P(GeminiReplay, IsSeenAsExpectedHoweverItsBytesArrive) {
  for (const Pace pace : {Pace::kWhole, Pace::kByteByByte, Pace::kRandomCuts}) {
    LoopbackServer server(
        [&](Peer& peer, const ReceivedRequest&) { play(peer, read_recording(GetParam().string()), pace, 7); });
    ProviderUnderTest provider("gemini", config_for(server.url()));
    FakeRun run("CASE:x");
    provider.run(run);
    expect_as_recorded(run, GetParam());
    EXPECT_THAT(json::serialize(run.finish().result), Not(HasSubstr(std::string(kKey))));
  }
}

// No event says that a stream is complete: the end of HTTP does, so that every cut fails.
TEST_P(GeminiReplay, BrokenOffAnywhereItNeverCompletes) {
  const auto config = [](const LoopbackServer& server) { return config_for(server.url()); };
  expect_no_cut_answer_completes({"gemini", config, "\r\n0\r\n\r\n"}, read_recording(GetParam().string()),
                                 GetParam().filename() == "stream-tool.http");
}

std::string replayed_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Recordings, GeminiReplay, testing::ValuesIn(recordings_in(recording(""))), replayed_name);

TEST(Gemini, TheKeyIsInAHeaderAndNotInTheUrl) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    play(peer, read_recording(recording("stream-text.http").string()), Pace::kWhole, 7);
  });
  ProviderUnderTest provider("gemini", config_for(server.url()));
  FakeRun run("Hello");
  provider.run(run);
  const ReceivedRequest request = server.requests().at(0);
  EXPECT_EQ(request.line(), "POST /v1beta/models/gemini-3-pro:streamGenerateContent?alt=sse HTTP/1.1");
  EXPECT_EQ(request.header("x-goog-api-key"), "AIza-very-secret");
  EXPECT_EQ(request.body, R"({"contents":[{"role":"user","parts":[{"text":"Hello"}]}]})");
}

TEST(Gemini, ThoughtSignaturesGoBackInTheNextTurnOfTheSameRun) {
  const std::string call = R"({"functionCall":{"id":"c1","name":"ls","args":{}},"thoughtSignature":"c2ln"})";
  LoopbackServer server([&](Peer& peer, const ReceivedRequest& request) {
    const bool second = request.body.find("functionResponse") != std::string::npos;
    peer.send(answer(200, "text/event-stream",
                     R"(data: {"candidates":[{"content":{"role":"model","parts":[)" +
                         (second ? R"({"text":"Done."})" : call) + R"(]},"finishReason":"STOP"}]})" + "\n\n"));
  });
  ProviderUnderTest provider("gemini", config_for(server.url()));
  const json::value tools = json::parse(R"([{"name":"ls","description":"Lists","input_schema":{"type":"object"}}])");
  FakeRun first("List it");
  first.set_tools(tools);
  provider.run(first);
  ASSERT_EQ(first.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_TOOL_CALLS));

  FakeRun second("List it");
  second.set_turn(2);
  second.set_transcript(json::parse(R"([{"role":"user","content":"List it"},)"
                                    R"({"role":"assistant","tool_call_id":"c1","tool_name":"ls","tool_input":{}},)"
                                    R"({"role":"tool","tool_call_id":"c1","tool_name":"ls","tool_output":"a b"}])"));
  second.set_tools(tools);
  provider.run(second);
  EXPECT_EQ(second.finish().output().at("content"), "Done.");
  const json::value body = json::parse(server.requests().at(1).body);
  EXPECT_EQ(sorted_json(body.at("contents")),
            R"([{"parts":[{"text":"List it"}],"role":"user"},{"parts":[)" + sorted_json(json::parse(call)) +
                R"(],"role":"model"},{"parts":[{"functionResponse":{"id":"c1","name":"ls",)"
                R"("response":{"output":"a b"}}}],"role":"user"}])");
}

TEST(Gemini, TheTimeToWaitMayStandInTheBody) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) {
    peer.send(answer(429, "application/json",
                     R"({"error":{"code":429,"message":"slow down","status":"RESOURCE_EXHAUSTED","details":[)"
                     R"({"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34s"}]}})"));
  });
  ProviderUnderTest provider("gemini", config_for(server.url()));
  FakeRun run("Hello");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_rate_limited");
  EXPECT_EQ(run.finish().result.at("error").at("details").at("retry_after_ms"), 34000);
}

TEST(Gemini, DescribesItself) {
  ProviderUnderTest provider("gemini", config_for("http://127.0.0.1:1"));
  const json::value description = provider.describe();
  EXPECT_EQ(description.at("vendor"), "gemini");
  EXPECT_EQ(description.at("grade"), "own");
  EXPECT_EQ(description.at("models"), json::value(json::array{"gemini-3-pro"}));
}

TEST(Gemini, WithoutAKeyGoogleItselfIsNotAsked) {
  EXPECT_THAT(ProviderUnderTest::validate("gemini", json::object()),
              ElementsAre(HasSubstr("/api_key: Google answers nobody without a key: set api_key")));
  json::object config;
  config["base_url"] = "http://127.0.0.1:4010/v1beta";
  EXPECT_THAT(ProviderUnderTest::validate("gemini", config), IsEmpty());
}

}  // namespace
}  // namespace asmgr_test
