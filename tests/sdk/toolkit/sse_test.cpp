#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <asmgr/toolkit/sse.hpp>
#include <random>
#include <string>
#include <vector>

namespace asmgr::sse {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// "name|data|id" of each event.
class Collected {
 public:
  explicit Collected(Limits limits = {}) : parser(limits) {}

  bool feed(std::string_view bytes) {
    return parser.feed(bytes, [this](const Event& event) {
      events.push_back(std::string(event.name) + "|" + std::string(event.data) + "|" + std::string(event.id));
    });
  }

  Parser parser;
  std::vector<std::string> events;
};

std::vector<std::string> events_of(std::string_view text) {
  Collected collected;
  EXPECT_TRUE(collected.feed(text));
  return collected.events;
}

TEST(ServerSentEvents, AnEventHasANameAndData) {
  EXPECT_THAT(events_of("event: greeting\ndata: hello\n\n"), ElementsAre("greeting|hello|"));
}

TEST(ServerSentEvents, WithoutAnEventLineThereIsNoName) {
  EXPECT_THAT(events_of("event: a\ndata: 1\n\ndata: 2\n\n"), ElementsAre("a|1|", "|2|"));
}

TEST(ServerSentEvents, SeveralDataLinesAreJoinedByNewlines) {
  EXPECT_THAT(events_of("data: a\ndata:\ndata: c\n\n"), ElementsAre("|a\n\nc|"));
}

TEST(ServerSentEvents, OneBlankAfterTheColonIsNotPartOfTheValue) {
  EXPECT_THAT(events_of("data:a\n\ndata:  b\n\ndata\n\n"), ElementsAre("|a|", "| b|", "||"));
}

TEST(ServerSentEvents, LinesEndWithEachOfTheThreeEnds) {
  EXPECT_THAT(events_of("data: a\r\ndata: b\rdata: c\n\r\ndata: d\r\r"), ElementsAre("|a\nb\nc|", "|d|"));
}

TEST(ServerSentEvents, AByteOrderMarkIsSkippedAtTheBeginningOnly) {
  EXPECT_THAT(events_of("\xEF\xBB\xBF"
                        "data: a\n\n\xEF\xBB\xBF"
                        "data: b\n\n"),
              ElementsAre("|a|"));
}

TEST(ServerSentEvents, CommentsAndUnknownFieldsAreSkipped) {
  EXPECT_THAT(events_of(": keep-alive\nfoo: bar\ndata: a\n:\n\n:only\n\n"), ElementsAre("|a|"));
}

TEST(ServerSentEvents, AnEventWithoutDataIsDroppedWithItsName) {
  EXPECT_THAT(events_of("event: nothing\n\ndata: a\n\n"), ElementsAre("|a|"));
}

TEST(ServerSentEvents, AnIdStaysUntilTheNextOne) {
  EXPECT_THAT(events_of("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n"), ElementsAre("|a|1", "|b|1", "|c|"));
}

TEST(ServerSentEvents, AnIdWithANulIsIgnored) {
  EXPECT_THAT(events_of(std::string_view("id: 1\nid: 2\0\ndata: a\n\n", 22)), ElementsAre("|a|1"));
}

TEST(ServerSentEvents, RetryIsANumberOfMilliseconds) {
  Collected collected;
  collected.feed("retry: 250\n");
  EXPECT_EQ(collected.parser.retry(), std::chrono::milliseconds(250));
  collected.feed("retry: 3s\nretry: -1\nretry:\nretry: 99999999999999\n");
  EXPECT_EQ(collected.parser.retry(), std::chrono::milliseconds(250));
}

TEST(ServerSentEvents, WhatTheStreamEndsInIsNoEvent) {
  for (const std::string_view text : {"data: a", "data: a\n", "event: x\n", "dat"}) {
    Collected collected;
    EXPECT_TRUE(collected.feed(text));
    EXPECT_THAT(collected.events, IsEmpty()) << text;
    EXPECT_TRUE(collected.parser.mid_event()) << text;
  }
  Collected complete;
  complete.feed("data: a\n\n: comment\n");
  EXPECT_FALSE(complete.parser.mid_event());
}

TEST(ServerSentEvents, BytesMayBeSplitAnywhere) {
  const std::string text =
      "\xEF\xBB\xBF: c\r\nevent: one\r\nid: 7\r\ndata: gr\xC3\xBC\xC3\x9F"
      "e\rdata: 2\r\rdata: x\n\n";
  const std::vector<std::string> whole = events_of(text);
  ASSERT_THAT(whole, ElementsAre("one|gr\xC3\xBC\xC3\x9F"
                                 "e\n2|7",
                                 "|x|7"));
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      Collected collected;
      collected.feed(std::string_view(text).substr(0, first));
      collected.feed(std::string_view(text).substr(first, second - first));
      collected.feed(std::string_view(text).substr(second));
      ASSERT_EQ(collected.events, whole) << "split at " << first << " and " << second;
    }
  }
}

TEST(ServerSentEvents, ALineThatIsTooLongIsRefusedHoweverItComes) {
  Collected at_once(Limits{10, 100});
  EXPECT_TRUE(at_once.feed("data: 1234\n\n"));
  EXPECT_FALSE(at_once.feed("data: 12345\n\n"));
  EXPECT_THAT(at_once.parser.error(), HasSubstr("a line is longer than 10 bytes"));
  EXPECT_FALSE(at_once.feed("data: 1\n\n"));
  EXPECT_THAT(at_once.events, ElementsAre("|1234|"));

  Collected bit_by_bit(Limits{10, 100});
  int taken = 0;
  while (taken < 100 && bit_by_bit.feed("x")) ++taken;
  EXPECT_EQ(taken, 10);
}

TEST(ServerSentEvents, AnEventThatIsTooLongIsRefused) {
  Collected collected(Limits{100, 10});
  int lines = 0;
  while (lines < 100 && collected.feed("data: 123\n")) ++lines;
  EXPECT_EQ(lines, 2);
  EXPECT_THAT(collected.parser.error(), HasSubstr("an event is longer than 10 bytes"));
}

}  // namespace
}  // namespace asmgr::sse
