// Runs that wait: for a slot of their session, for one of the host, for a host at all.
#include <gmock/gmock.h>

#include "core/engine/host_slots.hpp"
#include "core/engine/queue_entry.hpp"
#include "core/engine/run_outcome.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Holds the providers of runs until it is opened.
struct Door {
  std::atomic<bool> open{false};
  void operator()(ScriptedRun& run) {
    while (!open && !run.context().cancel->wait_for(std::chrono::milliseconds(1))) continue;
    run.finish(run.context().cancel->cancelled() ? FinishStatus::cancelled : FinishStatus::completed);
  }
};

std::vector<std::string> order_of_starts(World& world, const std::string& session) {
  std::vector<std::string> order;
  for (const Event& event : world.events(session)) {
    if (event.type == EventType::run_started) order.push_back(event.run_id);
  }
  return order;
}

TEST(Queue, OutlivesItsHostAndGoesOnInOrder) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  const std::string session = world.active_session();
  const std::string first = world.pending_run(session);
  const std::string second = world.pending_run(session);
  const std::string third = world.pending_run(session);
  auto running = world.begin(first);
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const auto is_queued = [&](const std::string& id) {
    return eventually([&] { return world.store->get_record({}, record_kind::kQueue, id).has_value(); });
  };
  auto waiting = world.begin(second);
  ASSERT_TRUE(is_queued(second));
  auto last = world.begin(third);
  ASSERT_TRUE(is_queued(third));
  world.end_manager();
  EXPECT_EQ(world.store->get_run({}, first)->status, RunStatus::cancelled);
  EXPECT_EQ(world.store->get_run({}, second)->status, RunStatus::pending);

  door.open = true;
  const std::string fourth = world.pending_run(session);
  auto result = world.execute(fourth);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_THAT(order_of_starts(world, session), ElementsAre(first, second, third, fourth));
  for (const std::string& id : {second, third}) {
    EXPECT_EQ(world.store->get_run({}, id)->status, RunStatus::completed);
    EXPECT_EQ(world.store->get_record({}, record_kind::kQueue, id)->status, "done");
    EXPECT_EQ(world.store->get_record({}, record_kind::kQueue, id)->body, "");
  }
}

TEST(Queue, WaitsWhileItsSessionIsPaused) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  const std::string session = world.active_session();
  auto running = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const std::string waits = world.pending_run(session);
  auto waiting = world.begin(waits);
  ASSERT_TRUE(eventually([&] { return world.store->get_record({}, record_kind::kQueue, waits).has_value(); }));
  ASSERT_TRUE(world.manager().pause_session({session, "", {}, {}}));
  door.open = true;
  ASSERT_EQ(running.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(world.store->get_run({}, waits)->status, RunStatus::pending);
  ASSERT_TRUE(world.manager().resume_session({session, "", {}, {}}));
  ASSERT_EQ(waiting.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(waiting.get()->status, RunStatus::completed);
}

TEST(Queue, OfAPausedSessionIsTakenOverWhenItGoesOn) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  const std::string session = world.active_session();
  auto running = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const std::string waits = world.pending_run(session);
  auto waiting = world.begin(waits);
  ASSERT_TRUE(eventually([&] { return world.store->get_record({}, record_kind::kQueue, waits).has_value(); }));
  ASSERT_TRUE(world.manager().pause_session({session, "", {}, {}}));
  world.end_manager();
  door.open = true;
  // The next host meets the session paused, and the one that resumes it is the one that carries it out.
  EXPECT_EQ(world.manager().submit_run({waits, "", {}, {}}).error().code(), ErrorCode::invalid_operation);
  ASSERT_TRUE(world.manager().resume_session({session, "", {}, {}}));
  auto result = world.manager().await_run({waits, "", std::chrono::seconds(10), ResultEvents::none});
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
}

