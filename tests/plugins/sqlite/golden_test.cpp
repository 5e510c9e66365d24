// Files of every schema version, made without the store's code (tests/data/stores), opened by this build: every answer
// is the one that was worked out beside them.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/plugins/sqlite/golden_world.hpp"

namespace asmgr::contract {
namespace {

namespace fs = std::filesystem;

const fs::path kGoldens = fs::path(ASMGR_SOURCE_DIR) / "tests/data/stores";
constexpr int kPresentVersion = 3;

std::string config_of_file(const std::string& path) {
  return R"({"path":")" + path + R"(","durability":"normal"})";
}

std::string text_of_file(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path, std::ios::binary).rdbuf();
  return text.str();
}

// The first value that a query gives, by SQL of the test's own.
std::string ask_file(const std::string& path, const char* sql) {
  sqlite3* db = nullptr;
  sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
  std::string answer;
  char* failed = nullptr;
  sqlite3_exec(
      db, sql,
      [](void* to, int, char** values, char**) {
        *static_cast<std::string*>(to) = values[0] == nullptr ? "" : values[0];
        return 0;
      },
      &answer, &failed);
  if (failed != nullptr) answer = failed;
  sqlite3_free(failed);
  sqlite3_close(db);
  return answer;
}

class SqliteGolden : public ::testing::TestWithParam<int> {
 protected:
  // Its own copy: opening it changes it.
  [[nodiscard]] std::string copy() const {
    const std::string path = folder_.path() + "/store.db";
    fs::copy_file(kGoldens / ("v" + std::to_string(GetParam()) + ".sqlite"), path);
    fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    return path;
  }
  TempFolder folder_;
};
INSTANTIATE_TEST_SUITE_P(Versions, SqliteGolden, ::testing::Range(1, kPresentVersion + 1),
                         [](const auto& version) { return "v" + std::to_string(version.param); });

TEST_P(SqliteGolden, GivesTheAnswersOfThen) {
  const std::string path = copy();
  ASSERT_EQ(ask_file(path, "SELECT max(version) FROM schema_version"), std::to_string(GetParam()));
  const StoreClient store("sqlite", config_of_file(path));
  EXPECT_EQ(answers_about_golden_world(store), text_of_file(kGoldens / "world.jsonl"));
  EXPECT_EQ(broken_chains(store), "");
}

// Searches and sums, which the first version did not have, find what they find in a new file.
TEST_P(SqliteGolden, IsSearchedLikeANewOne) {
  const StoreClient store("sqlite", config_of_file(copy()));
  const StoreClient made_now("sqlite", config_of_file(folder_.path() + "/new.db"));
  write_golden_world(made_now);
  EXPECT_EQ(answers_about_golden_world(made_now), text_of_file(kGoldens / "world.jsonl"));
  EXPECT_EQ(findings_in_golden_world(store), findings_in_golden_world(made_now));
  EXPECT_NE(findings_in_golden_world(store), "");
}

TEST_P(SqliteGolden, IsWholeAfterItWasBroughtUpToDate) {
  const std::string path = copy();
  EXPECT_EQ(StoreClient("sqlite", config_of_file(path)).check().items, std::vector<std::string>{});
  EXPECT_EQ(ask_file(path, "SELECT max(version) FROM schema_version"), std::to_string(kPresentVersion));
  EXPECT_EQ(ask_file(path, "PRAGMA integrity_check"), "ok");
  EXPECT_EQ(ask_file(path, "PRAGMA foreign_key_check"), "");
}

// A new host goes on where the one of then stopped.
TEST_P(SqliteGolden, IsWrittenOn) {
  const StoreClient store("sqlite", config_of_file(copy()));
  const std::string session = usual_id("ses", 0x51);
  const Head head = store.head(session);
  Unit unit = append_events(session, "new host", head.epoch, head.last_seq, 2);
  unit.flags = ASMGR_UNIT_TAKE;
  unit.records.push_back(
      {.kind = "command", .id = "cmd", .flags = ASMGR_RECORD_DELETE, .expected_version = ASMGR_VERSION_ANY});
  const UnitResult result = store.commit(unit);
  ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(result.last_seq, head.last_seq + 2);
  EXPECT_EQ(result.epoch, head.epoch + 1);
  Unit again = append_events(session, "new host", result.epoch, result.last_seq, 1);
  again.events[0].id = "their-own-id";
  again.events[0].flags = ASMGR_EVENT_CALLER_ID;
  EXPECT_EQ(store.commit(again).status, ASMGR_E_ALREADY_EXISTS);
  EXPECT_EQ(store.delete_session("", session, result.epoch).status, ASMGR_OK);
  EXPECT_EQ(store.events_of(session).items.size(), 0U);
}

}  // namespace
}  // namespace asmgr::contract
