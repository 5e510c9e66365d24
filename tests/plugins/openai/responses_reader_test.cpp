// What Responses sends that the recordings do not have, and what it becomes.
#include "plugins/openai/responses_reader.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/answer_replay.hpp"

namespace asmgr_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Lines read_response(const std::vector<std::string>& data) {
  asmgr::openai::ResponsesReader reader(asmgr::model_api::Prompt{});
  return read_stream(reader, data);
}

std::string final_event(const std::string& type, const std::string& response) {
  return R"({"type":"response.)" + type + R"(","response":)" + response + "}";
}

const char* const kReasoning = R"({"id":"rs_1","type":"reasoning","summary":[],"encrypted_content":"gAAA"})";
const char* const kCall =
    R"({"id":"fc_1","type":"function_call","call_id":"c1","name":"ls","arguments":"{}","status":"completed"})";

std::string sessions_named(const std::string& type, const std::string& output) {
  asmgr::model_api::Prompt prompt;
  prompt.options["store"] = true;
  asmgr::openai::ResponsesReader reader(prompt);
  const std::string response = R"({"id":"resp_1","model":"m","status":")" + type + R"(","output":[)" + output + "]}";
  std::string named;
  for (const std::string& line : read_stream(
           reader, {R"({"type":"response.created","response":{"id":"resp_1"}})", final_event(type, response)})) {
    if (line.find("run_started") != std::string::npos) named += line;
  }
  return named;
}

TEST(ResponsesReader, AnAnswerThatTheServerKeepsIsASessionOnceItIsComplete) {
  EXPECT_EQ(sessions_named("completed", ""), R"({"type":"run_started","data":{"response_id":"resp_1"}})"
                                             R"({"type":"run_started","data":{"session_id":"resp_1"}})");
  for (const auto& [type, output] :
       {std::pair("incomplete", std::string()), std::pair("completed", std::string(kCall))}) {
    EXPECT_EQ(sessions_named(type, output), R"({"type":"run_started","data":{"response_id":"resp_1"}})") << type;
  }
}

TEST(ResponsesReader, SummariesOfReasoningComeAsParagraphs) {
  const Lines lines = read_response({R"({"type":"response.reasoning_summary_part.added","summary_index":0})",
                                     R"({"type":"response.reasoning_summary_text.delta","delta":"One"})",
                                     R"({"type":"response.reasoning_summary_part.added","summary_index":1})",
                                     R"({"type":"response.reasoning_summary_text.delta","delta":"Two"})",
                                     final_event("completed", R"({"status":"completed","output":[]})")});
  EXPECT_THAT(lines, ElementsAre(R"({"type":"reasoning_streamed","data":{"delta":"One"}})",
                                 R"({"type":"reasoning_streamed","data":{"delta":"\n\n"}})",
                                 R"({"type":"reasoning_streamed","data":{"delta":"Two"}})", StartsWith("{\"answer\"")));
}

