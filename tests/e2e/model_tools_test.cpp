// Tools that the host runs for a model over HTTP: what the model is told of them, call by call, in the bytes of its
// API.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/support/fake_mcp_http.hpp"
#include "tests/support/recorded_answer.hpp"

namespace asmgr::e2e {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kToolServer = "[python3, " ASMGR_SOURCE_DIR "/tests/core/tools/fake_mcp_server.py";

struct WantedCall {
  std::string id, tool, input;
};

std::string api_event(const std::string& type, const std::string& more) {
  return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + (more.empty() ? "" : "," + more) + "}\n\n";
}

// A turn of the Messages API that wants tools; without any one that says "done".
std::string api_turn(const std::vector<WantedCall>& wanted) {
  std::string text =
      api_event("message_start", R"("message":{"id":"m","type":"message","role":"assistant","content":[],)"
                                 R"("model":"claude","usage":{"input_tokens":5,"output_tokens":1}})");
  int index = 0;
  for (const WantedCall& call : wanted) {
    const std::string at = R"("index":)" + std::to_string(index++);
    text += api_event("content_block_start", at + R"(,"content_block":{"type":"tool_use","id":")" + call.id +
                                                 R"(","name":"mcp__things__)" + call.tool + R"(","input":{}})");
    text += api_event("content_block_delta", at + R"(,"delta":{"type":"input_json_delta","partial_json":)" +
                                                 boost::json::serialize(boost::json::value(call.input)) + "}");
    text += api_event("content_block_stop", at);
  }
  if (wanted.empty()) {
    text += api_event("content_block_start", R"("index":0,"content_block":{"type":"text","text":""})");
    text += api_event("content_block_delta", R"("index":0,"delta":{"type":"text_delta","text":"done"})");
    text += api_event("content_block_stop", R"("index":0)");
  }
  text +=
      api_event("message_delta", std::string(R"("delta":{"stop_reason":")") +
                                     (wanted.empty() ? "end_turn" : "tool_use") + R"("},"usage":{"output_tokens":2})");
  return text + api_event("message_stop", "");
}

class ModelTools : public ::testing::Test {
 protected:
  // The answers of the model, one per request; the last one is given again.
  void model_says(const std::vector<std::string>& bodies) {
    for (const std::string& body : bodies) {
      asmgr_test::RecordedAnswer answer;
      answer.head = asmgr_test::chunked_head(200, "text/event-stream");
      answer.body = body;
      answers_.push_back(std::move(answer));
    }
  }
  // One of its recordings, with the name that the host gives the tool.
  void model_plays(const std::string& recording) {
    auto answer = asmgr_test::read_recording(ASMGR_SOURCE_DIR "/tests/data/anthropic/" + recording);
    const std::string name = "get_weather";
    if (const auto found = answer.body.find('"' + name + '"'); found != std::string::npos) {
      answer.body.insert(found + 1, "mcp__things__");
    }
    answers_.push_back(std::move(answer));
  }
  void write_file(const std::string& server, const std::string& tools = "", const std::string& policies = "deny: [x]",
                  const std::string& model = "") {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "providers:\n  model: {plugin: anthropic, config: {api_key: key, model: claude, base_url: \"" +
                    model_.url() + "\"" + (model.empty() ? "" : ", " + model) +
                    "}}\n"
                    "policies:\n  rules: {plugin: tool_rules, config: {" +
                    policies +
                    "}}\n"
                    "pipelines:\n  default:\n    store: local\n    provider: model\n    policies: [rules]\n"
                    "    tools: {servers: [things]" +
                    (tools.empty() ? "" : ", " + tools) + "}\nmcp:\n  things: " + server + "\n");
  }
  void write_file_with_program(const std::string& arguments = "", const std::string& tools = "",
                               const std::string& policies = "deny: [x]", const std::string& model = "") {
    write_file("{command: " + std::string(kToolServer) + arguments + "]}", tools, policies, model);
  }
  RunOutput run(int code = 0) const {
    const Ended ended = work_.asmgr({"run", "--output", "jsonl", "what is it?"});
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    return run_output(ended.out);
  }
  [[nodiscard]] boost::json::array messages_of_request(std::size_t number) {
    const auto requests = model_.requests();
    EXPECT_GE(requests.size(), number);
    if (requests.size() < number) return {};
    return boost::json::parse(requests[number - 1].body).at("messages").as_array();
  }
  // The results in the last message of a request.
  [[nodiscard]] std::vector<boost::json::value> results_of_request(std::size_t number) {
    const auto messages = messages_of_request(number);
    std::vector<boost::json::value> results;
    if (messages.empty()) return results;
    for (const auto& part : messages.back().at("content").as_array()) {
      if (part.at("type") == "tool_result") results.push_back(part);
    }
    return results;
  }
  [[nodiscard]] static std::string text_of(const boost::json::value& result) {
    return boost::json::serialize(result.at("content"));
  }
  [[nodiscard]] static std::vector<std::string> tool_types(const EventLog& log) {
    std::vector<std::string> types;
    for (const std::string& type : log.types()) {
      if (type.starts_with("tool_call") || type == "step_started") types.push_back(type);
    }
    return types;
  }
  [[nodiscard]] std::size_t requests() { return model_.requests().size(); }

  Workplace work_;

 private:
  std::vector<asmgr_test::RecordedAnswer> answers_;
  std::atomic<std::size_t> asked_{0};
  asmgr_test::LoopbackServer model_{[this](asmgr_test::Peer& peer, const asmgr_test::ReceivedRequest&) {
    const std::size_t number = std::min(asked_.fetch_add(1), answers_.size() - 1);
    asmgr_test::play(peer, answers_[number], asmgr_test::Pace::kWhole, 1);
  }};
};

