#include "core/pipeline/event_batch.hpp"

#include <gtest/gtest.h>

#include "core/pipeline/event_reader.hpp"

namespace asmgr {
namespace {

TEST(EventBatch, OwnsEveryTextOfTheEventsItCopied) {
  std::string data = R"({"content":"hi"})";
  std::string id = "evt_mine";
  std::vector<EventView> events(2);
  events[0].type = EventType::message_streamed;
  events[0].data = data;
  events[1].type_name = "something_new";
  events[1].id = id;
  EventBatch batch = EventBatch::copy_of(events);
  data.assign(data.size(), '#');
  id.assign(id.size(), '#');
  ASSERT_EQ(batch.size(), 2U);
  EXPECT_EQ(batch.events()[0].data, R"({"content":"hi"})");
  EXPECT_EQ(batch.events()[0].type_name, "message_streamed");
  EXPECT_EQ(batch.events()[1].type_name, "something_new");
  EXPECT_EQ(batch.events()[1].id, "evt_mine");
}

TEST(EventBatch, HasRoomForAnIdOnlyWhereNoneCame) {
  std::vector<EventView> events(2);
  events[1].id = "evt_mine";
  EventBatch batch = EventBatch::copy_of(events);
  ASSERT_NE(batch.id_room(0), nullptr);
  EXPECT_EQ(batch.id_room(1), nullptr);
  EXPECT_EQ(batch.events()[0].id.size(), 36U);
  EXPECT_FALSE(batch.events()[0].caller_id);
  EXPECT_TRUE(batch.events()[1].caller_id);
}

TEST(EventBatch, AbsentTextsAreTheEmptyObject) {
  EventView event;
  event.data = {};
  event.metadata = {};
  EventBatch batch = EventBatch::copy_of({&event, 1});
  EXPECT_EQ(batch.events()[0].data, "{}");
  EXPECT_EQ(batch.events()[0].metadata, "{}");
}

TEST(EventBatch, KeepsReplacedTextsAsLongAsItself) {
  EventBatch batch = EventBatch::single(EventType::error_occurred, Timestamp{5}, "{}");
  const std::string_view first = batch.keep(std::string(100, 'a'));
  const std::string_view second = batch.keep(std::string(100, 'b'));
  const EventBatch moved = std::move(batch);
  EXPECT_EQ(first, std::string(100, 'a'));
  EXPECT_EQ(second, std::string(100, 'b'));
}

TEST(EventReader, SaysWhatIsWrongWithAShapeAndLeavesTheRestAlone) {
  const boost::json::object good{{"content", "x"}, {"role", "assistant"}};
  EXPECT_TRUE(shape_warnings(EventType::message_received, good).empty());
  const boost::json::object bad{{"content", 7}};
  const auto warnings = shape_warnings(EventType::message_received, bad);
  ASSERT_EQ(warnings.size(), 2U);
  EXPECT_EQ(warnings[0], "content should be a string");
  EXPECT_EQ(warnings[1], "role is missing; it should be a string");
  EXPECT_EQ(with_warnings(R"({"attempt":1})", {"a"}), R"({"attempt":1,"_validation_warnings":["a"]})");
}

TEST(EventReader, OnlyTheEngineMakesSessionPolicyAndApprovalEvents) {
  EXPECT_TRUE(is_reserved_for_engine(EventType::session_completed));
  EXPECT_TRUE(is_reserved_for_engine(EventType::policy_violation));
  EXPECT_TRUE(is_reserved_for_engine(EventType::tool_approval_granted));
  EXPECT_FALSE(is_reserved_for_engine(EventType::message_streamed));
  EXPECT_FALSE(is_reserved_for_engine(EventType::run_started));
}

}  // namespace
}  // namespace asmgr
