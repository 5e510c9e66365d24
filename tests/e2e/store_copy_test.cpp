// Moving to another store: copied while hosts go on, hosts drained, copied again, one line of the file changed. Killed
// anywhere, it goes on where it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <random>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/plugins/postgres/server.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::e2e {
namespace {

using ::testing::HasSubstr;

const std::string kUntilGo = "echo ready; while [ ! -e go ]; do sleep 0.01; done; echo done";

// The stores `old` (SQLite) and `new`, and the pipeline on one of them.
class Moving {
 public:
  explicit Moving(std::string new_store) : new_store_(std::move(new_store)) { use("old"); }

  // The line that an operator changes.
  void use(const std::string& store) const {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n"
                "  old: {plugin: sqlite, config: {path: ./old.db, durability: normal}}\n"
                "  new: " +
                    new_store_ +
                    "\n"
                    "providers:\n  shell: {plugin: shell}\n"
                    "pipelines:\n  default: {store: " +
                    store +
                    ", provider: shell}\n"
                    "host: {host_ttl: 2s}\n");
  }
  [[nodiscard]] Workplace& work() { return work_; }
  [[nodiscard]] boost::json::object answer(std::vector<std::string> command, int code = 0) const {
    command.insert(command.end(), {"--output", "json"});
    const Ended ended = work_.asmgr(command);
    EXPECT_EQ(ended.code, code) << command[0] << "\n" << ended.out << ended.err;
    return json_of(ended.out);
  }
  [[nodiscard]] boost::json::object copy(const std::vector<std::string>& options = {}, int code = 0) const {
    std::vector<std::string> command{"store", "copy", "--from", "old", "--to", "new"};
    command.insert(command.end(), options.begin(), options.end());
    return answer(command, code);
  }
  [[nodiscard]] std::string exported(const std::string& session) const {
    const Ended ended = work_.asmgr({"session", "export", session});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return ended.out;
  }

 private:
  Workplace work_;
  std::string new_store_;
};

// Exactly what host/README.md tells an operator to do.
void expect_moved(Moving& moving) {
  Workplace& work = moving.work();
  const std::string session = at(moving.answer({"session", "create"}), "/id");
  EXPECT_EQ(work.asmgr({"session", "activate", session}).code, 0);
  EXPECT_EQ(work.asmgr({"run", "--session", session, "echo first"}).code, 0);
  EXPECT_EQ(work.asmgr({"run", "exit 3"}).code, 1);

  // A host is at work, and somebody has a run.
  const auto host = work.start({"work"});
  const auto owner = work.start({"run", "--output", "jsonl", kUntilGo});
  ASSERT_TRUE(owner->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }))
      << owner->out() << owner->err();
  const std::string busy = at(json_of(complete_lines(owner->out()).front()), "/session_id");

  const boost::json::object online = moving.copy();
  EXPECT_EQ(at(online, "/complete"), "false");
  EXPECT_EQ(at(online, "/at_work"), "[\"" + busy + "\"]");
  EXPECT_EQ(at(online, "/problems"), "[]");

  work.write("go", "");
  EXPECT_EQ(owner->wait().code, 0);
  host->send(SIGTERM);
  EXPECT_EQ(host->wait().code, 0);

  const boost::json::object again = moving.copy();
  EXPECT_EQ(at(again, "/complete"), "true");
  EXPECT_EQ(at(again, "/runs"), "1");
  const std::string before[] = {moving.exported(session), moving.exported(busy)};
  const std::string listed = work.asmgr({"session", "list"}).out;

  moving.use("new");
  EXPECT_EQ(moving.exported(session), before[0]);
  EXPECT_EQ(moving.exported(busy), before[1]);
  EXPECT_EQ(work.asmgr({"session", "list"}).out, listed);
  EXPECT_EQ(work.asmgr({"run", "--session", session, "echo second"}).code, 0);
  const Ended verified = work.asmgr({"session", "verify", session});
  EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
}

TEST(MovingToAnotherStore, FollowsTheRecipe) {
  Moving moving("{plugin: sqlite, config: {path: ./new.db, durability: normal}}");
  expect_moved(moving);
}

TEST(MovingToAnotherStore, FollowsTheRecipeIntoPostgres) {
  const std::string missing = test::PostgresServer::missing();
  if (!missing.empty()) GTEST_SKIP() << missing;
  test::PostgresServer server;
  Moving moving("{plugin: postgres, config: {dsn: \"" + server.dsn() + "\"}}");
  expect_moved(moving);
}

TEST(MovingToAnotherStore, GoesOnWhereItWasKilled) {
  const std::uint32_t seed = test::seed_or(std::random_device()());
  SCOPED_TRACE(test::seed_text(seed));
  std::mt19937 random(seed);
  Moving moving("{plugin: sqlite, config: {path: ./new.db, durability: normal}}");
  Workplace& work = moving.work();
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(work.asmgr({"run", "-q", "i=0; while [ $i -lt 4000 ]; do i=$((i+1)); echo line $i; done"}).code, 0);
    EXPECT_EQ(work.asmgr({"run", "-q", "echo short"}).code, 0);
  }
  const auto begin_anew = [&work] {
    for (const char* file : {"new.db", "new.db-wal", "new.db-shm"}) std::filesystem::remove(work.path(file));
  };
  const std::string all = at(moving.copy({"--dry-run"}), "/events");
  const auto begin = std::chrono::steady_clock::now();
  (void)moving.copy({"--no-verify"});
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);
  begin_anew();
  int midway = 0;
  for (int i = 0; i < 15 && midway < test::in_profile(3, 20); ++i) {
    const auto copying = work.start({"store", "copy", "--from", "old", "--to", "new", "--no-verify"});
    const auto until = std::chrono::steady_clock::now() + whole * (30 + random() % 70) / 100;
    copying->read_for(std::chrono::duration_cast<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()));
    copying->send(SIGKILL);
    copying->wait();
    // Whatever is there is the beginning of what is to be there.
    const boost::json::object seen = moving.copy({"--dry-run"});
    EXPECT_EQ(at(seen, "/problems"), "[]");
    const std::string left = at(seen, "/events");
    if (left == "0") {
      begin_anew();
    } else if (left != all) {
      ++midway;
    }
  }
  RecordProperty("killed_midway", midway);
  EXPECT_EQ(at(moving.copy(), "/complete"), "true");
  EXPECT_EQ(at(moving.copy({"--verify-only"}), "/complete"), "true");
}

}  // namespace
}  // namespace asmgr::e2e
