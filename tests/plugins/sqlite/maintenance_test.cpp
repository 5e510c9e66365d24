// What a check finds in a damaged file, what a killed process leaves of a session it was removing, and space that comes
// back.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/plugins/contract/answers.hpp"
#include "tests/plugins/contract/chain.hpp"
#include "tests/plugins/sqlite/child.hpp"
#include "tests/plugins/sqlite/database_file.hpp"

namespace asmgr::contract {
namespace {

using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

bool soon(const std::function<bool()>& condition) {
  const auto limit = steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (steady_clock::now() > limit) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

// A session with something of everything.
Unit all_of_a_session(const std::string& id, std::size_t events) {
  Unit unit = create_session(id, "host", events);
  unit.flags |= ASMGR_UNIT_RELEASE;
  unit.session->doc = R"({"tags":["red"]})";
  for (Event& event : unit.events) event.data = R"({"text":"hello"})";
  chain_events(unit.events, first_hash(id));
  for (int i = 0; i < 5; ++i) {
    unit.runs.push_back({.id = id + "-r" + std::to_string(i), .doc = R"({"token_usage":{"input_tokens":7}})"});
    unit.records.push_back({.id = id + "-q" + std::to_string(i), .session_id = id});
  }
  return unit;
}

struct Damage {
  const char* name;
  const char* sql;
  const char* kind;
  const char* says;
};
std::ostream& operator<<(std::ostream& out, const Damage& damage) {
  return out << damage.sql;
}

class FoundDamage : public ::testing::TestWithParam<Damage> {
 protected:
  DatabaseFile file_;
  StoreClient store_{"sqlite", file_.config()};
};
INSTANTIATE_TEST_SUITE_P(
    Tables, FoundDamage,
    ::testing::Values(
        Damage{"SessionRow", "UPDATE sessions SET doc = '{}'", "checksum", "session 's' "},
        Damage{"RunRow", "UPDATE runs SET status = 3 WHERE id = 's-r1'", "checksum", "run 's-r1'"},
        Damage{"RecordRow", "UPDATE records SET value = 6 WHERE id = 's-q1'", "checksum", "queue record 's-q1'"},
        Damage{"HeadRow", "UPDATE heads SET epoch = 9", "checksum", "head of session 's'"},
        Damage{"ChangeRow", "UPDATE changes SET count = 2", "checksum", "row of changes 1 "},
        Damage{"HostRow", "UPDATE hosts SET expires_us = expires_us + 1", "checksum", "host 'living'"},
        Damage{"EventGone", "DELETE FROM events WHERE seq = 2", "gap", "event 3 where 2 should come"},
        Damage{"LastEventGone", "DELETE FROM events WHERE seq = 9", "head", "at event 9, its events end at 8"},
        Damage{"HeadGone", "DELETE FROM heads", "head", "has no head"},
        Damage{"LastHash", "UPDATE events SET hash = zeroblob(32) WHERE seq = 9", "head", "not the hash of its last"},
        Damage{"NoHash", "UPDATE events SET hash = x'00' WHERE seq = 3", "damaged", "has no hash"},
        Damage{"LongerText", "UPDATE events SET data = data || ' ' WHERE seq = 3", "head", "bytes of text"},
        Damage{"PrunedWithText", "UPDATE events SET flags = 1 WHERE seq = 3", "damaged", "pruned and has its text"},
        Damage{"Flags", "UPDATE events SET flags = 8 WHERE seq = 3", "damaged", "flags that nobody knows"},
        Damage{"Type", "UPDATE events SET type = 14 WHERE seq = 3", "damaged", "has the type 14"},
        Damage{"NameGone", "DELETE FROM names WHERE name = 'message_sent'", "damaged", "name number"},
        Damage{"RunOfNobody", "UPDATE runs SET session = 999 WHERE id = 's-r1'", "orphan", "Run 's-r1'"},
        Damage{"EventOfNobody", "UPDATE events SET session = 999 WHERE seq = 9", "orphan", "1 events belong"},
        Damage{"HeadOfNobody",
               "INSERT INTO heads (key, last_seq, epoch, change, owner, last_hash) VALUES (999, 0, 0, 0, '', x'')",
               "orphan", "head 999"},
        Damage{"TagOfNobody", "INSERT INTO session_tags VALUES (999, 'x')", "orphan", "1 tags belong"},
        Damage{"TagGone", "DELETE FROM session_tags", "damaged", "tags of session 's'"},
        Damage{"Tokens", "UPDATE runs SET input_tokens = 8 WHERE id = 's-r1'", "damaged", "run 's-r1'"},
        Damage{"Model", "UPDATE runs SET model = 'm' WHERE id = 's-r1'", "damaged", "run 's-r1'"},
        Damage{"IndexGone", "DROP INDEX runs_by_tokens", "damaged", "index 'runs_by_tokens' is missing"},
        Damage{"OtherDefinition",
               "PRAGMA writable_schema = 1; UPDATE sqlite_schema SET sql = replace(sql, 'status < 3', 'status < 2') "
               "WHERE name = 'runs_open'",
               "damaged", "index 'runs_open' is not defined"}),
    [](const ::testing::TestParamInfo<Damage>& damage) { return std::string(damage.param.name); });

TEST_P(FoundDamage, IsToldByKindAndPlace) {
  ASSERT_EQ(store_.renew_host("living", 60'000).status, ASMGR_OK);
  ASSERT_EQ(store_.commit(all_of_a_session("s", 9)).status, ASMGR_OK);
  ASSERT_THAT(store_.check().items, IsEmpty());
  file_.sql(GetParam().sql);
  const auto found = store_.check();
  EXPECT_EQ(found.status, ASMGR_OK) << found.message;
  EXPECT_THAT(found.items, Contains(::testing::AllOf(HasSubstr("\"kind\":\"" + std::string(GetParam().kind) + "\""),
                                                     HasSubstr(GetParam().says))));
}

TEST(DamagedPages, AreProblemsAndNoFailure) {
  const DatabaseFile file;
  {
    const StoreClient store("sqlite", file.config());
    for (int i = 0; i < 20; ++i)
      ASSERT_EQ(store.commit(all_of_a_session("s" + std::to_string(i), 50)).status, ASMGR_OK);
  }
  const std::string root = file.sql("SELECT rootpage FROM sqlite_schema WHERE name = 'events'");
  {
    std::fstream out(file.path(), std::ios::in | std::ios::out | std::ios::binary);
    out.seekp((std::stol(root) - 1) * 4096);
    out << std::string(4096, '\0');
  }
  const StoreClient store("sqlite", file.config());
  const auto found = store.check();
  EXPECT_EQ(found.status, ASMGR_OK) << found.message;
  EXPECT_THAT(found.items, Contains(HasSubstr("\"kind\":\"damaged\"")));
  EXPECT_EQ(store.get_session("", "s3").status, ASMGR_OK) << "what is whole can be read";
}

TEST(KilledRemoval, LeavesNothingThatAnybodySeesAndTheNextOneCleansUp) {
  const DatabaseFile file;
  const StoreClient store("sqlite", file.config());
  ASSERT_EQ(store.commit(all_of_a_session("kept", 9)).status, ASMGR_OK);
  for (const char* cleaner : {"compact", "remove"}) {
    SCOPED_TRACE(cleaner);
    ASSERT_EQ(store.commit(all_of_a_session("s", 3000)).status, ASMGR_OK);
    const Head head = store.head("s");
    {
      Child child(file.config(), file.path());
      child.send("retain " + remove_order("s", head.epoch, 1));
      ASSERT_TRUE(soon([&] { return store.head("s").status == ASMGR_E_SESSION_NOT_FOUND; }));
      child.end();
    }
    ASSERT_EQ(file.sql("SELECT id FROM removed"), "s") << "it was killed too late";
    EXPECT_THAT(store.events_of("s").items, IsEmpty());
    EXPECT_EQ(store.list_runs({}).items.size(), 5U);
    EXPECT_EQ(store.get_run("", "s-r4").status, ASMGR_E_RUN_NOT_FOUND);
    EXPECT_EQ(store.list_records({}).items.size(), 5U);
    EXPECT_EQ(store.get_record("", "queue", "s-q4").status, ASMGR_E_NOT_FOUND);
    EXPECT_EQ(number_in(store.measure().items.at(0), "events"), 9U);
    EXPECT_EQ(number_in(store.measure().items.at(0), "runs"), 5U);
    EXPECT_EQ(number_in(store.measure().items.at(0), "records"), 5U);
    EXPECT_THAT(store.check().items, IsEmpty()) << "what will be cleaned up is no problem";

    // Every id is free; what is made anew is not taken for what is left over.
    ASSERT_EQ(store.commit(all_of_a_session("s", 4)).status, ASMGR_OK);
    const auto order = cleaner == std::string("compact") ? R"({"compact":{}})" : remove_order("none", 1);
    EXPECT_EQ(store.retain(order).status, ASMGR_OK);
    EXPECT_EQ(file.sql("SELECT count(*) FROM removed"), "0");
    EXPECT_EQ(file.sql("SELECT count(*) FROM events"), "13");
    EXPECT_EQ(file.sql("SELECT count(*) FROM runs"), "10");
    EXPECT_EQ(file.sql("SELECT count(*) FROM records"), "10");
    EXPECT_EQ(problem_with_chain(store.events_of("s").items, "s"), "");
    EXPECT_EQ(store.list_records({.session_id = "s"}).items.size(), 5U);
    EXPECT_THAT(store.check().items, IsEmpty());
    EXPECT_EQ(number_in(store.retain(remove_order("s", 1)).items.at(0), "rows_removed"), 15U);
  }
}

TEST(Compacting, GivesTheSpaceBackToTheSystem) {
  const DatabaseFile file;
  const auto bytes = [&] { return std::filesystem::file_size(file.path()); };
  {
    const StoreClient store("sqlite", file.config());
    for (int i = 0; i < 40; ++i) {
      Unit unit = all_of_a_session("s" + std::to_string(i), 20);
      for (Event& event : unit.events) event.data = "{\"x\":\"" + std::string(5000, 'x') + "\"}";
      ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
    }
  }
  const auto full = bytes();
  ASSERT_GT(full, 4'000'000U);
  {
    const StoreClient store("sqlite", file.config());
    for (int i = 0; i < 39; ++i)
      ASSERT_EQ(store.retain(prune_order("s" + std::to_string(i), {{1, UINT64_MAX}})).status, ASMGR_OK);
    const auto free = number_in(store.measure().items.at(0), "free_bytes");
    EXPECT_GT(free, full / 2);
    EXPECT_GE(number_in(store.retain(R"({"compact":{}})").items.at(0), "bytes_freed"), free);
    EXPECT_EQ(number_in(store.measure().items.at(0), "free_bytes"), 0U);
    EXPECT_THAT(store.check().items, IsEmpty());
  }
  EXPECT_LT(bytes(), full / 2) << "after the last one has closed the file";
}

TEST(Compacting, AFileThatCannotDoItInStepsIsLeftAsItIs) {
  const DatabaseFile file;
  {
    const StoreClient store("sqlite", file.config());
    ASSERT_EQ(store.commit(all_of_a_session("s", 500)).status, ASMGR_OK);
  }
  file.sql("PRAGMA auto_vacuum = NONE; VACUUM");
  const StoreClient store("sqlite", file.config());
  EXPECT_EQ(store.retain(remove_order("s", 1)).status, ASMGR_OK);
  EXPECT_EQ(number_in(store.measure().items.at(0), "free_bytes"), 0U);
  EXPECT_EQ(number_in(store.retain(R"({"compact":{}})").items.at(0), "bytes_freed"), 0U);
}

}  // namespace
}  // namespace asmgr::contract
