// Approvals as people meet them: asked on the terminal, left by one process and decided from another, also after the
// host is gone.
#include <gtest/gtest.h>
#include <signal.h>
#include <algorithm>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

constexpr std::chrono::milliseconds kLimit(kPatience);

class Approvals : public testing::Test {
 protected:
  Approvals() {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "providers:\n  shell: {plugin: shell}\n"
                "policies:\n  ask_first: {plugin: tool_rules, config: {ask: [bash]}}\n"
                "pipelines:\n  default: {store: local, provider: shell, policies: [ask_first]}\n"
                "host: {host_ttl: 1s}\n");
  }
  [[nodiscard]] boost::json::object ask(std::vector<std::string> command) const {
    command.insert(command.end(), {"--output", "json"});
    return json_of(work_.asmgr(command).out);
  }
  [[nodiscard]] std::vector<boost::json::object> approvals(const std::string& status = "pending") const {
    std::vector<boost::json::object> found;
    const boost::json::object listed = ask({"approvals", "list", "--status", status});
    for (const auto& item : listed.at("items").as_array()) {
      found.push_back(item.as_object());
    }
    return found;
  }
  [[nodiscard]] std::string pending() const {
    EXPECT_TRUE(wait_until([&] { return !approvals().empty(); }, kLimit));
    return at(approvals().at(0), "/id");
  }
  // Where somebody sits in front of it: on a terminal of its own, which gets `typed`.
  [[nodiscard]] std::vector<std::string> on_a_terminal(const std::string& command) const {
    return {"/usr/bin/script", "-qefc", "'" + program_under_test().string() + "' " + command, "/dev/null"};
  }
  [[nodiscard]] EventLog log(const std::string& session) const {
    return EventLog(complete_lines(work_.asmgr({"events", session, "--output", "jsonl"}).out));
  }
  // Each run of the command leaves a line.
  [[nodiscard]] std::string ran() const { return work_.has("ran") ? work_.read("ran") : ""; }

  Workplace work_;
};

TEST_F(Approvals, ARunThatNobodyIsThereToApproveIsLeftAndGoesOnWithTheDecision) {
  const Ended left = work_.asmgr({"run", "echo once >> ran; echo done"});
  EXPECT_EQ(left.code, 6) << left.err;
  const std::string id = pending();
  EXPECT_NE(left.err.find("asmgr approvals grant " + id), std::string::npos) << left.err;
  EXPECT_EQ(ran(), "");
  const boost::json::object asked = approvals().at(0);
  EXPECT_EQ(at(asked, "/tool_name"), "bash");
  EXPECT_EQ(at(asked, "/policy_name"), "ask_first");
  EXPECT_EQ(at(ask({"run-show", at(asked, "/run_id")}), "/status"), "running");

  const Ended granted = work_.asmgr({"approvals", "grant", id, "--reason", "looked at it"});
  EXPECT_EQ(granted.code, 0) << granted.err;
  EXPECT_NE(granted.out.find("granted\n"), std::string::npos);
  EXPECT_NE(granted.out.find("done\n"), std::string::npos) << granted.out << granted.err;
  EXPECT_EQ(ran(), "once\n");
  const boost::json::object run = ask({"run-show", at(asked, "/run_id")});
  EXPECT_EQ(at(run, "/status"), "completed");
  EXPECT_EQ(at(run, "/metadata/attempt"), "2");
  const std::string session = at(asked, "/session_id");
  EXPECT_EQ(at(ask({"session", "show", session}), "/status"), "completed");
  EXPECT_EQ(log(session).count("run_started"), 1U);
  EXPECT_TRUE(log(session).is_whole(session));

  const Ended again = work_.asmgr({"approvals", "deny", id});
  EXPECT_EQ(again.code, 1);
  EXPECT_NE(again.err.find("is granted already (by "), std::string::npos) << again.err;
  EXPECT_EQ(work_.asmgr({"approvals", "grant", "apr_none"}).code, 7);
}

TEST_F(Approvals, ADeniedCommandNeverRuns) {
  EXPECT_EQ(work_.asmgr({"run", "echo once >> ran"}).code, 6);
  const Ended denied = work_.asmgr({"approvals", "deny", pending(), "--reason", "not today"});
  EXPECT_EQ(denied.code, 1) << denied.err;
  EXPECT_NE(denied.err.find("not today"), std::string::npos) << denied.err;
  EXPECT_EQ(ran(), "");
}

TEST_F(Approvals, AreAskedForOnATerminal) {
  const std::string command = "run 'echo once >> ran'";
  const Ended granted = work_.run_program(on_a_terminal(command), "y\n");
  EXPECT_EQ(granted.code, 0) << granted.out;
  EXPECT_NE(granted.out.find("let it run?"), std::string::npos) << granted.out;
  EXPECT_EQ(ran(), "once\n");
  const Ended denied = work_.run_program(on_a_terminal(command), "what?\nn\n");
  EXPECT_EQ(denied.code, 1) << denied.out;
  EXPECT_EQ(ran(), "once\n");
}

