// A log that somebody changed behind the engine's back.
#include <gmock/gmock.h>
#include <sqlite3.h>

#include "tests/core/engine/support/conversation.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;

class SessionVerify : public ::testing::Test {
 protected:
  SessionVerify() : world_(converse, "sqlite"), session_(session_with_runs(world_)) {
    events_ = world_.events(session_);
    position_ = {events_.size(), events_.back().hash};
    world_.end_manager();
  }
  // In the store's own file. :s is the session's key.
  void edit(std::string sql) {
    sqlite3* file = nullptr;
    ASSERT_EQ(sqlite3_open(world_.path("test.db").c_str(), &file), SQLITE_OK);
    const std::string key = "(SELECT key FROM sessions WHERE id = '" + session_ + "')";
    for (auto at = sql.find(":s"); at != std::string::npos; at = sql.find(":s")) sql.replace(at, 2, key);
    char* problem = nullptr;
    EXPECT_EQ(sqlite3_exec(file, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK) << problem << " in " << sql;
    sqlite3_free(problem);
    EXPECT_GT(sqlite3_total_changes(file), 0) << sql;
    sqlite3_close(file);
  }
  // Whoever forges a head forges its checksum, too. Which one it must have the store says itself.
  void edit_with_head(const std::string& sql) {
    edit(sql);
    const auto log = world_.manager().verify_session({session_, "", {}});
    ASSERT_FALSE(log);
    constexpr std::string_view kWanted = "its content has ";
    const auto at = log.error().message().find(kWanted);
    ASSERT_NE(at, std::string::npos) << log.error().message();
    const std::uint64_t checksum = std::stoull(log.error().message().substr(at + kWanted.size()));
    edit("UPDATE heads SET checksum = " + std::to_string(checksum) + " WHERE key = :s");
  }
  void expect_wrong_at(std::uint64_t number, const std::string& what, std::optional<LogPosition> expect = {},
                       std::optional<std::uint64_t> holds_to = {}) {
    const VerifiedLog log = verified(world_, session_, expect);
    ASSERT_TRUE(log.problem) << "expected: " << what;
    EXPECT_EQ(log.problem_at, number) << log.problem->message();
    EXPECT_THAT(log.problem->message(), HasSubstr(what));
    EXPECT_EQ(log.verified.sequence, holds_to.value_or(number - 1));
  }

  World world_;
  std::string session_;
  std::vector<Event> events_;
  LogPosition position_;
};

TEST_F(SessionVerify, ALogThatNobodyTouchedVerifies) {
  const VerifiedLog log = verified(world_, session_, position_);
  EXPECT_FALSE(log.problem);
  EXPECT_EQ(log.verified, position_);
  EXPECT_EQ(log.pruned, 0U);
  EXPECT_EQ(log.chain_id, session_);
  EXPECT_FALSE(verified(world_, session_, LogPosition{4, events_[3].hash}).problem);
}

TEST_F(SessionVerify, AnEditedTextIsFoundAtItsNumber) {
  for (const std::uint64_t number : {std::uint64_t{3}, std::uint64_t{1}}) {  // the first that is wrong is named
    edit("UPDATE events SET data = replace(data, '\"', '\"') || ' ' WHERE session = :s AND seq = " +
         std::to_string(number));
    expect_wrong_at(number, "event " + std::to_string(number) + " (" + events_[number - 1].id +
                                ") was changed: its data or metadata do not match their hash");
  }
}

TEST_F(SessionVerify, AnyOtherColumnIsFoundToo) {
  for (const std::string change :
       {"time_us = time_us + 1", "run = 'run_other'", "id = 'evt_other'", "correlation_id = 'c'", "schema = 2",
        "hash = zeroblob(32)", "body_hash = zeroblob(32)", "metadata = '{\"k\":1}'", "provider = type_name"}) {
    SCOPED_TRACE(change);
    edit("CREATE TABLE IF NOT EXISTS kept AS SELECT * FROM events; UPDATE events SET " + change +
         " WHERE session = :s AND seq = 5");
    expect_wrong_at(5, "event 5 ");
    edit("DELETE FROM events; INSERT INTO events SELECT * FROM kept");
    EXPECT_FALSE(verified(world_, session_).problem);
  }
}

TEST_F(SessionVerify, ATextThatIsNoJsonAnyMoreIsFoundAtItsNumber) {
  edit("UPDATE events SET data = '{' WHERE session = :s AND seq = 6");
  expect_wrong_at(6, "event 6 cannot be read: ");
}

TEST_F(SessionVerify, ADroppedEventIsMissing) {
  edit("DELETE FROM events WHERE session = :s AND seq = 4");
  expect_wrong_at(4, "stands where event 4 must be: events are missing");
}

TEST_F(SessionVerify, ADroppedEventIsFoundAlsoWhenTheOthersCloseRanks) {
  edit_with_head(
      "DELETE FROM events WHERE session = :s AND seq = 4;"
      "UPDATE events SET seq = seq - 1 WHERE session = :s AND seq > 4;"
      "UPDATE heads SET last_seq = last_seq - 1 WHERE key = :s");
  expect_wrong_at(4, "its hash does not continue the chain");
}

TEST_F(SessionVerify, SwappedEventsAreFoundAtTheFirst) {
  edit(
      "UPDATE events SET seq = -seq WHERE session = :s AND seq IN (4, 5);"
      "UPDATE events SET seq = 9 + seq WHERE session = :s AND seq < 0");
  expect_wrong_at(4, "its hash does not continue the chain");
}

TEST_F(SessionVerify, ATailThatIsGoneIsMissing) {
  edit("DELETE FROM events WHERE session = :s AND seq > 6");
  expect_wrong_at(7, "event 7 is missing: the log ends at event 6 and the store's head says that it ends at " +
                         std::to_string(events_.size()));
}

TEST_F(SessionVerify, AHeadThatIsNotAsTheStoreWroteItIsNamed) {
  edit("UPDATE heads SET epoch = epoch + 1 WHERE key = :s");
  const auto log = world_.manager().verify_session({session_, "", {}});
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().message(), HasSubstr("the head of session '" + session_ + "' is damaged"));
}

