// Whoever comes first wins, and nothing changes afterwards.
#include <gmock/gmock.h>

#include <random>

#include "core/pipeline/topic.hpp"
#include "tests/core/engine/support/world.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::testing {
namespace {

const int kRounds = test::in_profile(1000, 10'000);

int terminal_events(const std::vector<Event>& events, const std::string& run_id) {
  int count = 0;
  for (const Event& event : events) count += event.run_id == run_id && is_run_terminal(event.type);
  return count;
}

TEST(Races, OfTwoExecutesOfOneRunOneWins) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  for (int round = 0; round < kRounds; ++round) {
    const std::string run = world.pending_run(session);
    std::atomic<int> won{0};
    std::atomic<int> refused{0};
    const auto execute = [&] {
      auto result = world.execute(run);
      if (result) {
        ++won;
      } else {
        refused += result.error().code() == ErrorCode::invalid_operation;
      }
    };
    std::thread other(execute);
    execute();
    other.join();
    ASSERT_EQ(won, 1) << "round " << round;
    ASSERT_EQ(refused, 1) << "round " << round;
  }
  EXPECT_EQ(world.provider->starts, kRounds);
  (void)world.checked_types(session);
}

TEST(Races, CancelAgainstCompletionLeavesOneTerminalEvent) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  int cancelled = 0;
  for (int round = 0; round < kRounds; ++round) {
    const std::string run = world.pending_run(session);
    RunStatus executed{};
    std::thread executing([&] {
      auto result = world.execute(run);
      executed = result ? result->status : RunStatus::cancelled;
    });
    // Each round a little later into the run. Spinning, because a thread that yields comes back when the machine likes.
    const auto then = std::chrono::steady_clock::now() + std::chrono::microseconds((round % 50) * 10);
    while (std::chrono::steady_clock::now() < then) continue;
    auto answer = world.manager().cancel_run({run, "", {}, {}});
    executing.join();
    const RunStatus stored = world.manager().get_run(run)->status;
    ASSERT_TRUE(is_terminal(stored));
    ASSERT_EQ(stored, executed) << "round " << round;
    if (answer) {
      ASSERT_EQ(stored, RunStatus::cancelled);
    } else {
      ASSERT_EQ(answer.error().code(), ErrorCode::invalid_operation) << answer.error().message();
    }
    cancelled += stored == RunStatus::cancelled;
  }
  const std::vector<Event> events = world.events(session);
  for (const asmgr::Run& run : *world.manager().get_session_runs({session, "", {}, "", 100'000})) {
    ASSERT_EQ(terminal_events(events, run.id), 1) << run.id;
  }
  RecordProperty("cancelled", cancelled);
  (void)world.checked_types(session);
}

TEST(Races, CompletingASessionWhileARunEndsLeavesBothEndsOnce) {
  World world(complete_with_text);
  for (int round = 0; round < kRounds; ++round) {
    const std::string session = world.active_session();
    const std::string run = world.pending_run(session);
    std::optional<Result<RunResult>> result;
    std::thread executing([&] { result = world.execute(run); });
    auto completed = world.manager().complete_session({session, "", {}, {}});
    executing.join();
    ASSERT_TRUE(completed) << completed.error().message();
    const std::vector<Event> events = world.events(session);
    int ends = 0;
    for (const Event& event : events) ends += is_session_terminal(event.type);
    ASSERT_EQ(ends, 1);
    ASSERT_EQ(world.manager().get_session(session)->session.status, SessionStatus::completed);
    if (*result) {
      ASSERT_EQ((*result)->status, RunStatus::completed);
      ASSERT_EQ(terminal_events(events, run), 1);
    } else {
      ASSERT_EQ(result->error().code(), ErrorCode::invalid_operation);
    }
  }
}

TEST(Races, AHundredRunsAtOnceAllEndWithAWholeLog) {
  for (const std::string store : {"memory", "sqlite"}) {
    World world(
        [](ScriptedRun& run) {
          for (int i = 0; i < 50; ++i) run.text("delta");
          run.finish(FinishStatus::completed);
        },
        store);
    std::vector<std::thread> threads;
    std::atomic<int> completed{0};
    std::mutex mutex;
    std::vector<std::string> sessions;
    (void)world.manager();
    for (int i = 0; i < 100; ++i) {
      threads.emplace_back([&] {
        RunOnceOptions options;
        options.input = boost::json::object{{"prompt", "go"}};
        auto result = world.manager().run_once(options);
        ASSERT_TRUE(result) << result.error().message();
        completed += result->status == RunStatus::completed;
        std::lock_guard lock(mutex);
        sessions.push_back(result->session_id);
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(completed, 100) << store;
    for (const std::string& session : sessions) EXPECT_EQ(world.checked_types(session).size(), 56U);
  }
}

TEST(Races, ASlowReaderGetsEveryEventOnceWhileAnotherRunWrites) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 12'000; ++i) run.text("x");
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  StreamEventsOptions options;
  options.session_id = session;
  options.run_id = run;
  options.until = StreamUntil::run_terminal;
  auto stream = world.manager().stream_session_events(options);
  ASSERT_TRUE(stream);
  std::thread executing([&] { EXPECT_TRUE(world.execute(run)); });
  std::uint64_t expected = 3;
  int pauses = 0;
  while (true) {
    auto event = (*stream)->next();
    ASSERT_TRUE(event) << event.error().message();
    if (*event == nullptr) break;
    ASSERT_EQ((*event)->sequence_number, expected++);
    if (expected % 3000 != 0 || ++pauses > 3) continue;
    // Slower than the writer by more than the inbox holds.
    const std::uint64_t ahead = std::min<std::uint64_t>(3 + 12'000, expected + Subscription::kMaxQueuedEvents + 100);
    ASSERT_TRUE(eventually([&] { return world.store->head(session)->last_sequence >= ahead; }));
  }
  executing.join();
  EXPECT_EQ(expected, 3U + 12'003U);
}

}  // namespace
}  // namespace asmgr::testing
