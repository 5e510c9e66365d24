// Two processes, one SQLite file: one owns the session, the other reads it, asks for things and takes over.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

// Says that it runs, then goes on until the file `go` is there.
const std::string kWaiting = "echo ready; while [ ! -e go ]; do sleep 0.01; done; echo done";

class SharedStore : public testing::Test {
 protected:
  // A host's row lives for ten minutes: whoever takes over sooner has seen that the process is gone.
  SharedStore() {
    work_.write("asmgr.yaml", shell_deployment() +
                                  "pipelines:\n"
                                  "  default: {store: local, provider: shell}\n"
                                  "  wide: {store: local, provider: shell, queue: {max_concurrent_runs: 2}}\n"
                                  "host: {host_ttl: 10m}\n");
  }

  void start_owner(const std::vector<std::string>& options) {
    std::vector<std::string> command{"run", "--output", "jsonl", kWaiting};
    command.insert(command.end(), options.begin(), options.end());
    owner_ = work_.start(command);
    ASSERT_TRUE(owner_->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }))
        << owner_->out() << owner_->wait().err;
    const RunOutput seen = run_output(owner_->out());
    session_ = seen.session_id();
    run_ = seen.run_id();
  }
  // An open session, and a run of it that waits.
  void start_owner_of_open_session(const std::vector<std::string>& options = {}) {
    const auto session = answer({"session", "create"});
    std::vector<std::string> all{"--session", at(session, "/id")};
    all.insert(all.end(), options.begin(), options.end());
    start_owner(all);
  }
  void let_go() const { work_.write("go", ""); }

  // The JSON a command answers with.
  boost::json::object answer(std::vector<std::string> command, int code = 0) const {
    command.insert(command.end(), {"--output", "json"});
    const Ended ended = work_.asmgr(command);
    EXPECT_EQ(ended.code, code) << command[0] << " " << command[1] << "\n" << ended.out << ended.err;
    return json_of(ended.out);
  }
  std::string session_status() const { return at(answer({"session", "show", session_}), "/status"); }
  std::string run_status() const { return at(answer({"run-show", run_}), "/status"); }
  EventLog log() const { return EventLog(complete_lines(work_.asmgr({"events", session_, "--output", "jsonl"}).out)); }

  Workplace work_;
  std::unique_ptr<Child> owner_;
  std::string session_;
  std::string run_;
};

TEST_F(SharedStore, ReadingARunOfAnotherProcessSaysItRunsAndLeavesItAlone) {
  start_owner({});
  EXPECT_EQ(session_status(), "active");
  EXPECT_EQ(run_status(), "running");
  const auto runs = answer({"runs", session_});
  EXPECT_EQ(at(runs, "/items/0/status"), "running");
  EXPECT_EQ(log().count("run_failed"), 0U);
  let_go();
  EXPECT_EQ(owner_->wait().code, 0);
  EXPECT_EQ(run_status(), "completed");
  EXPECT_EQ(session_status(), "completed");
}

TEST_F(SharedStore, CancelFromAnotherProcessAnswersWithTheCancelledRun) {
  start_owner({});
  const auto run = answer({"cancel", run_});
  EXPECT_EQ(at(run, "/id"), run_);
  EXPECT_EQ(at(run, "/status"), "cancelled");
  const Ended owner = owner_->wait();
  EXPECT_EQ(owner.code, 5) << owner.err;
  EXPECT_EQ(at(run_output(owner.out).result, "/status"), "cancelled");
  EXPECT_EQ(log().count("run_cancelled"), 1U);
  EXPECT_EQ(log().count("tool_call_failed"), 1U);
}

TEST_F(SharedStore, ASessionCompletedFromElsewhereLetsItsRunFinishAndStaysCompleted) {
  start_owner({});
  EXPECT_EQ(at(answer({"session", "complete", session_}), "/status"), "completed");
  EXPECT_EQ(run_status(), "running");
  let_go();
  EXPECT_EQ(owner_->wait().code, 0);
  EXPECT_EQ(run_status(), "completed");
  EXPECT_EQ(session_status(), "completed");
  EXPECT_EQ(log().count("session_completed"), 1U);
}