TEST(Queue, AHostThatLoadedOnePipelineLeavesTheRunsOfOthers) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  world.wiring.pipelines["wide"] = world.wiring.pipelines["default"];
  const std::string session = world.active_session();
  auto running = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const std::string waits = world.pending_run(session);
  ExecuteRunOptions wide;
  wide.run_id = waits;
  wide.execution.pipeline = "wide";
  ASSERT_TRUE(world.manager().submit_run(wide));
  world.end_manager();
  door.open = true;

  world.wiring.pipelines.erase("wide");
  world.wiring.takes_runs = TakesRuns::known;
  const auto own = world.execute(world.pending_run(session));
  ASSERT_TRUE(own) << own.error().message();
  EXPECT_EQ(own->status, RunStatus::completed);
  EXPECT_EQ(world.store->get_record({}, record_kind::kQueue, waits)->status, kQueuedStatus);
  EXPECT_EQ(world.store->get_run({}, waits)->status, RunStatus::pending);
  world.end_manager();

  world.wiring.takes_runs = TakesRuns::all;
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  EXPECT_TRUE(eventually([&] { return world.store->get_record({}, record_kind::kQueue, waits)->status == "refused"; }));
}

TEST(Queue, ARunThatWaitsTooLongForTheHostFailsAndSaysWhatToDo) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  world.wiring.host.max_parallel_runs = 1;
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(400);  // sets the pace of housekeeping
  world.wiring.pipelines["default"].queue.max_wait = std::chrono::milliseconds(50);
  auto running = world.begin(world.pending_run(world.active_session()));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto late = world.execute(run);
  ASSERT_TRUE(late) << late.error().message();
  EXPECT_EQ(late->status, RunStatus::failed);
  EXPECT_EQ(late->error->code(), ErrorCode::max_runs_exceeded);
  EXPECT_THAT(late->error->message(), ::testing::HasSubstr("host.limits"));
  EXPECT_EQ(world.checked_types(session).back(), "run_failed");
  EXPECT_EQ(world.store->get_record({}, record_kind::kQueue, run)->status, "done");
  EXPECT_EQ(world.provider->starts, 1);
  door.open = true;
  EXPECT_EQ(running.get()->status, RunStatus::completed);
  EXPECT_EQ(world.execute(world.pending_run(session))->status, RunStatus::completed) << "the line goes on";
}

TEST(Queue, AResultIsKeptForWhoAsksLate) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  ExecuteRunOptions options;
  options.run_id = run;
  options.execution.continuation.emplace(true);  // an old way to say it, of which the result warns
  const auto first = world.manager().execute_run(options);
  ASSERT_TRUE(first) << first.error().message();
  ASSERT_FALSE(first->warnings.empty());
  const auto late = world.manager().await_run({run, "", std::chrono::seconds(10), ResultEvents::none});
  ASSERT_TRUE(late) << late.error().message();
  EXPECT_EQ(late->warnings, first->warnings);
  world.end_manager();
  const auto later = world.manager().await_run({run, "", std::chrono::seconds(10), ResultEvents::none});
  ASSERT_TRUE(later);
  EXPECT_EQ(later->warnings, first->warnings) << "they are in the run's row";
}

TEST(Queue, ARunOverTheHostsLimitWaitsForASlotInsteadOfFailing) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  world.wiring.host.max_parallel_runs = 1;
  std::vector<std::future<Result<RunResult>>> told;
  for (int i = 0; i < 3; ++i) told.push_back(world.begin(world.pending_run(world.active_session())));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  door.open = true;
  for (auto& one : told) {
    ASSERT_EQ(one.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    auto result = one.get();
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->status, RunStatus::completed);
  }
}

TEST(Queue, InterruptStopsARunThatIsCarriedOutAndNoOther) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto told = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  const std::string waits = world.pending_run(session);
  auto refused = world.manager().interrupt_run({waits, "", {}, {}});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::invalid_operation);
  EXPECT_THAT(refused.error().message(), HasSubstr("is not running"));
  auto stopped = world.manager().interrupt_run({run, "", {}, {}});
  ASSERT_TRUE(stopped) << stopped.error().message();
  EXPECT_EQ(stopped->status, RunStatus::cancelled);
  EXPECT_THAT(world.events(session).back().data, HasSubstr(R"("reason":"interrupted")"));
}

