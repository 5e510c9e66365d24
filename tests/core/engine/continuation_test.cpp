// What a run is told of what its session said before.
#include <gmock/gmock.h>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Answers each prompt with "re: hello" and keeps what it was given.
struct Listener {
  std::mutex mutex;
  std::vector<std::string> transcripts;
  std::vector<std::string> tokens;
  void operator()(ScriptedRun& run) {
    {
      std::lock_guard lock(mutex);
      transcripts.push_back(run.context().transcript);
      tokens.push_back(run.context().resume_token);
    }
    run.emit(EventType::run_started, R"({"session_id":"native-1"})");
    run.emit(EventType::message_received, R"({"role":"assistant","content":"re: hello"})");
    run.finish(FinishStatus::completed);
  }
};

Result<RunResult> execute(World& world, const std::string& session, const boost::json::value& mode,
                          const boost::json::object& limits = {}) {
  ExecuteRunOptions options;
  options.run_id = world.pending_run(session);
  options.execution.continuation = mode;
  options.execution.continuation_opts = limits;
  return world.manager().execute_run(options);
}

TEST(Continuation, AutoTellsWhatWasSaidAndNotTheRunsOwnInput) {
  Listener listener;
  World world([&](ScriptedRun& run) { listener(run); });
  const std::string session = world.active_session();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(execute(world, session, "auto"));
  EXPECT_THAT(listener.transcripts,
              ElementsAre("", R"([{"role":"user","content":"hello"},{"role":"assistant","content":"re: hello"}])",
                          R"([{"role":"user","content":"hello"},{"role":"assistant","content":"re: hello"},)"
                          R"({"role":"user","content":"hello"},{"role":"assistant","content":"re: hello"}])"));
}

TEST(Continuation, OffIsTheDefaultAndTrueAnAliasOfAutoWithAWarning) {
  Listener listener;
  World world([&](ScriptedRun& run) { listener(run); });
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  auto result = execute(world, session, true);
  ASSERT_TRUE(result);
  EXPECT_THAT(result->warnings, ElementsAre("continuation: true is an alias of auto; write auto"));
  EXPECT_THAT(listener.transcripts[1], IsEmpty());
  EXPECT_THAT(listener.transcripts[2], HasSubstr("re: hello"));
}

TEST(Continuation, LimitsMeanTheMostRecent) {
  Listener listener;
  World world([&](ScriptedRun& run) { listener(run); });
  const std::string session = world.active_session();
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(execute(world, session, "replay", {{"limit", 1}}));
  EXPECT_EQ(listener.transcripts[2], R"([{"role":"assistant","content":"re: hello"}])");
}

// Names its own session only when it has answered, which it does not in the second run.
TEST(Continuation, ANativeSessionThatARunDidNotGetIntoIsNotGoneOnFromUnlessItIsAskedFor) {
  std::mutex mutex;
  std::vector<std::string> tokens;
  std::vector<std::string> transcripts;
  World world([&](ScriptedRun& run) {
    std::size_t count = 0;
    {
      const std::lock_guard lock(mutex);
      tokens.push_back(run.context().resume_token);
      transcripts.push_back(run.context().transcript);
      count = tokens.size();
    }
    if (count == 2) return run.finish(FinishStatus::failed, R"({"error":{"code":"provider_error","message":"no"}})");
    run.emit(EventType::message_received, R"({"role":"assistant","content":"re: hello"})");
    if (count == 1) run.emit(EventType::run_started, R"({"session_id":"native-1"})");
    run.finish(FinishStatus::completed);
  });
  world.provider->set_resumes_natively();
  const std::string session = world.active_session();
  for (int i = 0; i < 3; ++i) (void)execute(world, session, "auto");
  EXPECT_THAT(tokens, ElementsAre("", "native-1", ""));
  EXPECT_THAT(transcripts[2], HasSubstr("re: hello"));
  ASSERT_TRUE(execute(world, session, "native"));
  EXPECT_EQ(tokens[3], "native-1");
}

TEST(Continuation, AProviderWithSessionsOfItsOwnGetsItsOwnId) {
  Listener listener;
  World world([&](ScriptedRun& run) { listener(run); });
  world.provider->set_resumes_natively();
  const std::string session = world.active_session();
  for (int i = 0; i < 2; ++i) ASSERT_TRUE(execute(world, session, "native"));
  EXPECT_THAT(listener.tokens, ElementsAre("", "native-1"));
  EXPECT_THAT(listener.transcripts, ElementsAre("", ""));
  ASSERT_TRUE(execute(world, session, "replay"));
  EXPECT_EQ(listener.tokens[2], "");
  EXPECT_THAT(listener.transcripts[2], HasSubstr("re: hello"));
}

TEST(Continuation, WhatIsNotUnderstoodIsRefusedBeforeAnythingIsWritten) {
  Listener listener;
  World world([&](ScriptedRun& run) { listener(run); });
  const std::string session = world.active_session();
  auto native = execute(world, session, "native");
  ASSERT_FALSE(native);
  EXPECT_EQ(native.error().code(), ErrorCode::capability_not_supported);
  EXPECT_THAT(native.error().message(), HasSubstr("'test' cannot; use auto or replay"));
  EXPECT_EQ(execute(world, session, "always").error().code(), ErrorCode::validation_error);
  EXPECT_EQ(execute(world, session, "auto", {{"max_messages", -1}}).error().code(), ErrorCode::validation_error);
  EXPECT_THAT(execute(world, session, "auto", {{"max_mesages", 1}}).error().message(), HasSubstr("'max_mesages'"));
  EXPECT_EQ(world.events(session).size(), 2U);
}

TEST(Continuation, TheTranscriptCanBeAskedFor) {
  Listener listener;
  World world([&](ScriptedRun& run) { listener(run); });
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  auto transcript = world.manager().get_transcript({session, "", {}});
  ASSERT_TRUE(transcript) << transcript.error().message();
  EXPECT_EQ(transcript->messages.size(), 2U);
  EXPECT_EQ(transcript->last_sequence, world.events(session).size());
  EXPECT_EQ(world.manager().get_transcript({"ses_none", "", {}}).error().code(), ErrorCode::session_not_found);
}

}  // namespace
}  // namespace asmgr::testing
