// A session that goes on from an earlier point of another one.
#include <gmock/gmock.h>

#include <asmgr/session_manager.hpp>
#include <boost/asio/use_future.hpp>

#include "tests/core/engine/support/conversation.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

Result<Session> forked(World& world, const std::string& session, std::uint64_t at) {
  ForkSessionOptions options;
  options.session_id = session;
  options.at = at;
  return world.manager().fork_session(options);
}

class SessionFork : public ::testing::TestWithParam<const char*> {};

TEST_P(SessionFork, CopiesTheFirstEventsByteForByteAndContinuesTheirChain) {
  World world(converse, GetParam());
  const std::string parent = session_with_runs(world, 2);
  const std::vector<Event> original = world.events(parent);
  for (const std::uint64_t at : {std::uint64_t{1}, std::uint64_t{7}, std::uint64_t{original.size()}}) {
    auto fork = forked(world, parent, at);
    ASSERT_TRUE(fork) << fork.error().message();
    EXPECT_EQ(fork->status, SessionStatus::pending);
    EXPECT_EQ(fork->parent_session_id, parent);
    EXPECT_EQ(fork->chain_id, parent);
    EXPECT_EQ(fork->agent_id, "tester");
    const std::vector<Event> events = world.events(fork->id);
    ASSERT_EQ(events.size(), at + 1);
    for (std::size_t i = 0; i < at; ++i) {
      Event expected = original[i];
      expected.session_id = fork->id;
      EXPECT_EQ(events[i], expected) << i;
    }
    EXPECT_EQ(events.back().type, EventType::session_created);
    EXPECT_EQ(events.back().data, R"({"forked_from":")" + parent + R"(","at":)" + std::to_string(at) + "}");
    const VerifiedLog log = verified(world, fork->id);
    EXPECT_FALSE(log.problem) << log.problem->message();
    EXPECT_EQ(log.verified.sequence, at + 1);
  }
  EXPECT_EQ(world.events(parent), original);
}

TEST_P(SessionFork, HasNoRunsAndAnActivatedForkRunsOn) {
  World world(converse, GetParam());
  const std::string parent = session_with_runs(world);
  auto fork = forked(world, parent, world.events(parent).size());
  ASSERT_TRUE(fork);
  EXPECT_TRUE(world.manager().get_session_runs({fork->id, "", {}, "", 10})->empty());
  ASSERT_TRUE(world.manager().activate_session({fork->id, "", {}, {}}));
  auto result = world.execute(world.pending_run(fork->id));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_FALSE(verified(world, fork->id).problem);
  EXPECT_EQ(world.manager().get_session_runs({fork->id, "", {}, "", 10})->size(), 1U);
  auto again = forked(world, fork->id, 3);
  ASSERT_TRUE(again) << again.error().message();
  EXPECT_EQ(again->chain_id, parent);
  EXPECT_FALSE(verified(world, again->id).problem);
}

TEST_P(SessionFork, SurvivesTheHostThatMadeIt) {
  World world(converse, GetParam());
  if (!world.store->info().durable) GTEST_SKIP() << "this store does not outlive its process";
  const std::string parent = session_with_runs(world);
  auto fork = forked(world, parent, 4);
  ASSERT_TRUE(fork);
  world.end_manager();
  EXPECT_EQ(world.events(fork->id).size(), 5U);
  EXPECT_TRUE(world.manager().activate_session({fork->id, "", {}, {}}));
}

INSTANTIATE_TEST_SUITE_P(Stores, SessionFork, ::testing::Values("memory", "sqlite"));

TEST(SessionForkPlace, MustBeAnEventOfTheSession) {
  World world(converse);
  const std::string parent = session_with_runs(world);
  const std::uint64_t last = world.events(parent).size();
  auto zero = forked(world, parent, 0);
  ASSERT_FALSE(zero);
  EXPECT_EQ(zero.error().code(), ErrorCode::validation_error);
  EXPECT_EQ(zero.error().message(),
            "a fork needs the number of the last event it keeps, from 1 to " + std::to_string(last));
  auto beyond = forked(world, parent, last + 1);
  ASSERT_FALSE(beyond);
  EXPECT_EQ(beyond.error().code(), ErrorCode::invalid_cursor);
  EXPECT_EQ(beyond.error().message(), "session " + parent + " cannot be forked at event " + std::to_string(last + 1) +
                                          ": its last event is " + std::to_string(last));
  EXPECT_EQ(forked(world, "ses_none", 1).error().code(), ErrorCode::session_not_found);
  EXPECT_EQ(world.manager().list_sessions({})->size(), 1U);
}

