// Stores that hang, or do not say whether they have written: what is promised of the log, the runs and whoever waits.
#include <gmock/gmock.h>

#include "core/engine/bounded_store.hpp"
#include "core/engine/closed_record.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

// Holds the commits that come while it is closed.
class Gate {
 public:
  void close() { closed_ = true; }
  void open() {
    closed_ = false;
    closed_.notify_all();
  }
  void pass() {
    if (!closed_) return;
    ++waiting_;
    closed_.wait(true);
  }
  [[nodiscard]] int waited() const { return waiting_; }

 private:
  std::atomic<bool> closed_{false};
  std::atomic<int> waiting_{0};
};

class StuckCommit : public ::testing::TestWithParam<bool> {};

TEST_P(StuckCommit, StopsTheProviderTellsWhoWaitsAndIsMadeGoodWhenItComesBack) {
  Gate gate;
  World world([&](ScriptedRun& run) {
    run.text("one");
    gate.close();
    run.text("two");  // a blocking provider stays in this call; the engine's end of it is stuck
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  world.store->set_fast(GetParam());
  world.store->before_commit = [&](auto) {
    gate.pass();
    return std::nullopt;
  };
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(50);
  world.wiring.pipelines["default"].store_retry = std::chrono::milliseconds(200);
  const std::string session = world.active_session();
  auto told = world.begin(world.pending_run(session));
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  const Result<RunResult> result = told.get();
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::storage_ambiguous);
  EXPECT_THAT(result.error().message(), HasSubstr("has not come back from commit"));
  std::string why;
  EXPECT_FALSE(world.manager().ready(why));
  EXPECT_THAT(why, HasSubstr("store 'local'"));
  EXPECT_EQ(world.logged("its sessions wait").size(), 1U);

  gate.open();
  ASSERT_TRUE(eventually([&] {
    auto runs = world.manager().get_session_runs({session, "", {}, "", 10});
    return runs && is_terminal(runs->front().status);
  }));
  EXPECT_TRUE(world.manager().ready(why)) << why;
  const auto types = world.checked_types(session);
  EXPECT_EQ(types.back(), "run_failed");
  EXPECT_EQ(std::count(types.begin(), types.end(), "run_failed"), 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, StuckCommit, ::testing::Bool(),
                         [](const auto& given) { return given.param ? "OnTheCallersThread" : "OnTheStoresThread"; });

TEST(SlowCommit, AnAnswerShowsWhatWasWrittenAndNotWhatWasAskedSince) {
  Gate gate;
  World world(complete_with_text);
  world.store->set_fast(false);
  world.store->set_readers(1);
  world.store->before_commit = [&](auto) {
    gate.pass();
    return std::nullopt;
  };
  const std::string session = world.active_session();
  gate.close();
  std::promise<Result<Session>> paused;
  std::promise<Result<Session>> resumed;
  world.manager().begin_pause_session({session, "", {}, {}},
                                      [&](Result<Session> told) { paused.set_value(std::move(told)); });
  ASSERT_TRUE(eventually([&] { return gate.waited() == 1; }));
  world.manager().begin_resume_session({session, "", {}, {}},
                                       [&](Result<Session> told) { resumed.set_value(std::move(told)); });
  std::promise<Result<Session>> behind;  // what it asks for is refused at once, so the verb before it has been taken
  world.manager().begin_pause_session({session, "nobody", {}, {}},
                                      [&](Result<Session> told) { behind.set_value(std::move(told)); });
  EXPECT_FALSE(behind.get_future().get());
  gate.open();
  EXPECT_EQ(paused.get_future().get()->status, SessionStatus::paused);
  EXPECT_EQ(resumed.get_future().get()->status, SessionStatus::active);
}

bool ends_without_its_event(const CommitUnit& unit) {
  const auto has_end = [&](const std::string& run) {
    return std::any_of(unit.events.begin(), unit.events.end(),
                       [&](const EventView& event) { return event.run_id == run && is_run_terminal(event.type); });
  };
  return std::any_of(unit.runs.begin(), unit.runs.end(),
                     [&](const RunWrite& write) { return is_terminal(write.run.status) && !has_end(write.run.id); });
}

TEST(SlowCommit, AUnitThatHadToWaitIsWrittenAsItWasWhenItWasClosed) {
  Gate gate;
  std::atomic<int> stage{0};
  World world([&](ScriptedRun& run) {
    stage = 1;
    stage.notify_all();
    stage.wait(1);  // 2: a commit is held up from here on
    run.text("one");
    run.text("two");
    run.emit(EventType::token_usage_updated, R"({"input_tokens":1,"output_tokens":1})");
    stage = 3;
    stage.notify_all();
    stage.wait(3);  // 4: what was said so far is closed
    run.finish(FinishStatus::completed);
    stage = 5;
    stage.notify_all();
  });
  std::atomic<int> halves{0};
  world.store->set_fast(false);
  world.store->set_readers(1);
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    for (const CommitUnit* unit : units) halves += ends_without_its_event(*unit) ? 1 : 0;
    gate.pass();
    return std::nullopt;
  };
  const std::string session = world.active_session();
  auto told = world.begin(world.pending_run(session));
  stage.wait(0);
  gate.close();
  stage = 2;
  stage.notify_all();
  stage.wait(2);
  StartRunOptions another;  // with an id of its own: what is staged before it is closed
  another.session_id = session;
  another.id = "run_mine";
  another.input = boost::json::object{{"prompt", "hello"}};
  world.manager().begin_start_run(another, [](const Result<asmgr::Run>&) {});
  std::promise<void> taken;
  world.manager().begin_pause_session({session, "nobody", {}, {}}, [&](const Result<Session>&) { taken.set_value(); });
  taken.get_future().wait();
  stage = 4;
  stage.notify_all();
  stage.wait(4);
  gate.open();
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(told.get()->status, RunStatus::completed);
  EXPECT_EQ(halves, 0);
}

void say_twenty_times(ScriptedRun& run) {
  for (int i = 0; i < 20; ++i) run.text("x");
  run.finish(FinishStatus::completed);
}

// Each of them is in the log once.
void expect_twenty(World& world) {
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  const auto types = world.checked_types(session);
  EXPECT_EQ(std::count(types.begin(), types.end(), "message_streamed"), 20);
}

TEST(AmbiguousCommit, ThatWasWrittenIsNotWrittenAgain) {
  World world(say_twenty_times);
  std::atomic<int> commits{0};
  world.store->after_commit = [&]() -> std::optional<CommitStatus> {
    if (++commits % 3 != 0) return std::nullopt;
    return CommitStatus{CommitOutcome::ambiguous, Error(ErrorCode::storage_ambiguous, "the line broke")};
  };
  expect_twenty(world);
  EXPECT_GE(commits, 3) << "none was ambiguous";
}

TEST(AmbiguousCommit, ThatWasNotWrittenIsWrittenOnce) {
  World world(say_twenty_times);
  std::atomic<int> commits{0};
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    if (units.front()->events.empty() || ++commits % 3 != 0) return std::nullopt;
    return CommitStatus{CommitOutcome::ambiguous, Error(ErrorCode::storage_ambiguous, "the line broke")};
  };
  expect_twenty(world);
}

