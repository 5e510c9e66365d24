// A host without HTTP: it takes over what dead hosts left, carries out what waits, and ends in good order.
#include <gtest/gtest.h>
#include <signal.h>

#include <set>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

// Says that it runs, then goes on until the file `go` is there.
const std::string kWaitsForGo = "echo ready; while [ ! -e go ]; do sleep 0.01; done; echo done";
constexpr std::chrono::milliseconds kLimit(kPatience);

class Work : public testing::Test {
 protected:
  Work() {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "providers:\n  shell: {plugin: shell}\n"
                "pipelines:\n  default: {store: local, provider: shell}\n"
                "host: {host_ttl: 1s, drain_timeout: 30s}\n");
    const Ended created = work_.asmgr({"session", "create", "--output", "json"});
    session_ = at(json_of(created.out), "/id");
  }
  [[nodiscard]] boost::json::object ask(std::vector<std::string> command) const {
    command.insert(command.end(), {"--output", "json"});
    return json_of(work_.asmgr(command).out);
  }
  // Statuses of the session's runs, as a list shows them without touching anything.
  [[nodiscard]] std::vector<std::string> run_statuses() const {
    std::vector<std::string> statuses;
    const boost::json::object listed = ask({"runs", session_});
    for (const auto& run : listed.at("items").as_array()) statuses.push_back(at(run.as_object(), "/status"));
    return statuses;
  }
  [[nodiscard]] std::unique_ptr<Child> start_run(const std::string& command) const {
    return work_.start({"run", "--session", session_, "--output", "jsonl", command});
  }
  // Asked by a list, which recovers nothing itself.
  [[nodiscard]] bool owner_gone() const {
    const boost::json::object listed = ask({"session", "list"});
    return listed.at("items").as_array().at(0).as_object().contains("owner_gone");
  }
  [[nodiscard]] EventLog log() const {
    return EventLog(complete_lines(work_.asmgr({"events", session_, "--output", "jsonl"}).out));
  }

  Workplace work_;
  std::string session_;
};

TEST_F(Work, CarriesOutWhatDeadHostsLeftWaiting) {
  const auto owner = start_run(kWaitsForGo);
  ASSERT_TRUE(owner->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }));
  const auto waiting = start_run("echo second");
  ASSERT_TRUE(wait_until([&] { return run_statuses().size() == 2; }, kLimit));
  // No command shows queue entries; the plan of one is the only place where this word stands.
  ASSERT_TRUE(
      wait_until([&] { return work_.read("asmgr.db-wal").find("cancel_grace_ms") != std::string::npos; }, kLimit));
  waiting->send(SIGKILL);
  waiting->wait();
  owner->send(SIGKILL);
  owner->wait();

  const auto worker = work_.start({"work"});
  EXPECT_TRUE(wait_until([&] { return log().count("run_completed") == 1; }, kLimit));
  EXPECT_EQ(run_statuses(), (std::vector<std::string>{"failed", "completed"}));
  worker->send(SIGTERM);
  const Ended ended = worker->wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.err.find("draining: 0 runs"), std::string::npos) << ended.err;
  EXPECT_TRUE(log().is_whole(session_));
}

TEST_F(Work, LetsItsRunsFinishWhenItIsAskedToEnd) {
  const auto first = start_run(kWaitsForGo);
  ASSERT_TRUE(first->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }));
  const auto worker = work_.start({"work"});
  first->send(SIGKILL);
  first->wait();
  // The worker recovers the session within its time to live; what comes then is carried out by it.
  ASSERT_TRUE(wait_until([&] { return log().count("run_failed") == 1; }, kLimit));
  const auto second = start_run(kWaitsForGo);
  ASSERT_TRUE(wait_until([&] { return log().count("message_streamed") == 2; }, kLimit));
  worker->send(SIGTERM);
  work_.write("go", "");
  const Ended ended = worker->wait();
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(second->wait().code, 0);
  EXPECT_EQ(run_statuses(), (std::vector<std::string>{"failed", "completed"}));
  EXPECT_TRUE(log().is_whole(session_));
}

TEST_F(Work, KeepsItsMetricsInAFileThatIsWholeAtTheEnd) {
  const auto owner = start_run(kWaitsForGo);
  ASSERT_TRUE(owner->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }));
  owner->send(SIGKILL);
  owner->wait();
  const auto worker = work_.start({"work", "--metrics-file", "asmgr.prom"});
  ASSERT_TRUE(wait_until([&] { return work_.has("asmgr.prom"); }, kLimit));
  ASSERT_TRUE(wait_until([&] { return !owner_gone(); }, kLimit));
  worker->send(SIGTERM);
  EXPECT_EQ(worker->wait().code, 0);
  const std::string metrics = work_.read("asmgr.prom");
  EXPECT_NE(metrics.find("asmgr_recovered_runs_total{store=\"local\"} 1\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("asmgr_events_total{type=\"run_failed\"} 1\n"), std::string::npos);
  EXPECT_NE(metrics.find("asmgr_host_draining 1\n"), std::string::npos);
  EXPECT_FALSE(work_.has("asmgr.prom.tmp"));
}