TEST(SessionForkPlace, AnIdThatIsTakenAndAnotherTenantAreRefused) {
  World world(converse);
  const std::string parent = session_with_runs(world);
  ForkSessionOptions options;
  options.session_id = parent;
  options.at = 2;
  options.id = parent;
  EXPECT_EQ(world.manager().fork_session(options).error().code(), ErrorCode::already_exists);
  options.id.clear();
  options.tenant = "others";
  EXPECT_EQ(world.manager().fork_session(options).error().code(), ErrorCode::session_not_found);
  ASSERT_TRUE(world.manager().delete_session({parent, "", false, {}, {}}));
  EXPECT_EQ(forked(world, parent, 1).error().code(), ErrorCode::session_not_found);
}

// Where a call is open, the parent's run may still be going on.
TEST(SessionForkTalk, CallsThatAreOpenAreInDoubtAndTheProviderIsToldWhatWasSaid) {
  std::atomic<int> starts{0};
  std::string told;
  World world([&](ScriptedRun& run) {
    if (++starts > 1) {
      told = run.context().transcript;
      EXPECT_EQ(run.context().resume_token, "");
      return run.finish(FinishStatus::completed);
    }
    run.emit(EventType::run_started, R"({"session_id":"native-1"})");
    run.emit(EventType::message_received, R"({"role":"assistant","content":"I will look"})");
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"read","tool_input":{}})");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  world.provider->set_resumes_natively();
  const std::string parent = world.active_session();
  const std::string parent_run = world.pending_run(parent);
  auto ending = world.begin(parent_run);
  ASSERT_TRUE(eventually([&] { return world.events(parent).back().type == EventType::tool_call_started; }));
  auto fork = forked(world, parent, world.events(parent).size());
  ASSERT_TRUE(fork) << fork.error().message();
  EXPECT_EQ(world.manager().get_run(parent_run)->status, RunStatus::running);

  auto transcript = world.manager().get_transcript({fork->id, "", {}});
  ASSERT_TRUE(transcript);
  ASSERT_FALSE(transcript->messages.empty());
  EXPECT_EQ(transcript->messages.back().metadata.at("error_code"), "in_doubt");

  ASSERT_TRUE(world.manager().activate_session({fork->id, "", {}, {}}));
  ExecuteRunOptions options;
  options.run_id = world.pending_run(fork->id);
  options.execution.continuation = "auto";
  auto result = world.manager().execute_run(options);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_THAT(told, HasSubstr("I will look"));
  EXPECT_THAT(told, HasSubstr("in doubt"));
  ASSERT_TRUE(world.manager().cancel_run({parent_run, "", {}, {}}));
  ASSERT_TRUE(ending.get());
  EXPECT_FALSE(verified(world, parent).problem);
  EXPECT_FALSE(verified(world, fork->id).problem);
}

TEST(SessionForkTalk, ACommitWhoseOutcomeIsUnknownMakesOneFork) {
  World world(converse);
  const std::string parent = session_with_runs(world);
  std::atomic<int> times{0};
  world.store->after_commit = [&]() -> std::optional<CommitStatus> {
    if (++times > 1) return std::nullopt;
    return CommitStatus{CommitOutcome::ambiguous, Error(ErrorCode::storage_ambiguous)};
  };
  auto fork = forked(world, parent, 5);
  ASSERT_TRUE(fork) << fork.error().message();
  EXPECT_EQ(world.events(fork->id).size(), 6U);
  EXPECT_EQ(world.manager().list_sessions({})->size(), 2U);
}

TEST(SessionForkTalk, HasAnAsynchronousForm) {
  World world(converse);
  const std::string parent = session_with_runs(world);
  ForkSessionOptions options;
  options.session_id = parent;
  options.at = 3;
  auto told = async_fork_session(world.manager(), options, boost::asio::use_future);
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  auto fork = told.get();
  ASSERT_TRUE(fork) << fork.error().message();
  EXPECT_EQ(world.events(fork->id).size(), 4U);
}

}  // namespace
}  // namespace asmgr::testing
