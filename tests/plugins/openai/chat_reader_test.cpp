// What servers that speak Chat Completions send otherwise than OpenAI does, and what it becomes.
#include "plugins/openai/chat_reader.hpp"

#include <gmock/gmock.h>

#include "tests/plugins/support/answer_replay.hpp"

namespace asmgr_test {
namespace {

using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

asmgr::model_api::Prompt chat_prompt() {
  asmgr::model_api::Prompt prompt;
  prompt.run_id = "run_7";
  prompt.turn = 2;
  return prompt;
}

std::string chunk(const std::string& delta, const std::string& reason = "null") {
  return R"({"choices":[{"index":0,"delta":)" + delta + R"(,"finish_reason":)" + reason + "}]}";
}
std::string stop() {
  return chunk("{}", R"("stop")");
}

Lines read_chat(const std::vector<std::string>& data) {
  asmgr::openai::ChatReader reader(chat_prompt());
  return read_stream(reader, data);
}

// The calls of the answer, as JSON.
std::string calls_of(const Lines& lines) {
  const boost::json::value last = boost::json::parse(lines.back());
  return boost::json::serialize(last.at("answer").at("calls"));
}

std::string call_chunk(const std::string& calls) {
  return chunk(R"({"tool_calls":[)" + calls + "]}");
}

TEST(ChatReader, ReasoningIsToldApartFromTextUnderBothOfItsNames) {
  for (const std::string key : {"reasoning_content", "reasoning"}) {
    const Lines lines = read_chat({chunk("{\"" + key + "\":\"Hm\"}"), chunk(R"({"content":"Yes"})"), stop()});
    EXPECT_THAT(lines, ElementsAre(R"({"type":"reasoning_streamed","data":{"delta":"Hm"}})",
                                   R"({"type":"message_streamed","data":{"content":"Yes","delta":"Yes"}})",
                                   R"({"type":"message_received","data":{"content":"Yes","role":"assistant"}})",
                                   HasSubstr(R"("content":"Yes","calls":[])")));
  }
}

TEST(ChatReader, ReasoningGivenUnderBothNamesAtOnceIsTakenOnce) {
  const Lines lines = read_chat({chunk(R"({"reasoning_content":"Hm","reasoning":"Hm"})"), stop()});
  EXPECT_THAT(lines, ElementsAre(HasSubstr("reasoning_streamed"), HasSubstr("answer")));
}

TEST(ChatReader, ReasoningGoesBackUnderItsNameWithTheCallsItLedTo) {
  const Lines lines =
      read_chat({chunk(R"({"reasoning":"Hm"})"),
                 call_chunk(R"({"index":0,"id":"c1","function":{"name":"ls","arguments":"{}"}})"), stop()});
  EXPECT_THAT(lines.back(), HasSubstr(R"("verbatim":{"role":"assistant","content":null,"reasoning":"Hm",)"
                                      R"("tool_calls":[{"id":"c1","type":"function",)"
                                      R"("function":{"name":"ls","arguments":"{}"}}]}})"));
}

TEST(ChatReader, CallsInterleavedByIndexAreToldApart) {
  const Lines lines =
      read_chat({call_chunk(R"({"index":0,"id":"a","function":{"name":"ls","arguments":""}})"),
                 call_chunk(R"({"index":1,"id":"b","function":{"name":"cat","arguments":"{\"f\":"}})"),
                 call_chunk(R"({"index":0,"function":{"arguments":"{\"d\":1}"}})"),
                 call_chunk(R"({"index":1,"function":{"arguments":"2}"}})"), chunk("{}", R"("tool_calls")")});
  EXPECT_EQ(calls_of(lines), R"([{"id":"a","name":"ls","input":{"d":1}},{"id":"b","name":"cat","input":{"f":2}}])");
  EXPECT_THAT(lines.back(), HasSubstr(R"("stop_reason":"tool_use")"));
}

TEST(ChatReader, WholeCallsThatAllHaveIndexZeroAreToldApartByTheirIds) {
  const Lines lines =
      read_chat({call_chunk(R"({"index":0,"id":"a","function":{"name":"cat","arguments":"{\"f\":1}"}})"),
                 call_chunk(R"({"index":0,"id":"b","function":{"name":"cat","arguments":"{\"f\":2}"}})"), stop()});
  EXPECT_EQ(calls_of(lines), R"([{"id":"a","name":"cat","input":{"f":1}},{"id":"b","name":"cat","input":{"f":2}}])");
}

