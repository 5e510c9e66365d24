#include "core/model/event.hpp"

#include <asmgr/abi/data.h>
#include <gtest/gtest.h>

#include <map>

#include "random_model.hpp"
#include "tests/core/model/test_time.hpp"

namespace asmgr {
namespace {

TEST(EventType, AreTwentyEightAndFive) {
  EXPECT_EQ(all_event_types().size(), 33u);
  std::map<EventCategory, int> count;
  for (const EventType type : all_event_types()) ++count[category_of(type)];
  const std::map<EventCategory, int> expected = {{EventCategory::session, 7},   {EventCategory::run, 5},
                                                 {EventCategory::message, 4},   {EventCategory::tool, 4},
                                                 {EventCategory::error, 2},     {EventCategory::usage, 2},
                                                 {EventCategory::workspace, 2}, {EventCategory::policy, 1},
                                                 {EventCategory::approval, 3},  {EventCategory::provider, 3}};
  EXPECT_EQ(count, expected);
}

TEST(EventType, IsFoundByItsName) {
  for (const EventType type : all_event_types()) EXPECT_EQ(event_type_of(type_name(type)), type) << type_name(type);
  for (const std::string_view name : {"", "unknown", "run_starte", "run_startedx", "RUN_STARTED", "zzz"}) {
    EXPECT_EQ(event_type_of(name), EventType::unknown) << name;
  }
  EXPECT_EQ(type_name(EventType::unknown), "unknown");
  EXPECT_EQ(type_name(static_cast<EventType>(999)), "unknown");
  EXPECT_EQ(category_of(static_cast<EventType>(999)), EventCategory::unknown);
}

TEST(EventType, NumbersAreThoseOfThePluginBoundary) {
  EXPECT_EQ(static_cast<int>(EventType::session_created), ASMGR_EV_SESSION_CREATED);
  EXPECT_EQ(static_cast<int>(EventType::run_timeout), ASMGR_EV_RUN_TIMEOUT);
  EXPECT_EQ(static_cast<int>(EventType::error_occurred), ASMGR_EV_ERROR_OCCURRED);
  EXPECT_EQ(static_cast<int>(EventType::tool_approval_denied), ASMGR_EV_TOOL_APPROVAL_DENIED);
  EXPECT_EQ(static_cast<int>(EventType::step_reset), ASMGR_EV_STEP_RESET);
}

TEST(EventType, KnowsWhatEndsARunOrASession) {
  int runs = 0;
  int sessions = 0;
  for (const EventType type : all_event_types()) {
    runs += is_run_terminal(type);
    sessions += is_session_terminal(type);
  }
  EXPECT_EQ(runs, 4);
  EXPECT_EQ(sessions, 3);
  EXPECT_TRUE(is_run_terminal(EventType::run_timeout));
  EXPECT_FALSE(is_run_terminal(EventType::run_started));
  EXPECT_TRUE(is_session_terminal(EventType::session_cancelled));
  EXPECT_FALSE(is_session_terminal(EventType::run_failed));
}

TEST(Event, IsMadeByCode) {
  const auto event = make_event({.type = EventType::run_started,
                                 .session_id = "s",
                                 .run_id = "r",
                                 .data = {{"model", "m"}},
                                 .metadata = {},
                                 .id = {}},
                                kNow);
  ASSERT_TRUE(event);
  EXPECT_TRUE(event->id.starts_with("evt_"));
  EXPECT_FALSE(event->caller_id);
  EXPECT_EQ(event->type_name, "run_started");
  EXPECT_EQ(event->data, R"({"model":"m"})");
  EXPECT_EQ(event->metadata, "{}");
  EXPECT_EQ(event->timestamp, kNow);
  EXPECT_EQ(event->sequence_number, 0u);
}

TEST(Event, WithAnIdFromOutsideIsFlagged) {
  const auto event = make_event(
      {.type = EventType::run_started, .session_id = "s", .run_id = {}, .data = {}, .metadata = {}, .id = "mine"},
      kNow);
  EXPECT_EQ(event->id, "mine");
  EXPECT_TRUE(event->caller_id);
}

TEST(Event, CannotBeMadeOfAnUnknownTypeOrWithBadIds) {
  NewEvent fields;
  fields.session_id = "s";
  EXPECT_EQ(make_event(fields, kNow).error().code(), ErrorCode::invalid_event_type);
  EXPECT_EQ(make_event(fields, kNow).error().message(),
            "cannot make an event of type number 0; use one of the types this version knows");
  fields.type = static_cast<EventType>(999);
  EXPECT_EQ(make_event(fields, kNow).error().code(), ErrorCode::invalid_event_type);
  fields.type = EventType::message_sent;
  fields.session_id = "";
  EXPECT_EQ(make_event(fields, kNow).error().message(), "cannot make an event without the id of its session");
  EXPECT_EQ(make_event(fields, kNow).error().code(), ErrorCode::validation_error);
  fields.session_id = "s";
  fields.run_id = "a b";
  EXPECT_EQ(make_event(fields, kNow).error().message(), "cannot make an event: its run_id is not a run's id");
  fields.run_id = "";
  fields.id = "a b";
  EXPECT_EQ(make_event(fields, kNow).error().code(), ErrorCode::validation_error);
}

TEST(Event, RandomEventsComeBackFromTheirViews) {
  for (std::uint32_t seed = 0; seed < 100; ++seed) {
    const Event event = test::RandomModel(seed).event();
    EXPECT_EQ(to_event(view_of(event)), event) << "seed " << seed;
  }
}

}  // namespace
}  // namespace asmgr