TEST(Queue, SubmittingAndAwaitingAreTheTwoHalvesOfExecuting) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  const std::string session = world.active_session();
  ExecuteRunOptions options;
  options.run_id = world.pending_run(session);
  auto submitted = world.manager().submit_run(options);
  ASSERT_TRUE(submitted) << submitted.error().message();
  EXPECT_EQ(submitted->status, RunStatus::running);
  const std::string first = options.run_id;
  options.run_id = world.pending_run(session);
  auto waiting = world.manager().submit_run(options);
  ASSERT_TRUE(waiting) << waiting.error().message();
  EXPECT_EQ(waiting->status, RunStatus::pending);
  EXPECT_EQ(world.manager().submit_run(options).error().code(), ErrorCode::invalid_operation) << "twice";

  AwaitRunOptions await{first, "", std::chrono::milliseconds(30), ResultEvents::none};
  auto too_soon = world.manager().await_run(await);
  ASSERT_FALSE(too_soon);
  EXPECT_EQ(too_soon.error().code(), ErrorCode::timeout);
  door.open = true;
  for (const std::string& id : {first, options.run_id, first}) {
    await = {id, "", std::chrono::seconds(10), ResultEvents::lifecycle};
    auto result = world.manager().await_run(await);
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->status, RunStatus::completed);
  }
}

TEST(Queue, ADrainingHostFinishesWhatItTookAndTakesNothingNew) {
  Door door;
  World world([&](ScriptedRun& run) { door(run); });
  const std::string session = world.active_session();
  ExecuteRunOptions options;
  options.run_id = world.pending_run(session);
  ASSERT_TRUE(world.manager().submit_run(options));
  options.run_id = world.pending_run(session);
  ASSERT_TRUE(world.manager().submit_run(options));
  auto not_yet = world.manager().drain(std::chrono::milliseconds(30));
  ASSERT_FALSE(not_yet);
  EXPECT_EQ(not_yet.error().code(), ErrorCode::timeout);
  EXPECT_TRUE(world.manager().status().draining);
  EXPECT_EQ(world.manager().status().runs, 1U);
  auto refused = world.execute(world.pending_run(session));
  ASSERT_FALSE(refused);
  EXPECT_THAT(refused.error().message(), HasSubstr("is draining"));
  door.open = true;
  auto drained = world.manager().drain(std::chrono::seconds(10));
  EXPECT_TRUE(drained) << drained.error().message();
  for (const asmgr::Run& run : *world.manager().get_session_runs({session, "", {RunStatus::running}, "", 10})) {
    ADD_FAILURE() << run.id << " still runs";
  }
  EXPECT_EQ(world.provider->starts, 2);
}

TEST(RunOutcomes, KeepABoundedNumberOfResults) {
  RunOutcomes outcomes(system_clock());
  for (std::size_t i = 0; i < RunOutcomes::kKept + 10; ++i) {
    RunResult result;
    result.run_id = "run_" + std::to_string(i);
    outcomes.settle(result.run_id, result);
  }
  EXPECT_FALSE(outcomes.kept("run_9"));
  EXPECT_TRUE(outcomes.kept("run_10"));
  EXPECT_EQ(outcomes.size(), 0U) << "nobody waits";
}

TEST(HostSlots, GoToWhoeverWaitedLongest) {
  HostSlots slots(10, 2);
  std::vector<std::string> told;
  const auto ready = [&](const std::string& id) { return [&told, id] { told.push_back(id); }; };
  auto a = slots.acquire("a", ready("a"));
  auto b = slots.acquire("b", ready("b"));
  ASSERT_TRUE(a && b);
  EXPECT_FALSE(slots.acquire("c", ready("c")));
  EXPECT_FALSE(slots.acquire("d", ready("d")));
  a.reset();
  EXPECT_THAT(told, ElementsAre("c"));
  EXPECT_FALSE(slots.acquire("e", ready("e"))) << "the slot is kept for c";
  auto c = slots.acquire("c", ready("c"));
  EXPECT_TRUE(c);
  b.reset();
  EXPECT_THAT(told, ElementsAre("c", "d"));
  slots.pass("d");
  EXPECT_THAT(told, ElementsAre("c", "d", "e"));
}

TEST(HostSlots, CountSessionsWithRunsToo) {
  HostSlots slots(1, 10);
  bool told = false;
  auto first = slots.acquire("a", [] {});
  auto second = slots.acquire("a", [] {});
  ASSERT_TRUE(first && second);
  EXPECT_FALSE(slots.acquire("b", [&] { told = true; }));
  first.reset();
  EXPECT_FALSE(told);
  second.reset();
  EXPECT_TRUE(told);
  auto other = slots.acquire("b", [] {});
  EXPECT_TRUE(other);
  EXPECT_EQ(slots.status().sessions, 1U);
}

}  // namespace
}  // namespace asmgr::testing