TEST_F(ModelTools, RunAndTheNextRequestHoldsTheirResults) {
  model_plays("stream-tool.http");
  model_plays("stream-toolresult.http");
  write_file_with_program(", --tool, get_weather");
  const RunOutput ran = run();
  EXPECT_EQ(at(ran.result, "/output/content"), "It is 18 degrees in Paris.");
  EXPECT_THAT(tool_types(ran.log), ElementsAre("tool_call_started", "tool_call_completed", "step_started"));
  EXPECT_EQ(at(ran.log.first("tool_call_started"), "/data/tool_input"), R"({"city":"Paris","unit":"celsius"})");
  ASSERT_EQ(requests(), 2U);
  const auto messages = messages_of_request(2);
  ASSERT_EQ(messages.size(), 3U) << boost::json::serialize(messages);
  const auto call = messages[1].at("content").at(0);
  EXPECT_EQ(call.at("type"), "tool_use");
  EXPECT_EQ(call.at("id"), "call_w1");
  EXPECT_EQ(call.at("name"), "mcp__things__get_weather");
  EXPECT_EQ(boost::json::serialize(call.at("input")), R"({"city":"Paris","unit":"celsius"})");
  const auto results = results_of_request(2);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].at("tool_use_id"), "call_w1");
  EXPECT_THAT(text_of(results[0]), HasSubstr("Paris"));
}

TEST_F(ModelTools, ThatAreWantedTogetherAreAnsweredTogetherInTheirOrder) {
  model_says(
      {api_turn({{"a", "fail", "{}"}, {"b", "echo", R"({"text":"found"})"}, {"c", "nothing", "{}"}}), api_turn({})});
  write_file_with_program();
  const RunOutput ran = run();
  EXPECT_EQ(ran.log.count("tool_call_started"), 3U);
  const auto results = results_of_request(2);
  ASSERT_EQ(results.size(), 3U);
  EXPECT_EQ(results[0].at("tool_use_id"), "a");
  EXPECT_EQ(results[0].at("is_error"), true);
  EXPECT_EQ(results[1].at("tool_use_id"), "b");
  EXPECT_THAT(text_of(results[1]), HasSubstr("found"));
  EXPECT_THAT(text_of(results[2]), HasSubstr("there is no tool 'mcp__things__nothing'"));
  EXPECT_EQ(at(ran.result, "/token_usage/output_tokens"), "4") << "of both model calls";
}

TEST_F(ModelTools, AreWantedNoMoreThanMaxTurnsAllows) {
  model_says({api_turn({{"a", "echo", "{}"}})});
  write_file_with_program("", "", "deny: [x]", "max_turns: 2");
  const RunOutput ran = run(4);
  EXPECT_THAT(at(ran.result, "/error/message"), HasSubstr("2 model calls that max_turns"));
  EXPECT_EQ(requests(), 2U);
}

