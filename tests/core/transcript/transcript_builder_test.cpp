#include "core/transcript/transcript_builder.hpp"

#include <gmock/gmock.h>

#include "tests/core/transcript/session_log.hpp"

namespace asmgr {
namespace {

using test::SessionLog;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(TranscriptBuilder, CollapsesAStreamIntoOneMessage) {
  SessionLog log;
  log.sent("hi").streamed("Hel").streamed("").streamed("lo");
  EXPECT_THAT(log.lines(), ElementsAre("user: hi", "assistant: Hello"));
}

TEST(TranscriptBuilder, TakesTheContentOfAPieceThatHasNoDelta) {
  SessionLog log;
  log.add(EventType::message_streamed, "run_1", R"({"content":"a"})");
  log.add(EventType::message_streamed, "run_1", R"({"content":"x","delta":"b"})");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: ab"));
}

TEST(TranscriptBuilder, AMessageOfPartsKeepsThemForTheProvider) {
  SessionLog log;
  log.add(EventType::message_sent, "run_1",
          R"({"content":"look","parts":[{"type":"text","text":"look"},{"type":"image"}]})");
  log.add(EventType::message_sent, "run_1", R"({"content":"","parts":[{"type":"image"}]})");
  EXPECT_THAT(log.lines(), ElementsAre("user: look", "user: "));
  const Transcript transcript = log.transcript();
  EXPECT_EQ(to_text(boost::json::value(to_prompt_json(transcript))),
            R"([{"role":"user","content":[{"type":"text","text":"look"},{"type":"image"}]},)"
            R"({"role":"user","content":[{"type":"image"}]}])");
  const auto read = transcript_from_json(to_json(transcript));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(*read, transcript);
}

TEST(TranscriptBuilder, OfAnEventThatWasCutTheTextsStayAndHalfAnImageGoes) {
  SessionLog log;
  log.add(EventType::message_sent, "run_1",
          R"({"content":"look","parts":[{"type":"text","text":"look\n[cut: the first 4 of 9 bytes]"},{"type":"image",)"
          R"("source":{"data":"iVBO\n[cut: the first 4 of 9 bytes]"}},{"type":"image","source":{"data":"whole"}}],)"
          R"("_truncated":{"bytes":2000000,"artifact":"asmgr-1/event_1","sha256":"ab"}})");
  EXPECT_EQ(to_text(boost::json::value(to_prompt_json(log.transcript()))),
            R"([{"role":"user","content":[{"type":"text","text":"look\n[cut: the first 4 of 9 bytes]"},)"
            R"({"type":"text","text":"[left out, too large for the log: image]"},)"
            R"({"type":"image","source":{"data":"whole"}}]}])");
}

TEST(TranscriptBuilder, TheFinalMessageStandsInForItsStream) {
  SessionLog log;
  log.streamed("Hel").streamed("lo").received("Hello!").streamed("More");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: Hello!", "assistant: More"));
}

TEST(TranscriptBuilder, AnEmptyFinalMessageKeepsTheStream) {
  SessionLog log;
  log.streamed("Hello").received("").received("");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: Hello"));
}

TEST(TranscriptBuilder, AReceivedMessageOfAnotherRoleEndsTheStream) {
  SessionLog log;
  log.streamed("Hello");
  log.add(EventType::message_received, "run_1", R"({"role":"User","content":"wait"})");
  log.streamed("again");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: Hello", "user: wait", "assistant: again"));
}

TEST(TranscriptBuilder, ASentMessageEndsTheStreamAlsoWhenItIsEmpty) {
  SessionLog log;
  log.streamed("a").sent("").streamed("b").sent("q").streamed("c");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: a", "assistant: b", "user: q", "assistant: c"));
}

TEST(TranscriptBuilder, RolesAreKnownInAnyCaseAndOthersAreTheUsual) {
  SessionLog log;
  log.add(EventType::message_sent, "run_1", R"({"role":"SYSTEM","content":"be brief"})");
  log.add(EventType::message_sent, "run_1", R"({"role":"Assistant","content":"earlier"})");
  log.add(EventType::message_sent, "run_1", R"({"role":"developer","content":"x"})");
  log.add(EventType::message_received, "run_1", R"({"role":7,"content":"y"})");
  EXPECT_THAT(log.lines(), ElementsAre("system: be brief", "assistant: earlier", "user: x", "assistant: y"));
}

TEST(TranscriptBuilder, ContentThatIsNoTextIsRenderedAsJson) {
  SessionLog log;
  log.add(EventType::message_sent, "run_1", R"({"content":[{"type":"text","text":"hi"}]})");
  log.add(EventType::message_received, "run_1", R"({"content":12})");
  log.add(EventType::message_received, "run_1", R"({"content":null})");
  EXPECT_THAT(log.lines(), ElementsAre(R"(user: [{"type":"text","text":"hi"}])", "assistant: 12"));
}

TEST(TranscriptBuilder, IgnoresWhatSaysNothing) {
  SessionLog log;
  log.add(EventType::session_created, "").add(EventType::run_started, "run_1").sent("hi");
  log.streamed("a").add(EventType::token_usage_updated, "run_1", R"({"input_tokens":1})");
  log.add(EventType::reasoning_streamed, "run_1", R"({"delta":"hm"})").add(EventType::unknown, "run_1");
  log.streamed("b").add(EventType::turn_completed, "run_1").add(EventType::run_completed, "run_1");
  EXPECT_THAT(log.lines(), ElementsAre("user: hi", "assistant: ab"));
  EXPECT_EQ(log.transcript().last_sequence, 10u);
}

TEST(TranscriptBuilder, AMessageKnowsItsEventAndTheEventsOwnMetadata) {
  SessionLog log;
  log.add(EventType::message_sent, "run_1", R"({"content":"hi"})", R"({"source":"cli","run_id":"own"})");
  const auto messages = log.transcript().messages;
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(to_text(messages[0].metadata),
            R"({"event_id":"evt_1","run_id":"own","timestamp":"2023-11-14T22:13:20.000001Z","sequence_number":1,)"
            R"("source":"cli"})");
}

TEST(TranscriptBuilder, TheMetadataOfLaterPiecesOverwritesThatOfEarlierOnes) {
  SessionLog log;
  log.add(EventType::message_streamed, "run_1", R"({"delta":"a"})", R"({"x":1,"y":1})");
  log.add(EventType::message_streamed, "run_1", R"({"delta":"b"})", R"({"x":2})");
  log.add(EventType::message_received, "run_1", R"({"content":"ab"})", R"({"z":3})");
  const auto messages = log.transcript().messages;
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(find_string(messages[0].metadata, "event_id"), "evt_3");
  EXPECT_EQ(find_int(messages[0].metadata, "sequence_number"), 3);
  EXPECT_EQ(find_int(messages[0].metadata, "x"), 2);
  EXPECT_EQ(find_int(messages[0].metadata, "y"), 1);
  EXPECT_EQ(find_int(messages[0].metadata, "z"), 3);
}

TEST(TranscriptBuilder, RunsSideBySideDoNotMix) {
  SessionLog log;
  log.sent("one", "run_1").sent("two", "run_2");
  log.streamed("A", "run_1").streamed("B", "run_2").streamed("a", "run_1").streamed("b", "run_2");
  log.call("c1", "run_2").received("end", "run_1").result("c1", "done", "run_2");
  EXPECT_THAT(log.lines(), ElementsAre("user: one", "assistant: end", "user: two", "assistant: Bb", "call c1 read",
                                       "result c1: done"));
}

TEST(TranscriptBuilder, MessagesOfTheSessionItselfStandBetweenItsRuns) {
  SessionLog log;
  log.sent("before", "").sent("one", "run_1").sent("after", "").received("1", "run_1").sent("two", "run_2");
  log.sent("last", "");
  EXPECT_THAT(log.lines(),
              ElementsAre("user: before", "user: one", "assistant: 1", "user: after", "user: two", "user: last"));
}

TEST(TranscriptBuilder, WhatTheSessionItselfHasBegunIsGoneOnWith) {
  SessionLog log;
  log.streamed("a", "").sent("one", "run_1").streamed("b", "");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: ab", "user: one"));
}

TEST(TranscriptBuilder, DropsTheTextOfASupersededAttempt) {
  SessionLog log;
  log.sent("q").streamed("half an ans").add(EventType::error_occurred, "run_1", R"({"attempt":1,"will_retry":true})");
  log.add(EventType::step_reset, "run_1", R"({"attempt":2})")
      .streamed("the answer")
      .add(EventType::error_recovered, "run_1");
  log.add(EventType::run_completed, "run_1");
  EXPECT_THAT(log.lines(), ElementsAre("user: q", "assistant: the answer"));
}

TEST(TranscriptBuilder, AResetOfOneRunLeavesTheOthers) {
  SessionLog log;
  log.streamed("one", "run_1").streamed("two", "run_2").add(EventType::step_reset, "run_2");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: one"));
}

TEST(TranscriptBuilder, KeepsTheCallsOfASupersededAttempt) {
  SessionLog log;
  log.sent("q").received("I will read it").call("c1").result("c1", "text").add(EventType::step_reset, "run_1");
  log.received("Here it is");
  EXPECT_THAT(log.lines(), ElementsAre("user: q", "call c1 read", "result c1: text", "assistant: Here it is"));
}

class RunWithoutSuccess : public testing::TestWithParam<EventType> {};

TEST_P(RunWithoutSuccess, LeavesWhatWasSentToItAndWhatItDidButNotWhatItSaid) {
  SessionLog log;
  log.sent("q").received("I will read it").call("c1").result("c1", "text").streamed("and now I");
  EXPECT_EQ(log.lines().size(), 5u);  // as long as it runs
  log.add(GetParam(), "run_1", R"({"error_code":"x"})").streamed("late");
  EXPECT_THAT(log.lines(), ElementsAre("user: q", "call c1 read", "result c1: text"));
  log.sent("again", "run_2").received("yes", "run_2");
  EXPECT_EQ(log.lines().back(), "assistant: yes");
}

INSTANTIATE_TEST_SUITE_P(Transcript, RunWithoutSuccess,
                         testing::Values(EventType::run_failed, EventType::run_cancelled, EventType::run_timeout),
                         [](const auto& test) { return std::string(type_name(test.param)); });

TEST(TranscriptBuilder, IgnoresEventsThatItTookBefore) {
  SessionLog log;
  log.sent("a").sent("b");
  TranscriptBuilder builder;
  for (const EventView& event : log.views()) ASSERT_TRUE(builder.append(event));
  const Transcript before = *builder.transcript();
  EXPECT_EQ(builder.last_sequence(), 2u);
  for (const EventView& event : log.views()) ASSERT_TRUE(builder.append(event));
  EXPECT_EQ(*builder.transcript(), before);
  log.sent("c");
  for (const EventView& event : log.views()) ASSERT_TRUE(builder.append(event));
  EXPECT_THAT(SessionLog::lines_of(*builder.transcript()), ElementsAre("user: a", "user: b", "user: c"));
}

TEST(TranscriptBuilder, TakesTheSessionOfTheFirstEventAndRefusesThatOfAnother) {
  SessionLog mine("ses_mine");
  mine.sent("a");
  SessionLog other("ses_other");
  other.add(EventType::session_created, "").sent("b");
  TranscriptBuilder builder;
  EXPECT_EQ(builder.transcript().error().code(), ErrorCode::validation_error);
  ASSERT_TRUE(builder.append(mine.views()[0]));
  const Transcript before = *builder.transcript();
  EXPECT_EQ(before.session_id, "ses_mine");
  const auto refused = builder.append(other.views()[1]);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::session_mismatch);
  EXPECT_EQ(*builder.transcript(), before);
  EXPECT_FALSE(TranscriptBuilder("ses_mine").append(other.views()[0]));
}

TEST(TranscriptBuilder, AnEventThatCannotBeReadIsNamedAndChangesNothing) {
  SessionLog log;
  log.sent("a").sent("b").sent("c");
  log.events()[1].data = R"({"content":)";
  log.events()[2].metadata = "[]";
  TranscriptBuilder builder;
  ASSERT_TRUE(builder.append(log.views()[0]));
  const Transcript before = *builder.transcript();
  for (const std::size_t broken : {1U, 2U}) {
    const auto taken = builder.append(log.views()[broken]);
    ASSERT_FALSE(taken);
    EXPECT_TRUE(taken.error().message().starts_with("event " + log.events()[broken].id + ": "))
        << taken.error().message();
    EXPECT_EQ(*builder.transcript(), before);
  }
}

TEST(TranscriptBuilder, CountsEventsThatHaveLostTheirText) {
  SessionLog log;
  log.sent("a").streamed("b").sent("c");
  log.events()[1].pruned = true;
  log.events()[1].data.clear();
  EXPECT_THAT(log.lines(), ElementsAre("user: a", "user: c"));
  EXPECT_EQ(to_text(log.transcript().metadata), R"({"pruned_events":1})");
}

TEST(TranscriptBuilder, AnEmptySessionHasAnEmptyTranscript) {
  const auto transcript = TranscriptBuilder("ses_1").transcript();
  ASSERT_TRUE(transcript);
  EXPECT_THAT(transcript->messages, IsEmpty());
  EXPECT_EQ(transcript->last_sequence, 0u);
  EXPECT_FALSE(transcript->last_timestamp.is_set());
}

TEST(BuildTranscript, OrdersByNumberThenTimeThenIdThenPosition) {
  SessionLog log;
  log.sent("1").sent("2").sent("late b").sent("late a").sent("early").sent("no time");
  for (std::size_t i = 2; i < 6; ++i) log.events()[i].sequence_number = 0;
  log.events()[2].timestamp = log.events()[3].timestamp = Timestamp{500};
  log.events()[2].id = "evt_b";
  log.events()[3].id = "evt_a";
  log.events()[4].timestamp = Timestamp{400};
  log.events()[5].timestamp = Timestamp{};
  std::vector<EventView> events = log.views();
  std::ranges::reverse(events);
  const auto transcript = build_transcript(events);
  ASSERT_TRUE(transcript) << transcript.error().to_string();
  EXPECT_THAT(SessionLog::lines_of(*transcript),
              ElementsAre("user: 1", "user: 2", "user: early", "user: late a", "user: late b", "user: no time"));
  EXPECT_EQ(transcript->last_sequence, 2u);
  EXPECT_EQ(transcript->last_timestamp, Timestamp{500});
}

TEST(BuildTranscript, NeedsASession) {
  EXPECT_EQ(build_transcript({}).error().code(), ErrorCode::validation_error);
  EXPECT_TRUE(build_transcript({}, "ses_1"));
}

}  // namespace
}  // namespace asmgr
