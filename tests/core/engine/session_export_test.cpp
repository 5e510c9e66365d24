// What an export holds.
#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/conversation.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class SessionExport : public ::testing::TestWithParam<const char*> {};

TEST_P(SessionExport, IsAHeaderTheEventsAsStoredTheRunsAndALastLine) {
  World world(converse, GetParam());
  const std::string session = session_with_runs(world, 2);
  ExportedSession summary;
  const auto lines = lines_of(exported(world, session, &summary));
  const auto events = world.events(session);
  ASSERT_EQ(lines.size(), events.size() + 4);
  const std::string head = std::to_string(events.size()) + ":" + to_hex(events.back().hash);
  EXPECT_EQ(to_text(summary.head), head);
  EXPECT_EQ(summary.session_id, session);
  EXPECT_EQ(summary.runs, 2U);
  EXPECT_EQ(summary.unfinished_runs, 0U);
  EXPECT_THAT(lines.front(),
              StartsWith(R"({"format":"asmgr-session","version":1,"session":{"id":")" + session + R"(",)"));
  EXPECT_THAT(lines.front(), HasSubstr(R"("head":")" + head + R"(","sha256":")"));
  for (std::size_t i = 0; i < events.size(); ++i) EXPECT_EQ(lines[i + 1], event_json(view_of(events[i])));
  EXPECT_THAT(joined(lines), HasSubstr(R"("data":{ "content" : "a \u00e9 \"b\" \\ é", "n": 1.50 })"));
  for (const std::size_t run : {lines.size() - 3, lines.size() - 2}) {
    EXPECT_THAT(lines[run], StartsWith(R"({"run":{"id":"run_)"));
  }
  EXPECT_THAT(lines.back(), StartsWith(R"({"end":{"events":)" + std::to_string(events.size()) +
                                       R"(,"runs":2,"head":")" + head + R"("},"sha256":")"));
  EXPECT_EQ(exported(world, session), joined(lines));
}

INSTANTIATE_TEST_SUITE_P(Stores, SessionExport, ::testing::Values("memory", "sqlite"));

TEST(SessionExportOf, ASessionThatNobodyMaySeeIsNotFound) {
  World world(converse);
  const std::string session = session_with_runs(world);
  ExportSessionOptions options;
  options.write = [](std::string_view) -> Result<void> { return {}; };
  options.session_id = "ses_none";
  EXPECT_EQ(world.manager().export_session(options).error().code(), ErrorCode::session_not_found);
  options.session_id = session;
  options.tenant = "others";
  EXPECT_EQ(world.manager().export_session(options).error().code(), ErrorCode::session_not_found);
  options.tenant.clear();
  ASSERT_TRUE(world.manager().delete_session({session, "", false, {}, {}}));
  EXPECT_EQ(world.manager().export_session(options).error().code(), ErrorCode::session_not_found);
}

TEST(SessionExportOf, ALongLogPassesThroughInPieces) {
  constexpr int kEvents = 4000;
  const std::string text(2000, 'x');
  World world([&](ScriptedRun& run) {
    for (int i = 0; i < kEvents; ++i) run.text(text);
    run.finish(FinishStatus::completed);
  });
  const std::string session = session_with_runs(world);
  std::size_t largest = 0;
  std::size_t whole = 0;
  auto done = world.manager().export_session({session, "", [&](std::string_view piece) -> Result<void> {
                                                largest = std::max(largest, piece.size());
                                                whole += piece.size();
                                                return {};
                                              }});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_GT(whole, std::size_t{kEvents} * text.size());
  EXPECT_LT(largest, (std::size_t{1} << 20) + 2 * text.size());
}

TEST(SessionExportOf, AWriterThatFailsEndsItWithItsError) {
  World world(converse);
  const std::string session = session_with_runs(world);
  int calls = 0;
  auto done = world.manager().export_session({session, "", [&](std::string_view) -> Result<void> {
                                                ++calls;
                                                return Error(ErrorCode::storage_write_failed, "no room");
                                              }});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "no room");
  EXPECT_EQ(calls, 1);
}

TEST(SessionExportOf, ARunThatIsGoingOnIsInTheEventsOnly) {
  World world([&](ScriptedRun& run) {
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"read","tool_input":{}})");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  auto ending = world.begin(run);
  ASSERT_TRUE(eventually([&] { return world.events(session).back().type == EventType::tool_call_started; }));
  ExportedSession summary;
  const std::string text = exported(world, session, &summary);
  EXPECT_EQ(summary.runs, 0U);
  EXPECT_EQ(summary.unfinished_runs, 1U);
  EXPECT_THAT(text, Not(HasSubstr(R"({"run":)")));
  ASSERT_TRUE(world.manager().cancel_run({run, "", {}, {}}));
  ASSERT_TRUE(ending.get());

  World other(converse, "sqlite");
  ASSERT_TRUE(imported(other, text));
  EXPECT_TRUE(other.manager().get_session_runs({session, "", {}, "", 10})->empty());
  auto transcript = other.manager().get_transcript({session, "", {}});
  ASSERT_TRUE(transcript);
  EXPECT_EQ(transcript->messages.back().metadata.at("error_code"), "in_doubt");
  EXPECT_EQ(exported(other, session), text);
}

// The row of a run that ends between the head and the rows belongs to an event that is not in the file.
TEST(SessionExportOf, ARunThatEndsMeanwhileHadNotEndedAtTheHead) {
  std::promise<void> go;
  std::shared_future<void> may_go = go.get_future().share();
  std::promise<void> spoken;
  World world([&](ScriptedRun& run) {
    run.text("hi");
    spoken.set_value();
    may_go.wait();
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto ending = world.begin(world.pending_run(session));
  ASSERT_EQ(spoken.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  bool ended = false;
  ExportedSession summary;
  auto done = world.manager().export_session({session, "", [&](std::string_view) -> Result<void> {
                                                if (!std::exchange(ended, true)) {
                                                  go.set_value();
                                                  EXPECT_TRUE(ending.get());
                                                }
                                                return {};
                                              }});
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->runs, 0U);
  EXPECT_EQ(done->unfinished_runs, 1U);
  EXPECT_LT(done->head.sequence, world.events(session).size());
}

}  // namespace
}  // namespace asmgr::testing
