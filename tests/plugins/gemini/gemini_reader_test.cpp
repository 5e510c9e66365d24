// What the Gemini API sends that the recordings do not have, and what it becomes.
#include "plugins/gemini/gemini_reader.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/answer_replay.hpp"

namespace asmgr_test {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Lines read_gemini(const std::vector<std::string>& data) {
  asmgr::model_api::Prompt prompt;
  prompt.run_id = "run_7";
  prompt.turn = 2;
  asmgr::gemini::GeminiReader reader(prompt);
  return read_stream(reader, data);
}

std::string event_with(const std::string& parts, const std::string& reason = {}) {
  return R"({"candidates":[{"content":{"role":"model","parts":[)" + parts + "]}" +
         (reason.empty() ? "" : R"(,"finishReason":")" + reason + "\"") + "}]}";
}
std::string stop() {
  return event_with("", "STOP");
}

TEST(GeminiReader, AnAnswerIsNamedByItsIdAndTheModelThatGaveIt) {
  const Lines lines =
      read_gemini({R"({"responseId":"r1","modelVersion":"gemini-2.5-flash","candidates":[{"finishReason":"STOP"}]})"});
  EXPECT_THAT(lines, ElementsAre(R"({"type":"run_started","data":{"session_id":"r1","model":"gemini-2.5-flash"}})",
                                 HasSubstr(R"("model":"gemini-2.5-flash")")));
}

TEST(GeminiReader, ThoughtsAreToldApartFromText) {
  const Lines lines = read_gemini(
      {event_with(R"({"text":"Hm","thought":true},{"text":"Yes"})"), event_with(R"({"text":"."})", "STOP")});
  EXPECT_THAT(lines, ElementsAre(R"({"type":"reasoning_streamed","data":{"delta":"Hm"}})",
                                 R"({"type":"message_streamed","data":{"content":"Yes","delta":"Yes"}})",
                                 R"({"type":"message_streamed","data":{"content":".","delta":"."}})",
                                 R"({"type":"message_received","data":{"content":"Yes.","role":"assistant"}})",
                                 HasSubstr(R"("stop_reason":"end_turn")")));
}

