// A session that goes from one store into another.
#include <gmock/gmock.h>

#include <asmgr/session_manager.hpp>
#include <boost/asio/use_future.hpp>

#include "core/engine/export_writer.hpp"
#include "tests/core/engine/support/conversation.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

std::string other_store(const std::string& store) {
  return store == "memory" ? "sqlite" : "memory";
}

class SessionImport : public ::testing::TestWithParam<const char*> {};

TEST_P(SessionImport, IntoAnotherKindOfStoreAndOutAgainGivesTheSameBytes) {
  World source(converse, GetParam());
  const std::string session = session_with_runs(source, 2);
  const std::string text = exported(source, session);
  World target(converse, other_store(GetParam()));
  auto done = imported(target, text);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->session.id, session);
  EXPECT_EQ(done->runs, 2U);
  EXPECT_EQ(done->known_runs, 0U);
  EXPECT_EQ(done->unfinished_runs, 0U);
  EXPECT_EQ(exported(target, session), text);
  EXPECT_FALSE(verified(target, session, done->head).problem);
  EXPECT_EQ(target.manager().get_session(session)->session, source.manager().get_session(session)->session);

  // And it goes on there, as it would have here.
  auto result = target.execute(target.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_FALSE(verified(target, session, done->head).problem);
  const auto events = target.events(session);
  const auto named = [](const Event& event) { return event.id == "caller-1"; };
  EXPECT_EQ(std::count_if(events.begin(), events.end(), named), 1);
}

TEST_P(SessionImport, OfASessionThatIsThereIsRefusedUnlessItGetsANewId) {
  World world(converse, GetParam());
  const std::string session = session_with_runs(world, 2);
  const std::string text = exported(world, session);
  auto again = imported(world, text);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code(), ErrorCode::already_exists);
  EXPECT_EQ(again.error().message(),
            "session " + session + " exists already in this store; import it under a new id (--new-id)");

  auto copy = imported(world, text, true);
  ASSERT_TRUE(copy) << copy.error().message();
  EXPECT_NE(copy->session.id, session);
  EXPECT_EQ(copy->session.chain_id, session);
  EXPECT_EQ(copy->runs, 0U);
  EXPECT_EQ(copy->known_runs, 2U);
  EXPECT_FALSE(copy->session.metadata.contains("provider_sessions"));
  EXPECT_FALSE(verified(world, copy->session.id, copy->head).problem);
  auto original = world.events(session);
  for (Event& event : original) event.session_id = copy->session.id;
  EXPECT_EQ(world.events(copy->session.id), original);
  EXPECT_TRUE(world.execute(world.pending_run(copy->session.id)));
  EXPECT_EQ(exported(world, session), text);
}

TEST_P(SessionImport, IsOneUnit) {
  World source(converse);
  const std::string text = exported(source, session_with_runs(source, 2));
  World world(converse, GetParam());
  std::atomic<int> units{0};
  world.store->before_commit = [&](std::span<const CommitUnit* const> group) -> std::optional<CommitStatus> {
    for (const CommitUnit* unit : group) {
      if (!unit->session || unit->session->session.agent_id == kAuditAgent) continue;  // the act, on record beside it
      ++units;
      EXPECT_EQ(unit->runs.size(), 2U);
      EXPECT_EQ(unit->events.size(), lines_of(text).size() - 4);
    }
    return std::nullopt;
  };
  ASSERT_TRUE(imported(world, text));
  EXPECT_EQ(units, 1);
}

INSTANTIATE_TEST_SUITE_P(Stores, SessionImport, ::testing::Values("memory", "sqlite"));

TEST(SessionImportOf, AForkKeepsItsChain) {
  World source(converse);
  const std::string parent = session_with_runs(source);
  ForkSessionOptions fork;
  fork.session_id = parent;
  fork.at = 5;
  auto made = source.manager().fork_session(fork);
  ASSERT_TRUE(made);
  const std::string text = exported(source, made->id);
  World target(converse, "sqlite");
  auto done = imported(target, text);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(done->session.parent_session_id, parent);
  EXPECT_EQ(exported(target, made->id), text);
}

TEST(SessionImportOf, APrunedEventStaysPruned) {
  World source(converse);
  const std::string session = session_with_runs(source);
  auto events = source.events(session);
  for (const std::size_t pruned : {std::size_t{3}, std::size_t{6}}) {
    events[pruned].pruned = true;
    events[pruned].data = events[pruned].metadata = "{}";
  }
  ExportWriter writer({events.size(), events.back().hash});
  std::string text;
  writer.header(text, source.manager().get_session(session)->session);
  for (const Event& event : events) writer.event(text, view_of(event));
  writer.end(text);
  World target(converse, "sqlite");
  auto done = imported(target, text);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(exported(target, session), text);
  const VerifiedLog log = verified(target, session);
  EXPECT_FALSE(log.problem);
  EXPECT_EQ(log.pruned, 2U);
  EXPECT_EQ(target.events(session), events);
}

TEST(SessionImportOf, NothingIsRedacted) {
  World source(converse);
  const std::string session = session_with_runs(source);
  auto events = source.events(session);
  events[3].data = R"({"content":"password=hunter2 AKIAIOSFODNN7EXAMPLE"})";
  EventHasher hasher;
  Hash hash = hasher.first(session);
  for (Event& event : events) {
    EventView view = view_of(event);
    hash = event.hash = hasher.chain(hash, view);
    event.body_hash = view.body_hash;
  }
  ExportWriter writer({events.size(), hash});
  std::string text;
  writer.header(text, source.manager().get_session(session)->session);
  for (const Event& event : events) writer.event(text, view_of(event));
  writer.end(text);
  World target(converse);
  ASSERT_TRUE(imported(target, text));
  EXPECT_EQ(exported(target, session), text);
}

