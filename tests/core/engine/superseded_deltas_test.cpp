// Deltas whose whole stands behind them: every prune takes their texts, and reads no log for that in which nothing has
// happened since the last one.
#include <gmock/gmock.h>

#include "tests/core/engine/support/upkeep_world.hpp"

namespace asmgr::testing {
namespace {

constexpr std::uint64_t kDeltasOfARun = 20;  // what say_much streams

// No cap at all.
RetentionPolicy drops_deltas() {
  RetentionPolicy policy = keeps_all();
  policy.drop_superseded_deltas = true;
  return policy;
}

class SupersededDeltas : public ::testing::TestWithParam<std::string> {
 protected:
  // How many events a prune reads.
  std::uint64_t read_by_a_prune(const RetentionPolicy& policy) {
    const std::uint64_t before = world_.store->events_read;
    EXPECT_EQ(world_.pruned(policy).events_pruned, 0U);
    return world_.store->events_read - before;
  }
  UpkeepWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Stores, SupersededDeltas, ::testing::Values("memory", "sqlite"));

TEST_P(SupersededDeltas, GoWithoutAnyCap) {
  const std::string session = world_.completed_session();
  const std::vector<Event> before = world_.events(session);
  const PruneReport report = world_.pruned(drops_deltas());
  EXPECT_EQ(report.events_pruned, kDeltasOfARun);
  EXPECT_EQ(report.deltas_pruned, kDeltasOfARun);
  for (const Event& event : world_.events(session)) {
    EXPECT_EQ(event.pruned, event.type == EventType::message_streamed) << event.type_name;
  }
  const VerifiedLog log = verified(world_, session, LogPosition{before.size(), before.back().hash});
  EXPECT_FALSE(log.problem);
  EXPECT_EQ(log.pruned, kDeltasOfARun);
  EXPECT_EQ(world_.acts("audit_session_pruned").size(), 1U);
}

TEST_P(SupersededDeltas, StayWhenThePolicySaysSo) {
  const std::string session = world_.completed_session();
  const int before = world_.texts(session);
  const PruneReport report = world_.pruned(keeps_all());
  EXPECT_EQ(report.events_pruned, 0U);
  EXPECT_EQ(report.deltas_pruned, 0U);
  EXPECT_EQ(world_.texts(session), before);
}

TEST_P(SupersededDeltas, AreCountedAlsoWhereACapTakesThem) {
  const std::string session = world_.completed_session();
  const PruneReport report = world_.pruned(at_most(5));
  EXPECT_EQ(report.deltas_pruned, kDeltasOfARun);
  EXPECT_GT(report.events_pruned, report.deltas_pruned);
}

TEST_P(SupersededDeltas, AreLookedForOnlyWhereSomethingHasHappenedSince) {
  (void)world_.completed_session();
  const std::string active = session_with_runs(world_);
  world_.calendar.pass(1);
  EXPECT_GT(world_.pruned(drops_deltas()).events_pruned, 0U);
  EXPECT_EQ(read_by_a_prune(drops_deltas()), 2U) << "the newest event of each session";
  ASSERT_TRUE(world_.execute(world_.pending_run(active)));
  EXPECT_EQ(world_.pruned(drops_deltas()).events_pruned, kDeltasOfARun);
  world_.calendar.pass(1);
  (void)world_.pruned(drops_deltas());
  EXPECT_EQ(read_by_a_prune(drops_deltas()), 2U);
}

// The hour by which clocks of hosts may differ.
TEST_P(SupersededDeltas, OfAHostWhoseClockIsBehindAreNotForgotten) {
  world_.calendar.pass(1);
  (void)world_.pruned(drops_deltas());
  world_.calendar.turn_back(std::chrono::minutes(50));
  (void)world_.completed_session();
  world_.calendar.turn_back(std::chrono::minutes(-50));
  EXPECT_EQ(world_.pruned(drops_deltas()).events_pruned, kDeltasOfARun);
}

TEST_P(SupersededDeltas, StayInAPinnedSessionUntilNoTagPinsIt) {
  const std::string pinned = world_.completed_session({"pinned"});
  const int before = world_.texts(pinned);
  world_.calendar.pass(1);
  EXPECT_EQ(world_.pruned(drops_deltas()).events_pruned, 0U);
  EXPECT_EQ(world_.texts(pinned), before);
  RetentionPolicy none_exempt = drops_deltas();
  none_exempt.exempt_tags.clear();
  EXPECT_EQ(world_.pruned(none_exempt).events_pruned, kDeltasOfARun) << "the pass before has not looked at it";
}

TEST_P(SupersededDeltas, OfARunThatGoesOnStay) {
  Latch spoken, go_on;
  UpkeepWorld world(GetParam(), speaks_and_waits(spoken, go_on));
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  spoken.wait();
  const auto has_the_whole = [&] {
    for (const Event& event : world.events(session)) {
      if (event.type == EventType::message_received) return true;
    }
    return false;
  };
  EXPECT_TRUE(eventually(has_the_whole));
  EXPECT_EQ(world.pruned(drops_deltas()).events_pruned, 0U);
  go_on.open();
  ASSERT_TRUE(result.get());
  EXPECT_EQ(world.pruned(drops_deltas()).events_pruned, kDeltasOfARun) << "afterwards they may";
}

TEST_P(SupersededDeltas, AreInTheNumbersOfADryRunOnce) {
  for (int i = 0; i < 2; ++i) (void)world_.completed_session();
  world_.calendar.pass(1);
  RetentionPolicy policy = drops_deltas();
  policy.max_events_per_session = 15;
  EXPECT_EQ(world_.pruned(policy, PruneMode::dry_run).events_pruned, 2 * kDeltasOfARun) << "the cap takes no more";
  policy.max_events_per_session = 6;
  policy.max_total_events = 1;
  policy.archive.folder = world_.path("archive");
  const PruneReport planned = world_.pruned(policy, PruneMode::dry_run);
  const PruneReport done = world_.pruned(policy);
  EXPECT_EQ(planned.deltas_pruned, 2 * kDeltasOfARun);
  EXPECT_EQ(planned.archived, 2U);
  EXPECT_GT(planned.events_pruned, planned.deltas_pruned);
  EXPECT_EQ(done.events_pruned, planned.events_pruned);
  EXPECT_EQ(done.deltas_pruned, planned.deltas_pruned);
  EXPECT_EQ(done.archived, planned.archived);
}

TEST_P(SupersededDeltas, AreLookedForAgainAfterAPassThatWasCancelled) {
  const std::string session = world_.completed_session();
  world_.calendar.pass(1);
  CancelToken cancel;
  world_.store->before_head = [&cancel](std::string_view) { cancel.cancel(); };
  const auto report = world_.prune(drops_deltas(), PruneMode::carry_out, &cancel);
  world_.store->before_head = nullptr;
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->cancelled);
  EXPECT_EQ(report->events_pruned, 0U);
  EXPECT_EQ(world_.pruned(drops_deltas()).events_pruned, kDeltasOfARun);
}

// Where it would be archived stands another session of its id.
TEST_P(SupersededDeltas, AreLookedForAgainAfterAPassWithAnError) {
  const std::string session = world_.completed_session();
  world_.calendar.pass(1);
  RetentionPolicy policy = drops_deltas();
  policy.archive.store = "cold";
  world_.restart();
  UpkeepWorld cold(GetParam());
  StartSessionOptions other;
  other.id = session;
  other.agent_id = "somebody";
  ASSERT_TRUE(cold.manager().start_session(other));
  cold.end_manager();
  world_.wiring.stores["cold"] = cold.store;
  const auto report = world_.prune(policy);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_EQ(report->errors.size(), 1U);
  EXPECT_EQ(report->events_pruned, 0U);
  EXPECT_EQ(world_.pruned(drops_deltas()).events_pruned, kDeltasOfARun);
  world_.end_manager();
}

}  // namespace
}  // namespace asmgr::testing
