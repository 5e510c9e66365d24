// What a provider may and may not do between start and finish.
#include "core/plugin/start_context.hpp"

#include <gtest/gtest.h>

#include <condition_variable>
#include <limits>
#include <thread>

#include "tests/core/plugin/fake_component.hpp"

namespace asmgr {
namespace {

using test::text;

// The engine's side: writes down what reaches it.
class RecordingChannel final : public RunChannel {
 public:
  EmitAnswer emit(std::span<const EventView> events, EmitMode mode) noexcept override {
    for (const EventView& event : events) seen.push_back(to_event(event));
    last_mode = mode;
    if (during_emit) during_emit();
    return answer;
  }
  void ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept override {
    calls.push_back("ask " + std::to_string(ticket) + " " + std::string(tool_call_json));
  }
  void finish(FinishStatus status, std::string_view result_json) noexcept override {
    calls.push_back("finish " + std::to_string(static_cast<int>(status)) + " " + std::string(result_json));
  }
  void misbehaved(std::string_view what) noexcept override { calls.push_back("misbehaved " + std::string(what)); }
  void next_target(NextTarget, Go) noexcept override {}

  EmitAnswer answer = EmitAnswer::go_on;
  EmitMode last_mode = EmitMode::asynchronous;
  std::function<void()> during_emit;
  std::vector<Event> seen;
  std::vector<std::string> calls;
};

// An event as a provider writes it.
asmgr_event event_of(std::string_view type_name, std::string_view data = "{}") {
  asmgr_event event{};
  event.size = sizeof event;
  event.type_name = text(type_name);
  event.data = text(data);
  return event;
}

class StartContextTest : public testing::Test {
 protected:
  StartContextTest() {
    run_context_.start = 7;
    run_context_.session = &session_;
    run_context_.run = &run_;
    run_context_.options = R"({"a":1})";
    run_context_.transcript = "[]";
    run_context_.resume_token = "tok";
    run_context_.channel = &channel_;
    context_ = std::make_unique<StartContext>(run_context_, "mine");
  }

  std::uint32_t emit(std::vector<asmgr_event> events, std::uint32_t flags = 0) {
    const asmgr_array array{events.data(), static_cast<std::uint32_t>(events.size()), sizeof(asmgr_event)};
    return abi().emit(abi().ctx, &array, flags);
  }
  void finish(std::uint32_t status = ASMGR_FINISH_COMPLETED, std::string_view result = "{}") {
    abi().finish(abi().ctx, status, text(result));
  }
  [[nodiscard]] const asmgr_run_ctx& abi() const { return *context_->abi(); }

  // What is said when one event is refused; nothing of it may have reached the engine.
  std::string refusal(const asmgr_event& event) {
    EXPECT_EQ(emit({event}), std::uint32_t{ASMGR_STOP});
    EXPECT_TRUE(channel_.seen.empty());
    return channel_.calls.empty() ? "(accepted)" : channel_.calls.back();
  }

