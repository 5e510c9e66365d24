// A store that is kept small: what goes, what stays, and what is still true of what was pruned.
#include <gmock/gmock.h>

#include "core/engine/artifact_registry.hpp"
#include "tests/core/engine/support/artifacts_double.hpp"
#include "tests/core/engine/support/other_host.hpp"
#include "tests/core/engine/support/upkeep_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

class StoreUpkeepTest : public ::testing::TestWithParam<std::string> {
 protected:
  UpkeepWorld world_{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(Stores, StoreUpkeepTest, ::testing::Values("memory", "sqlite"));

TEST_P(StoreUpkeepTest, ALongLogLosesItsTextsDownToTheCap) {
  const std::string session = world_.completed_session();
  const int before = world_.texts(session);
  const PruneReport report = world_.pruned(at_most(10));
  EXPECT_EQ(world_.texts(session), 10);
  EXPECT_EQ(report.events_pruned, static_cast<std::uint64_t>(before - 10));
  EXPECT_EQ(report.store, "local");
  EXPECT_EQ(world_.pruned(at_most(10)).events_pruned, 0U) << "nothing is left to do";
}

TEST_P(StoreUpkeepTest, WhatWasPrunedVerifiesAndSaysSo) {
  const std::string session = world_.completed_session();
  const std::vector<Event> before = world_.events(session);
  const PruneReport report = world_.pruned(at_most(10));
  const VerifiedLog log = verified(world_, session, LogPosition{before.size(), before.back().hash});
  EXPECT_FALSE(log.problem);
  EXPECT_EQ(log.pruned, report.events_pruned);
  std::size_t number = 0;
  for (const Event& event : world_.events(session)) {
    EXPECT_EQ(event.hash, before[number].hash);
    EXPECT_EQ(event.type_name, before[number].type_name);
    if (!event.pruned) {
      EXPECT_EQ(event.data, before[number].data);
    }
    ++number;
  }
  EXPECT_EQ(number, before.size());
}

TEST_P(StoreUpkeepTest, DeltasGoBeforeTheMessageSoATranscriptStays) {
  const std::string session = world_.completed_session();
  TranscriptOptions options;
  options.session_id = session;
  const auto before = world_.manager().get_transcript(options);
  (void)world_.pruned(at_most(static_cast<std::uint64_t>(world_.texts(session) - 20)));
  const auto after = world_.manager().get_transcript(options);
  ASSERT_TRUE(before && after);
  // A message that was streamed names the event that it began with, which is the whole now.
  EXPECT_EQ(to_text(to_prompt_json(*after)), to_text(to_prompt_json(*before)));
}

TEST_P(StoreUpkeepTest, APrunedSessionIsExportedAndImported) {
  const std::string session = world_.completed_session();
  const PruneReport report = world_.pruned(at_most(8));
  const std::string file = exported(world_, session);
  UpkeepWorld other(GetParam());
  const auto there = imported(other, file);
  ASSERT_TRUE(there) << there.error().message();
  EXPECT_EQ(exported(other, session), file);
  const VerifiedLog log = verified(other, session);
  EXPECT_FALSE(log.problem);
  EXPECT_EQ(log.pruned, report.events_pruned);
}

TEST_P(StoreUpkeepTest, ADryRunSaysTheSameAndChangesNothing) {
  const std::string old = world_.completed_session();
  const std::string deleted = world_.completed_session();
  ASSERT_TRUE(world_.manager().delete_session({deleted, "", false, {}, {}}));
  world_.calendar.pass(100);
  const std::string young = world_.completed_session();
  world_.restart();
  RetentionPolicy policy;
  policy.max_events_per_session = 15;
  policy.max_total_events = 22;
  const int before = world_.texts(old) + world_.texts(young) + world_.texts(deleted);
  const PruneReport planned = world_.pruned(policy, PruneMode::dry_run);
  EXPECT_EQ(world_.texts(old) + world_.texts(young) + world_.texts(deleted), before);
  EXPECT_FALSE(world_.hidden(old));
  EXPECT_THAT(world_.acts("audit_session_pruned"), IsEmpty());
  world_.restart();
  const PruneReport done = world_.pruned(policy);
  EXPECT_EQ(planned.sessions_soft_deleted, 1U);
  EXPECT_EQ(planned.sessions_hard_deleted, 1U);
  EXPECT_EQ(done.sessions_soft_deleted, planned.sessions_soft_deleted);
  EXPECT_EQ(done.sessions_hard_deleted, planned.sessions_hard_deleted);
  EXPECT_NE(done.events_pruned, 0U);
  EXPECT_TRUE(world_.hidden(old));
  EXPECT_EQ(world_.texts(deleted), -1);
}

TEST_P(StoreUpkeepTest, OldSessionsAreHiddenThenRemoved) {
  const std::string old = world_.completed_session();
  const std::string pinned = world_.completed_session({"pinned"});
  const std::string active = world_.active_session();
  world_.calendar.pass(91);
  const std::string young = world_.completed_session();
  PruneReport report = world_.pruned({});
  EXPECT_EQ(report.sessions_soft_deleted, 1U);
  EXPECT_TRUE(world_.hidden(old));
  EXPECT_FALSE(world_.hidden(pinned));
  EXPECT_FALSE(world_.hidden(active));
  EXPECT_FALSE(world_.hidden(young));
  EXPECT_FALSE(world_.manager().get_session(old)) << "hidden at once";
  world_.calendar.pass(31);
  world_.restart();
  report = world_.pruned({});
  EXPECT_EQ(report.sessions_hard_deleted, 1U);
  EXPECT_EQ(world_.texts(old), -1);
  EXPECT_NE(world_.texts(pinned), -1);
  const auto removed = world_.acts("audit_session_removed");
  ASSERT_THAT(removed, SizeIs(1));
  EXPECT_EQ(removed[0].at("session_id"), old.c_str());
  EXPECT_EQ(removed[0].at("actor"), "ann");
}

TEST_P(StoreUpkeepTest, EveryActIsOnRecord) {
  const std::string session = world_.completed_session();
  (void)world_.pruned(at_most(10));
  const auto pruned = world_.acts("audit_session_pruned");
  ASSERT_THAT(pruned, SizeIs(1));
  EXPECT_EQ(pruned[0].at("session_id"), session.c_str());
  EXPECT_EQ(pruned[0].at("actor"), "ann");
  EXPECT_EQ(pruned[0].at("request_id"), "req-1");
  world_.calendar.pass(91);
  (void)world_.pruned({});
  const auto hidden = world_.acts("audit_session_deleted");
  ASSERT_THAT(hidden, SizeIs(1));
  EXPECT_EQ(hidden[0].at("actor"), "ann");
}

// What hosts did is kept until nothing is left that they did it to.
TEST_P(StoreUpkeepTest, AuditStreamsOutliveTheSessionsTheySpeakOf) {
  const std::string session = world_.completed_session();
  (void)world_.pruned(at_most(10));
  ASSERT_THAT(world_.acts("audit_session_pruned"), SizeIs(1));
  world_.restart();
  world_.calendar.pass(10'000);
  RetentionPolicy policy;
  policy.exempt_statuses = {SessionStatus::completed};
  policy.drop_superseded_deltas = false;
  policy.max_total_events = 1;
  (void)world_.pruned(policy);
  EXPECT_THAT(world_.acts("audit_session_pruned"), SizeIs(2)) << "the session is there";
  ASSERT_TRUE(world_.manager().delete_session({session, "", false, {}, {}}));
  world_.calendar.pass(40);
  world_.restart();
  (void)world_.pruned({});
  EXPECT_EQ(world_.texts(session), -1);
  world_.calendar.pass(130);
  world_.restart();
  (void)world_.pruned({});
  EXPECT_THAT(world_.acts("audit_session_pruned"), IsEmpty());
}

TEST_P(StoreUpkeepTest, TheWholeStoreLosesTheTextsOfItsOldestSessionsFirst) {
  const std::string oldest = world_.completed_session();
  world_.calendar.pass(1);
  const std::string middle = world_.completed_session();
  world_.calendar.pass(1);
  const std::string youngest = world_.completed_session();
  const int each = world_.texts(oldest);
  RetentionPolicy policy = keeps_all();
  policy.max_total_events = static_cast<std::uint64_t>(3 * each - 5);
  EXPECT_EQ(world_.pruned(policy).events_pruned, 5U);
  EXPECT_EQ(world_.texts(oldest), each - 5);
  EXPECT_EQ(world_.texts(middle), each);
  EXPECT_EQ(world_.texts(youngest), each);
}

TEST_P(StoreUpkeepTest, PinnedSessionsKeepTheirTexts) {
  const std::string pinned = world_.completed_session({"pinned"});
  const int before = world_.texts(pinned);
  RetentionPolicy policy = at_most(1);
  policy.max_total_events = 1;
  EXPECT_EQ(world_.pruned(policy).events_pruned, 0U);
  EXPECT_EQ(world_.texts(pinned), before);
}

TEST_P(StoreUpkeepTest, ARunThatGoesOnLosesNothing) {
  Latch spoken, go_on;
  UpkeepWorld world(GetParam(), speaks_and_waits(spoken, go_on));
  const std::string session = world.active_session();
  auto result = world.begin(world.pending_run(session));
  spoken.wait();
  EXPECT_TRUE(eventually([&] { return world.texts(session) > 20; }));
  const int before = world.texts(session);
  RetentionPolicy policy = at_most(1);
  policy.max_session_age_days = 1;
  policy.exempt_statuses.clear();
  world.calendar.pass(10);
  const PruneReport report = world.pruned(policy);
  EXPECT_EQ(report.sessions_soft_deleted, 0U) << "it is worked in";
  EXPECT_GE(world.texts(session), before - 2) << "only what belongs to no run";
  go_on.open();
  const auto ended = result.get();
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::completed);
  EXPECT_FALSE(verified(world, session).problem);
  EXPECT_NE(world.pruned(at_most(1)).events_pruned, 0U) << "afterwards it may";
}

TEST_P(StoreUpkeepTest, ASessionOfAnotherHostIsLeftToIt) {
  const std::string session = world_.completed_session();
  overtake(world_, session);
  world_.calendar.pass(100);
  EXPECT_EQ(world_.pruned({}).sessions_soft_deleted, 0U);
  EXPECT_FALSE(world_.hidden(session));
}

TEST_P(StoreUpkeepTest, NothingIsDoneOnceItIsCancelled) {
  const std::string session = world_.completed_session();
  const int before = world_.texts(session);
  CancelToken cancel;
  cancel.cancel();
  const auto report = world_.prune(at_most(1), PruneMode::carry_out, &cancel);
  ASSERT_TRUE(report) << report.error().message();
  EXPECT_TRUE(report->cancelled);
  EXPECT_EQ(world_.texts(session), before);
}

TEST_P(StoreUpkeepTest, WithoutAPolicyNothingGoes) {
  (void)world_.completed_session();
  world_.calendar.pass(1000);
  const auto report = world_.manager().prune_store({});
  ASSERT_FALSE(report);
  EXPECT_EQ(report.error().code(), ErrorCode::validation_error);
  EXPECT_THAT(report.error().message(), HasSubstr("stores.local.retention"));
  PruneStoreOptions unknown;
  unknown.store = "other";
  EXPECT_EQ(world_.manager().prune_store(unknown).error().code(), ErrorCode::not_found);
  RetentionPolicy bad;
  bad.batch_size = 0;
  EXPECT_THAT(world_.prune(bad).error().message(), HasSubstr("batch_size"));
}

TEST_P(StoreUpkeepTest, TheWiredPolicyIsTakenWhenNoneIsGiven) {
  world_.wiring.retention["local"].policy = at_most(10);
  const std::string session = world_.completed_session();
  ASSERT_TRUE(world_.manager().prune_store({}));
  EXPECT_EQ(world_.texts(session), 10);
}

// What a crash between putting bytes and naming them left behind.
TEST_P(StoreUpkeepTest, BytesThatNobodyNamesAreCleaned) {
  auto artifacts = std::make_shared<ArtifactsDouble>();
  world_.wiring.pipelines["default"].artifacts = artifacts;
  world_.wiring.pipelines["default"].artifacts_name = "files";
  world_.wiring.pipelines["other"] = world_.wiring.pipelines["default"];
  const auto mark = make_artifact_mark(*world_.store);
  ASSERT_TRUE(mark) << mark.error().message();
  const std::string key = new_artifact_key(*mark, "event", artifacts->now);
  ASSERT_TRUE(artifacts->put(key, "text/plain", [done = false](std::span<char> buffer) mutable -> Result<std::size_t> {
    if (std::exchange(done, true)) return 0;
    buffer[0] = 'x';
    return 1;
  }));
  EXPECT_EQ(world_.pruned(keeps_all()).artifacts_cleaned, 0U) << "its unit may be on its way";
  world_.calendar.pass(1);
  EXPECT_EQ(world_.pruned(keeps_all(), PruneMode::dry_run).artifacts_cleaned, 1U);
  EXPECT_TRUE(artifacts->has(key));
  EXPECT_EQ(world_.pruned(keeps_all()).artifacts_cleaned, 1U) << "once, however many pipelines keep theirs there";
  EXPECT_FALSE(artifacts->has(key));
}

// A host that serves does it by itself, and says so.
TEST_P(StoreUpkeepTest, AHostThatServesSeesToItWhenItIsDue) {
  world_.wiring.retention["local"] = {at_most(10), std::chrono::milliseconds(200)};
  world_.serves = true;
  const std::string session = world_.completed_session();
  EXPECT_TRUE(eventually([&] { return world_.texts(session) == 10; }));
  EXPECT_TRUE(eventually([&] { return !world_.logged("retention: ").empty(); }));
  const auto pruned = world_.acts("audit_session_pruned");
  ASSERT_FALSE(pruned.empty());
  EXPECT_THAT(std::string(pruned[0].at("actor").as_string()), HasSubstr("retention of host_"));
}

// Another host has begun it a moment ago: this one waits for its turn.
TEST_P(StoreUpkeepTest, OneHostAtATimeSeesToIt) {
  const std::string session = world_.completed_session();
  const int before = world_.texts(session);
  Record begun;
  begun.kind = record_kind::kRetention;
  begun.id = "schedule";
  begun.version = 1;
  begun.value = world_.calendar.now().us;
  CommitUnit unit;
  unit.records.push_back({begun, kVersionAbsent, RecordWrite::Kind::put, 0});
  write_unit(*world_.store, unit);
  world_.restart();
  world_.wiring.retention["local"] = {at_most(10), std::chrono::hours(24)};
  world_.serves = true;
  (void)world_.manager();
  // It has looked once another thing that comes later has been done.
  ASSERT_TRUE(world_.active_session().starts_with("ses_"));
  EXPECT_EQ(world_.texts(session), before);
  world_.end_manager();
  world_.calendar.pass(2);
  (void)world_.manager();
  EXPECT_TRUE(eventually([&] { return world_.texts(session) == 10; }));
}

// -- looking ----------------------------------------------------------------------------------------------------------

TEST_P(StoreUpkeepTest, AHealthyStoreHasNoProblemsAlsoAfterPruning) {
  (void)world_.completed_session();
  const PruneReport report = world_.pruned(at_most(5));
  std::vector<std::string> problems;
  CheckStoreOptions options;
  options.problem = [&](const StoreProblem& problem) { return problems.push_back(problem.message), true; };
  const auto checked = world_.manager().check_store(options);
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_TRUE(checked->looked_inside);
  EXPECT_EQ(checked->problems, 0U);
  EXPECT_EQ(checked->sessions, 2U) << "and the audit stream";
  EXPECT_EQ(checked->pruned_events, report.events_pruned);
}

TEST_P(StoreUpkeepTest, AStoreIsMeasuredAndItsBiggestSessionsNamed) {
  const std::string small = world_.active_session();
  const std::string big = world_.completed_session();
  MeasureStoreOptions options;
  options.biggest = 1;
  const auto stats = world_.manager().measure_store(options);
  ASSERT_TRUE(stats) << stats.error().message();
  EXPECT_EQ(stats->size.sessions, 2U);
  EXPECT_EQ(stats->size.runs, 1U);
  ASSERT_THAT(stats->biggest, SizeIs(1));
  EXPECT_EQ(stats->biggest[0].size.session_id, big);
  EXPECT_EQ(stats->biggest[0].size.events, static_cast<std::uint64_t>(world_.texts(big)));
  EXPECT_EQ(stats->biggest[0].agent_id, "tester");
  EXPECT_EQ(stats->biggest[0].status, SessionStatus::completed);
}

TEST(StoreUpkeep, AStoreThatOffersNothingIsRefusedAndItsChainsAreFollowedAllTheSame) {
  UpkeepWorld world("memory");
  world.store->hide_maintenance = true;
  (void)world.completed_session();
  EXPECT_EQ(world.prune(at_most(1)).error().code(), ErrorCode::capability_not_supported);
  EXPECT_EQ(world.manager().measure_store({}).error().code(), ErrorCode::capability_not_supported);
  const auto checked = world.manager().check_store({});
  ASSERT_TRUE(checked) << checked.error().message();
  EXPECT_FALSE(checked->looked_inside);
  EXPECT_EQ(checked->sessions, 1U);
}

}  // namespace
}  // namespace asmgr::testing
