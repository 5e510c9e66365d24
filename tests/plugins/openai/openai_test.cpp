// The whole plugin against a server: what goes over the wire, and what a host sees.
#include <gmock/gmock.h>

#include <future>

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

constexpr std::string_view kKey = "sk-very-secret";

fs::path recording(const std::string& name) {
  return fs::path(ASMGR_SOURCE_DIR) / "tests/data/openai" / name;
}

json::object config_for(const std::string& url, const std::string& api) {
  json::object config;
  config["api"] = api;
  config["api_key"] = json::string_view(kKey.data(), kKey.size());
  config["base_url"] = url + "/v1";
  config["model"] = "gpt-5";
  config["max_retries"] = 0;
  return config;
}

void expect_no_key(FakeRun& run) {
  for (const SeenEvent& event : run.events()) EXPECT_THAT(event.text, Not(HasSubstr(std::string(kKey))));
  EXPECT_THAT(json::serialize(run.finish().result), Not(HasSubstr(std::string(kKey))));
}

class OpenAiReplay : public testing::TestWithParam<fs::path> {};

TEST_P(OpenAiReplay, IsSeenAsExpectedHoweverItsBytesArrive) {
  const std::string api = GetParam().parent_path().filename() == "chat" ? "chat" : "responses";
  for (const Pace pace : {Pace::kWhole, Pace::kByteByByte, Pace::kRandomCuts}) {
    LoopbackServer server(
        [&](Peer& peer, const ReceivedRequest&) { play(peer, read_recording(GetParam().string()), pace, 7); });
    ProviderUnderTest provider("openai", config_for(server.url(), api));
    FakeRun run("CASE:x");
    provider.run(run);
    expect_as_recorded(run, GetParam());
    expect_no_key(run);
  }
}

// A stream of Chat Completions ends with [DONE], one of Responses with response.completed (incomplete, failed): what is
// cut before fails, although all of its text may have come.
TEST_P(OpenAiReplay, BrokenOffAnywhereItNeverCompletes) {
  const std::string api = GetParam().parent_path().filename() == "chat" ? "chat" : "responses";
  const auto config = [&](const LoopbackServer& server) { return config_for(server.url(), api); };
  expect_no_cut_answer_completes({"openai", config, api == "chat" ? "data: [DONE]" : "event: response.completed"},
                                 read_recording(GetParam().string()), GetParam().filename() == "stream-tool.http");
}

std::vector<fs::path> replayed() {
  std::vector<fs::path> found = recordings_in(recording("chat"));
  for (const fs::path& file : recordings_in(recording("responses"))) found.push_back(file);
  return found;
}

std::string replayed_name(const testing::TestParamInfo<fs::path>& info) {
  std::string name = info.param.parent_path().filename().string() + "_" + info.param.stem().string();
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

INSTANTIATE_TEST_SUITE_P(Recordings, OpenAiReplay, testing::ValuesIn(replayed()), replayed_name);

TEST(OpenAi, AsksTheServerOfItsConfigurationWithKeyAndHeaders) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    play(peer, read_recording(recording("chat/stream-text.http").string()), Pace::kWhole, 7);
  });
  json::object config = config_for(server.url(), "chat");
  config["headers"].emplace_object()["api-key"] = "azure";
  config["options"].emplace_object()["seed"] = 7;
  ProviderUnderTest provider("openai", config);
  FakeRun run("Hello");
  run.set_options(json::parse(R"({"model":"gpt-4o","max_output_tokens":50,"temperature":0.5})"));
  provider.run(run);

  const ReceivedRequest request = server.requests().at(0);
  EXPECT_EQ(request.line(), "POST /v1/chat/completions HTTP/1.1");
  EXPECT_EQ(request.header("authorization"), "Bearer sk-very-secret");
  EXPECT_EQ(request.header("api-key"), "azure");
  EXPECT_EQ(
      sorted_json(json::parse(request.body)),
      R"({"max_tokens":50,"messages":[{"content":"Hello","role":"user"}],"model":"gpt-4o","seed":7,"stream":true,)"
      R"("stream_options":{"include_usage":true},"temperature":5E-1})");
}