TEST_F(SessionVerify, EventsBeyondTheHeadAreFound) {
  edit_with_head("UPDATE heads SET last_seq = 6 WHERE key = :s");
  expect_wrong_at(6, "event 6 has another hash than the store's head", {}, 6);
  edit_with_head(
      "UPDATE heads SET last_hash = (SELECT hash FROM events WHERE session = :s AND seq = 6) WHERE key = :s");
  const VerifiedLog log = verified(world_, session_);
  ASSERT_TRUE(log.problem);
  EXPECT_EQ(log.problem_at, 7U);
  EXPECT_THAT(log.problem->message(), HasSubstr("event 7 stands beyond the end of the log"));
}

TEST_F(SessionVerify, OnlyAnExpectedPlaceTellsOfALogThatWasCutCleanly) {
  edit_with_head(
      "DELETE FROM events WHERE session = :s AND seq > 6;"
      "UPDATE heads SET last_seq = 6, last_hash = (SELECT hash FROM events WHERE session = :s AND seq = 6) "
      "WHERE key = :s");
  EXPECT_FALSE(verified(world_, session_).problem);
  expect_wrong_at(
      7,
      "event 7 is missing: event " + std::to_string(events_.size()) + " was expected and the log ends at 6: it was cut",
      position_);
}

TEST_F(SessionVerify, AnExpectedPlaceTellsOfALogThatWasWrittenAnew) {
  LogPosition other = position_;
  other.hash[0] ^= 1;
  const VerifiedLog log = verified(world_, session_, other);
  ASSERT_TRUE(log.problem);
  EXPECT_EQ(log.problem_at, position_.sequence);
  EXPECT_THAT(log.problem->message(), HasSubstr("another one than was expected: the log was written anew"));
}

TEST_F(SessionVerify, PrunedEventsPassByTheirBodysHashAndAreCounted) {
  edit("UPDATE events SET data = '', metadata = '', flags = flags | 1 WHERE session = :s AND seq IN (3, 6)");
  VerifiedLog log = verified(world_, session_, position_);
  EXPECT_FALSE(log.problem) << log.problem->message();
  EXPECT_EQ(log.pruned, 2U);
  edit("UPDATE events SET body_hash = zeroblob(32) WHERE session = :s AND seq = 6");
  expect_wrong_at(6, "its hash does not continue the chain");
}

TEST_F(SessionVerify, AnEditedRunIsFoundByItsRowsChecksum) {
  edit("UPDATE runs SET doc = replace(doc, 'hello', 'jello') WHERE session = :s");
  expect_wrong_at(0, "run_", {}, events_.size());
}

TEST_F(SessionVerify, ALogThatDoesNotVerifyIsNeitherForkedNorExported) {
  edit("UPDATE events SET data = '{}' WHERE session = :s AND seq = 3");
  ForkSessionOptions fork;
  fork.session_id = session_;
  fork.at = 5;
  auto forked = world_.manager().fork_session(fork);
  ASSERT_FALSE(forked);
  EXPECT_THAT(forked.error().message(), HasSubstr("cannot be forked, its log does not verify: event 3 "));
  fork.at = 2;
  EXPECT_TRUE(world_.manager().fork_session(fork));
  auto done = world_.manager().export_session({session_, "", [](std::string_view) -> Result<void> { return {}; }});
  ASSERT_FALSE(done);
  EXPECT_THAT(done.error().message(), HasSubstr("cannot be exported, its log does not verify: event 3 "));
}

TEST(SessionVerifyOf, ASessionThatNobodyMaySeeIsNotFound) {
  World world(converse);
  const std::string session = session_with_runs(world);
  EXPECT_EQ(world.manager().verify_session({"ses_none", "", {}}).error().code(), ErrorCode::session_not_found);
  EXPECT_EQ(world.manager().verify_session({session, "others", {}}).error().code(), ErrorCode::session_not_found);
}

// While a run writes, the log is verified up to where it was.
TEST(SessionVerifyOf, ASessionThatIsBeingWrittenVerifies) {
  std::atomic<bool> enough{false};
  std::promise<void> begun;
  World world(
      [&](ScriptedRun& run) {
        run.text("first");
        begun.set_value();
        while (!enough) run.text("more");
        run.finish(FinishStatus::completed);
      },
      "sqlite");
  const std::string session = world.active_session();
  auto ending = world.begin(world.pending_run(session));
  ASSERT_EQ(begun.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  for (int i = 0; i < 20; ++i) {
    const VerifiedLog log = verified(world, session);
    EXPECT_FALSE(log.problem) << log.problem->message();
    EXPECT_GE(log.verified.sequence, 3U);
  }
  enough = true;
  ASSERT_TRUE(ending.get());
}

}  // namespace
}  // namespace asmgr::testing
