// Callbacks and subscribers that never come back hold up nobody but themselves.
#include <gmock/gmock.h>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

constexpr int kStalled = 100;
constexpr int kPieces = 60;

// Holds whoever waits at it until it is opened.
class Barrier {
 public:
  void wait() {
    ++waiting_;
    open_.wait(false);
  }
  void open() {
    open_ = true;
    open_.notify_all();
  }
  [[nodiscard]] int waiting() const { return waiting_; }

 private:
  std::atomic<bool> open_{false};
  std::atomic<int> waiting_{0};
};

void speak(ScriptedRun& run) {
  for (int i = 0; i < kPieces; ++i) run.text("piece, ");
  run.finish(FinishStatus::completed);
}

// A run of another session completes, and its subscriber sees all of it.
void expect_another_session_goes_on(World& world) {
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  StreamEventsOptions options;
  options.session_id = session;
  options.run_id = run;
  options.until = StreamUntil::run_terminal;
  auto stream = world.manager().stream_session_events(options);
  ASSERT_TRUE(stream) << stream.error().message();
  auto told = world.begin(run);
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(told.get()->status, RunStatus::completed);
  int seen = 0;
  while (true) {
    auto event = (*stream)->next();
    ASSERT_TRUE(event) << event.error().message();
    if (*event == nullptr) break;
    ++seen;
  }
  EXPECT_EQ(seen, kPieces + 3);  // message_sent, run_started, run_completed
}

bool is_completed(World& world, const std::string& run) {
  const auto stored = world.store->get_run({}, run);
  return stored && stored->status == RunStatus::completed;
}

class Stalled : public ::testing::TestWithParam<const char*> {};

TEST_P(Stalled, CallbacksOfAHundredSessionsHoldUpNeitherTheirRunsNorAnotherSession) {
  World world(speak, GetParam());
  (void)world.manager();
  Barrier barrier;
  std::vector<std::string> runs;
  for (int i = 0; i < kStalled; ++i) runs.push_back(world.pending_run(world.active_session()));
  std::vector<std::thread> callers;
  std::vector<std::atomic<int>> seen(kStalled);
  for (std::size_t i = 0; i < kStalled; ++i) {
    callers.emplace_back([&, i] {
      auto result = world.execute(runs[i], [&, i](const EventView&) {
        if (seen[i]++ == 0) barrier.wait();
      });
      EXPECT_TRUE(result) << result.error().message();
    });
  }
  EXPECT_TRUE(eventually([&] { return barrier.waiting() == kStalled; }));
  expect_another_session_goes_on(world);
  for (const std::string& run : runs) EXPECT_TRUE(eventually([&] { return is_completed(world, run); })) << run;
  EXPECT_EQ(barrier.waiting(), kStalled);
  barrier.open();
  for (std::thread& caller : callers) caller.join();
  for (const std::atomic<int>& count : seen) EXPECT_EQ(count, kPieces + 3);
}

TEST_P(Stalled, SubscribersOfAHundredSessionsHoldUpNeitherTheirRunsNorAnotherSession) {
  World world(speak, GetParam());
  std::vector<std::string> runs;
  std::vector<std::unique_ptr<EventStream>> streams;
  std::vector<std::future<Result<RunResult>>> told;
  for (int i = 0; i < kStalled; ++i) {
    const std::string session = world.active_session();
    runs.push_back(world.pending_run(session));
    StreamEventsOptions options;
    options.session_id = session;
    options.run_id = runs.back();
    options.until = StreamUntil::run_terminal;
    auto stream = world.manager().stream_session_events(options);
    ASSERT_TRUE(stream) << stream.error().message();
    streams.push_back(std::move(*stream));
    told.push_back(world.begin(runs.back()));
    ASSERT_TRUE(streams.back()->next()) << "its first event; it asks for no other";
  }
  expect_another_session_goes_on(world);
  for (auto& one : told) {
    ASSERT_EQ(one.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    EXPECT_EQ(one.get()->status, RunStatus::completed);
  }
  // Nothing was lost for them.
  for (auto& stream : streams) {
    int seen = 1;
    while (*stream->next() != nullptr) ++seen;
    EXPECT_EQ(seen, kPieces + 3);
  }
}

INSTANTIATE_TEST_SUITE_P(Stores, Stalled, ::testing::Values("memory", "sqlite"),
                         [](const auto& given) { return std::string(given.param); });

}  // namespace
}  // namespace asmgr::testing
