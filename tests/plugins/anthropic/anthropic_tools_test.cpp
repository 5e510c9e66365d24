// The loop of model calls and tools, as the host carries it on.
#include <gtest/gtest.h>

#include <atomic>
#include <string>

#include "tests/plugins/anthropic/anthropic_client.hpp"
#include "tests/plugins/support/seen_by_host.hpp"
#include "tests/support/recorded_answer.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

const json::value& tools() {
  static const json::value list = json::parse(R"([
    {"name":"read_file","description":"Reads a file","input_schema":{"type":"object","properties":{"path":{"type":"string"}}}},
    {"name":"list_files","description":""}])");
  return list;
}

// What the host knows after handmade-thinking-tools.http and both results.
json::value transcript_after_tools() {
  return json::parse(R"([
    {"role":"user","content":"Which files?"},
    {"role":"assistant","content":"Größe: 两个 🙂"},
    {"role":"assistant","tool_call_id":"toolu_a","tool_name":"read_file","tool_input":{"path":"a.txt"}},
    {"role":"tool","tool_call_id":"toolu_a","tool_name":"read_file","tool_output":"text of a"},
    {"role":"assistant","tool_call_id":"toolu_b","tool_name":"list_files","tool_input":{}},
    {"role":"tool","tool_call_id":"toolu_b","tool_name":"list_files","tool_output":{"error":"denied"},"is_error":true}])");
}

const char* const kResults = R"([
    {"type":"tool_result","tool_use_id":"toolu_a","content":"text of a"},
    {"type":"tool_result","tool_use_id":"toolu_b","content":"{\"error\":\"denied\"}","is_error":true}])";

// First the calls, then a text.
LoopbackServer::Script calls_then_text() {
  return [](Peer& peer, const ReceivedRequest& request) {
    if (request.body.find("tool_result") == std::string::npos) {
      play(peer, read_recording(anthropic_recordings() + "/handmade-thinking-tools.http"), Pace::kWhole, 0);
    } else {
      send_stream(peer, text_stream("done"));
    }
  };
}

TEST(AnthropicTools, AreOfferedAndTheirCallsFinishTheModelCall) {
  LoopbackServer server(calls_then_text());
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("Which files?");
  run.set_tools(tools());
  provider.run(run);
  EXPECT_EQ(body_of(server.requests().at(0)).at("tools"), json::parse(R"([
    {"name":"read_file","description":"Reads a file","input_schema":{"type":"object","properties":{"path":{"type":"string"}}}},
    {"name":"list_files","input_schema":{"type":"object"}}])"));
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_TOOL_CALLS));
  EXPECT_EQ(run.finish().result.at("tool_calls"), json::parse(R"([
    {"id":"toolu_a","name":"read_file","input":{"path":"a.txt"}},{"id":"toolu_b","name":"list_files","input":{}}])"));
}

TEST(AnthropicTools, TheNextCallGivesBackWhatTheModelSaidWordForWord) {
  LoopbackServer server(calls_then_text());
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun first("Which files?");
  first.set_tools(tools());
  provider.run(first);
  FakeRun second("Which files?");
  second.set_turn(2);
  second.set_tools(tools());
  second.set_transcript(transcript_after_tools());
  provider.run(second);

  const json::array messages = body_of(server.requests().at(1)).at("messages").as_array();
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0], json::parse(R"({"role":"user","content":[{"type":"text","text":"Which files?"}]})"));
  EXPECT_EQ(messages[1], json::parse(R"({"role":"assistant","content":[
    {"type":"thinking","thinking":"Two files, so two calls.","signature":"EqQBCgIYAhIM"},
    {"type":"redacted_thinking","data":"EmwKAhgBEgy3va3pzix"},
    {"type":"text","text":"Größe: 两个 🙂"},
    {"type":"tool_use","id":"toolu_a","name":"read_file","input":{"path":"a.txt"}},
    {"type":"tool_use","id":"toolu_b","name":"list_files","input":{}}]})"));
  EXPECT_EQ(messages[2].at("role"), "user");
  EXPECT_EQ(messages[2].at("content"), json::parse(kResults));
  EXPECT_EQ(second.finish().output().at("content"), "done");
}

