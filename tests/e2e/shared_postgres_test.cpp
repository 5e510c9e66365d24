// Hosts that share nothing but a PostgreSQL database: they divide what waits, and take over what a dead one left.
#include <gtest/gtest.h>
#include <libpq-fe.h>
#include <signal.h>

#include <chrono>
#include <map>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/plugins/postgres/server.hpp"

namespace asmgr::e2e {
namespace {

using Clock = std::chrono::steady_clock;
constexpr std::chrono::seconds kHostTtl{1};
const std::string kWaitingWorker = "echo ready; while [ ! -e go ]; do sleep 0.01; done; echo done by $WORKER";

// Two workers, told apart by what their commands say, and a deployment for everybody else.
class SharedPostgres : public testing::Test {
 protected:
  void SetUp() override {
    const std::string missing = test::PostgresServer::missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
    server_ = std::make_unique<test::PostgresServer>();
    for (const std::string name : {"asmgr", "one", "two"}) {
      work_.write(name + ".yaml",
                  "version: 1\n"
                  "stores:\n  shared: {plugin: postgres, config: {dsn: \"" +
                      server_->dsn() +
                      "\"}}\n"
                      "providers:\n  shell: {plugin: shell, config: {env: {WORKER: " +
                      name +
                      "}}}\n"
                      "pipelines:\n  default: {store: shared, provider: shell}\n"
                      "host: {host_ttl: 1s, drain_timeout: 30s}\n");
    }
  }
  // What the database itself says: no command of asmgr, which would take part in it.
  std::string ask(const std::string& sql) const {
    const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(server_->dsn().c_str()), &PQfinish);
    const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()), &PQclear);
    EXPECT_STREQ(PQresultErrorMessage(result.get()), "") << sql;
    return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
  }
  std::string count(const std::string& type) const {
    return ask("SELECT count(*) FROM asmgr.events WHERE type_name = '" + type + "'");
  }
  bool says(const std::string& text) const {
    return ask("SELECT count(*) FROM asmgr.events WHERE type_name = 'message_streamed' AND "
               "position(convert_to('" +
               text + "', 'UTF8') in data) > 0") != "0";
  }
  std::string new_session() const {
    return at(json_of(work_.asmgr({"session", "create", "--output", "json"}).out), "/id");
  }
  std::unique_ptr<Child> start_run(const std::string& session, const std::string& command) const {
    return work_.start({"run", "--session", session, "--output", "jsonl", command});
  }
  static bool is_ready(Child& run) {
    return run.read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; });
  }
  bool wait_for(const std::function<bool()>& condition) const {
    return wait_until(condition, std::chrono::milliseconds(kPatience));
  }

  std::unique_ptr<test::PostgresServer> server_;
  Workplace work_;
};

TEST_F(SharedPostgres, TwoWorkersCarryOutWhatWaitsEachOnce) {
  constexpr int kSessions = 3;
  std::vector<std::string> sessions;
  std::vector<std::unique_ptr<Child>> runs;
  for (int i = 0; i < kSessions; ++i) {
    sessions.push_back(new_session());
    runs.push_back(start_run(sessions.back(), kWaitingWorker));
    ASSERT_TRUE(is_ready(*runs.back())) << runs.back()->out() << runs.back()->wait().err;
    runs.push_back(start_run(sessions.back(), "echo second by $WORKER"));
  }
  ASSERT_TRUE(wait_for([&] {
    return ask("SELECT count(*) FROM asmgr.records WHERE kind = 'queue' AND status = 'queued'") ==
           std::to_string(kSessions);
  })) << ask("SELECT string_agg(kind || ':' || status || ':' || length(body), ' ') FROM asmgr.records");
  for (const auto& run : runs) run->send(SIGKILL);
  for (const auto& run : runs) run->wait();
  const auto one = work_.start({"work", "-c", "one.yaml"});
  const auto two = work_.start({"work", "-c", "two.yaml"});
  EXPECT_TRUE(wait_for([&] { return count("run_completed") == std::to_string(kSessions); }));
  EXPECT_EQ(count("run_failed"), std::to_string(kSessions));
  for (const auto& worker : {one.get(), two.get()}) worker->send(SIGTERM);
  for (const auto& worker : {one.get(), two.get()}) {
    const Ended ended = worker->wait();
    EXPECT_EQ(ended.code, 0) << ended.err;
  }
  for (const std::string& session : sessions) {
    const EventLog log(complete_lines(work_.asmgr({"events", session, "--output", "jsonl"}).out));
    EXPECT_TRUE(log.is_whole(session));
    EXPECT_EQ(log.count("run_completed"), 1U);
  }
  EXPECT_TRUE(says("second by one") || says("second by two"));
  EXPECT_FALSE(says("second by asmgr"));
}

