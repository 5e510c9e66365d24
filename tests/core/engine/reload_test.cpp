// What a manager runs on is exchanged while it works.
#include <gmock/gmock.h>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

std::shared_ptr<ScriptedProvider> another_provider(World& world, const std::string& text) {
  auto provider = std::make_shared<ScriptedProvider>([text](ScriptedRun& run) {
    run.text(text);
    run.finish(FinishStatus::completed);
  });
  world.wiring.providers["test"] = provider;
  return provider;
}

TEST(Reload, ARunInFlightFinishesOnWhatItStartedWith) {
  std::atomic<bool> go{false};
  World world([&](ScriptedRun& run) {
    EXPECT_TRUE(eventually([&] { return go.load(); }));
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto before = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  auto waits = world.begin(world.pending_run(session));
  ASSERT_TRUE(eventually([&] { return world.manager().status().queued_runs == 1; }));
  auto next = another_provider(world, "new");
  ASSERT_TRUE(world.manager().reload(world.wiring));
  go = true;
  EXPECT_EQ(before.get()->status, RunStatus::completed);
  EXPECT_EQ(waits.get()->status, RunStatus::completed);
  EXPECT_EQ(next->starts, 0) << "what waited had its plan";
  EXPECT_EQ(world.execute(world.pending_run(session))->status, RunStatus::completed);
  EXPECT_EQ(next->starts, 1);
}

TEST(Reload, AStoreThatIsNotNamedAnyMoreServesItsSessionsToTheEnd) {
  std::atomic<bool> go{false};
  World world([&](ScriptedRun& run) {
    EXPECT_TRUE(eventually([&] { return go.load(); }));
    run.finish(FinishStatus::completed);
  });
  World other(complete_with_text);
  const std::string old_session = world.active_session();
  auto in_flight = world.begin(world.pending_run(old_session));
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  world.wiring.stores["local"] = other.store;
  ASSERT_TRUE(world.manager().reload(world.wiring));
  const std::string new_session = world.active_session();
  EXPECT_TRUE(other.store->get_session({}, new_session));
  EXPECT_FALSE(world.store->get_session({}, new_session));
  go = true;
  EXPECT_EQ(in_flight.get()->status, RunStatus::completed);
  EXPECT_EQ(world.checked_types(old_session).back(), "run_completed");
}

TEST(Reload, MoreSlotsOfTheHostGoToWhoWaitsForThem) {
  std::atomic<bool> go{false};
  World world([&](ScriptedRun& run) {
    EXPECT_TRUE(eventually([&] { return go.load(); }));
    run.finish(FinishStatus::completed);
  });
  world.wiring.host.max_parallel_runs = 1;
  auto first = world.begin(world.pending_run(world.active_session()));
  auto second = world.begin(world.pending_run(world.active_session()));
  ASSERT_TRUE(eventually([&] { return world.manager().status().waiting == 1; }));
  world.wiring.host.max_parallel_runs = 2;
  ASSERT_TRUE(world.manager().reload(world.wiring));
  EXPECT_TRUE(eventually([&] { return world.provider->starts == 2; }));
  go = true;
  EXPECT_EQ(first.get()->status, RunStatus::completed);
  EXPECT_EQ(second.get()->status, RunStatus::completed);
}

}  // namespace
}  // namespace asmgr::testing