TEST_F(SharedStore, ARunOfTheSecondProcessIsExecutedByTheOwner) {
  start_owner_of_open_session({"--pipeline", "wide"});
  const auto second = answer({"run", "--session", session_, "--pipeline", "wide", "echo second"});
  EXPECT_EQ(at(second, "/status"), "completed");
  EXPECT_EQ(at(second, "/output/content"), "second\n");
  EXPECT_EQ(at(second, "/session_id"), session_);
  // The first one's command still waits, so nobody but its process can have executed the second.
  EXPECT_EQ(run_status(), "running");
  let_go();
  EXPECT_EQ(owner_->wait().code, 0);
  EXPECT_TRUE(log().is_whole(session_));
}

TEST_F(SharedStore, ARunQueuedBehindTheOwnersIsExecutedAfterIt) {
  start_owner_of_open_session();
  const auto second = work_.start({"run", "--session", session_, "--output", "json", "echo second"});
  EXPECT_TRUE(wait_until(
      [&] {
        return answer({"runs", session_}).at("items").as_array().size() == 2;
      },
      std::chrono::milliseconds(kPatience)));
  let_go();
  EXPECT_EQ(owner_->wait().code, 0);
  const Ended ended = second->wait();
  ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
  const auto result = json_of(ended.out);
  EXPECT_EQ(at(result, "/output/content"), "second\n");
  const EventLog all = log();
  EXPECT_TRUE(all.is_whole(session_));
  const std::vector<std::string> ended_first = all.types(run_);
  EXPECT_EQ(ended_first.back(), "run_completed");
  EXPECT_EQ(all.types(at(result, "/run_id")).back(), "run_completed");
}

TEST_F(SharedStore, FollowingInAnotherProcessShowsEveryEventInOrderAndEnds) {
  start_owner({});
  const auto follower = work_.start({"events", session_, "--follow", "--output", "jsonl"});
  EXPECT_TRUE(follower->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }));
  let_go();
  EXPECT_EQ(owner_->wait().code, 0);
  const Ended followed = follower->wait();
  EXPECT_EQ(followed.code, 0) << followed.err;
  EXPECT_EQ(complete_lines(followed.out), log().lines());
  EXPECT_TRUE(EventLog(complete_lines(followed.out)).is_whole(session_));
  EXPECT_EQ(log().types().back(), "session_completed");
}

TEST_F(SharedStore, PauseAndResumeReachTheOwner) {
  start_owner_of_open_session();
  EXPECT_EQ(at(answer({"session", "pause", session_}), "/status"), "paused");
  EXPECT_EQ(run_status(), "running");
  EXPECT_EQ(at(answer({"session", "resume", session_}), "/status"), "active");
  let_go();
  EXPECT_EQ(owner_->wait().code, 0);
  const EventLog all = log();
  EXPECT_EQ(all.count("session_paused"), 1U);
  EXPECT_EQ(all.count("session_resumed"), 1U);
  EXPECT_TRUE(all.is_whole(session_));
}

TEST_F(SharedStore, FailEndsTheOwnersRunAndKeepsTheError) {
  start_owner_of_open_session();
  const auto session = answer({"session", "fail", session_, "--message", "given up"});
  EXPECT_EQ(at(session, "/status"), "failed");
  EXPECT_EQ(owner_->wait().code, 5);
  EXPECT_EQ(run_status(), "cancelled");
  EXPECT_EQ(at(answer({"session", "show", session_}), "/metadata/last_error/message"), "given up");
}

TEST_F(SharedStore, CancelOfTheSessionEndsTheOwnersRun) {
  start_owner_of_open_session();
  EXPECT_EQ(at(answer({"session", "cancel", session_}), "/status"), "cancelled");
  EXPECT_EQ(owner_->wait().code, 5);
  EXPECT_EQ(run_status(), "cancelled");
  EXPECT_EQ(session_status(), "cancelled");
}

TEST_F(SharedStore, DeleteIsRefusedWhileARunRunsUnlessForced) {
  start_owner_of_open_session();
  const auto refused = answer({"session", "delete", session_}, 1);
  EXPECT_EQ(at(refused, "/error/code"), "invalid_operation");
  EXPECT_EQ(run_status(), "running");
  answer({"session", "delete", session_, "--force"});
  EXPECT_EQ(owner_->wait().code, 5);
  EXPECT_EQ(at(answer({"session", "show", session_}, 7), "/error/code"), "session_not_found");
}