// No copied run is ever live, whoever wrote the file.
TEST(SessionImportOf, RunsThatHadNotEndedAreLeftOut) {
  World source(converse);
  const std::string session = session_with_runs(source);
  (void)source.pending_run(session);
  auto runs = *source.manager().get_session_runs({session, "", {}, "", 10});
  ASSERT_EQ(runs.size(), 2U);
  const auto events = source.events(session);
  for (const RunStatus status : {RunStatus::pending, RunStatus::running}) {
    runs[1].status = status;
    ExportWriter writer({events.size(), events.back().hash});
    std::string text;
    writer.header(text, source.manager().get_session(session)->session);
    for (const Event& event : events) writer.event(text, view_of(event));
    for (const asmgr::Run& run : runs) writer.run(text, run);
    writer.end(text);
    World target(converse);
    auto done = imported(target, text);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(done->runs, 1U);
    EXPECT_EQ(done->unfinished_runs, 1U);
    EXPECT_EQ(target.manager().get_run(runs[1].id).error().code(), ErrorCode::run_not_found);
    EXPECT_EQ(target.events(session).size(), events.size());
  }
}

TEST(SessionImportOf, WhatIsNotWholeChangesNothingAndNamesItsLine) {
  World source(converse);
  auto lines = lines_of(exported(source, session_with_runs(source)));
  World target(converse, "sqlite");
  std::atomic<int> commits{0};
  target.store->before_commit = [&](auto) -> std::optional<CommitStatus> {
    ++commits;
    return std::nullopt;
  };
  const auto refusal = [&](const std::vector<std::string>& changed) {
    auto done = imported(target, joined(changed));
    EXPECT_FALSE(done);
    return done ? Error() : done.error();
  };
  auto cut = lines;
  cut.pop_back();
  EXPECT_EQ(refusal(cut).message(), "nothing was imported: line " + std::to_string(lines.size()) +
                                        " is missing: the file was cut, or it is no whole export");
  auto edited = lines;
  edited[5].replace(edited[5].find("said") == std::string::npos ? edited[5].find("data") + 9 : 0, 1, "X");
  const Error error = refusal(edited);
  EXPECT_THAT(error.message(), HasSubstr("nothing was imported: line 6 "));
  EXPECT_EQ(error.details().at("line"), 6);
  EXPECT_EQ(error.code(), ErrorCode::validation_error);
  EXPECT_EQ(refusal({R"({"hello":"world"})"}).message(),
            "nothing was imported: line 1 is not the header of an exported session; give a file that `asmgr session "
            "export` wrote");
  EXPECT_EQ(
      refusal({R"({"format":"asmgr-session","version":3})"}).message(),
      "nothing was imported: line 1 says that the file has format version 3; this version of asmgr reads versions "
      "1 and 2");
  EXPECT_THAT(refusal({}).message(), HasSubstr("line 1 is missing"));
  EXPECT_EQ(commits, 0);
  EXPECT_TRUE(target.manager().list_sessions({})->empty());
}

TEST(SessionImportOf, ATenantsImportTakesOnlyItsOwn) {
  World source(converse);
  StartSessionOptions start;
  start.agent_id = "tester";
  start.tenant = "blue";
  auto session = source.manager().start_session(start);
  ASSERT_TRUE(session);
  const std::string text = exported(source, session->id);
  World target(converse);
  ImportSessionOptions options;
  options.read = reader_of(text);
  options.tenant = "red";
  EXPECT_EQ(target.manager().import_session(options).error().code(), ErrorCode::context_mismatch);
  options.read = reader_of(text, 1);
  options.tenant = "blue";
  EXPECT_TRUE(target.manager().import_session(options));
}

TEST(SessionImportOf, AFileThatCannotBeReadIsThatError) {
  World world(converse);
  ImportSessionOptions options;
  options.read = [](std::span<char>) -> Result<std::size_t> { return Error(ErrorCode::storage_read_failed, "gone"); };
  auto done = world.manager().import_session(options);
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().message(), "nothing was imported: gone");
}

TEST(SessionImportOf, HasAnAsynchronousForm) {
  World source(converse);
  const std::string session = session_with_runs(source);
  const std::string text = exported(source, session);
  World target(converse, "sqlite");
  ImportSessionOptions options;
  options.read = reader_of(text);
  auto told = async_import_session(target.manager(), options, boost::asio::use_future);
  ASSERT_EQ(told.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  auto done = told.get();
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(exported(target, session), text);
}

// A verb that met nothing under this id must not hide what came since.
TEST(SessionImportOf, ASessionThatWasMissedBeforeIsThereAtOnce) {
  World source(converse);
  const std::string session = session_with_runs(source);
  World target(converse);
  EXPECT_FALSE(target.manager().pause_session({session, "", {}, {}}));
  ASSERT_TRUE(imported(target, exported(source, session)));
  EXPECT_TRUE(target.manager().pause_session({session, "", {}, {}}));
}

}  // namespace
}  // namespace asmgr::testing
