// The file: making it, refusing what is not ours, noticing damage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>
#include <sys/stat.h>

#include <fstream>
#include <thread>

#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::contract {
namespace {

using ::testing::HasSubstr;

class File : public ::testing::Test {
 protected:
  std::string config() { return R"({"path":")" + path_ + R"(","durability":"normal","busy_timeout":1000})"; }
  // Changes the file behind the store's back.
  void tamper(const std::string& sql) {
    sqlite3* raw = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &raw), SQLITE_OK);
    sqlite3_busy_timeout(raw, 5000);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(raw, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << (message ? message : "");
    sqlite3_free(message);
    sqlite3_close(raw);
  }
  StoreClient::CreateError refusal() {
    try {
      const StoreClient store("sqlite", config());
    } catch (const StoreClient::CreateError& error) {
      return error;
    }
    ADD_FAILURE() << "the store was opened";
    return {};
  }

  TempFolder folder_;
  std::string path_ = folder_.path() + "/new/folder/store.db";
};

TEST_F(File, IsMadeWithItsFolderForThisUserAlone) {
  const StoreClient store("sqlite", config());
  struct stat info {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(File, AnEmptyFileBecomesADatabase) {
  path_ = folder_.path() + "/empty.db";
  std::ofstream(path_).close();
  const StoreClient store("sqlite", config());
  EXPECT_EQ(store.commit(create_session("s", "host")).status, ASMGR_OK);
}

TEST_F(File, KeepsEverythingWhenItIsOpenedAgain) {
  const Unit unit = create_session("s", "host", 5);
  {
    const StoreClient store("sqlite", config());
    ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
  }
  const StoreClient store("sqlite", config());
  EXPECT_EQ(store.events_of("s").items, unit.events);
  EXPECT_EQ(store.head("s").owner, "host");
  EXPECT_EQ(store.latest_change(), 1u);
  EXPECT_EQ(store.read_changes(0).items.size(), 1u);
  EXPECT_EQ(store.commit(append_events("s", "host", 1, 5, 1)).status, ASMGR_OK);
}

TEST_F(File, IsMadeOnceWhenManyOpenItAtOnce) {
  std::vector<std::thread> threads;
  std::atomic<int> opened{0};
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&, i] {
      try {
        const StoreClient store("sqlite", config());
        if (store.commit(create_session("s" + std::to_string(i), "host")).status == ASMGR_OK) ++opened;
      } catch (const StoreClient::CreateError& error) {
        ADD_FAILURE() << error.message;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(opened, 8);
}

TEST_F(File, OfANewerSchemaIsRefusedNamingBothVersions) {
  { const StoreClient store("sqlite", config()); }
  tamper("INSERT INTO schema_version (version, applied_us) VALUES (99, 0)");
  const auto error = refusal();
  EXPECT_EQ(error.status, ASMGR_E_MIGRATION_REQUIRED);
  EXPECT_THAT(error.message, HasSubstr("schema version 99"));
  EXPECT_THAT(error.message, HasSubstr("up to 3"));
  EXPECT_THAT(error.message, HasSubstr("use a build of asmgr that is at least as new"));
  EXPECT_THAT(error.details, HasSubstr("\"found_version\":99"));
}

// The third version's additions taken away again.
constexpr const char* kBackToVersionTwo = R"sql(
DROP TABLE removed;
ALTER TABLE hosts DROP COLUMN checksum; ALTER TABLE changes DROP COLUMN checksum;
ALTER TABLE heads DROP COLUMN checksum; ALTER TABLE heads DROP COLUMN text_bytes;
ALTER TABLE heads DROP COLUMN text_events;
DELETE FROM schema_version WHERE version = 3;
PRAGMA auto_vacuum = NONE; VACUUM;
)sql";

// Likewise the second one's.
constexpr const char* kBackToVersionOne = R"sql(
DROP TABLE session_tags;
DROP INDEX sessions_by_update; DROP INDEX sessions_by_creation;
DROP INDEX runs_by_start; DROP INDEX runs_by_tokens; DROP INDEX runs_by_provider;
ALTER TABLE runs DROP COLUMN model; ALTER TABLE runs DROP COLUMN cost_micro_usd;
ALTER TABLE runs DROP COLUMN total_tokens; ALTER TABLE runs DROP COLUMN reasoning_tokens;
ALTER TABLE runs DROP COLUMN output_tokens; ALTER TABLE runs DROP COLUMN cache_write_tokens;
ALTER TABLE runs DROP COLUMN cache_read_tokens; ALTER TABLE runs DROP COLUMN input_tokens;
DELETE FROM schema_version WHERE version = 2;
)sql";

TEST_F(File, OfTheFirstSchemaIsBroughtUpToDateWithWhatItHolds) {
  {
    const StoreClient store("sqlite", config());
    Unit unit = create_session("s", "host");
    unit.session->doc = R"({"tags":["red"]})";
    unit.runs.push_back(
        RunRow{.id = "r", .session_id = "s", .doc = R"({"token_usage":{"input_tokens":7}})", .started_us = 5});
    ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
    Unit broken = create_session("broken", "host");
    broken.session->doc = "no json";
    ASSERT_EQ(store.commit(broken).status, ASMGR_OK);
  }
  tamper(kBackToVersionTwo);
  tamper(kBackToVersionOne);
  const StoreClient store("sqlite", config());
  EXPECT_EQ(store.search_sessions(R"({"tags":["red"]})").items.size(), 1U);
  EXPECT_EQ(store.search_runs(R"({"min_tokens":7,"order_by":"token_usage_desc"})").items.size(), 1U);
  EXPECT_EQ(store.get_session("", "broken").status, ASMGR_OK);
}

TEST_F(File, OfTheSecondSchemaKnowsItsSizesAndCanBeCompacted) {
  Unit unit = create_session("s", "host", 40);
  for (Event& event : unit.events) event.data = "{\"x\":\"" + std::string(400, 'x') + "\"}";
  unit.events[3].flags = ASMGR_EVENT_PRUNED;
  unit.events[3].data = unit.events[3].metadata = "";
  std::vector<SessionSize> sizes;
  {
    const StoreClient store("sqlite", config());
    ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
    ASSERT_EQ(store.renew_host("host", 1).status, ASMGR_OK);
    sizes = store.sizes("", 0).items;
  }
  tamper(kBackToVersionTwo);
  const StoreClient store("sqlite", config());
  EXPECT_EQ(sizes.at(0).events, 39U);
  EXPECT_EQ(store.sizes("", 0).items, sizes);
  EXPECT_EQ(store.check().items, std::vector<std::string>{});
  EXPECT_EQ(store.commit(append_events("s", "host", 1, 40, 1)).status, ASMGR_OK);
  EXPECT_EQ(store.retain(R"({"remove":{"session_id":"s","epoch":1}})").status, ASMGR_OK);
  EXPECT_EQ(store.retain(R"({"compact":{}})").items.at(0).find(":0}"), std::string::npos);
}

TEST_F(File, OfAnotherProgramIsRefusedAndLeftAlone) {
  path_ = folder_.path() + "/other.db";
  tamper("CREATE TABLE theirs (x)");
  const auto error = refusal();
  EXPECT_EQ(error.status, ASMGR_E_STORAGE_CONNECTION);
  EXPECT_THAT(error.message, HasSubstr("not one of asmgr"));
  tamper("INSERT INTO theirs VALUES (1)");
}

TEST_F(File, ThatIsNoDatabaseIsRefused) {
  path_ = folder_.path() + "/text.db";
  std::ofstream(path_) << std::string(4096, 'x');
  const auto error = refusal();
  EXPECT_EQ(error.status, ASMGR_E_STORAGE_CONNECTION);
  EXPECT_THAT(error.message, HasSubstr(path_));
  EXPECT_THAT(error.message, HasSubstr("not a SQLite database"));
}

TEST_F(File, InAFolderThatCannotBeMadeIsRefusedWithTheReason) {
  std::ofstream(folder_.path() + "/new").close();  // a file where a folder is wanted
  const auto error = refusal();
  EXPECT_EQ(error.status, ASMGR_E_STORAGE_CONNECTION);
  EXPECT_THAT(error.message, HasSubstr("Not a directory"));
}

TEST_F(File, ConfigurationIsChecked) {
  const auto status_of = [](const std::string& json) {
    try {
      const StoreClient store("sqlite", json);
    } catch (const StoreClient::CreateError& error) {
      return error.status;
    }
    return asmgr_status{ASMGR_OK};
  };
  EXPECT_EQ(status_of("{}"), ASMGR_E_CONFIG_INVALID);
  EXPECT_EQ(status_of(R"({"path":""})"), ASMGR_E_CONFIG_INVALID);
  EXPECT_EQ(status_of(R"({"path":"x.db","durability":"never"})"), ASMGR_E_CONFIG_INVALID);
  EXPECT_EQ(status_of(R"({"path":"x.db","busy_timeout":-1})"), ASMGR_E_CONFIG_INVALID);
}

class DamagedRow : public File {
 protected:
  void given_rows(const StoreClient& store) {
    Unit unit = create_session("s", "host");
    unit.runs.push_back({.id = "r"});
    unit.records.push_back({.kind = "counter", .id = "c", .version = 1, .value = 5});
    ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
  }
};

TEST_F(DamagedRow, OfASessionIsToldByName) {
  const StoreClient store("sqlite", config());
  given_rows(store);
  tamper("UPDATE sessions SET doc = '{\"forged\":1}'");
  for (const auto& page : {store.get_session("", "s"), store.list_sessions({})}) {
    EXPECT_EQ(page.status, ASMGR_E_STORAGE_READ);
    EXPECT_THAT(page.message, HasSubstr("session 's'"));
    EXPECT_TRUE(page.items.empty());
  }
}

TEST_F(DamagedRow, OfARunIsToldByName) {
  const StoreClient store("sqlite", config());
  given_rows(store);
  tamper("UPDATE runs SET status = 3");
  for (const auto& page : {store.get_run("", "r"), store.list_runs({}), store.list_runs({.session_id = "s"})}) {
    EXPECT_EQ(page.status, ASMGR_E_STORAGE_READ);
    EXPECT_THAT(page.message, HasSubstr("run 'r'"));
  }
}

TEST_F(DamagedRow, OfARecordIsToldByNameAndNothingIsAddedToIt) {
  const StoreClient store("sqlite", config());
  given_rows(store);
  tamper("UPDATE records SET value = 6");
  EXPECT_EQ(store.get_record("", "counter", "c").status, ASMGR_E_STORAGE_READ);
  EXPECT_THAT(store.get_record("", "counter", "c").message, HasSubstr("counter record 'c'"));

  const Unit addition = with_record({.kind = "counter", .id = "c", .flags = ASMGR_RECORD_ADD, .add = 1, .ceiling = 99});
  EXPECT_EQ(store.commit(addition).status, ASMGR_E_STORAGE_READ);
  // In a group the others are written all the same.
  const CommitAnswer answer = store.commit({append_events("s", "host", 1, 1, 1), addition});
  ASSERT_EQ(answer.status, ASMGR_OK);
  EXPECT_EQ(answer.units[0].status, ASMGR_OK);
  EXPECT_EQ(answer.units[1].status, ASMGR_E_STORAGE_READ);
  EXPECT_EQ(store.head("s").last_seq, 2u);
}

}  // namespace
}  // namespace asmgr::contract