TEST(GeminiReader, CallsGoBackWithTheirSignaturesAndTextInOnePiece) {
  const Lines lines = read_gemini(
      {event_with(R"({"text":"Hm","thought":true})"), event_with(R"({"text":"I "})"), event_with(R"({"text":"look."})"),
       event_with(R"({"functionCall":{"name":"ls","args":{"d":1}},"thoughtSignature":"c2ln"})"),
       event_with(R"({"functionCall":{"name":"cat","args":{}}})", "STOP")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("stop_reason":"tool_use")"));
  EXPECT_THAT(lines.back(), HasSubstr(R"("calls":[{"id":"call_run_7_2_1","name":"ls","input":{"d":1}},)"
                                      R"({"id":"call_run_7_2_2","name":"cat","input":{}}])"));
  EXPECT_THAT(
      lines.back(),
      HasSubstr(R"("verbatim":{"role":"model","parts":[{"text":"I look."},)"
                R"({"functionCall":{"name":"ls","args":{"d":1},"id":"call_run_7_2_1"},"thoughtSignature":"c2ln"},)"
                R"({"functionCall":{"name":"cat","args":{},"id":"call_run_7_2_2"}}]})"));
}

TEST(GeminiReader, ASignatureMayComeWithAThoughtOrAlone) {
  const Lines lines = read_gemini({event_with(R"({"text":"Hm","thought":true,"thoughtSignature":"YQ=="})"),
                                   event_with(R"({"thoughtSignature":"Yg=="})"),
                                   event_with(R"({"functionCall":{"id":"c","name":"ls"}})", "STOP")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("parts":[{"text":"Hm","thought":true,"thoughtSignature":"YQ=="},)"
                                      R"({"thoughtSignature":"Yg=="},{"functionCall":{"id":"c","name":"ls"}}])"));
}

TEST(GeminiReader, AFinishReasonInEveryEventEndsNothing) {
  const Lines lines = read_gemini({event_with(R"({"text":"a"})", "STOP"), event_with(R"({"text":"b"})", "STOP")});
  EXPECT_THAT(lines.back(), HasSubstr(R"("content":"ab")"));
}

TEST(GeminiReader, StopReasonsHaveTheNamesOfAllProviders) {
  const auto reason = [](const std::string& given) { return read_gemini({event_with("", given)}).back(); };
  EXPECT_THAT(reason("MAX_TOKENS"), HasSubstr(R"("stop_reason":"max_tokens")"));
  for (const std::string filtered : {"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII"}) {
    EXPECT_THAT(reason(filtered), HasSubstr(R"("stop_reason":"content_filter")")) << filtered;
  }
  EXPECT_THAT(reason("OTHER"), HasSubstr(R"("stop_reason":"other")"));
}

TEST(GeminiReader, ACallThatTheApiCouldNotReadFailsAndMayBeTriedAgain) {
  const Lines lines = read_gemini(
      {R"({"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL","finishMessage":"Malformed function call: x"}]})"});
  EXPECT_EQ(lines.back(), R"({"failure":{"status":"provider_error","kind":"MALFORMED_FUNCTION_CALL",)"
                          R"("message":"Malformed function call: x","retryable":true}})");
}

TEST(GeminiReader, ABlockedPromptFailsTheRun) {
  const Lines lines = read_gemini({R"({"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{}})"});
  EXPECT_EQ(lines.back(), R"-({"failure":{"status":"provider_error","kind":"PROHIBITED_CONTENT",)-"
                          R"-("message":"the prompt was blocked (PROHIBITED_CONTENT)","retryable":false}})-");
}

TEST(GeminiReader, UsageIsSplitSoThatNothingCountsTwice) {
  const Lines lines = read_gemini(
      {R"({"usageMetadata":{"promptTokenCount":100,"candidatesTokenCount":1}})",
       R"({"candidates":[{"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":100,"cachedContentTokenCount":80,)"
       R"("candidatesTokenCount":20,"thoughtsTokenCount":30,"toolUsePromptTokenCount":5,"totalTokenCount":155}})"});
  EXPECT_THAT(lines[1], HasSubstr(R"("cache_read_tokens":80,"cache_write_tokens":0,"output_tokens":19,)"
                                  R"("reasoning_tokens":30)"));
}

TEST(GeminiReader, WithoutAFinishReasonItIsCut) {
  EXPECT_THAT(read_gemini({event_with(R"({"text":"x"})")}).back(), HasSubstr(R"("kind":"stream_cut")"));
}

TEST(GeminiReader, ACallWithoutANameFailsTheRun) {
  EXPECT_THAT(read_gemini({event_with(R"({"functionCall":{}})", "STOP")}).back(),
              HasSubstr(R"("kind":"invalid_tool_call")"));
}

TEST(GeminiReader, WhatIsNotKnownIsCountedAndLeftOut) {
  asmgr::gemini::GeminiReader reader(asmgr::model_api::Prompt{});
  AnswerReplay replay(reader);
  for (const std::string data : {"[", "[1]", R"({"candidates":7})", R"({"candidates":[7,{"index":1,"content":7}]})"}) {
    replay.on_event("", data);
  }
  replay.on_event("", event_with(R"({"executableCode":{}},7,{"text":7},{"text":[]})"));
  replay.on_event("", stop());
  EXPECT_EQ(replay.unknown(), 3U);
  EXPECT_THAT(replay.end(), ElementsAre(StartsWith("{\"answer\"")));
}

TEST(GeminiReader, AnAnswerInTheShapeOfASchemaComesParsed) {
  asmgr::model_api::Prompt prompt;
  prompt.output_schema.emplace();
  asmgr::gemini::GeminiReader reader(prompt);
  EXPECT_THAT(read_stream(reader, {event_with(R"({"text":"{\"a\":1}"})", "STOP")}).back(),
              HasSubstr(R"("structured":{"a":1}})"));
}

}  // namespace
}  // namespace asmgr_test