TEST(ChatReader, WholeCallsWithoutIdThatAllHaveIndexZeroAreToldApartByTheirEnd) {
  const Lines lines =
      read_chat({call_chunk(R"({"index":0,"function":{"name":"cat","arguments":"{\"f\":1}"}})"),
                 call_chunk(R"({"index":0,"function":{"name":"cat","arguments":"{\"f\":2}"}})"), stop()});
  EXPECT_EQ(calls_of(lines), R"([{"id":"call_run_7_2_1","name":"cat","input":{"f":1}},)"
                             R"({"id":"call_run_7_2_2","name":"cat","input":{"f":2}}])");
}

TEST(ChatReader, CallsWithoutIndexOrIdInOnePieceAreToldApart) {
  const Lines lines = read_chat({call_chunk(R"({"function":{"name":"ls","arguments":"{}"}},)"
                                            R"({"function":{"name":"cat","arguments":{"f":1}}})"),
                                 stop()});
  EXPECT_EQ(calls_of(lines), R"([{"id":"call_run_7_2_1","name":"ls","input":{}},)"
                             R"({"id":"call_run_7_2_2","name":"cat","input":{"f":1}}])");
}

TEST(ChatReader, PiecesWithoutIndexBelongToTheCallOfTheirId) {
  const Lines lines = read_chat({call_chunk(R"({"id":"a","function":{"name":"ls","arguments":"{"}})"),
                                 call_chunk(R"({"id":"a","function":{"arguments":"}"}})"),
                                 call_chunk(R"({"id":"b","function":{"name":"cat"}})"), stop()});
  EXPECT_EQ(calls_of(lines), R"([{"id":"a","name":"ls","input":{}},{"id":"b","name":"cat","input":{}}])");
}

TEST(ChatReader, ANewIdWithEveryPieceMakesNoNewCall) {
  const Lines lines = read_chat({call_chunk(R"({"index":0,"id":"a","function":{"name":"ls","arguments":"{"}})"),
                                 call_chunk(R"({"index":0,"id":"x","function":{"arguments":"}"}})"), stop()});
  EXPECT_EQ(calls_of(lines), R"([{"id":"a","name":"ls","input":{}}])");
}

TEST(ChatReader, ARefusalIsTextWithAReasonOfItsOwn) {
  const Lines lines = read_chat({chunk(R"({"refusal":"I will not."})"), stop()});
  EXPECT_THAT(lines,
              ElementsAre(R"({"type":"message_streamed","data":{"content":"I will not.","delta":"I will not."}})",
                          R"({"type":"message_received","data":{"content":"I will not.","role":"assistant"}})",
                          HasSubstr(R"("stop_reason":"refusal")")));
}

TEST(ChatReader, StopReasonsHaveTheNamesOfAllProviders) {
  const auto reason = [](const std::string& given) { return read_chat({chunk("{}", "\"" + given + "\"")}).back(); };
  EXPECT_THAT(reason("stop"), HasSubstr(R"("stop_reason":"end_turn")"));
  EXPECT_THAT(reason("tool_calls"), HasSubstr(R"("stop_reason":"end_turn")"));  // none came
  EXPECT_THAT(reason("length"), HasSubstr(R"("stop_reason":"max_tokens")"));
  EXPECT_THAT(reason("content_filter"), HasSubstr(R"("stop_reason":"content_filter")"));
  EXPECT_THAT(reason("something_new"), HasSubstr(R"("stop_reason":"something_new")"));
}

TEST(ChatReader, UsageIsSplitSoThatNothingCountsTwice) {
  const Lines lines = read_chat(
      {stop(),
       R"({"choices":[],"usage":{"prompt_tokens":100,"completion_tokens":50,)"
       R"("prompt_tokens_details":{"cached_tokens":64},"completion_tokens_details":{"reasoning_tokens":30}}})"});
  EXPECT_EQ(lines.front(), R"({"type":"token_usage_updated","data":{"input_tokens":36,"cache_read_tokens":64,)"
                           R"("cache_write_tokens":0,"output_tokens":20,"reasoning_tokens":30}})");
}

TEST(ChatReader, CachedTokensMayHaveTheNameThatDeepSeekGivesThem) {
  const Lines lines = read_chat({R"({"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":)"
                                 R"({"prompt_tokens":10,"prompt_cache_hit_tokens":8,"completion_tokens":1}})"});
  EXPECT_THAT(lines.front(), HasSubstr(R"("input_tokens":2,"cache_read_tokens":8,)"));
}

TEST(ChatReader, UsageInEveryChunkIsCountedOnce) {
  const auto with_usage = [](int tokens) {
    return R"({"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":)" + std::to_string(tokens) + "}}";
  };
  const Lines lines = read_chat({with_usage(1), with_usage(2), with_usage(2), stop()});
  EXPECT_THAT(lines, ElementsAre(HasSubstr(R"("input_tokens":5,)"), HasSubstr(R"("input_tokens":0,)"),
                                 StartsWith("{\"answer\"")));
}