  Session session_ = test::a_session();
  asmgr::Run run_ = test::a_run();
  RunContext run_context_;
  RecordingChannel channel_;
  std::unique_ptr<StartContext> context_;
};

TEST_F(StartContextTest, CarriesWhatTheEngineGave) {
  EXPECT_EQ(abi().start, 7U);
  EXPECT_EQ(text(abi().options), R"({"a":1})");
  EXPECT_EQ(text(abi().resume_token), "tok");
  EXPECT_EQ(text(abi().session->id), "ses_1");
  EXPECT_EQ(text(abi().session->doc), session_doc(session_));
  EXPECT_EQ(text(abi().run->doc), run_doc(run_));
  EXPECT_EQ(abi().run->status, std::uint32_t{ASMGR_RUN_RUNNING});
  EXPECT_EQ(abi().deadline_mono_ns, std::numeric_limits<std::int64_t>::max());
}

TEST_F(StartContextTest, AnEmittedEventReachesTheEngine) {
  asmgr_event event = event_of("message_received", R"({"content":"hi"})");
  event.time_us = 123;
  event.id = text("evt_x");
  event.correlation_id = text("c");
  event.metadata = text(R"({"m":1})");
  event.seq = 99;  // the host's to say: ignored
  EXPECT_EQ(emit({event}, ASMGR_EMIT_MAY_BLOCK), std::uint32_t{ASMGR_GO_ON});
  ASSERT_EQ(channel_.seen.size(), 1U);
  const Event& seen = channel_.seen[0];
  EXPECT_EQ(seen.type, EventType::message_received);
  EXPECT_EQ(seen.data, R"({"content":"hi"})");
  EXPECT_EQ(seen.metadata, R"({"m":1})");
  EXPECT_EQ(seen.timestamp.us, 123);
  EXPECT_EQ(seen.id, "evt_x");
  EXPECT_TRUE(seen.caller_id);
  EXPECT_EQ(seen.correlation_id, "c");
  EXPECT_EQ(seen.sequence_number, 0U);
  EXPECT_EQ(seen.schema_version, 1);
  EXPECT_EQ(channel_.last_mode, EmitMode::may_block);
}

TEST_F(StartContextTest, TheEnginesAnswerReachesTheProvider) {
  channel_.answer = EmitAnswer::pause;
  EXPECT_EQ(emit({event_of("turn_completed")}), std::uint32_t{ASMGR_PAUSE});
  channel_.answer = EmitAnswer::stop;
  EXPECT_EQ(emit({event_of("turn_completed")}), std::uint32_t{ASMGR_STOP});
}

TEST_F(StartContextTest, AKnownNumberAloneStandsForItsName) {
  asmgr_event event = event_of("");
  event.type = ASMGR_EV_TOOL_CALL_STARTED;
  emit({event});
  ASSERT_EQ(channel_.seen.size(), 1U);
  EXPECT_EQ(channel_.seen[0].type_name, "tool_call_started");
}

TEST_F(StartContextTest, AnUnknownTypeKeepsItsNameWhateverItsNumber) {
  asmgr_event event = event_of("vendor.custom");
  event.type = 4711;
  emit({event});
  ASSERT_EQ(channel_.seen.size(), 1U);
  EXPECT_EQ(channel_.seen[0].type, EventType::unknown);
  EXPECT_EQ(channel_.seen[0].type_name, "vendor.custom");
}

TEST_F(StartContextTest, EmptyDataIsTheEmptyObject) {
  emit({event_of("turn_completed", "")});
  ASSERT_EQ(channel_.seen.size(), 1U);
  EXPECT_EQ(channel_.seen[0].data, "{}");
  EXPECT_EQ(channel_.seen[0].metadata, "{}");
}

TEST_F(StartContextTest, NoEventsAreFine) {
  EXPECT_EQ(emit({}), std::uint32_t{ASMGR_GO_ON});
  EXPECT_TRUE(channel_.calls.empty());
}

TEST_F(StartContextTest, ElementsOfANewerPluginMayBeLarger) {
  struct Newer {
    asmgr_event event;
    std::uint64_t later = 0;
  };
  std::vector<Newer> events(2);
  for (Newer& newer : events) {
    newer.event = event_of("turn_completed");
    newer.event.size = sizeof(Newer);
  }
  events[1].event.type_name = text("step_started");
  const asmgr_array array{events.data(), 2, sizeof(Newer)};
  EXPECT_EQ(abi().emit(abi().ctx, &array, 0), std::uint32_t{ASMGR_GO_ON});
  ASSERT_EQ(channel_.seen.size(), 2U);
  EXPECT_EQ(channel_.seen[1].type_name, "step_started");
}

TEST_F(StartContextTest, RefusesElementsSmallerThanTheFirstVersion) {
  asmgr_event event = event_of("turn_completed");
  event.size = 100;
  EXPECT_EQ(
      refusal(event),
      "misbehaved mine.emit broke the plugin contract: element 0 says it has 100 bytes; it must be at least 224 and "
      "at most the stride of 224");
}

TEST_F(StartContextTest, RefusesElementsLargerThanTheirStride) {
  asmgr_event event = event_of("turn_completed");
  event.size = sizeof event + 8;
  EXPECT_EQ(
      refusal(event),
      "misbehaved mine.emit broke the plugin contract: element 0 says it has 232 bytes; it must be at least 224 and "
      "at most the stride of 224");
}

TEST_F(StartContextTest, RefusesAStrideThatCannotBe) {
  asmgr_event event = event_of("turn_completed");
  for (const std::uint32_t stride : {0U, 8U, 223U, 225U}) {
    const asmgr_array array{&event, 1, stride};
    EXPECT_EQ(abi().emit(abi().ctx, &array, 0), std::uint32_t{ASMGR_STOP});
    EXPECT_EQ(channel_.calls.back(), "misbehaved mine.emit broke the plugin contract: its array has a stride of " +
                                         std::to_string(stride) + " bytes, at least 224 are needed, in steps of 8");
  }
}

TEST_F(StartContextTest, RefusesAnArrayWithoutData) {
  const asmgr_array array{nullptr, 1, sizeof(asmgr_event)};
  EXPECT_EQ(abi().emit(abi().ctx, &array, 0), std::uint32_t{ASMGR_STOP});
  EXPECT_EQ(channel_.calls.back(),
            "misbehaved mine.emit broke the plugin contract: its array has 1 elements and no data");
  EXPECT_EQ(abi().emit(abi().ctx, nullptr, 0), std::uint32_t{ASMGR_STOP});
  EXPECT_EQ(channel_.calls.back(), "misbehaved mine.emit broke the plugin contract: it pushed no array");
}

TEST_F(StartContextTest, RefusesMoreEventsThanThereCanBe) {
  asmgr_event event = event_of("turn_completed");
  const asmgr_array array{&event, 4'000'000'000U, sizeof(asmgr_event)};
  EXPECT_EQ(abi().emit(abi().ctx, &array, 0), std::uint32_t{ASMGR_STOP});
  EXPECT_EQ(
      channel_.calls.back(),
      "misbehaved mine.emit broke the plugin contract: it handed over 4000000000 events at once; at most 65536 are "
      "taken");
}

struct BadEvent {
  std::string name;
  std::function<void(asmgr_event&)> spoil;
  std::string said;
};

class BadEventTest : public StartContextTest, public testing::WithParamInterface<BadEvent> {};

TEST_P(BadEventTest, IsRefusedWithItsReason) {
  asmgr_event event = event_of("turn_completed");
  GetParam().spoil(event);
  EXPECT_EQ(refusal(event), "misbehaved mine.emit broke the plugin contract: event 0: " + GetParam().said);
}

INSTANTIATE_TEST_SUITE_P(
    Emit, BadEventTest,
    testing::Values(BadEvent{"DataNotJson", [](asmgr_event& e) { e.data = text("{\"a\":x}"); },
                             "its data is not valid JSON at byte 5: syntax error"},
                    BadEvent{"DataNoObject", [](asmgr_event& e) { e.data = text("[1]"); },
                             "its data must be a JSON object, but it is an array"},
                    BadEvent{"MetadataNotJson", [](asmgr_event& e) { e.metadata = text("nope"); },
                             "its metadata is not valid JSON at byte 0: syntax error"},
                    BadEvent{"DataLies",
                             [](asmgr_event& e) {
                               e.data = asmgr_str{nullptr, 5};
                             },
                             "its data has a length and no pointer"},
                    BadEvent{"DataHuge", [](asmgr_event& e) { e.data.len = std::size_t{1} << 40; },
                             "its data claims 1099511627776 bytes"},
                    BadEvent{"CorrelationNotUtf8", [](asmgr_event& e) { e.correlation_id = text("\xc0\x80"); },
                             "its correlation_id is not UTF-8"},
                    BadEvent{"IdWithSpace", [](asmgr_event& e) { e.id = text("a b"); },
                             "its id 'a b' is not an id (1 to 128 characters of A-Z a-z 0-9 _ . : -)"},
                    BadEvent{"NoType", [](asmgr_event& e) { e.type_name = {}; },
                             "it has no type_name, and its type 0 is not one this host knows"},
                    BadEvent{"UnknownNumberAlone",
                             [](asmgr_event& e) {
                               e.type_name = {};
                               e.type = 999;
                             },
                             "it has no type_name, and its type 999 is not one this host knows"},
                    BadEvent{"NumberAndNameDisagree", [](asmgr_event& e) { e.type = ASMGR_EV_RUN_FAILED; },
                             "its type 10 is run_failed and its type_name says 'turn_completed'"},
                    BadEvent{"NegativeTime", [](asmgr_event& e) { e.time_us = -1; },
                             "its time_us is -1, which is no time in microseconds"},
                    BadEvent{"TimeInNanoseconds", [](asmgr_event& e) { e.time_us = 1'700'000'000'000'000'000; },
                             "its time_us is 1700000000000000000, which is no time in microseconds"}),
    [](const testing::TestParamInfo<BadEvent>& each) { return each.param.name; });

TEST_F(StartContextTest, AllEventsOfACallAreTakenOrNone) {
  EXPECT_EQ(emit({event_of("turn_completed"), event_of("turn_completed", "[]")}), std::uint32_t{ASMGR_STOP});
  EXPECT_TRUE(channel_.seen.empty());
  EXPECT_TRUE(channel_.calls.back().starts_with("misbehaved mine.emit broke the plugin contract: event 1: "));
}

TEST_F(StartContextTest, TheFirstFinishCountsAndTheSecondIsDropped) {
  context_->started();
  finish(ASMGR_FINISH_COMPLETED, R"({"output":{}})");
  EXPECT_TRUE(context_->over());
  finish(ASMGR_FINISH_FAILED);
  EXPECT_EQ(emit({event_of("turn_completed")}), std::uint32_t{ASMGR_STOP});
  abi().ask(abi().ctx, 1, text(R"({"tool_name":"x"})"));
  EXPECT_EQ(channel_.calls, (std::vector<std::string>{R"(finish 1 {"output":{}})"}));
  EXPECT_TRUE(channel_.seen.empty());
  EXPECT_EQ(context_->late_calls(), 3U);
}

TEST_F(StartContextTest, AFinishBeforeStartReturnsIsDeliveredWhenItHas) {
  finish();
  EXPECT_TRUE(channel_.calls.empty());
  EXPECT_EQ(emit({event_of("turn_completed")}), std::uint32_t{ASMGR_STOP}) << "after the finish, delivered or not";
  context_->started();
  EXPECT_EQ(channel_.calls, (std::vector<std::string>{"finish 1 {}"}));
}

TEST_F(StartContextTest, AFinishOfAStartThatFailedIsALie) {
  finish();
  EXPECT_TRUE(context_->refused());
  EXPECT_TRUE(channel_.calls.empty());
  EXPECT_TRUE(context_->over());
}

TEST_F(StartContextTest, AFinishFromInsideEmitIsDeliveredAfterIt) {
  context_->started();
  channel_.during_emit = [this] {
    finish();
    EXPECT_TRUE(channel_.calls.empty());
  };
  EXPECT_EQ(emit({event_of("turn_completed")}), std::uint32_t{ASMGR_GO_ON});
  EXPECT_EQ(channel_.calls, (std::vector<std::string>{"finish 1 {}"}));
}

TEST_F(StartContextTest, AFinishOnAnotherThreadWaitsForTheEmitThatIsInside) {
  context_->started();
  std::thread other;
  channel_.during_emit = [&] {
    other = std::thread([this] { finish(); });
    other.join();
    EXPECT_TRUE(channel_.calls.empty()) << "the engine must not see a finish while it takes events";
  };
  emit({event_of("turn_completed")});
  EXPECT_EQ(channel_.calls, (std::vector<std::string>{"finish 1 {}"}));
}

TEST_F(StartContextTest, TwoEmitsAtOnceAreReported) {
  context_->started();
  std::uint32_t second = 99;
  channel_.during_emit = [&] { std::thread([&] { second = emit({event_of("turn_completed")}); }).join(); };
  EXPECT_EQ(emit({event_of("turn_completed")}), std::uint32_t{ASMGR_GO_ON});
  EXPECT_EQ(second, std::uint32_t{ASMGR_STOP});
  EXPECT_EQ(
      channel_.calls,
      (std::vector<std::string>{"misbehaved mine.emit broke the plugin contract: it emitted on two threads at once"}));
  EXPECT_EQ(channel_.seen.size(), 1U);
}

TEST_F(StartContextTest, AnUnknownFinishStatusFailsTheRun) {
  context_->started();
  finish(9);
  ASSERT_EQ(channel_.calls.size(), 2U);
  EXPECT_EQ(channel_.calls[0],
            "misbehaved mine.finish broke the plugin contract: it finished with status 9, which does not exist");
  EXPECT_TRUE(channel_.calls[1].starts_with(R"(finish 2 {"error":{"code":"plugin_misbehaved",)")) << channel_.calls[1];
}

TEST_F(StartContextTest, AResultThatIsNoObjectFailsTheRun) {
  context_->started();
  finish(ASMGR_FINISH_COMPLETED, "done");
  ASSERT_EQ(channel_.calls.size(), 2U);
  EXPECT_EQ(channel_.calls[0],
            "misbehaved mine.finish broke the plugin contract: its result is not valid JSON at byte 0: syntax error");
  EXPECT_TRUE(channel_.calls[1].starts_with("finish 2 "));
}

TEST_F(StartContextTest, AskReachesTheEngineWhenItIsAnObject) {
  abi().ask(abi().ctx, 5, text(R"({"tool_name":"x"})"));
  abi().ask(abi().ctx, 6, text(""));
  abi().ask(abi().ctx, 7, text("[]"));
  EXPECT_EQ(
      channel_.calls,
      (std::vector<std::string>{
          R"(ask 5 {"tool_name":"x"})", "misbehaved mine.ask broke the plugin contract: its tool call is empty",
          "misbehaved mine.ask broke the plugin contract: its tool call must be a JSON object, but it is an array"}));
}

TEST_F(StartContextTest, AClosedStartReachesNobody) {
  context_->started();
  context_->close();
  EXPECT_EQ(emit({event_of("turn_completed")}), std::uint32_t{ASMGR_STOP});
  finish();
  EXPECT_TRUE(channel_.calls.empty());
}

TEST_F(StartContextTest, ManyThreadsThatFinishGiveOneFinish) {
  context_->started();
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back([this] { finish(); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(channel_.calls.size(), 1U);
  EXPECT_EQ(context_->late_calls(), 7U);
}

}  // namespace
}  // namespace asmgr