TEST(OpenAi, ALocalServerNeedsNoKeyAndSendsNoUsage) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(answer(200, "text/event-stream",
                     "data: {\"id\":\"c\",\"model\":\"qwen3\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},"
                     "\"finish_reason\":\"stop\"}]}\n\n"));
  });
  json::object config = config_for(server.url(), "chat");
  config.erase("api_key");
  ProviderUnderTest provider("openai", config);
  FakeRun run("Hello");
  provider.run(run);
  EXPECT_EQ(server.requests().at(0).header("authorization"), "");
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(run.finish().output().at("content"), "Hi");
  EXPECT_FALSE(run.finish().result.as_object().contains("token_usage"));
}

TEST(OpenAi, EncryptedReasoningGoesBackInTheNextTurnOfTheSameRun) {
  const std::string reasoning = R"({"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"})";
  const std::string call = R"({"type":"function_call","call_id":"c1","name":"ls","arguments":"{}"})";
  LoopbackServer server([&](Peer& peer, const ReceivedRequest& request) {
    const bool second = request.body.find("function_call_output") != std::string::npos;
    peer.send(answer(200, "text/event-stream",
                     R"(data: {"type":"response.completed","response":{"status":"completed","output":[)" +
                         (second ? "" : reasoning + "," + call) + "]}}\n\n"));
  });
  ProviderUnderTest provider("openai", config_for(server.url(), "responses"));
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
  EXPECT_EQ(second.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  const json::value body = json::parse(server.requests().at(1).body);
  EXPECT_EQ(sorted_json(body.at("input")), R"([{"content":[{"text":"List it","type":"input_text"}],"role":"user"},)" +
                                               sorted_json(json::parse(reasoning)) + "," +
                                               sorted_json(json::parse(call)) +
                                               R"(,{"call_id":"c1","output":"a b","type":"function_call_output"}])");
}

TEST(OpenAi, ACancelledRunClosesItsConnectionAtOnce) {
  std::promise<bool> closed;
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    peer.send(chunked_head(200, "text/event-stream"));
    peer.send(chunk("data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n\n"));
    closed.set_value(peer.wait_closed());
  });
  ProviderUnderTest provider("openai", config_for(server.url(), "chat"));
  FakeRun run("Hello");
  provider.start(run);
  ASSERT_TRUE(run.wait_events(1));
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_TRUE(closed.get_future().get());
}

TEST(OpenAi, ARateLimitSaysHowLongToWait) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    play(peer, read_recording(recording("chat/stream-error429.http").string()), Pace::kWhole, 7);
  });
  ProviderUnderTest provider("openai", config_for(server.url(), "chat"));
  FakeRun run("Hello");
  provider.run(run);
  const json::value error = run.finish().result.at("error");
  EXPECT_EQ(error.at("code"), "provider_rate_limited");
  EXPECT_EQ(error.at("details").at("retry_after_ms"), 7000);
  EXPECT_EQ(error.at("provider_error").at("kind"), "rate_limit_exceeded");
}

TEST(OpenAi, DescribesItself) {
  ProviderUnderTest provider("openai", config_for("http://127.0.0.1:1", "chat"));
  const json::value description = provider.describe();
  EXPECT_EQ(description.at("vendor"), "openai");
  EXPECT_EQ(description.at("grade"), "own");
  EXPECT_EQ(description.at("usage"), "delta");
  EXPECT_EQ(description.at("models"), json::value(json::array{"gpt-5"}));
}

TEST(OpenAi, WithoutAKeyOpenAiItselfIsNotAsked) {
  EXPECT_THAT(ProviderUnderTest::validate("openai", json::object()),
              ElementsAre(HasSubstr("/api_key: OpenAI answers nobody without a key: set api_key")));
  json::object config;
  config["api_key"] = "sk";
  EXPECT_THAT(ProviderUnderTest::validate("openai", config), IsEmpty());
  config["api_key"] = "";
  config["base_url"] = "http://127.0.0.1:11434/v1";
  EXPECT_THAT(ProviderUnderTest::validate("openai", config), IsEmpty());
  config["base_url"] = "https://api.openai.com/v1";
  config["headers"].emplace_object()["Authorization"] = "Bearer x";
  EXPECT_THAT(ProviderUnderTest::validate("openai", config), IsEmpty());
}

TEST(OpenAi, ARunWithoutAModelIsRefusedBeforeItBegins) {
  json::object config = config_for("http://127.0.0.1:1", "responses");
  config.erase("model");
  ProviderUnderTest provider("openai", config);
  FakeRun run("Hello");
  EXPECT_THAT([&] { provider.start(run); },
              testing::ThrowsMessage<std::runtime_error>(HasSubstr("no model is named: set `model`")));
}

}  // namespace
}  // namespace asmgr_test
