#include <gtest/gtest.h>

#include "core/model/event.hpp"
#include "core/model/hash_chain.hpp"
#include "core/model/json.hpp"
#include "random_model.hpp"

namespace asmgr {
namespace {

Event example() {
  Event event;
  event.id = "evt_1";
  event.type = EventType::message_streamed;
  event.type_name = "message_streamed";
  event.timestamp = {1767323045678901};
  event.session_id = "ses_1";
  event.run_id = "run_1";
  event.sequence_number = 12;
  event.provider = "best";
  event.data = R"({ "content" : "x" })";
  event.hash.fill(0xAB);
  return event;
}

std::string hex_of(char a, char b) {
  std::string hex;
  for (int i = 0; i < 32; ++i) hex += {a, b};
  return hex;
}

TEST(EventJson, PrintsItsKeysInOrderAndPayloadsByteForByte) {
  EXPECT_EQ(event_json(view_of(example())),
            R"({"id":"evt_1","type":"message_streamed","timestamp":"2026-01-02T03:04:05.678901Z","session_id":"ses_1",)"
            R"("run_id":"run_1","sequence_number":12,"schema_version":1,"provider":"best","correlation_id":null,)"
            R"("data":{ "content" : "x" },"metadata":{},"hash":")" +
                hex_of('a', 'b') + "\"}");
}

TEST(EventJson, OfAPrunedEventHasItsBodyHashInsteadOfItsText) {
  Event event = example();
  event.pruned = true;
  event.body_hash.fill(0x0C);
  EXPECT_EQ(event_json(view_of(event)),
            R"({"id":"evt_1","type":"message_streamed","timestamp":"2026-01-02T03:04:05.678901Z","session_id":"ses_1",)"
            R"("run_id":"run_1","sequence_number":12,"schema_version":1,"provider":"best","correlation_id":null,)"
            R"("data":null,"metadata":{},"hash":")" +
                hex_of('a', 'b') + R"(","pruned":true,"body_sha256":")" + hex_of('0', 'c') + "\"}");
}

TEST(EventJson, OfAnEventNotYetStoredHasNoNumberAndNoHash) {
  Event event = example();
  event.sequence_number = 0;
  event.hash = {};
  event.run_id = event.provider = "";
  const std::string text = event_json(view_of(event));
  EXPECT_NE(text.find(R"("run_id":null,"sequence_number":null)"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("provider":null)"), std::string::npos) << text;
  EXPECT_TRUE(text.ends_with(R"("hash":null})")) << text;
}

TEST(EventJson, IsAppendedToWhatIsThere) {
  std::string out = "data: ";
  append_event_json(out, view_of(example()));
  append_event_json(out, view_of(example()));
  const std::string one = event_json(view_of(example()));
  EXPECT_EQ(out, "data: " + one + one);
}

TEST(EventJson, RandomEventsComeBack) {
  for (std::uint32_t seed = 0; seed < 500; ++seed) {
    const Event event = test::RandomModel(seed).event();
    const std::string text = event_json(view_of(event));
    const auto read = event_from_json(text);
    ASSERT_TRUE(read) << "seed " << seed << ": " << read.error().message() << "\n" << text;
    EXPECT_EQ(*read, event) << "seed " << seed << "\n" << text;
    EXPECT_EQ(event_json(view_of(*read)), text) << "seed " << seed;
  }
}

// The rest of a line is required and always the same.
std::string line_with(std::string_view members) {
  return std::string(R"({"id":"e","type":"run_started","session_id":"s","timestamp":"2026-01-02T03:04:05Z",)") +
         R"("schema_version":1)" + std::string(members) + "}";
}

TEST(EventJson, PayloadsAreReadVerbatim) {
  for (const std::string_view payload :
       {"{}", "{ }", "{\"a\" : [1 , {\"}\": \"]\"}]}", R"({"s":"\"}{\\"})", R"({"n":1.000,"m":1E5,"u":"\u00e9"})",
        "{\n\t\"a\":\r\n1}", R"({"a":{"data":{"b":1}},"metadata":2})", R"({"dup":1,"dup":2})",
        "{\"e\":\"\xE2\x82\xAC\"}"}) {
    for (const std::string_view space : {"", " ", "\n\t"}) {
      const std::string s(space);
      const auto event = event_from_json(line_with("," + s + "\"metadata\"" + s + ":" + s + std::string(payload) + s +
                                                   "," + s + "\"data\":" + s + std::string(payload) + s));
      ASSERT_TRUE(event) << payload << ": " << event.error().message();
      EXPECT_EQ(event->data, payload);
      EXPECT_EQ(event->metadata, payload);
      EXPECT_EQ(event->body_hash, EventHasher().body(payload, payload));
    }
  }
}

TEST(EventJson, PayloadsOfNestedObjectsAreNotTheEvents) {
  const auto event =
      event_from_json(line_with(R"(,"x":{"data":{"wrong":1}},"data":{"right":1},"y":["data",{"data":1}])"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, R"({"right":1})");
}

TEST(EventJson, AnEscapedKeyIsTheSameKey) {
  const auto event = event_from_json(line_with(R"(,"d\u0061ta":{"a":1},"other\n":{}, "met\u0061data" :{"b":2})"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, R"({"a":1})");
  EXPECT_EQ(event->metadata, R"({"b":2})");
}

TEST(EventJson, OfAKeyGivenTwiceTheLastCounts) {
  const auto event = event_from_json(line_with(R"(,"data":{"a":1},"data":{"a":2})"));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, R"({"a":2})");
  EXPECT_FALSE(event_from_json(line_with(R"(,"data":{"a":1},"data":7)")));
}

TEST(EventJson, MissingPayloadsAreEmptyObjects) {
  const auto event = event_from_json(line_with(""));
  ASSERT_TRUE(event);
  EXPECT_EQ(event->data, "{}");
  EXPECT_EQ(event->metadata, "{}");
  EXPECT_EQ(event->body_hash, EventHasher().body("", ""));
}

TEST(EventJson, AnUnknownTypeKeepsItsName) {
  const auto event = event_from_json(
      R"({"id":"e","type":"invented.later","session_id":"s","timestamp":"2026-01-02T03:04:05Z","schema_version":2})");
  ASSERT_TRUE(event);
  EXPECT_EQ(event->type, EventType::unknown);
  EXPECT_EQ(event->type_name, "invented.later");
  EXPECT_NE(event_json(view_of(*event)).find(R"("type":"invented.later")"), std::string::npos);
}

TEST(EventJson, APayloadThatNoStoreTakesIsRefused) {
  Event event = example();
  event.data = R"({"a":)" + std::string(kMaxJsonDepth, '[') + std::string(kMaxJsonDepth, ']') + "}";
  const auto read = event_from_json(event_json(view_of(event)));
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), ErrorCode::invalid_format);
  EXPECT_TRUE(read.error().message().starts_with("event data is not valid JSON")) << read.error().message();
}

TEST(EventJson, APayloadOfFullDepthCanBeExportedAndImported) {
  std::string data = "{}";
  for (std::size_t i = 1; i < kMaxJsonDepth; ++i) data = "{\"a\":" + data + "}";
  ASSERT_TRUE(check_json_object(data, "data"));
  Event event = example();
  event.data = data;
  const auto read = event_from_json(event_json(view_of(event)));
  ASSERT_TRUE(read) << read.error().message();
  EXPECT_EQ(read->data, data);
}

}  // namespace
}  // namespace asmgr