TEST(AnthropicTools, WhatThisProcessNeverHeardIsPutTogetherFromTheTranscript) {
  LoopbackServer server(calls_then_text());
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun second("Which files?");
  second.set_turn(2);
  second.set_transcript(transcript_after_tools());
  provider.run(second);
  EXPECT_EQ(body_of(server.requests().at(0)).at("messages"), json::parse(R"([
    {"role":"user","content":[{"type":"text","text":"Which files?"}]},
    {"role":"assistant","content":[{"type":"text","text":"Größe: 两个 🙂"},
      {"type":"tool_use","id":"toolu_a","name":"read_file","input":{"path":"a.txt"}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_a","content":"text of a"}]},
    {"role":"assistant","content":[{"type":"tool_use","id":"toolu_b","name":"list_files","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"toolu_b","content":"{\"error\":\"denied\"}",
      "is_error":true}]}])"));
}

TEST(AnthropicTools, ThoughtsAreForgottenWhenTheRunEnds) {
  LoopbackServer server(calls_then_text());
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  for (int round = 0; round < 2; ++round) {
    FakeRun second("Which files?");
    second.set_turn(2);
    second.set_transcript(transcript_after_tools());
    if (round == 0) {
      FakeRun first("Which files?");
      provider.run(first);
    }
    provider.run(second);
  }
  EXPECT_NE(server.requests().at(1).body.find("redacted_thinking"), std::string::npos);
  EXPECT_EQ(server.requests().at(2).body.find("redacted_thinking"), std::string::npos);
}

TEST(AnthropicTools, ACallWithoutAResultGetsOneAndAResultWithoutACallIsLeftOut) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { send_stream(peer, text_stream("done")); });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("go on");
  run.set_transcript(json::parse(R"([
    {"role":"tool","tool_call_id":"lost","tool_name":"x","tool_output":"y"},
    {"role":"assistant","tool_call_id":"open","tool_name":"x","tool_input":{}},
    {"role":"assistant","content":"hm"}])"));
  provider.run(run);
  EXPECT_EQ(body_of(server.requests().at(0)).at("messages"), json::parse(R"([
    {"role":"assistant","content":[{"type":"tool_use","id":"open","name":"x","input":{}}]},
    {"role":"user","content":[{"type":"tool_result","tool_use_id":"open",
      "content":"there is no result of this call","is_error":true}]},
    {"role":"assistant","content":[{"type":"text","text":"hm"}]},
    {"role":"user","content":[{"type":"text","text":"go on"}]}])"));
}

TEST(AnthropicTools, ImagesOfTheInputStayImagesInLaterTurns) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { send_stream(peer, text_stream("done")); });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  const char* const kParts =
      R"([{"type":"text","text":"this"},{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}])";
  // As the log has them, and as the host of the tools hands them on.
  const json::value contents[] = {json::value(kParts), json::parse(kParts)};
  for (const json::value& content : contents) {
    FakeRun run(json::parse(R"({"messages":[{"role":"User","content":)" + std::string(kParts) + "}]}"));
    run.set_turn(2);
    json::array transcript;
    transcript.push_back(json::object{{"role", "user"}, {"content", content}});
    run.set_transcript(transcript);
    provider.run(run);
    EXPECT_EQ(body_of(server.requests().back()).at("messages").at(0).at("content"), json::parse(kParts));
  }
}

TEST(AnthropicTools, WhatAToolServerAnswersInBlocksIsSaidInBlocks) {
  LoopbackServer server([](Peer& peer, const ReceivedRequest&) { send_stream(peer, text_stream("done")); });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("look");
  run.set_turn(2);
  run.set_transcript(json::parse(R"([{"role":"user","content":"look"},
    {"role":"assistant","tool_call_id":"a","tool_name":"x","tool_input":{}},
    {"role":"assistant","tool_call_id":"b","tool_name":"x","tool_input":{}},
    {"role":"tool","tool_call_id":"a","tool_output":[{"type":"text","text":"a cat"},
      {"type":"image","data":"aGk=","mimeType":"image/png"}]},
    {"role":"tool","tool_call_id":"b","tool_output":[{"type":"resource","uri":"file:///x"}]}])"));
  provider.run(run);
  EXPECT_EQ(body_of(server.requests().at(0)).at("messages").at(2).at("content"), json::parse(R"([
    {"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"a cat"},
      {"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}]},
    {"type":"tool_result","tool_use_id":"b","content":"[{\"type\":\"resource\",\"uri\":\"file:///x\"}]"}])"));
}

TEST(AnthropicPauseTurn, IsAskedAgainWithWhatWasSaid) {
  std::atomic<int> count{0};
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) {
    send_stream(peer, ++count == 1 ? text_stream("first ", "pause_turn") : text_stream("second"));
  });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  provider.run(run);
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(run.finish().output().at("content"), "first second");
  EXPECT_EQ(run.finish().result.at("token_usage").at("output_tokens"), 10);
  EXPECT_EQ(run.events_of(ASMGR_EV_RUN_STARTED).size(), 1U);
  EXPECT_EQ(body_of(server.requests().at(1)).at("messages"), json::parse(R"([
    {"role":"user","content":[{"type":"text","text":"hello"}]},
    {"role":"assistant","content":[{"type":"text","text":"first "}]}])"));
}

TEST(AnthropicPauseTurn, HasAnEnd) {
  LoopbackServer server([&](Peer& peer, const ReceivedRequest&) { send_stream(peer, text_stream("x", "pause_turn")); });
  ProviderUnderTest provider("anthropic", anthropic_config(server));
  FakeRun run("hello");
  provider.run(run);
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_EQ(server.requests().size(), 11U);
}

}  // namespace
}  // namespace asmgr_test