TEST_F(SharedPostgres, AWorkerThatIsKilledIsTakenOverWithinItsTimeToLiveAndTwoSeconds) {
  const std::string session = new_session();
  const auto first = start_run(session, kWaitingWorker);
  ASSERT_TRUE(is_ready(*first)) << first->out() << first->wait().err;
  std::map<std::string, std::unique_ptr<Child>> workers;
  for (const std::string name : {"one", "two"}) workers[name] = work_.start({"work", "-c", name + ".yaml"});
  first->send(SIGKILL);
  first->wait();
  ASSERT_TRUE(wait_for([&] { return count("run_failed") == "1"; }));
  // Whoever has recovered the session carries out what comes now.
  const auto second = start_run(session, "echo started by $WORKER; " + kWaitingWorker);
  ASSERT_TRUE(wait_for([&] { return says("started by one") || says("started by two"); }));
  const std::string owner = says("started by one") ? "one" : "two";
  const auto killed = Clock::now();
  workers.at(owner)->send(SIGKILL);
  ASSERT_TRUE(wait_for([&] { return count("run_failed") == "2"; }));
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - killed);
  EXPECT_LT(took, kHostTtl + std::chrono::seconds(2));
  RecordProperty("takeover_ms", static_cast<int>(took.count()));
  EXPECT_NE(second->wait().code, 0);
  // And it goes on there.
  work_.write("go", "");
  const std::string other = owner == "one" ? "two" : "one";
  const auto third = start_run(session, "echo third by $WORKER");
  EXPECT_EQ(third->wait().code, 0);
  EXPECT_TRUE(says("third by " + other));
  workers.at(other)->send(SIGTERM);
  EXPECT_EQ(workers.at(other)->wait().code, 0);
  const EventLog log(complete_lines(work_.asmgr({"events", session, "--output", "jsonl"}).out));
  EXPECT_TRUE(log.is_whole(session));
}

TEST_F(SharedPostgres, TheExampleRunsAsItIs) {
  std::filesystem::copy(std::filesystem::path(ASMGR_SOURCE_DIR) / "configs", work_.path("configs"),
                        std::filesystem::copy_options::recursive);
  work_.set("ASMGR_DSN", server_->dsn());
  const Ended check = work_.asmgr({"config", "check", "-c", "configs/stores/postgres.yaml"});
  EXPECT_EQ(check.code, 0) << check.out << check.err;
  const Ended run = work_.asmgr({"run", "-c", "configs/stores/postgres.yaml", "--output", "json", "echo hello"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(at(json_of(run.out), "/status"), "completed");
}

TEST_F(SharedPostgres, FollowingOnAnotherHostShowsEveryEventThroughACrashOfTheServer) {
  const std::string session = new_session();
  const auto owner = start_run(session, kWaitingWorker);
  ASSERT_TRUE(is_ready(*owner)) << owner->out() << owner->wait().err;
  const auto follower = work_.start({"events", session, "--follow", "--output", "jsonl"});
  ASSERT_TRUE(is_ready(*follower)) << follower->out();
  server_->crash();
  server_->start();
  work_.write("go", "");
  const Ended ended = owner->wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(work_.asmgr({"session", "complete", session}).code, 0);
  const Ended followed = follower->wait();
  EXPECT_EQ(followed.code, 0) << followed.err;
  const auto lines = complete_lines(work_.asmgr({"events", session, "--output", "jsonl"}).out);
  EXPECT_EQ(complete_lines(followed.out), lines);
  EXPECT_TRUE(EventLog(lines).is_whole(session));
}

}  // namespace
}  // namespace asmgr::e2e
