// Providers, policies and stores that are slow, hang, lie or fail: what it costs, and whom.
#include <gmock/gmock.h>

#include <future>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

void finish_when_cancelled(ScriptedRun& run) {
  run.text("one");
  run.wait_for_cancel();
  run.finish(FinishStatus::cancelled);
}

TEST(Containment, ARunThatTakesTooLongEndsAsTimeout) {
  World world(finish_when_cancelled);
  world.wiring.pipelines["default"].timeouts.run = std::chrono::milliseconds(100);
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::timeout);
  EXPECT_EQ(result->error->code(), ErrorCode::timeout);
  EXPECT_EQ(world.events(session).back().type_name, "run_timeout");
}

TEST(Containment, ASilentProviderEndsAtTheIdleTimeout) {
  World world(finish_when_cancelled);
  world.wiring.pipelines["default"].timeouts.idle = std::chrono::milliseconds(100);
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::timeout);
  EXPECT_THAT(result->error->message(), HasSubstr("timeouts.idle"));
}

TEST(Containment, TheIdleClockStandsStillWhileAToolIsOpen) {
  World world([](ScriptedRun& run) {
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"slow","tool_input":{}})");
    run.context().cancel->wait_for(std::chrono::milliseconds(400));
    run.emit(EventType::tool_call_completed, R"({"tool_call_id":"c1","tool_name":"slow","tool_output":{}})");
    run.finish(FinishStatus::completed);
  });
  world.wiring.pipelines["default"].timeouts.idle = std::chrono::milliseconds(100);
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
}

TEST(Containment, AToolThatTakesTooLongEndsTheRunAndIsClosed) {
  World world([](ScriptedRun& run) {
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"slow","tool_input":{}})");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  world.wiring.pipelines["default"].timeouts.tool = std::chrono::milliseconds(100);
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::timeout);
  const auto types = world.checked_types(session);
  EXPECT_EQ(types[types.size() - 2], "tool_call_failed");
}

