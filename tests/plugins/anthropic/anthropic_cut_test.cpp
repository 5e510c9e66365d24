// Streams that end at every possible byte, on the level of the reader.
#include <asmgr/toolkit/sse.hpp>

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <variant>

#include "plugins/anthropic/messages_reader.hpp"
#include "tests/support/recorded_answer.hpp"

namespace asmgr::anthropic {
namespace {

using asmgr_test::RecordedAnswer;

// Whether an answer came of it.
bool is_answered(std::string_view stream) {
  MessagesReader reader(/*structured=*/true);
  model_api::Output out;
  model_api::Reading reading = model_api::More{};
  sse::Parser parser;
  parser.feed(stream, [&](const sse::Event& event) {
    if (std::holds_alternative<model_api::More>(reading)) reading = reader.on_event(event.name, event.data, out);
  });
  if (std::holds_alternative<model_api::Failure>(reading)) return false;
  return std::holds_alternative<model_api::Answer>(reader.end(out));
}

TEST(AnthropicCut, AStreamThatEndsEarlyIsNoAnswerWhereverItEnds) {
  int streams = 0;
  for (const RecordedAnswer& recorded :
       asmgr_test::read_recordings(std::string(ASMGR_SOURCE_DIR) + "/tests/data/anthropic")) {
    if (recorded.is_raw || recorded.head.find("event-stream") == std::string::npos) continue;
    ++streams;
    for (std::size_t length = 0; length < recorded.body.size(); ++length) {
      ASSERT_FALSE(is_answered(std::string_view(recorded.body).substr(0, length)))
          << recorded.name << " cut after " << length << " bytes";
    }
    const bool whole = !recorded.is_cut && recorded.name != "inline-error.http";
    EXPECT_EQ(is_answered(recorded.body), whole) << recorded.name;
  }
  EXPECT_GE(streams, 9);
}

TEST(AnthropicCut, EventsOutOfPlaceAreRefusedAndNotBelieved) {
  for (const std::string_view event :
       {"[]", "{", "\"text\"", R"({"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"}})",
        R"({"type":"content_block_start","index":"0","content_block":{"type":"text"}})",
        R"({"type":"content_block_stop","index":9999999999999})", R"({"type":"content_block_start","index":1})"}) {
    MessagesReader reader(false);
    model_api::Output out;
    EXPECT_TRUE(std::holds_alternative<model_api::Failure>(reader.on_event("", event, out))) << event;
  }
}

TEST(AnthropicCut, WhatIsNotKnownIsCountedAndPassedOver) {
  for (const std::string_view event :
       {"{}", R"({"type":7})", R"({"type":"message_start"})", R"({"type":"brand_new","index":{}})"}) {
    MessagesReader reader(false);
    model_api::Output out;
    EXPECT_TRUE(std::holds_alternative<model_api::More>(reader.on_event("", event, out))) << event;
    EXPECT_EQ(out.unknown_count(), 1U) << event;
    EXPECT_TRUE(out.empty()) << event;
  }
}

}  // namespace
}  // namespace asmgr::anthropic