TEST_F(ModelTools, GiveNoMoreThanMaxResultAndSaySo) {
  model_says({api_turn({{"a", "echo", R"({"text":"0123456789abcdef"})"}}), api_turn({})});
  write_file_with_program("", "max_result: 10B");
  const RunOutput ran = run();
  EXPECT_THAT(text_of(results_of_request(2).at(0)), HasSubstr("[cut here: 10 of 16 bytes are shown]"));
  EXPECT_THAT(at(ran.log.first("tool_call_completed"), "/data/tool_output"), HasSubstr("[cut here"));
}

TEST_F(ModelTools, ThatAreDeniedDoNotRunAndTheModelIsToldWhy) {
  model_says({api_turn({{"a", "echo", R"({"text":"secret"})"}}), api_turn({})});
  write_file_with_program("", "", "deny: [\"mcp__things__echo\"]");
  const RunOutput ran = run();
  EXPECT_EQ(ran.log.count("tool_call_started"), 0U);
  const auto results = results_of_request(2);
  ASSERT_EQ(results.size(), 1U);
  EXPECT_EQ(results[0].at("is_error"), true);
  EXPECT_THAT(text_of(results[0]), HasSubstr("mcp__things__echo"));
}

TEST_F(ModelTools, ThatTakeTooLongAreSaidToHaveAndTheRunGoesOn) {
  model_says({api_turn({{"a", "wait", "{}"}, {"b", "echo", R"({"text":"quick"})"}}), api_turn({})});
  write_file_with_program("", "timeout: 200ms");
  const RunOutput ran = run();
  const auto results = results_of_request(2);
  ASSERT_EQ(results.size(), 2U);
  EXPECT_THAT(text_of(results[0]), HasSubstr("no answer within 200 ms"));
  EXPECT_THAT(text_of(results[1]), HasSubstr("quick"));
}

TEST_F(ModelTools, OfAServerThatDiesInTheMidstOfACallFailAndTheNextCallBeginsItAgain) {
  model_says({api_turn({{"a", "die", "{}"}}), api_turn({{"b", "echo", R"({"text":"back"})"}}), api_turn({})});
  write_file_with_program();
  const RunOutput ran = run();
  EXPECT_THAT(text_of(results_of_request(2).at(0)), HasSubstr("exit code 3"));
  EXPECT_THAT(text_of(results_of_request(3).at(0)), HasSubstr("back"));
}

TEST_F(ModelTools, OfAServerAtAUrlRunAndItsSessionIsEnded) {
  asmgr_test::FakeMcpHttp server;
  model_says({api_turn({{"a", "echo", R"({"text":"let-me-in-1234 from afar"})"}}), api_turn({})});
  write_file("{url: \"" + server.url() + "\", headers: {Authorization: Bearer let-me-in-1234}}");
  const RunOutput ran = run();
  EXPECT_THAT(text_of(results_of_request(2).at(0)), HasSubstr("from afar"));
  for (const auto& message : server.messages()) {
    EXPECT_EQ(message.http.header("authorization"), "Bearer let-me-in-1234");
  }
  EXPECT_EQ(server.messages("DELETE").size(), 1U);
  for (const std::string& line : ran.log.lines()) EXPECT_THAT(line, Not(HasSubstr("let-me-in-1234")));
}

TEST_F(ModelTools, ThatAPersonHasToAllowRunOnceTheyAreInWhateverProcess) {
  model_says({api_turn({{"a", "echo", R"({"text":"allowed"})"}}), api_turn({})});
  write_file_with_program("", "", "ask: [\"mcp__things__*\"]");
  const Ended left = work_.asmgr({"run", "what is it?"});
  EXPECT_EQ(left.code, 6) << left.out << left.err;
  EXPECT_EQ(requests(), 1U);
  const auto listed = json_of(work_.asmgr({"approvals", "list", "--output", "json"}).out);
  const std::string id = at(listed, "/items/0/id");
  const Ended granted = work_.asmgr({"approvals", "grant", id});
  EXPECT_EQ(granted.code, 0) << granted.out << granted.err;
  ASSERT_EQ(requests(), 2U) << "the model is not asked again what it wants";
  EXPECT_THAT(text_of(results_of_request(2).at(0)), HasSubstr("allowed"));
  const EventLog log(
      complete_lines(work_.asmgr({"events", at(listed, "/items/0/session_id"), "--output", "jsonl"}).out));
  EXPECT_THAT(tool_types(log), ElementsAre("tool_call_started", "tool_call_completed", "step_started"));
}

}  // namespace
}  // namespace asmgr::e2e
