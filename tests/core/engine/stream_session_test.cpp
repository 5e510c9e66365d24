// One call from a prompt to a stream of events.
#include <gmock/gmock.h>

#include <thread>

#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

StreamSessionOptions prompt(const std::string& text) {
  StreamSessionOptions options;
  options.run.input = boost::json::value(text);
  return options;
}

std::vector<std::string> read_all(StreamSession& stream) {
  std::vector<std::string> types;
  while (true) {
    auto event = stream.next();
    EXPECT_TRUE(event) << event.error().message();
    if (!event || *event == nullptr) return types;
    types.push_back((*event)->type_name);
  }
}

TEST(StreamSession, GivesTheRunsEventsInOrderThenItsResult) {
  World world(complete_with_text);
  auto stream = world.manager().stream_session(prompt("hello"));
  ASSERT_TRUE(stream) << stream.error().message();
  EXPECT_THAT(read_all(**stream),
              ::testing::ElementsAre("message_sent", "run_started", "message_streamed", "run_completed"));
  auto result = (*stream)->result();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(world.manager().get_session((*stream)->session_id())->session.status, SessionStatus::completed);
  auto after = (*stream)->next();
  ASSERT_TRUE(after);
  EXPECT_EQ(*after, nullptr) << "it has ended";
}

TEST(StreamSession, TheResultComesWhetherAnybodyReadsOrNot) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 3000; ++i) run.text("x");
    run.finish(FinishStatus::completed);
  });
  auto stream = world.manager().stream_session(prompt("hello"));
  ASSERT_TRUE(stream);
  EXPECT_EQ((*stream)->result()->status, RunStatus::completed);
  EXPECT_EQ(read_all(**stream).size(), 3003U) << "what nobody read then is read now";
}

TEST(StreamSession, ClosingCancelsTheRunAndTheSessionThatWasMadeForIt) {
  World world([](ScriptedRun& run) {
    run.text("one");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  auto stream = world.manager().stream_session(prompt("hello"));
  ASSERT_TRUE(stream);
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  // Another thread is waiting for the next event: it is let go.
  std::thread reader([&] {
    while (true) {
      auto event = (*stream)->next();
      if (!event || *event == nullptr) return;
    }
  });
  std::thread([&] { (*stream)->close(); }).join();
  reader.join();
  (*stream)->close();
  auto result = (*stream)->result();
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::cancelled);
  EXPECT_EQ(world.manager().get_session((*stream)->session_id())->session.status, SessionStatus::cancelled);
}

TEST(StreamSession, AStreamThatIsDroppedEndsItsRun) {
  World world([](ScriptedRun& run) {
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  std::string run;
  {
    auto stream = world.manager().stream_session(prompt("hello"));
    ASSERT_TRUE(stream);
    run = (*stream)->run_id();
  }
  EXPECT_TRUE(eventually([&] { return world.store->get_run({}, run)->status == RunStatus::cancelled; }));
}

TEST(StreamSession, SilenceIsATimeoutThatNamesTheRunWhichGoesOn) {
  std::atomic<bool> go{false};
  World world([&](ScriptedRun& run) {
    EXPECT_TRUE(eventually([&] { return go.load(); }));
    run.finish(FinishStatus::completed);
  });
  StreamSessionOptions options = prompt("hello");
  options.idle_timeout = std::chrono::milliseconds(30);
  auto stream = world.manager().stream_session(options);
  ASSERT_TRUE(stream);
  std::optional<Error> silent;
  while (!silent) {
    auto event = (*stream)->next();
    if (!event) silent = event.error();
  }
  EXPECT_EQ(silent->code(), ErrorCode::timeout);
  EXPECT_THAT(silent->message(), ::testing::HasSubstr((*stream)->run_id()));
  go = true;
  EXPECT_EQ((*stream)->result()->status, RunStatus::completed);
}

TEST(StreamSession, InASessionOfTheCallersOnlyTheRunIsEnded) {
  World world([](ScriptedRun& run) {
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  StreamSessionOptions options = prompt("hello");
  options.run.session_id = world.active_session();
  auto stream = world.manager().stream_session(options);
  ASSERT_TRUE(stream);
  (*stream)->close();
  EXPECT_EQ((*stream)->session_id(), options.run.session_id);
  ASSERT_TRUE(
      eventually([&] { return world.store->get_run({}, (*stream)->run_id())->status == RunStatus::cancelled; }));
  EXPECT_EQ(world.manager().get_session(options.run.session_id)->session.status, SessionStatus::active);
}

TEST(StreamSession, WhatCannotBeHadIsRefusedAndLeavesNothing) {
  World world(complete_with_text);
  StreamSessionOptions options = prompt("hello");
  options.run.execution.provider = "nobody";
  auto stream = world.manager().stream_session(options);
  ASSERT_FALSE(stream);
  EXPECT_EQ(stream.error().code(), ErrorCode::not_found);
  EXPECT_TRUE(world.manager().list_sessions({})->empty());
}

}  // namespace
}  // namespace asmgr::testing
