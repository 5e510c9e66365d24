#include "core/transcript/truncate.hpp"

#include <gmock/gmock.h>

#include "tests/core/transcript/session_log.hpp"

namespace asmgr {
namespace {

using test::SessionLog;
using testing::ElementsAre;

TranscriptLimits messages(std::uint64_t most) {
  TranscriptLimits limits;
  limits.max_messages = most;
  return limits;
}
TranscriptLimits chars(std::uint64_t most) {
  TranscriptLimits limits;
  limits.max_chars = most;
  return limits;
}
std::vector<std::string> cut(const SessionLog& log, const TranscriptLimits& limits) {
  return SessionLog::lines_of(truncate(log.transcript(), limits));
}
SessionLog& with_system(SessionLog& log, const std::string& text) {
  return log.add(EventType::message_sent, "run_1", R"({"role":"system","content":")" + text + R"("})");
}

TEST(Truncate, WithoutLimitsChangesNothing) {
  SessionLog log;
  log.sent("one").received("two");
  EXPECT_EQ(truncate(log.transcript(), {}), log.transcript());
  EXPECT_EQ(truncate(log.transcript(), messages(2)), log.transcript());
}

TEST(Truncate, KeepsTheNewestMessages) {
  SessionLog log;
  log.sent("one").received("two").sent("three").received("four");
  EXPECT_THAT(cut(log, messages(2)), ElementsAre("user: three", "assistant: four"));
  EXPECT_THAT(cut(log, messages(1)), ElementsAre("assistant: four"));
}

TEST(Truncate, CountsAnImageByWhatItCostsAModelAndNotByItsBytes) {
  SessionLog log;
  const std::string image = R"({"type":"image","source":{"data":")" + std::string(100'000, 'A') + R"("}})";
  log.add(EventType::message_sent, "run_1", R"({"content":"","parts":[)" + image + "]}").received("two");
  EXPECT_EQ(size_of(log.transcript().messages[0]), kCharactersOfAnImage);
  EXPECT_EQ(cut(log, chars(kCharactersOfAnImage + 3)).size(), 2u);
  EXPECT_EQ(cut(log, chars(kCharactersOfAnImage + 2)).size(), 1u);
}

TEST(Truncate, SaysHowManyMessagesAreGone) {
  SessionLog log;
  log.sent("one").received("two").sent("three").received("four");
  const Transcript once = truncate(log.transcript(), messages(3));
  EXPECT_EQ(to_text(once.metadata), R"({"dropped_messages":1})");
  EXPECT_EQ(to_text(truncate(once, messages(1)).metadata), R"({"dropped_messages":3})");
  EXPECT_EQ(once.last_sequence, 4u);
}

TEST(Truncate, KeepsTheNewestMessagesThatFitTheCharacters) {
  SessionLog log;
  log.sent("1234567890").received("12345").sent("1234");
  EXPECT_THAT(cut(log, chars(9)), ElementsAre("assistant: 12345", "user: 1234"));
  EXPECT_THAT(cut(log, chars(8)), ElementsAre("user: 1234"));
}

TEST(Truncate, StopsAtTheFirstMessageThatDoesNotFit) {
  SessionLog log;
  log.sent("a").received("1234567890").sent("b");
  EXPECT_THAT(cut(log, chars(5)), ElementsAre("user: b"));
}

TEST(Truncate, CountsCharactersNotBytes) {
  SessionLog log;
  log.sent("äöü€").received("😀");
  EXPECT_EQ(cut(log, chars(5)).size(), 2u);
  EXPECT_EQ(cut(log, chars(4)).size(), 1u);
}

TEST(Truncate, TheSmallerOfTheTwoBudgetsHolds) {
  SessionLog log;
  log.sent("12345678").received("12345678").sent("12345678");
  TranscriptLimits limits;
  limits.max_chars = 24;
  limits.max_tokens_approx = 4;  // 16 characters
  EXPECT_EQ(cut(log, limits).size(), 2u);
  limits.max_chars = 8;
  EXPECT_EQ(cut(log, limits).size(), 1u);
  limits.max_chars = 0;
  limits.chars_per_token = 6;
  EXPECT_EQ(cut(log, limits).size(), 3u);
  limits.chars_per_token = 0;  // 4
  EXPECT_EQ(cut(log, limits).size(), 2u);
  limits.max_messages = 1;
  EXPECT_EQ(cut(log, limits).size(), 1u);
}

TEST(Truncate, ABudgetThatDoesNotFitANumberIsNone) {
  SessionLog log;
  log.sent("one").sent("two");
  TranscriptLimits limits;
  limits.max_tokens_approx = std::numeric_limits<std::uint64_t>::max();
  EXPECT_EQ(cut(log, limits).size(), 2u);
}

TEST(Truncate, CountsWhatToolsGetAndGive) {
  SessionLog log;
  log.sent("q").call("c1").result("c1", "12345");
  const auto all = log.transcript().messages;
  EXPECT_EQ(size_of(all[1]), std::string_view(R"(read{"path":"/tmp"})").size());
  EXPECT_EQ(size_of(all[2]), std::string_view("read12345").size());
  EXPECT_EQ(cut(log, chars(1 + size_of(all[1]) + size_of(all[2]))).size(), 3u);
  EXPECT_EQ(cut(log, chars(size_of(all[1]) + size_of(all[2]))).size(), 2u);
}

TEST(Truncate, NeverPartsACallFromItsResult) {
  SessionLog log;
  log.sent("q").call("c1").result("c1", "one").received("done");
  EXPECT_THAT(cut(log, messages(2)), ElementsAre("assistant: done"));
  EXPECT_THAT(cut(log, messages(3)), ElementsAre("call c1 read", "result c1: one", "assistant: done"));
}

TEST(Truncate, CallsMadeTogetherStayOrGoTogether) {
  SessionLog log;
  log.call("c1").call("c2").result("c1", "one").result("c2", "two").received("done");
  for (std::uint64_t most = 1; most <= 4; ++most) EXPECT_THAT(cut(log, messages(most)), ElementsAre("assistant: done"));
  EXPECT_EQ(cut(log, messages(5)).size(), 5u);
}

TEST(Truncate, AnIdThatComesAgainIsAnotherPair) {
  SessionLog log;
  log.call("c1").result("c1", "one").call("c1").result("c1", "two");
  EXPECT_THAT(cut(log, messages(3)), ElementsAre("call c1 read", "result c1: two"));
}

TEST(Truncate, TheLastMessageStaysWithItsPairEvenWhenItDoesNotFit) {
  SessionLog log;
  log.sent("a long question").call("c1").result("c1", "a long answer");
  EXPECT_THAT(cut(log, messages(1)), ElementsAre("call c1 read", "result c1: a long answer"));
  EXPECT_THAT(cut(log, chars(1)), ElementsAre("call c1 read", "result c1: a long answer"));
}

TEST(Truncate, TheLeadingSystemMessageStaysAndCounts) {
  SessionLog log;
  with_system(log, "rules").sent("one").received("two").sent("three");
  EXPECT_THAT(cut(log, messages(2)), ElementsAre("system: rules", "user: three"));
  EXPECT_THAT(cut(log, chars(13)), ElementsAre("system: rules", "assistant: two", "user: three"));
  EXPECT_THAT(cut(log, chars(12)), ElementsAre("system: rules", "user: three"));
}

TEST(Truncate, ASystemMessageAboveTheBudgetLeavesItAndTheLastMessage) {
  SessionLog log;
  with_system(log, "very long rules").sent("one").received("two");
  EXPECT_THAT(cut(log, chars(3)), ElementsAre("system: very long rules", "assistant: two"));
  EXPECT_THAT(cut(log, messages(1)), ElementsAre("system: very long rules", "assistant: two"));
}

TEST(Truncate, SystemMessagesAloneStayAll) {
  SessionLog log;
  with_system(with_system(log, "one"), "two");
  EXPECT_THAT(cut(log, messages(1)), ElementsAre("system: one", "system: two"));
}

TEST(Truncate, ALaterSystemMessageIsAMessageAsAny) {
  SessionLog log;
  with_system(log.sent("one"), "rules").sent("two");
  EXPECT_THAT(cut(log, messages(1)), ElementsAre("user: two"));
}

TEST(Truncate, HalvesWithoutTheOtherAreMessagesAsAny) {
  Transcript transcript;
  transcript.session_id = "ses_1";
  TranscriptMessage orphan;
  orphan.role = Role::tool;
  orphan.tool_call_id = "c9";
  transcript.messages = {orphan, orphan, TranscriptMessage{}};
  EXPECT_EQ(truncate(transcript, messages(2)).messages.size(), 2u);
  EXPECT_EQ(truncate(Transcript{}, messages(2)).messages.size(), 0u);
}

}  // namespace
}  // namespace asmgr