TEST(Containment, AProviderThatNeverFinishesIsLeftBehindAfterItsGrace) {
  std::atomic<bool> let_go{false};
  World world([&](ScriptedRun& run) {
    run.text("one");
    EXPECT_TRUE(eventually([&] { return let_go.load(); }));
    EXPECT_EQ(run.text("late"), EmitAnswer::stop);
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  std::optional<Result<RunResult>> result;
  std::thread executing([&] { result = world.execute(run); });
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  auto cancelled = world.manager().cancel_run({run, "", {}, {}});
  executing.join();
  ASSERT_TRUE(cancelled) << cancelled.error().message();
  EXPECT_EQ((*result)->status, RunStatus::cancelled);
  const std::size_t before = world.events(session).size();
  let_go = true;
  world.end_manager();
  EXPECT_EQ(world.provider->cancels, 1);
  EXPECT_GT(before, 0U);
}

TEST(Containment, AProviderThatHangsInStartIsNamedAndTheSessionGoesOn) {
  auto hung = std::make_shared<std::atomic<bool>>(true);
  World world(complete_with_text);
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(150);
  world.provider->in_start = [hung](const RunContext&) {
    while (hung->load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  std::promise<Result<RunResult>> promise;
  ExecuteRunOptions options;
  options.run_id = run;
  world.manager().begin_execute_run(options, [&](Result<RunResult> result) { promise.set_value(std::move(result)); });
  auto told = promise.get_future();
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  auto result = told.get();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(result->error->code(), ErrorCode::plugin_hung);
  EXPECT_THAT(result->error->message(), HasSubstr("'test'"));
  EXPECT_THAT(result->error->message(), HasSubstr("start"));
  *hung = false;
  auto second = world.execute(world.pending_run(session));
  ASSERT_TRUE(second) << second.error().message();
  EXPECT_EQ(second->status, RunStatus::completed);
  (void)world.checked_types(session);
}

TEST(Containment, AnAsynchronousProviderIsPausedAndResumedByASlowStore) {
  std::atomic<bool> store_stands{true};
  std::atomic<int> emitted{0};
  World* self = nullptr;
  World world([&](ScriptedRun& run) {
    int paused = 0;
    for (int i = 0; i < 5000; ++i) {
      const EmitAnswer answer = run.text("x", EmitMode::asynchronous);
      ASSERT_NE(answer, EmitAnswer::stop);
      ++emitted;
      if (answer != EmitAnswer::pause) continue;
      if (++paused == 1) store_stands = false;
      const int seen = self->provider->resumes;
      (void)eventually([&] { return self->provider->resumes > seen || self->provider->resumes >= paused; });
    }
    EXPECT_GT(paused, 0);
    run.finish(FinishStatus::completed);
  });
  self = &world;
  world.store->set_fast(false);
  std::atomic<bool> began{false};
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    for (const CommitUnit* unit : units) {
      for (const EventView& event : unit->events) began = began || event.type == EventType::message_streamed;
    }
    if (began) (void)eventually([&] { return !store_stands.load(); });
    return std::nullopt;
  };
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(world.checked_types(session).size(), 5005U);
}

TEST(Containment, AProviderThatIgnoresPauseIsStopped) {
  std::atomic<bool> store_stands{true};
  World world([&](ScriptedRun& run) {
    EmitAnswer answer = EmitAnswer::go_on;
    int sent = 0;
    while (answer != EmitAnswer::stop && sent < 100'000) {
      answer = run.text("x", EmitMode::asynchronous);
      ++sent;
    }
    EXPECT_EQ(answer, EmitAnswer::stop);
    EXPECT_LE(sent, 2100);
    store_stands = false;
    run.finish(FinishStatus::completed);
  });
  world.store->set_fast(false);
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    for (const CommitUnit* unit : units) {
      for (const EventView& event : unit->events) {
        if (event.type == EventType::message_streamed) (void)eventually([&] { return !store_stands.load(); });
      }
    }
    return std::nullopt;
  };
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(result->error->code(), ErrorCode::plugin_misbehaved);
}

TEST(Containment, AStoreThatFailsForTooLongStopsTheProviderAndTheRunIsStillRecorded) {
  std::atomic<bool> failing{false};
  World world([&](ScriptedRun& run) {
    run.text("one");
    failing = true;
    run.text("two");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  world.wiring.pipelines["default"].store_retry = std::chrono::milliseconds(100);
  world.store->before_commit = [&](std::span<const CommitUnit* const>) -> std::optional<CommitStatus> {
    if (!failing) return std::nullopt;
    return CommitStatus{CommitOutcome::failed, Error(ErrorCode::storage_full, "disk full")};
  };
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto result = world.execute(run);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::storage_write_failed);
  EXPECT_THAT(result.error().message(), HasSubstr("disk full"));
  failing = false;
  ASSERT_TRUE(eventually([&] { return world.store->get_run("", run)->status == RunStatus::failed; }));
  (void)world.checked_types(session);
}

TEST(Containment, AStoreThatFailsForAMomentIsNotNoticed) {
  std::atomic<int> failures{3};
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  world.store->before_commit = [&](std::span<const CommitUnit* const>) -> std::optional<CommitStatus> {
    if (failures-- <= 0) return std::nullopt;
    return CommitStatus{CommitOutcome::failed, Error(ErrorCode::storage_connection_failed, "gone")};
  };
  auto result = world.execute(run);
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  (void)world.checked_types(session);
}

// The mechanism, in every build: what was emitted and is not yet committed never exceeds a bound.
TEST(Containment, ASlowStoreHoldsABlockingProviderBack) {
  std::atomic<long> emitted{0};
  std::atomic<long> committed{0};
  std::atomic<long> most{0};
  World world([&](ScriptedRun& run) {
    for (int i = 0; i < 20'000; ++i) {
      run.text("x");
      most = std::max(most.load(), ++emitted - committed);
    }
    run.finish(FinishStatus::completed);
  });
  world.store->set_fast(false);
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // the slowness itself
    for (const CommitUnit* unit : units) {
      for (const EventView& event : unit->events) committed += event.type == EventType::message_streamed;
    }
    return std::nullopt;
  };
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(emitted, 20'000);
  EXPECT_LE(most, 1100);
}

TEST(Containment, AStreamOnAStoreThatCannotSaySoPollsAtItsPace) {
  World world(complete_with_text);
  world.store->hide_changes = true;
  StreamEventsOptions options;
  options.session_id = world.active_session();
  options.after = 2;
  options.poll_interval = std::chrono::milliseconds(50);
  options.wait_timeout = std::chrono::milliseconds(300);
  auto stream = world.manager().stream_session_events(options);
  ASSERT_TRUE(stream);
  const std::uint64_t before = world.store->reads;
  auto event = (*stream)->next();
  ASSERT_TRUE(event);
  EXPECT_EQ(*event, nullptr);
  EXPECT_LE(world.store->reads - before, 10U);
}

}  // namespace
}  // namespace asmgr::testing
