// Many questions over the end of their host, each answered by two people at once.
#include <set>

#include "tests/core/engine/support/approval_world.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::testing {
namespace {

// What two people answer to the same questions in the same order, at the same time.
struct Deciders {
  std::atomic<std::size_t> accepted{0};
  std::atomic<std::size_t> too_late{0};
  std::atomic<std::size_t> other{0};

  void decide_all(ApprovalWorld& world, const std::vector<Approval>& asked, bool first_grants) {
    bool grant = first_grants;
    for (const Approval& approval : asked) {
      const auto answer = world.decide(approval.id, grant);
      grant = !grant;
      if (answer) {
        ++accepted;
      } else {
        ++(answer.error().code() == ErrorCode::invalid_transition ? too_late : other);
      }
    }
  }
};

TEST(ApprovalsOverARestart, AreEachResolvedOnceAndEachToolRunsAtMostOnce) {
  const auto count = static_cast<std::size_t>(test::in_profile(100, 1000));
  std::mutex mutex;
  std::map<std::string, int> ran;
  ApprovalWorld world(
      [&](ScriptedRun& run) {
        const std::string id = run.context().run->id;
        if (run.call_tool("c1", "ask_me").verdict == ToolVerdict::allow) {
          const std::lock_guard lock(mutex);
          ++ran[id];
        }
        run.finish(run.context().cancel->cancelled() ? FinishStatus::cancelled : FinishStatus::completed);
      },
      "sqlite");
  std::vector<std::string> runs;
  std::vector<std::string> sessions;
  std::vector<std::future<Result<RunResult>>> left;
  for (std::size_t i = 0; i < count; ++i) {
    sessions.push_back(world.active_session());
    runs.push_back(world.pending_run(sessions.back()));
    left.push_back(world.begin(runs.back()));
  }
  const auto pending = [&] {
    ListApprovalsOptions options;
    options.status = ApprovalStatus::pending;
    options.limit = 10'000;
    auto listed = world.manager().list_approvals(options);
    return listed ? *listed : std::vector<Approval>{};
  };
  ASSERT_TRUE(eventually([&] { return pending().size() == count; })) << pending().size();
  world.end_manager();
  for (auto& result : left) EXPECT_EQ(result.get()->status, RunStatus::running);

  world.serves = true;
  const std::vector<Approval> asked = pending();
  ASSERT_EQ(asked.size(), count);
  Deciders deciders;
  std::thread ana([&] { deciders.decide_all(world, asked, true); });
  std::thread ben([&] { deciders.decide_all(world, asked, false); });
  ana.join();
  ben.join();
  EXPECT_EQ(deciders.accepted, count);
  EXPECT_EQ(deciders.too_late, count);
  EXPECT_EQ(deciders.other, 0U);
  for (const std::string& run_id : runs) {
    AwaitRunOptions await;
    await.run_id = run_id;
    const auto ended = world.manager().await_run(await);
    ASSERT_TRUE(ended) << ended.error().message();
    EXPECT_EQ(ended->status, RunStatus::completed);
  }
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t granted = world.count(sessions[i], "tool_approval_granted");
    EXPECT_EQ(granted + world.count(sessions[i], "tool_approval_denied"), 1U);
    EXPECT_EQ(world.count(sessions[i], "tool_call_started"), granted);
    EXPECT_EQ(world.count(sessions[i], "run_completed"), 1U);
    EXPECT_EQ(static_cast<std::size_t>(ran[runs[i]]), granted);
  }
}

// The host that dies with a question open has lost an attempt; after three nobody tries again.
TEST(ApprovalsOverARestart, AnAttemptThatEndsWithItsHostCounts) {
  int calls = 0;  // each with another input, so that no earlier answer fits
  ApprovalWorld world(
      [&](ScriptedRun& run) {
        const std::string n = std::to_string(++calls);
        static_cast<void>(run.call_tool("c" + n, "ask_me", R"({"n":)" + n + "}"));
        run.finish(run.context().cancel->cancelled() ? FinishStatus::cancelled : FinishStatus::completed);
      },
      "sqlite");
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  auto waiting = world.begin(run_id);
  const auto forget_that_it_was_left = [&] {
    auto run = world.store->get_run({}, run_id);
    ASSERT_TRUE(run);
    run->metadata["suspended"].as_object()["on_purpose"] = false;
    CommitUnit unit;
    unit.session_id = session;
    const std::uint64_t version = run->version++;
    unit.runs.push_back(RunWrite{*run, version});
    const CommitUnit* units[] = {&unit};
    UnitResult results[1];
    ASSERT_EQ(world.store->commit(units, results, kWaitStoreLimit).outcome, CommitOutcome::filled);
    ASSERT_EQ(results[0].answer, CommitAnswer::ok);
  };
  for (int attempt = 1; attempt <= 3; ++attempt) {
    const std::string id = world.pending().id;
    world.end_manager();
    forget_that_it_was_left();
    ASSERT_TRUE(world.decide(id, true));
  }
  AwaitRunOptions await;
  await.run_id = run_id;
  const auto ended = world.manager().await_run(await);
  ASSERT_TRUE(ended) << ended.error().message();
  EXPECT_EQ(ended->status, RunStatus::failed);
  EXPECT_EQ(ended->error->code(), ErrorCode::recovery_exhausted);
  EXPECT_EQ(world.count(session, "run_failed"), 1U);
}

}  // namespace
}  // namespace asmgr::testing