TEST_F(SharedStore, AKilledOwnersSessionIsTakenOverAtOnce) {
  start_owner_of_open_session();
  owner_->send(SIGKILL);
  owner_->wait();
  const auto next = answer({"run", "--session", session_, "echo next"});
  EXPECT_EQ(at(next, "/output/content"), "next\n");
  const auto run = answer({"run-show", run_});
  EXPECT_EQ(at(run, "/status"), "failed");
  EXPECT_EQ(at(run, "/error/code"), "host_terminated");
  const EventLog all = log();
  EXPECT_TRUE(all.is_whole(session_));
  EXPECT_EQ(at(all.first("tool_call_failed"), "/data/error_code"), "in_doubt");
  EXPECT_EQ(all.count("run_completed"), 1U);
}

TEST_F(SharedStore, WhoWaitedForAKilledOwnerDoesTheWorkItself) {
  start_owner_of_open_session();
  const auto second = work_.start({"run", "--session", session_, "--output", "json", "echo second"});
  EXPECT_TRUE(wait_until(
      [&] {
        return answer({"runs", session_}).at("items").as_array().size() == 2;
      },
      std::chrono::milliseconds(kPatience)));
  owner_->send(SIGKILL);
  owner_->wait();
  const Ended ended = second->wait();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  EXPECT_EQ(at(json_of(ended.out), "/output/content"), "second\n");
  EXPECT_EQ(run_status(), "failed");
  EXPECT_TRUE(log().is_whole(session_));
}

// Whoever names the dead owner's session may be first, and one of them is: the run ends once.
TEST_F(SharedStore, ProcessesThatFindADeadOwnerAtTheSameTimeRecoverItOnce) {
  start_owner_of_open_session();
  owner_->send(SIGKILL);
  owner_->wait();
  std::vector<std::unique_ptr<Child>> finders;
  for (int i = 0; i < 4; ++i) finders.push_back(work_.start({"run-show", run_, "--output", "json"}));
  for (const auto& finder : finders) {
    const Ended found = finder->wait();
    EXPECT_EQ(found.code, 0) << found.out << found.err;
    EXPECT_EQ(at(json_of(found.out), "/status"), "failed");
  }
  const EventLog all = log();
  EXPECT_TRUE(all.is_whole(session_));
  EXPECT_EQ(all.count("run_failed"), 1U);
  EXPECT_EQ(all.count("tool_call_failed"), 1U);
}

TEST_F(SharedStore, ProcessesWithSessionsOfTheirOwnDoNotDisturbEachOther) {
  std::vector<std::unique_ptr<Child>> runners;
  for (int i = 0; i < 6; ++i) {
    runners.push_back(
        work_.start({"run", "--output", "jsonl", "for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.01; done"}));
  }
  for (const auto& runner : runners) {
    const Ended ended = runner->wait();
    EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
    session_ = run_output(ended.out).session_id();
    EXPECT_TRUE(log().is_whole(session_));
    EXPECT_EQ(session_status(), "completed");
  }
  EXPECT_EQ(answer({"session", "list"}).at("items").as_array().size(), runners.size());
}

// One owns the session at a time and does the others' work; nobody's run is lost when it ends.
TEST_F(SharedStore, ProcessesThatRunInOneSessionAllGetTheirResult) {
  session_ = at(answer({"session", "create"}), "/id");
  std::vector<std::unique_ptr<Child>> runners;
  for (int i = 0; i < 4; ++i) {
    runners.push_back(
        work_.start({"run", "--session", session_, "--output", "json", "sleep 0.05; echo " + std::to_string(i)}));
  }
  for (std::size_t i = 0; i < runners.size(); ++i) {
    const Ended ended = runners[i]->wait();
    ASSERT_EQ(ended.code, 0) << ended.out << ended.err;
    EXPECT_EQ(at(json_of(ended.out), "/output/content"), std::to_string(i) + "\n");
  }
  const EventLog all = log();
  EXPECT_TRUE(all.is_whole(session_));
  EXPECT_EQ(all.count("run_completed"), runners.size());
}

TEST_F(SharedStore, ListsSayThatAnOwnerIsGoneAndDoNotTouchItsRun) {
  start_owner_of_open_session();
  owner_->send(SIGKILL);
  owner_->wait();
  const Ended list = work_.asmgr({"session", "list"});
  EXPECT_EQ(list.code, 0);
  EXPECT_NE(list.out.find("(owner gone)"), std::string::npos) << list.out;
  EXPECT_NE(work_.asmgr({"session", "list"}).out.find("(owner gone)"), std::string::npos);
  EXPECT_EQ(run_status(), "failed");
  EXPECT_EQ(work_.asmgr({"session", "list"}).out.find("(owner gone)"), std::string::npos);
}

}  // namespace
}  // namespace asmgr::e2e
