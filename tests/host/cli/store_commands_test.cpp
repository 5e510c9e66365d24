// Stores that are kept small, measured, checked and migrated through the program.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/model/json.hpp"
#include "tests/host/cli/program.hpp"

namespace asmgr::cli {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::StartsWith;

boost::json::object object_of(const std::string& text) {
  auto parsed = parse_json_object(text, "output");
  EXPECT_TRUE(parsed.has_value()) << text;
  return parsed.has_value() ? *parsed : boost::json::object{};
}

class StoreCommands : public testing::Test {
 protected:
  StoreCommands() { deploy(""); }
  // `more`: keys of the store beside `plugin` and `config`, or of its config after a comma.
  void deploy(const std::string& more, const std::string& config = "") const {
    world_.folder().write("asmgr.yaml",
                          "version: 1\nstores:\n  local:\n    plugin: sqlite\n    config: {path: ./store.db, "
                          "durability: normal" +
                              config + "}\n" + more +
                              "  cold: {plugin: sqlite, config: {path: ./cold.db}}\n  plain: {plugin: memory}\n"
                              "providers:\n  shell: {plugin: shell}\n"
                              "pipelines:\n  default: {store: local, provider: shell}\n");
  }
  // A session whose log has more than a few events.
  std::string run_something() const {
    const auto ended = world_.asmgr({"run", "-v", "echo hello"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    const auto at = ended.err.find("session ses_");
    return at == std::string::npos ? std::string() : ended.err.substr(at + 8, 36);
  }
  boost::json::object json_of(std::vector<std::string> command, int code = 0) const {
    command.insert(command.end(), {"--output", "json"});
    const auto ended = world_.asmgr(command);
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    return object_of(ended.out);
  }
  // In the store's own file.
  void edit(const std::string& sql) const {
    sqlite3* file = nullptr;
    ASSERT_EQ(sqlite3_open((world_.folder().path() / "store.db").c_str(), &file), SQLITE_OK);
    char* problem = nullptr;
    EXPECT_EQ(sqlite3_exec(file, sql.c_str(), nullptr, nullptr, &problem), SQLITE_OK) << problem << " in " << sql;
    sqlite3_free(problem);
    sqlite3_close(file);
  }
  World world_;
};

TEST_F(StoreCommands, WithoutAPolicyNothingIsPruned) {
  (void)run_something();
  const auto ended = world_.asmgr({"store", "prune"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_THAT(ended.err, HasSubstr("write stores.local.retention in the configuration, or give an option"));
}

TEST_F(StoreCommands, APrunedLogVerifiesAndSaysWhatIsGone) {
  const std::string session = run_something();
  const auto planned = json_of({"store", "prune", "--max-events-per-session", "5", "--dry-run"});
  EXPECT_EQ(planned.at("dry_run"), true);
  const auto report = json_of({"store", "prune", "--max-events-per-session", "5"});
  EXPECT_EQ(report.at("events_pruned"), planned.at("events_pruned"));
  EXPECT_GT(report.at("events_pruned").to_number<int>(), 0);
  EXPECT_EQ(report.at("store"), "local");
  const std::string gone = std::to_string(report.at("events_pruned").to_number<int>());
  EXPECT_THAT(world_.asmgr({"session", "verify", session}).out, HasSubstr("(" + gone + " pruned)"));
  EXPECT_THAT(world_.asmgr({"events", session}).out, HasSubstr("(pruned)"));
  EXPECT_EQ(world_.asmgr({"session", "transcript", session}).code, 0);
  EXPECT_EQ(world_.asmgr({"session", "export", session, "--file", "pruned.jsonl"}).code, 0);
  EXPECT_EQ(world_.asmgr({"session", "import", "pruned.jsonl", "--new-id"}).code, 0);
  EXPECT_THAT(world_.asmgr({"audit"}).out, HasSubstr("session_pruned"));
  EXPECT_THAT(world_.asmgr({"store", "check"}).out, HasSubstr("no problems"));
}

TEST_F(StoreCommands, ThePolicyOfTheFileIsTakenAndOptionsStandOverIt) {
  deploy("    retention: {max_events_per_session: 5, drop_superseded_deltas: false, archive: {store: cold}}\n");
  const std::string session = run_something();
  const auto planned = json_of({"store", "prune", "--dry-run", "--max-events-per-session", "infinity"});
  EXPECT_EQ(planned.at("events_pruned"), 0);
  const auto report = json_of({"store", "prune"});
  EXPECT_GT(report.at("events_pruned").to_number<int>(), 0);
  EXPECT_EQ(report.at("archived"), 1);
  const auto there = world_.asmgr({"session", "verify", session, "--set", "pipelines.default.store=cold"});
  EXPECT_EQ(there.code, 0) << there.err;
  EXPECT_EQ(there.out.find("pruned"), std::string::npos) << there.out;
}

// What the shell said is in its message too.
TEST_F(StoreCommands, SupersededDeltasGoWithoutACapUnlessTheyAreToBeKept) {
  deploy("    retention: {}\n");
  const std::string session = run_something();
  EXPECT_EQ(json_of({"store", "prune", "--keep-superseded-deltas"}).at("events_pruned"), 0);
  const auto planned = json_of({"store", "prune", "--dry-run"});
  const auto report = json_of({"store", "prune"});
  EXPECT_GT(report.at("deltas_pruned").to_number<int>(), 0);
  EXPECT_EQ(report.at("deltas_pruned"), report.at("events_pruned"));
  EXPECT_EQ(report.at("events_pruned"), planned.at("events_pruned"));
  EXPECT_EQ(world_.asmgr({"session", "verify", session}).code, 0);
  EXPECT_THAT(world_.asmgr({"session", "transcript", session}).out, HasSubstr("hello"));
  EXPECT_EQ(json_of({"store", "prune", "--drop-superseded-deltas"}).at("events_pruned"), 0);
}

TEST_F(StoreCommands, TheShippedExampleKeepsItsStoreSmall) {
  std::ostringstream example;
  example << std::ifstream(ASMGR_SOURCE_DIR "/configs/stores/retention.yaml").rdbuf();
  world_.folder().write("asmgr.yaml", example.str());
  EXPECT_EQ(world_.asmgr({"config", "check"}).code, 0);
  (void)run_something();
  EXPECT_EQ(json_of({"store", "prune", "--max-events-per-session", "5"}).at("archived"), 1);
  EXPECT_FALSE(std::filesystem::is_empty(world_.folder().path() / "archive"));
}

TEST_F(StoreCommands, AnArchiveIsNamedByAnOption) {
  const std::string session = run_something();
  const auto ended =
      world_.asmgr({"store", "prune", "--store", "local", "--max-events-per-session", "5", "--archive-folder", "kept"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_THAT(ended.out, MatchesRegex("local: 0 sessions hidden, 0 removed, [0-9]+ events pruned \\([0-9]+ superseded "
                                      "deltas?\\), 0 artifacts cleaned, 1 archived, .* freed \\(.*\\)\n"));
  const auto file = std::filesystem::directory_iterator(world_.folder().path() / "kept")->path();
  EXPECT_THAT(file.filename().string(), StartsWith(session + "."));
  EXPECT_EQ(world_.asmgr({"session", "import", file.string(), "--set", "stores.local.config.path=./new.db"}).code, 0);
}

TEST_F(StoreCommands, ABadPolicyIsAUsageError) {
  for (const auto& [option, value, problem] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"--max-total-events", "0", "max_total_events must be an integer from 1"},
           {"--max-total-events", "many", "max_total_events must be an integer from 1"},
           {"--exempt-status", "done", "exempt_statuses has an unknown status"}}) {
    const auto ended = world_.asmgr({"store", "prune", option, value});
    EXPECT_EQ(ended.code, 2) << option;
    EXPECT_THAT(ended.err, HasSubstr(problem));
  }
  EXPECT_EQ(world_.asmgr({"store", "prune", "--store", "nowhere", "--max-total-events", "5"}).code, 3);
}

TEST_F(StoreCommands, ADamagedLogIsFoundAndExitsOne) {
  const std::string session = run_something();
  EXPECT_EQ(world_.asmgr({"store", "check"}).code, 0);
  edit("UPDATE events SET data = '{\"changed\":1}' WHERE seq = 3");
  const auto ended = world_.asmgr({"store", "check"});
  EXPECT_EQ(ended.code, 1) << ended.out;
  EXPECT_THAT(ended.out, HasSubstr("chain " + session + ": "));
  EXPECT_THAT(ended.out, EndsWith("2 problems\n")) << "what the store counts of its texts is no longer so, either";
  const auto json = json_of({"store", "check"}, 1);
  EXPECT_EQ(json.at("healthy"), false);
  for (const auto& problem : json.at("problems").as_array()) EXPECT_EQ(problem.at("session_id"), session.c_str());
}

TEST_F(StoreCommands, StatsSayWhatIsLarge) {
  const std::string session = run_something();
  const auto stats = json_of({"store", "stats"});
  EXPECT_EQ(stats.at("sessions"), 1);
  EXPECT_EQ(stats.at("runs"), 1);
  EXPECT_GT(stats.at("bytes").to_number<std::int64_t>(), 0);
  EXPECT_EQ(stats.at("biggest").as_array().at(0).at("session_id"), session.c_str());
  EXPECT_THAT(world_.asmgr({"store", "stats"}).out, HasSubstr(session));
}

TEST_F(StoreCommands, MigrateSaysWhatItWouldDo) {
  const auto file = world_.folder().path() / "store.db";
  auto migration = json_of({"store", "migrate", "--dry-run"});
  EXPECT_EQ(migration.at("from"), 0);
  EXPECT_EQ(migration.at("migrated"), false);
  EXPECT_FALSE(std::filesystem::exists(file));
  EXPECT_THAT(world_.asmgr({"store", "migrate"}).out, StartsWith("local: made with schema version "));
  EXPECT_TRUE(std::filesystem::exists(file));
  EXPECT_EQ(world_.asmgr({"store", "migrate"}).out, "local: up to date\n");
  edit("DELETE FROM schema_version WHERE version = (SELECT max(version) FROM schema_version)");
  migration = json_of({"store", "migrate", "--dry-run"});
  EXPECT_EQ(migration.at("from").to_number<int>() + 1, migration.at("to").to_number<int>());
}

TEST_F(StoreCommands, AStoreThatMayNotMigrateSaysWhatToRun) {
  deploy("", ", migrate: false");
  const auto refused = world_.asmgr({"run", "echo hello"});
  EXPECT_EQ(refused.code, 3) << refused.err;
  EXPECT_THAT(refused.err, HasSubstr("migration_required"));
  EXPECT_THAT(refused.err, HasSubstr("asmgr store migrate"));
  EXPECT_FALSE(std::filesystem::exists(world_.folder().path() / "store.db"));
  EXPECT_EQ(world_.asmgr({"store", "migrate"}).code, 0);
  EXPECT_EQ(world_.asmgr({"run", "echo hello"}).out, "hello\n");
}

TEST_F(StoreCommands, AStoreWithoutTheKeyIsSaidToSeeToItByItself) {
  EXPECT_EQ(world_.asmgr({"store", "migrate", "--store", "plain", "--dry-run"}).out,
            "plain: the plugin memory brings its stores up to date whenever they are opened\n");
}

}  // namespace
}  // namespace asmgr::cli
