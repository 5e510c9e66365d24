// Verbs, commands and events that are overtaken by something else on their way: each is answered, and the log stays
// whole.
#include <gmock/gmock.h>

#include "tests/core/engine/support/other_host.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

constexpr std::chrono::seconds kLimit{10};
const RemoteWait kShortly{std::chrono::milliseconds(100), true};

Record command_to_pause(const std::string& session) {
  Record command;
  command.kind = record_kind::kCommand;
  command.id = "cmd_pause";
  command.session_id = session;
  command.version = 1;
  command.status = "pending";
  command.body = R"({"verb":"pause","target":")" + session + R"(","args":{}})";
  return command;
}

TEST(Overtaken, ACommandWhoseSessionIsLostIsLeftToTheNextOwner) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  overtake(world, session);
  CommitUnit unit;
  unit.session_id = session;
  unit.records.push_back(RecordWrite{command_to_pause(session), kVersionAbsent, RecordWrite::Kind::put, 0, 0});
  write_unit(*world.store, unit);
  // The owner that is none any more tries, and finds out.
  ASSERT_TRUE(eventually([&] { return !world.logged("another host took session").empty(); }));
  EXPECT_EQ(world.store->get_record({}, record_kind::kCommand, "cmd_pause")->status, "pending");
  EXPECT_EQ(world.store->head(session)->owner, "host_other");
}

TEST(Overtaken, FailingASessionIsAnsweredWhenItIsLostWhileItsRunsEnd) {
  std::atomic<bool> go_on{false};
  World world([&](ScriptedRun& run) {
    run.wait_for_cancel();
    go_on.wait(false);
    run.text("late");
    run.finish(FinishStatus::cancelled);
  });
  world.wiring.pipelines["default"].timeouts.cancel_grace = std::chrono::seconds(10);
  const std::string session = world.active_session();
  auto told = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  std::promise<Result<Session>> answer;
  world.manager().begin_fail_session({session, "", std::nullopt, {}, kShortly},
                                     [&](Result<Session> failed) { answer.set_value(std::move(failed)); });
  ASSERT_TRUE(eventually([&] { return world.provider->cancels == 1; }));
  overtake(world, session);
  go_on = true;
  go_on.notify_all();
  auto answered = answer.get_future();
  ASSERT_EQ(answered.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(answered.get().error().code(), ErrorCode::timeout) << "the new owner was asked, and is none that answers";
  EXPECT_EQ(told.wait_for(kLimit), std::future_status::ready);
}

TEST(Overtaken, ARunWhoseSessionEndsWhileItsRowIsReadDoesNotBegin) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  world.end_manager();  // the next one has to read the row
  ASSERT_TRUE(world.manager().activate_session({session, "", {}, {}}));
  std::atomic<int> reads{0};
  std::atomic<bool> cancelled{false};
  world.store->before_run_read = [&] {
    if (++reads == 2) cancelled.wait(false);  // the first is who looks for the run's session
  };
  auto told = world.begin(run);
  ASSERT_TRUE(eventually([&] { return reads == 2; }));
  ASSERT_TRUE(world.manager().cancel_session({session, "", {}, {}}));
  cancelled = true;
  cancelled.notify_all();
  ASSERT_EQ(told.wait_for(kLimit), std::future_status::ready);
  auto result = told.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::invalid_operation);
  EXPECT_EQ(world.provider->starts, 0);
  EXPECT_EQ(world.checked_types(session).back(), "session_cancelled");
}

TEST(Overtaken, ARunIdThatIsTakenIsRefusedAndTheRunThatRunsGoesOn) {
  std::atomic<bool> go_on{false};
  World world([&](ScriptedRun& run) {
    go_on.wait(false);
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto told = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  StartRunOptions again;
  again.session_id = session;
  again.id = run;
  auto refused = world.manager().start_run(again);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::already_exists) << refused.error().message();
  go_on = true;
  go_on.notify_all();
  ASSERT_EQ(told.wait_for(kLimit), std::future_status::ready);
  auto result = told.get();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
}

TEST(Overtaken, AnEventIdThatStandsTwiceInOneBatchIsStoredOnce) {
  World world([](ScriptedRun& run) {
    EventView event;
    event.type = EventType::message_streamed;
    event.type_name = "message_streamed";
    event.data = R"({"content":"x"})";
    event.id = "evt_twice";
    event.caller_id = true;
    const EventView twice[] = {event, event};
    (void)run.context().channel->emit(twice, EmitMode::may_block);
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  const auto types = world.checked_types(session);
  EXPECT_EQ(std::count(types.begin(), types.end(), "message_streamed"), 1);
}

TEST(Overtaken, AResultNamesTheRunsEndAlsoWhenMoreStandsInItsUnit) {
  World world([](ScriptedRun& run) {
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto told = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  ASSERT_TRUE(world.manager().cancel_for_approval({run, "", {"hammer", "call", {}, "policy", ""}, {}, {}}));
  ASSERT_EQ(told.wait_for(kLimit), std::future_status::ready);
  auto result = told.get();
  ASSERT_TRUE(result) << result.error().message();
  const std::vector<Event> events = world.events(session);
  ASSERT_EQ(events.back().type, EventType::tool_approval_requested);
  const Event& end = events.at(events.size() - 2);
  EXPECT_EQ(result->last_sequence, end.sequence_number);
  EXPECT_EQ(result->last_hash, end.hash);
}

TEST(Overtaken, WhoWaitsForARunOfAnotherHostIsAnsweredWhenThisOneEnds) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  world.end_manager();
  ASSERT_TRUE(world.manager().get_session(session));
  overtake(world, session);
  auto told = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.store->get_record({}, record_kind::kQueue, run).has_value(); }));
  world.end_manager();
  ASSERT_EQ(told.wait_for(kLimit), std::future_status::ready);
  EXPECT_EQ(told.get().error().code(), ErrorCode::cancelled);
}

TEST(Overtaken, ExecutingARunThatIsOverIsRefusedAlsoWhereAnotherHostOwnsTheSession) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  ASSERT_TRUE(world.execute(run));
  world.end_manager();
  ASSERT_TRUE(world.manager().get_session(session));
  overtake(world, session);
  auto again = world.execute(run);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::invalid_operation);
  EXPECT_THAT(again.error().message(), HasSubstr("only a pending run can be executed"));
}

TEST(Overtaken, DeletingAPausedSessionClosesWhatWaitedInIt) {
  std::atomic<bool> go_on{false};
  World world([&](ScriptedRun& run) {
    while (!go_on && !run.context().cancel->wait_for(std::chrono::milliseconds(1))) continue;
    run.finish(FinishStatus::cancelled);
  });
  const std::string session = world.active_session();
  auto running = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const std::string waits = world.pending_run(session);
  auto waiting = world.begin(waits);
  const auto entry = [&] { return world.store->get_record({}, record_kind::kQueue, waits); };
  ASSERT_TRUE(eventually([&] { return entry().has_value(); }));
  ASSERT_TRUE(world.manager().pause_session({session, "", {}, {}}));
  world.end_manager();
  go_on = true;
  // The next host meets the entry in a session that is paused, and so leaves it where it is.
  ASSERT_TRUE(world.manager().delete_session({session, "", true, {}, {}}));
  EXPECT_TRUE(eventually([&] { return entry()->status == "refused"; })) << entry()->status;
}

}  // namespace
}  // namespace asmgr::testing