TEST_F(Approvals, AreDecidedBeforehandWhenTheCallerSaysSo) {
  EXPECT_EQ(work_.asmgr({"run", "--approve", "grant", "echo once >> ran"}).code, 0);
  EXPECT_EQ(ran(), "once\n");
  EXPECT_EQ(work_.asmgr({"run", "--approve", "deny", "echo twice >> ran"}).code, 1);
  EXPECT_EQ(ran(), "once\n");
  EXPECT_EQ(approvals("granted").size(), 1U);
  EXPECT_EQ(approvals("denied").size(), 1U);
}

TEST_F(Approvals, AHostThatServesGoesOnWithWhatAnotherProcessDecides) {
  EXPECT_EQ(work_.asmgr({"run", "echo once >> ran"}).code, 6);
  const auto worker = work_.start({"work"});
  // Others know of it as soon as it can be asked for something.
  ASSERT_TRUE(wait_until([&] { return work_.asmgr({"reload"}).out.find("host_") != std::string::npos; }, kLimit));
  const std::string id = pending();
  const Ended granted = work_.asmgr({"approvals", "grant", id});
  EXPECT_EQ(granted.code, 0) << granted.err;
  EXPECT_NE(granted.err.find("goes on in the host that serves"), std::string::npos) << granted.err;
  EXPECT_TRUE(wait_until([&] { return ran() == "once\n"; }, kLimit));
  worker->send(SIGTERM);
  EXPECT_EQ(worker->wait().code, 0);
}

TEST_F(Approvals, OutliveTheHostThatIsKilledWhileItWaits) {
  const std::string marker = new_sleep_marker();
  const auto waiting = work_.start_program(on_a_terminal("run 'echo once >> ran; : " + marker + "'"));
  const std::string id = pending();
  // The newest first: the end of the terminal's owner tells the host to cancel, which must be dead by then.
  std::vector<pid_t> processes = processes_with(marker);
  std::sort(processes.rbegin(), processes.rend());
  for (const pid_t process : processes) {
    if (process != getpid()) ::kill(process, SIGKILL);
  }
  waiting->wait();
  const auto status = [&] { return at(ask({"approvals", "show", id}), "/status"); };
  ASSERT_TRUE(wait_until([&] { return status() == "pending"; }, kLimit)) << status();
  EXPECT_EQ(ran(), "");
  const Ended granted = work_.asmgr({"approvals", "grant", id});
  EXPECT_EQ(granted.code, 0) << granted.err;
  EXPECT_EQ(ran(), "once\n");
  const std::string session = at(approvals("granted").at(0), "/session_id");
  EXPECT_EQ(log(session).count("run_started"), 1U);
  EXPECT_EQ(log(session).count("run_completed"), 1U);
  EXPECT_TRUE(log(session).is_whole(session));
}

TEST_F(Approvals, GoOnInTheProvidersOwnSessionWhereItHasOne) {
  work_.write("asmgr.yaml",
              "version: 1\n"
              "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
              "providers:\n  native: {plugin: " ASMGR_NATIVE_PROVIDER
              "}\n"
              "policies:\n  ask_first: {plugin: tool_rules, config: {ask: [write]}}\n"
              "pipelines:\n  default: {store: local, provider: native, policies: [ask_first]}\n");
  EXPECT_EQ(work_.asmgr({"run", "write something"}).code, 6);
  const Ended granted = work_.asmgr({"approvals", "grant", pending()});
  EXPECT_EQ(granted.code, 0) << granted.err;
  EXPECT_NE(granted.out.find("started with token 'native-1'"), std::string::npos) << granted.out;
  EXPECT_NE(granted.out.find("was approved"), std::string::npos) << granted.out;
  EXPECT_EQ(work_.read("written"), "once\n");
}

TEST_F(Approvals, ARunThatIsLeftCanBeCancelledFromAnywhere) {
  EXPECT_EQ(work_.asmgr({"run", "echo once >> ran"}).code, 6);
  const std::string run = at(approvals().at(0), "/run_id");
  EXPECT_EQ(work_.asmgr({"cancel", run}).code, 0);
  EXPECT_TRUE(approvals().empty());
  EXPECT_EQ(approvals("cancelled").size(), 1U);
  EXPECT_EQ(at(ask({"run-show", run}), "/status"), "cancelled");
}

TEST_F(Approvals, AnotherInputRunsInsteadWhereThePoliciesAllowIt) {
  EXPECT_EQ(work_.asmgr({"run", "echo once >> ran"}).code, 6);
  const Ended granted =
      work_.asmgr({"approvals", "grant", pending(), "--input", R"({"command":"echo edited >> ran"})"});
  EXPECT_EQ(granted.code, 0) << granted.err;
  EXPECT_EQ(ran(), "edited\n");
}

TEST_F(Approvals, ARememberedToolIsNotAskedAboutAgainInItsSession) {
  const std::string session = at(ask({"session", "create"}), "/id");
  EXPECT_EQ(work_.asmgr({"run", "--session", session, "echo one >> ran"}).code, 6);
  EXPECT_EQ(work_.asmgr({"approvals", "grant", pending(), "--remember", "tool"}).code, 0);
  EXPECT_EQ(work_.asmgr({"run", "--session", session, "echo two >> ran"}).code, 0);
  EXPECT_EQ(ran(), "one\ntwo\n");
  EXPECT_EQ(work_.asmgr({"run", "echo three >> ran"}).code, 6) << "another session";
}

}  // namespace
}  // namespace asmgr::e2e