TEST(ChatReader, NonsenseInUsageIsNoNegativeNumber) {
  const Lines lines = read_chat({stop(), R"({"usage":{"prompt_tokens":1,"completion_tokens":"x",)"
                                         R"("prompt_tokens_details":{"cached_tokens":5}}})"});
  EXPECT_THAT(lines.front(), HasSubstr(R"("input_tokens":0,"cache_read_tokens":5,)"));
}

TEST(ChatReader, WithoutDoneAFinishReasonMakesItComplete) {
  EXPECT_TRUE(is_answer(read_chat({chunk(R"({"content":"x"})"), stop()})));
}

TEST(ChatReader, WithoutAFinishReasonDoneMakesItComplete) {
  EXPECT_TRUE(is_answer(read_chat({chunk(R"({"content":"x"})"), "[DONE]"})));
}

TEST(ChatReader, WithoutEitherItIsCut) {
  EXPECT_THAT(read_chat({chunk(R"({"content":"x"})")}).back(),
              HasSubstr(R"({"failure":{"status":"provider_unavailable","kind":"stream_cut")"));
}

TEST(ChatReader, AnErrorInTheStreamIsJudgedByItsNameOrItsNumber) {
  EXPECT_THAT(read_chat({R"({"error":{"message":"full","type":"BadRequestError","code":400}})"}).back(),
              HasSubstr(R"("status":"invalid_input","kind":"BadRequestError","message":"full","retryable":false)"));
  EXPECT_THAT(read_chat({R"({"error":{"message":"slow","type":"requests","code":"rate_limit_exceeded"}})"}).back(),
              HasSubstr(R"("status":"provider_rate_limited","kind":"rate_limit_exceeded")"));
  EXPECT_THAT(read_chat({R"({"error":{"message":"paid?","type":"insufficient_quota","code":null}})"}).back(),
              HasSubstr(R"("status":"provider_quota_exceeded")"));
  EXPECT_THAT(read_chat({R"({"error":"out of memory"})"}).back(),
              HasSubstr(R"("status":"provider_error","kind":"","message":"out of memory")"));
}

TEST(ChatReader, ArgumentsThatAreNoObjectFailTheRun) {
  const Lines lines =
      read_chat({call_chunk(R"({"index":0,"id":"a","function":{"name":"ls","arguments":"[1]"}})"), stop()});
  EXPECT_THAT(lines.back(), HasSubstr(R"("kind":"invalid_tool_call")"));
  EXPECT_THAT(lines.back(), HasSubstr("'ls', but its arguments are no JSON object"));
}

TEST(ChatReader, ACallThatTheLimitOfTheAnswerCutIsNone) {
  const Lines lines = read_chat(
      {call_chunk(R"({"index":0,"id":"a","function":{"name":"ls","arguments":"{\"d"}})"), chunk("{}", R"("length")")});
  EXPECT_EQ(calls_of(lines), "[]");
  EXPECT_THAT(lines.back(), HasSubstr(R"("stop_reason":"max_tokens")"));
}

TEST(ChatReader, WhatIsNotKnownIsCountedAndLeftOut) {
  asmgr::openai::ChatReader reader(chat_prompt());
  AnswerReplay replay(reader);
  for (const std::string data :
       {"not JSON", "[]", R"({"new":1})", R"({"choices":[7,{"index":1,"delta":{"content":"b"}}]})",
        R"({"choices":[{"delta":{"tool_calls":[1],"content":[]}}]})"}) {
    replay.on_event("", data);
  }
  replay.on_event("", stop());
  EXPECT_EQ(replay.unknown(), 2U);
  EXPECT_THAT(replay.end(), ElementsAre(StartsWith("{\"answer\"")));
}

TEST(ChatReader, AnAnswerInTheShapeOfASchemaComesParsed) {
  asmgr::model_api::Prompt prompt = chat_prompt();
  prompt.output_schema.emplace();
  asmgr::openai::ChatReader reader(prompt);
  EXPECT_THAT(read_stream(reader, {chunk(R"({"content":"{\"a\":1}"})"), stop()}).back(),
              EndsWith(R"("structured":{"a":1}}})"));
  asmgr::openai::ChatReader other(prompt);
  EXPECT_THAT(read_stream(other, {chunk(R"({"content":"no JSON"})"), stop()}).back(),
              testing::Not(HasSubstr("structured")));
}

}  // namespace
}  // namespace asmgr_test