TEST(BoundedStore, AReadThatHangsIsAnErrorThatNamesTheStore) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  Gate gate;
  world.store->before_read = [&] { gate.pass(); };
  BoundedStore bounded(world.store, std::chrono::milliseconds(50));
  EXPECT_TRUE(bounded.head(session));
  gate.close();
  auto head = bounded.head(session);
  EventQuery query;
  query.session_id = session;
  int visited = 0;
  auto events = bounded.visit_events(query, [&](const EventView&) { return ++visited > 0; });
  gate.open();
  ASSERT_FALSE(head);
  EXPECT_EQ(head.error().code(), ErrorCode::storage_connection_failed);
  EXPECT_EQ(head.error().message(), "store '" + world.store->info().name +
                                        "' has not answered head for 50 ms; look after the store, then try again");
  ASSERT_FALSE(events);
  EXPECT_EQ(visited, 0);
}

TEST(BoundedStore, OnlyWhatIsReachedOverSomethingIsReadThroughIt) {
  for (const bool in_process : {true, false}) {
    World world(complete_with_text);
    world.store->set_fast(in_process);
    std::mutex mutex;
    std::vector<std::thread::id> readers;
    world.store->before_read = [&] {
      std::lock_guard lock(mutex);
      readers.push_back(std::this_thread::get_id());
    };
    const std::string session = world.active_session();
    readers.clear();
    ASSERT_TRUE(world.manager().get_session(session));
    std::lock_guard lock(mutex);
    const bool here = std::find(readers.begin(), readers.end(), std::this_thread::get_id()) != readers.end();
    EXPECT_EQ(here, in_process);
  }
}

TEST(ClosedRecords, GoWithTheNextUnitOfTheirOwnerADayLater) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const auto write = [&](const std::string& id, const std::string& status, std::int64_t age_hours) {
    Record open;
    open.kind = record_kind::kCommand;
    open.id = id;
    open.session_id = session;
    const Timestamp closed_at{system_clock().now().us -
                              std::chrono::microseconds(std::chrono::hours(age_hours)).count()};
    RecordWrite closed = close_record(open, status, "{}", kVersionAbsent, closed_at);
    CommitUnit unit;
    unit.session_id = session;
    unit.records.push_back(std::move(closed));
    const CommitUnit* units[] = {&unit};
    UnitResult results[1];
    EXPECT_EQ(world.store->commit(units, results, kWaitStoreLimit).outcome, CommitOutcome::filled);
    EXPECT_EQ(results[0].answer, CommitAnswer::ok);
  };
  write("cmd_old", "done", 25);
  write("cmd_new", "refused", 23);
  world.end_manager();  // the next one meets the session anew
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  auto old = world.store->get_record({}, record_kind::kCommand, "cmd_old");
  ASSERT_FALSE(old);
  EXPECT_EQ(old.error().code(), ErrorCode::not_found);
  EXPECT_TRUE(world.store->get_record({}, record_kind::kCommand, "cmd_new"));
}

}  // namespace
}  // namespace asmgr::testing
