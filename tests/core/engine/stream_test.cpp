// Streams of a session's events: what is stored, then what comes, for any number of readers, each at its own pace.
#include <gmock/gmock.h>

#include <thread>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

StreamEventsOptions of(const std::string& session) {
  StreamEventsOptions options;
  options.session_id = session;
  options.wait_timeout = std::chrono::seconds(10);
  return options;
}

std::unique_ptr<EventStream> open(World& world, StreamEventsOptions options) {
  auto stream = world.manager().stream_session_events(std::move(options));
  EXPECT_TRUE(stream) << stream.error().message();
  return stream ? std::move(*stream) : nullptr;
}

// The next `count` numbers.
std::vector<std::uint64_t> take(EventStream& stream, std::size_t count) {
  std::vector<std::uint64_t> numbers;
  while (numbers.size() < count) {
    auto event = stream.next();
    if (!event || *event == nullptr) break;
    numbers.push_back((*event)->sequence_number);
  }
  return numbers;
}

std::vector<std::uint64_t> numbers_to(std::uint64_t last) {
  std::vector<std::uint64_t> numbers(last);
  for (std::uint64_t i = 0; i < last; ++i) numbers[i] = i + 1;
  return numbers;
}

// An older system gave what came while nobody listened twice: to the newcomer's backlog and again as news.
TEST(Stream, WhoComesLateGetsEveryEventOnceAlsoAcrossRuns) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  auto stream = open(world, of(session));
  const std::uint64_t before = world.events(session).size();
  EXPECT_EQ(take(*stream, before), numbers_to(before));
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const std::uint64_t after = world.events(session).size();
  std::vector<std::uint64_t> rest = take(*stream, after - before);
  ASSERT_EQ(rest.size(), after - before);
  EXPECT_EQ(rest.front(), before + 1);
  EXPECT_EQ(rest.back(), after);
}

// An older system delivered the first thousand of a long backlog and never the rest.
TEST(Stream, ALongBacklogComesWholeAndIsReadInPages) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 2500; ++i) run.text("x");
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const std::uint64_t last = world.events(session).size();
  StreamEventsOptions options = of(session);
  options.limit = 100;
  auto stream = open(world, options);
  const std::uint64_t reads = world.store->reads;
  EXPECT_EQ(take(*stream, 1), numbers_to(1));
  EXPECT_LE(world.store->reads - reads, 2U) << "more was read than is held";
  std::vector<std::uint64_t> all = take(*stream, last - 1);
  EXPECT_EQ(all.size(), last - 1);
  EXPECT_EQ(all.back(), last);
}

TEST(Stream, EachReaderHasACursorOfItsOwn) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  auto first = open(world, of(session));
  auto second = open(world, of(session));
  EXPECT_EQ(take(*first, 3), numbers_to(3));
  EXPECT_EQ(take(*second, 1), numbers_to(1));
  EXPECT_EQ(first->cursor(), 3U);
  EXPECT_EQ(second->cursor(), 1U);
  StreamEventsOptions resumed = of(session);
  resumed.after = first->cursor();
  EXPECT_THAT(take(*open(world, resumed), 2), ::testing::ElementsAre(4, 5));
}

TEST(Stream, FiltersByRunTypesAndTime) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const std::string second = world.pending_run(session);
  ASSERT_TRUE(world.execute(second));
  const std::vector<Event> events = world.events(session);
  StreamEventsOptions options = of(session);
  options.run_id = second;
  options.types = {"message_streamed", "run_completed"};
  options.until = StreamUntil::run_terminal;
  EXPECT_EQ(take(*open(world, options), 10).size(), 2U);
  StreamEventsOptions later = of(session);
  later.since = events.back().timestamp;
  later.until = StreamUntil::run_terminal;
  later.run_id = second;
  const auto numbers = take(*open(world, later), 100);
  ASSERT_FALSE(numbers.empty());
  for (const std::uint64_t number : numbers) EXPECT_GE(events[number - 1].timestamp, events.back().timestamp);
}

TEST(Stream, EventsOfSeveralRunsInterleaveAndStayInOrder) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 200; ++i) run.text("x");
    run.finish(FinishStatus::completed);
  });
  world.wiring.pipelines["default"].queue.max_concurrent_runs = 4;
  const std::string session = world.active_session();
  StreamEventsOptions options = of(session);
  auto stream = open(world, options);
  std::vector<std::future<Result<RunResult>>> runs;
  for (int i = 0; i < 4; ++i) runs.push_back(world.begin(world.pending_run(session)));
  for (auto& run : runs) EXPECT_EQ(run.get()->status, RunStatus::completed);
  const std::uint64_t last = world.events(session).size();
  EXPECT_EQ(take(*stream, last), numbers_to(last));
}

// An older system read a store without a change feed as fast as it could while nothing happened.
TEST(Stream, AnIdleReaderIsNotBusy) {
  for (const bool feed : {true, false}) {
    World world(complete_with_text);
    world.store->hide_changes = !feed;
    const std::string session = world.active_session();
    StreamEventsOptions options = of(session);
    options.poll_interval = std::chrono::milliseconds(50);
    options.wait_timeout = std::chrono::milliseconds(300);
    auto stream = open(world, options);
    EXPECT_EQ(take(*stream, 2).size(), 2U);
    const std::uint64_t reads = world.store->reads;
    EXPECT_TRUE(take(*stream, 1).empty());
    EXPECT_LE(world.store->reads - reads, 20U) << (feed ? "woken for nothing" : "polls more often than it was told");
  }
}

TEST(Stream, ALongPollIsAnsweredByWhatItAsksForAndByNothingElse) {
  std::atomic<bool> go{false};
  World world([&](ScriptedRun& run) {
    run.text("not this");
    EXPECT_TRUE(eventually([&] { return go.load(); }));
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto running = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  GetEventsOptions options;
  options.session_id = session;
  options.types = {"run_completed"};
  EXPECT_TRUE(world.manager().get_session_events(options)->empty());
  options.wait = std::chrono::milliseconds(20);
  EXPECT_TRUE(world.manager().get_session_events(options)->empty()) << "the wait ends without an error";
  options.wait = std::chrono::seconds(10);
  std::thread finish([&] { go = true; });
  auto found = world.manager().get_session_events(options);
  finish.join();
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->size(), 1U);
  EXPECT_EQ(running.get()->status, RunStatus::completed);
}

}  // namespace
}  // namespace asmgr::testing
