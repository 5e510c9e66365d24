// What those who watch the engine are told, and what the log says of whom.
#include <gmock/gmock.h>

#include "tests/core/engine/support/fake_policy.hpp"
#include "tests/core/engine/support/recording_observer.hpp"

namespace asmgr::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

class Observed : public ::testing::Test {
 protected:
  std::shared_ptr<RecordingObserver> observer_ = std::make_shared<RecordingObserver>();
  void watch(World& world) { world.observer = observer_; }
};

TEST_F(Observed, ARunIsToldOnceAtEachOfItsStages) {
  World world(complete_with_text);
  watch(world);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const auto seen = observer_->seen();
  EXPECT_THAT(seen.begun, ElementsAre("test"));
  EXPECT_THAT(seen.spoke, ElementsAre("test"));
  EXPECT_THAT(seen.ended, ElementsAre("test completed"));
  EXPECT_EQ(seen.calls.at("test start"), 1U);
}

TEST_F(Observed, EveryDurableEventIsCountedByItsTypeAndNothingElseIs) {
  World world(complete_with_text);
  watch(world);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  std::map<std::string, std::uint32_t> stored;
  for (const Event& event : world.events(session)) ++stored[event.type_name];
  EXPECT_EQ(observer_->seen().events, stored);
}

TEST_F(Observed, AUnitThatTheStoreRefusesIsNoEventUntilItIsWritten) {
  World world(complete_with_text);
  watch(world);
  const std::string session = world.active_session();
  std::atomic<int> failures{2};
  world.store->before_commit = [&](std::span<const CommitUnit* const> units) -> std::optional<CommitStatus> {
    if (units[0]->events.empty()) return std::nullopt;  // the run before it begins
    if (failures.fetch_sub(1) > 0)
      return CommitStatus{CommitOutcome::failed, Error(ErrorCode::storage_connection_failed)};
    return std::nullopt;
  };
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const auto seen = observer_->seen();
  EXPECT_EQ(seen.events.at("run_started"), 1U);
  EXPECT_EQ(seen.incidents.at(Incident::unit_retried).size(), 2U);
}

TEST_F(Observed, ARunThatHadToWaitSaysForHowLong) {
  std::promise<void> let_go;
  std::shared_future<void> gate(let_go.get_future());
  World world([gate](ScriptedRun& run) {
    gate.wait_for(std::chrono::seconds(10));
    complete_with_text(run);
  });
  watch(world);
  const std::string session = world.active_session();
  auto first = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  auto second = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.manager().status().queued_runs == 1; }));
  const auto waits_from = std::chrono::steady_clock::now();
  ASSERT_TRUE(eventually([&] { return std::chrono::steady_clock::now() - waits_from > std::chrono::milliseconds(5); }));
  let_go.set_value();
  ASSERT_TRUE(first.get());
  ASSERT_TRUE(second.get());
  const auto seen = observer_->seen();
  ASSERT_EQ(seen.waited.size(), 2U);
  EXPECT_LT(seen.waited[0], seen.waited[1]);
  EXPECT_GE(seen.waited[1], std::chrono::milliseconds(5));
  EXPECT_EQ(world.manager().status().queued_runs, 0U);
}

TEST_F(Observed, PoliciesAreMeasuredOneByOneWithEveryCall) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 300; ++i) run.text("x");
    run.ask("c1", "tool");
    run.finish(FinishStatus::completed);
  });
  watch(world);
  use(world, std::make_shared<FakePolicy>());
  ASSERT_TRUE(world.execute(world.pending_run(world.active_session())));
  ASSERT_TRUE(eventually([&] { return observer_->seen().calls["fake observe"] == 300; }));
  const auto calls = observer_->seen().calls;
  EXPECT_EQ(calls.at("fake preflight"), 1U);
  EXPECT_EQ(calls.at("fake review_tool"), 1U);
  EXPECT_EQ(calls.count("policies observe"), 0U);
}

TEST_F(Observed, APluginThatHangsIsNamed) {
  auto let_go = std::make_shared<std::atomic<bool>>(false);
  World world(complete_with_text);
  watch(world);
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(50);
  world.provider->in_start = [let_go](const RunContext&) {
    while (!*let_go) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  auto ended = world.begin(world.pending_run(world.active_session()));
  ASSERT_EQ(ended.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  const auto seen = observer_->seen();
  EXPECT_THAT(seen.incidents, Contains(Pair(Incident::plugin_hung, ElementsAre("test"))));
  EXPECT_THAT(seen.incidents, Contains(Pair(Incident::run_recovered, ElementsAre("local"))));
  *let_go = true;
  ASSERT_TRUE(eventually([&] { return world.provider->returned == 1; }));
}

TEST(EngineLogLines, SayWhichSessionRunRequestAndPlugin) {
  struct Kept {
    std::string message, session, run, request, plugin;
  };
  std::mutex mutex;
  std::vector<Kept> lines;
  std::atomic<bool> over{false};
  World world([&](ScriptedRun& run) {
    run.text("x");
    run.wait_for_cancel();  // and finishes long after it was given up
    EXPECT_TRUE(eventually([&] { return over.load(); }));
    run.finish(FinishStatus::cancelled);
  });
  ManagerOptions options;
  options.log = [&](const LogLine& line) {
    const std::lock_guard lock(mutex);
    lines.push_back({std::string(line.message), std::string(line.session_id), std::string(line.run_id),
                     std::string(line.request_id), std::string(line.plugin)});
  };
  SessionManager manager(world.wiring, options);
  RunOnceOptions once;
  once.input = boost::json::object{{"prompt", "go"}};
  once.execution.run_timeout = std::chrono::milliseconds(20);
  once.execution.cancel_grace = std::chrono::milliseconds(20);
  once.caller.request_id = "req-7";
  const auto result = manager.run_once(once);
  over = true;
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_TRUE(eventually([&] { return world.provider->returned == 1; }));
  const std::lock_guard lock(mutex);
  const auto found = std::find_if(lines.begin(), lines.end(), [](const Kept& line) {
    return line.message.find("did not end run") != std::string::npos;
  });
  ASSERT_NE(found, lines.end());
  EXPECT_EQ(found->session, result->session_id);
  EXPECT_EQ(found->run, result->run_id);
  EXPECT_EQ(found->request, "req-7");
  EXPECT_EQ(found->plugin, "test");
}

}  // namespace
}  // namespace asmgr::testing
