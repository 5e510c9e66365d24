// Who may write a session: what a host finds that lost one, or that meets what another left.
#include <gmock/gmock.h>

#include "core/model/id.hpp"
#include "tests/core/engine/support/other_host.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

TEST(Ownership, AHostThatLostASessionStopsItsProviderAndWritesNothingMore) {
  std::atomic<bool> taken{false};
  World* self = nullptr;
  World world([&](ScriptedRun& run) {
    run.text("one");
    EXPECT_TRUE(eventually([&] { return self->store->head(run.context().session->id)->last_sequence >= 5; }));
    overtake(*self, run.context().session->id);
    taken = true;
    run.text("two");
    run.wait_for_cancel();
    EXPECT_EQ(run.text("three"), EmitAnswer::stop);
    run.finish(FinishStatus::cancelled);
  });
  self = &world;
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto result = world.execute(run);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code(), ErrorCode::stale_epoch);
  EXPECT_THAT(result.error().message(), HasSubstr("another host took session " + session + " over"));
  EXPECT_TRUE(eventually([&] { return world.provider->cancels == 1; }));
  EventQuery query;
  query.session_id = session;
  auto stored = world.store->get_events(query);
  ASSERT_TRUE(stored);
  const auto streamed = std::count_if(stored->begin(), stored->end(),
                                      [](const Event& event) { return event.type_name == "message_streamed"; });
  EXPECT_EQ(streamed, 1);
  EXPECT_EQ(world.store->head(session)->owner, "host_other");
}

// A running run of a host that is gone.
std::string left_running(World& world, const std::string& session) {
  const std::string id = world.pending_run(session);
  world.end_manager();
  auto run = world.store->get_run({}, id);
  EXPECT_TRUE(run);
  CommitUnit unit;
  unit.session_id = session;
  const std::uint64_t version = run->version;
  run->status = RunStatus::running;
  run->version = version + 1;
  unit.runs.push_back(RunWrite{*run, version});
  write_unit(*world.store, unit);
  return id;
}

TEST(Ownership, WhatADeadHostLeftRunningIsClosedBeforeItIsShown) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = left_running(world, session);
  auto seen = world.manager().get_run(run);
  ASSERT_TRUE(seen) << seen.error().message();
  EXPECT_EQ(seen->status, RunStatus::failed);
  EXPECT_EQ(seen->error->code(), ErrorCode::host_terminated);
  EXPECT_EQ(world.checked_types(session).back(), "run_failed");
  EXPECT_FALSE(world.store->get_record({}, record_kind::kRecovery, session)) << "the count stays after success";
}

TEST(Ownership, WhatADeadHostHeldOfABudgetIsSettledByWhatItsRunUsed) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = left_running(world, session);
  Record counter;
  counter.kind = record_kind::kCounter;
  counter.id = "budget.day";
  counter.status = "open";
  Record hold;
  hold.kind = record_kind::kHold;
  hold.id = run + ".budget.day";
  hold.session_id = session;
  hold.version = 1;
  hold.status = "held";
  hold.value = 5000;
  hold.body = R"({"run_id":")" + run + R"(","counter":"budget.day","metric":"total_tokens"})";
  auto row = world.store->get_run({}, run);
  const std::uint64_t version = row->version++;
  row->token_usage.input_tokens = row->token_usage.total_tokens = 1200;
  row->token_usage.quality = UsageQuality::reported;
  CommitUnit unit;
  unit.session_id = session;
  unit.runs.push_back(RunWrite{*row, version});
  unit.records.push_back(RecordWrite{counter, kVersionAny, RecordWrite::Kind::add, 7000, 1'000'000});  // 2000 of others
  unit.records.push_back(RecordWrite{hold, kVersionAbsent, RecordWrite::Kind::put, 0, 0});
  write_unit(*world.store, unit);
  ASSERT_EQ(world.manager().get_run(run)->status, RunStatus::failed);
  EXPECT_EQ(world.store->get_record({}, record_kind::kCounter, "budget.day")->value, 2000 + 1200);
  EXPECT_FALSE(world.store->get_record({}, record_kind::kHold, hold.id));
}

TEST(Ownership, ASessionWhoseRecoveryEndedItsHostThreeTimesIsLeftAlone) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = left_running(world, session);
  Record count;
  count.kind = record_kind::kRecovery;
  count.id = session;
  count.session_id = session;
  count.status = "counting";
  CommitUnit unit;
  unit.session_id = session;
  unit.records.push_back(RecordWrite{count, kVersionAny, RecordWrite::Kind::add, 3, 1'000'000});
  write_unit(*world.store, unit);
  auto seen = world.manager().get_run(run);
  ASSERT_FALSE(seen);
  EXPECT_EQ(seen.error().code(), ErrorCode::recovery_exhausted);
  EXPECT_THAT(seen.error().message(), HasSubstr("ended its host 3 times"));
  EXPECT_EQ(world.store->get_run({}, run)->status, RunStatus::running);
}

TEST(Ownership, AProviderThatHungThreeTimesIsNotCalledAgain) {
  auto hung = std::make_shared<std::atomic<bool>>(true);
  World world(complete_with_text);
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(60);
  world.provider->in_start = [hung](const RunContext&) { hung->wait(true); };
  const std::string session = world.active_session();
  for (int i = 0; i < 3; ++i) {
    auto told = world.begin(world.pending_run(session));
    ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
    auto result = told.get();
    ASSERT_TRUE(result) << result.error().message();
    EXPECT_EQ(result->error->code(), ErrorCode::plugin_hung);
  }
  const int starts = world.provider->starts;
  auto fourth = world.execute(world.pending_run(session));
  ASSERT_FALSE(fourth);
  EXPECT_EQ(fourth.error().code(), ErrorCode::plugin_disabled);
  EXPECT_THAT(fourth.error().message(), HasSubstr("provider 'test' hung 3 times"));
  EXPECT_EQ(world.provider->starts, starts);
  *hung = false;
  hung->notify_all();
  EXPECT_TRUE(eventually([&] { return world.provider->returned == 3; }));
}

}  // namespace
}  // namespace asmgr::testing