TEST_F(Work, AMetricsFileThatCannotBeWrittenIsAnErrorAtTheStart) {
  const Ended ended = work_.asmgr({"work", "--metrics-file", "no/such/folder/asmgr.prom"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_NE(ended.err.find("no/such/folder/asmgr.prom"), std::string::npos) << ended.err;
}

TEST_F(Work, LogsJsonLinesWithIdsWhenTheConfigurationSaysSo) {
  const auto owner = start_run(kWaitsForGo);
  ASSERT_TRUE(owner->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }));
  owner->send(SIGKILL);
  owner->wait();
  const auto worker = work_.start({"--set", "host.log.format=json", "work"});
  ASSERT_TRUE(wait_until([&] { return !owner_gone(); }, kLimit));
  worker->send(SIGTERM);
  bool recovered = false;
  for (const std::string& line : complete_lines(worker->wait().err)) {
    const boost::json::object json = json_of(line);  // every line is an object
    EXPECT_TRUE(json.contains("time") && json.contains("level")) << line;
    if (at(json, "/message").find("recovered session") == 0) recovered = at(json, "/session_id") == session_;
  }
  EXPECT_TRUE(recovered);
}

TEST_F(Work, PutsThePluginsItLoadsOnRecord) {
  const auto worker = work_.start({"work"});
  const auto plugins = [&] {
    std::set<std::string> ids;
    const boost::json::object listed = ask({"audit"});
    for (const auto& act : listed.at("items").as_array()) {
      if (at(act.as_object(), "/type") == "audit_plugin_loaded") ids.insert(at(act.as_object(), "/data/details/id"));
    }
    return ids;
  };
  EXPECT_TRUE(wait_until([&] { return plugins().size() == 2; }, kLimit));
  worker->send(SIGTERM);
  EXPECT_EQ(worker->wait().code, 0);
  EXPECT_EQ(plugins().size(), 2U);
}

// A worker with a file of its own, which owns the session.
class Reload : public Work {
 protected:
  Reload() {
    work_.write("recording.jsonl", R"({"t":0,"finish":{"status":"completed","output":{"content":"recorded"},)"
                                   R"("token_usage":{},"error":null}})"
                                   "\n");
    configure("shell");
    const auto first = start_run(kWaitsForGo);
    EXPECT_TRUE(first->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }));
    worker_ = work_.start({"work", "-v", "-c", "work.yaml"});
    first->send(SIGKILL);
    first->wait();
    // Nobody else names the session before, or it would be theirs.
    EXPECT_TRUE(worker_says("recovered session " + session_));
  }
  void configure(const std::string& provider) const {
    work_.write("work.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: " + provider +
                                 "}}\nhost: {host_ttl: 1s, drain_timeout: 30s}\n");
  }
  [[nodiscard]] bool worker_says(const std::string& text) const {
    return wait_until(
        [&] {
          worker_->read_for(std::chrono::milliseconds(5));
          return worker_->err().find(text) != std::string::npos;
        },
        kLimit);
  }
  [[nodiscard]] std::vector<std::string> providers() const {
    std::vector<std::string> names;
    const boost::json::object listed = ask({"runs", session_});
    for (const auto& run : listed.at("items").as_array()) names.push_back(at(run.as_object(), "/provider"));
    return names;
  }
  std::unique_ptr<Child> worker_;
};

TEST_F(Reload, GivesNewRunsTheNewFileWhileThoseInFlightFinishOnTheOld) {
  const auto in_flight = start_run(kWaitsForGo);
  ASSERT_TRUE(wait_until([&] { return log().count("message_streamed") == 2; }, kLimit));
  configure("recorded");
  worker_->send(SIGHUP);
  ASSERT_TRUE(worker_says("reloaded"));
  work_.write("go", "");
  EXPECT_EQ(in_flight->wait().code, 0);
  EXPECT_EQ(start_run("echo from the shell")->wait().code, 0);
  EXPECT_EQ(providers(), (std::vector<std::string>{"shell", "shell", "recorded"}));
  EXPECT_TRUE(log().is_whole(session_));
}

TEST_F(Reload, RefusesABrokenFileAsAWholeAndGoesOn) {
  work_.write("work.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: nobody}}\n");
  const Ended refused = work_.asmgr({"reload"});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.out.find("refused"), std::string::npos) << refused.out;
  EXPECT_NE(refused.out.find("nobody"), std::string::npos) << refused.out;
  worker_->send(SIGHUP);
  ASSERT_TRUE(worker_says("not reloaded, everything stays as it was: "));
  configure("recorded");
  const Ended reloaded = work_.asmgr({"reload", "--output", "json"});
  EXPECT_EQ(reloaded.code, 0) << reloaded.out << reloaded.err;
  EXPECT_EQ(at(json_of(reloaded.out), "/items/0/outcome"), "reloaded");
  EXPECT_EQ(start_run("echo from the shell")->wait().code, 0);
  EXPECT_EQ(providers(), (std::vector<std::string>{"shell", "recorded"}));
  worker_->send(SIGTERM);
  EXPECT_EQ(worker_->wait().code, 0);
  EXPECT_EQ(work_.asmgr({"reload"}).code, 7) << "nobody is at work";
}

}  // namespace
}  // namespace asmgr::e2e