TEST(ResponsesReader, EncryptedReasoningGoesBackWordForWordBeforeItsCall) {
  const Lines lines = read_response(
      {final_event("completed", R"({"status":"completed","output":[)" + std::string(kReasoning) + "," + kCall + "]}")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("stop_reason":"tool_use")"));
  EXPECT_THAT(lines.back(), HasSubstr(R"("verbatim":[)" + std::string(kReasoning) + "," + kCall + "]"));
}

TEST(ResponsesReader, ReasoningThatTheServerKeptToItselfDoesNotGoBack) {
  const Lines lines = read_response(
      {final_event("completed", R"({"status":"completed","output":[{"id":"rs_1","type":"reasoning","summary":[]},)" +
                                    std::string(kCall) + "]}")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("verbatim":[)" + std::string(kCall) + "]"));
}

TEST(ResponsesReader, ItemsCountWhereTheLastEventHasNoOutput) {
  const Lines lines =
      read_response({R"({"type":"response.output_item.done","output_index":0,"item":)" + std::string(kCall) + "}",
                     final_event("completed", R"({"status":"completed"})")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("calls":[{"id":"c1","name":"ls","input":{}}])"));
}

TEST(ResponsesReader, AMessageThatComesWholeIsStreamedInOnePiece) {
  const Lines lines = read_response(
      {R"({"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":"Hi"}]}})",
       final_event("completed", R"({"status":"completed"})")});
  EXPECT_THAT(lines, ElementsAre(R"({"type":"message_streamed","data":{"content":"Hi","delta":"Hi"}})",
                                 R"({"type":"message_received","data":{"content":"Hi","role":"assistant"}})",
                                 HasSubstr(R"("content":"Hi")")));
}

TEST(ResponsesReader, SeveralMessagesAreReceivedOneByOne) {
  const auto message = [](const std::string& text) {
    return std::vector<std::string>{
        R"({"type":"response.output_item.added","item":{"type":"message"}})",
        R"({"type":"response.output_text.delta","delta":")" + text + R"("})",
        R"({"type":"response.output_item.done","item":{"type":"message","content":[{"type":"output_text","text":")" +
            text + R"("}]}})"};
  };
  std::vector<std::string> data = message("One.");
  for (const std::string& event : message("Two.")) data.push_back(event);
  data.push_back(final_event("completed", R"({"status":"completed"})"));
  EXPECT_THAT(read_response(data), ElementsAre(HasSubstr("message_streamed"), HasSubstr(R"({"content":"One.","role")"),
                                               HasSubstr("message_streamed"), HasSubstr(R"({"content":"Two.","role")"),
                                               HasSubstr(R"("content":"One.Two.")")));
}

TEST(ResponsesReader, ARefusalIsTextWithAReasonOfItsOwn) {
  const Lines lines = read_response(
      {R"({"type":"response.refusal.delta","delta":"No."})", final_event("completed", R"({"status":"completed"})")});
  EXPECT_THAT(lines, ElementsAre(HasSubstr(R"("delta":"No.")"), HasSubstr("message_received"),
                                 HasSubstr(R"("stop_reason":"refusal")")));
}

TEST(ResponsesReader, AnIncompleteAnswerSaysWhy) {
  const auto reason = [](const std::string& details) {
    return read_response({final_event("incomplete", R"({"status":"incomplete","incomplete_details":)" + details + "}")})
        .back();
  };
  EXPECT_THAT(reason(R"({"reason":"max_output_tokens"})"), HasSubstr(R"("stop_reason":"max_tokens")"));
  EXPECT_THAT(reason(R"({"reason":"content_filter"})"), HasSubstr(R"("stop_reason":"content_filter")"));
  EXPECT_THAT(reason("null"), HasSubstr(R"("stop_reason":"max_tokens")"));
}

TEST(ResponsesReader, ACallThatTheLimitOfTheAnswerCutIsNone) {
  const Lines lines = read_response({final_event(
      "incomplete", R"({"status":"incomplete","output":[{"type":"function_call","call_id":"c","name":"ls",)"
                    R"("arguments":"{\"a","status":"incomplete"}]})")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("stop_reason":"max_tokens","model":"","content":"","calls":[])"));
}

TEST(ResponsesReader, ArgumentsThatAreNoObjectFailTheRun) {
  const Lines lines = read_response(
      {final_event("completed", R"({"status":"completed","output":[{"type":"function_call","call_id":"c","name":"ls",)"
                                R"("arguments":"nope"}]})")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("kind":"invalid_tool_call")"));
}

TEST(ResponsesReader, UsageIsSplitSoThatNothingCountsTwice) {
  const Lines lines = read_response({final_event(
      "completed",
      R"({"status":"completed","usage":{"input_tokens":100,"input_tokens_details":{"cached_tokens":60,)"
      R"("cache_write_tokens":10},"output_tokens":50,"output_tokens_details":{"reasoning_tokens":45}}})")});
  EXPECT_EQ(lines.front(), R"({"type":"token_usage_updated","data":{"input_tokens":30,"cache_read_tokens":60,)"
                           R"("cache_write_tokens":10,"output_tokens":5,"reasoning_tokens":45}})");
}

TEST(ResponsesReader, AnErrorEventHasItsNameInEitherPlace) {
  EXPECT_THAT(read_response({R"({"type":"error","code":"rate_limit_exceeded","message":"slow"})"}).back(),
              HasSubstr(R"("status":"provider_rate_limited","kind":"rate_limit_exceeded","message":"slow")"));
  EXPECT_THAT(read_response({R"({"type":"error","error":{"type":"server_error","code":"x","message":"m"}})"}).back(),
              HasSubstr(R"("status":"provider_error","kind":"x","message":"m")"));
}

TEST(ResponsesReader, TheNameOfAnEventServesWhereItsDataHasNoType) {
  asmgr::openai::ResponsesReader reader(asmgr::model_api::Prompt{});
  AnswerReplay replay(reader);
  replay.on_event("response.completed", R"({"response":{"id":"r","model":"m"}})");
  EXPECT_THAT(replay.end(), ElementsAre(HasSubstr(R"({"session_id":"r","model":"m"})"), StartsWith("{\"answer\"")));
}

TEST(ResponsesReader, WhatIsNotKnownIsCountedAndLeftOut) {
  asmgr::openai::ResponsesReader reader(asmgr::model_api::Prompt{});
  AnswerReplay replay(reader);
  for (const std::string data : {"{", R"({"type":"response.web_search_call.searching"})", R"({"type":7})",
                                 R"({"type":"response.output_text.done","text":"x"})",
                                 R"({"type":"response.function_call_arguments.delta","delta":"x"})",
                                 R"({"type":"response.output_item.done","item":[]})"}) {
    replay.on_event("", data);
  }
  EXPECT_EQ(replay.unknown(), 3U);
  EXPECT_THAT(replay.end(), ElementsAre(HasSubstr("stream_cut")));
}

}  // namespace
}  // namespace asmgr_test
