// Signals and deadlines: the run ends, its processes end, and the record of it is written before the program ends.
#include <gtest/gtest.h>
#include <signal.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

class Stopping : public testing::Test {
 protected:
  Stopping() {
    work_.write("asmgr.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: shell}}\n");
  }
  // A child in the foreground and a daemon, both found by the marker.
  [[nodiscard]] std::string sleeping() const {
    return "setsid sleep " + marker_ + " >/dev/null 2>&1 </dev/null & echo ready; sleep " + marker_;
  }
  void start_and_wait_for_it() {
    child_ = work_.start({"run", "--output", "jsonl", sleeping()});
    ASSERT_TRUE(child_->read_until([](const std::string& out) { return out.find("ready\\n") != std::string::npos; }))
        << child_->out() << child_->wait().err;
  }
  // The run as another process finds it afterwards.
  boost::json::object stored_run(const RunOutput& output) const {
    return json_of(work_.asmgr({"run-show", output.run_id(), "--output", "json"}).out);
  }
  bool nothing_is_left() const {
    return wait_until([this] { return processes_with(marker_).empty(); }, std::chrono::seconds(5));
  }

  Workplace work_;
  std::string marker_ = new_sleep_marker();
  std::unique_ptr<Child> child_;
};

TEST_F(Stopping, AnInterruptCancelsTheRunAndExitsFive) {
  for (const int signal : {SIGINT, SIGTERM}) {
    start_and_wait_for_it();
    child_->send(signal);
    const Ended ended = child_->wait();
    EXPECT_EQ(ended.code, 5) << ended.err;
    const RunOutput output = run_output(ended.out);
    EXPECT_EQ(at(output.result, "/status"), "cancelled");
    EXPECT_EQ(output.log.types().back(), "run_cancelled");
    EXPECT_EQ(output.log.count("tool_call_failed"), 1U);
    EXPECT_EQ(at(stored_run(output), "/status"), "cancelled");
    EXPECT_TRUE(nothing_is_left());
  }
}

TEST_F(Stopping, ADeadlineEndsTheRunAsTimeoutAndExitsOne) {
  const Ended ended = work_.asmgr({"run", "--output", "jsonl", "--timeout", "300ms", sleeping()});
  EXPECT_EQ(ended.code, 1) << ended.err;
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(at(output.result, "/status"), "timeout");
  EXPECT_EQ(at(output.result, "/error/code"), "timeout");
  EXPECT_EQ(output.log.types().back(), "run_timeout");
  EXPECT_EQ(at(stored_run(output), "/status"), "timeout");
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(Stopping, APassedLimitEndsTheRunWithItsNameAndWhatWasUsed) {
  work_.write("asmgr.yaml", R"(version: 1
stores:
  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}
providers:
  shell: {plugin: shell, config: {timeout: 5m, limits: {memory: 40MiB, cpu: 1m, output: 10MiB}}}
pipelines: {default: {store: local, provider: shell}}
)");
  const Ended ended =
      work_.asmgr({"run", "--output", "jsonl", "echo ready; head -c 300M /dev/zero | tail >/dev/null & sleep " + marker_});
  EXPECT_EQ(ended.code, 1) << ended.err;
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(at(output.result, "/status"), "failed");
  EXPECT_EQ(at(output.result, "/error/message"),
            "the command was ended because it used more than 40 MiB of memory; raise `limits.memory` if it needs more");
  const auto run = stored_run(output);
  EXPECT_EQ(at(run, "/output/limit"), "memory");
  EXPECT_GT(std::stoll(at(run, "/provider_metadata/resources/max_rss_bytes")), 40 << 20);
  EXPECT_EQ(at(run, "/output/resources"), at(run, "/provider_metadata/resources"));
  EXPECT_EQ(at(run, "/output/content"), "ready\n");
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(Stopping, ADeadlineHoldsAlsoForACommandThatIgnoresTheSignal) {
  const Ended ended = work_.asmgr(
      {"run", "--output", "jsonl", "--timeout", "300ms", "trap '' TERM INT; while :; do sleep " + marker_ + "; done"});
  EXPECT_EQ(ended.code, 1) << ended.err;
  EXPECT_EQ(at(run_output(ended.out).result, "/status"), "timeout");
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(Stopping, ACommandsEndEndsWhatItLeftBehind) {
  const Ended ended = work_.asmgr({"run", "setsid sleep " + marker_ + " >/dev/null 2>&1 </dev/null & echo over"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out, "over\n");
  EXPECT_TRUE(nothing_is_left());
}

TEST_F(Stopping, TheSecondInterruptLeavesAtOnceAndTheNextCommandWritesTheRecord) {
  work_.write("asmgr.yaml",
              shell_deployment() +
                  R"(  hanging: {plugin: replay, config: {file: ./recording.jsonl, faults: [{at: 2, kind: hang}]}}
pipelines: {default: {store: local, provider: hanging, timeouts: {cancel_grace: 1m}}}
)");
  work_.write("recording.jsonl", R"({"t":0,"type":"message_streamed","data":{"delta":"ready\n"}}
{"t":0,"finish":{"status":"completed","output":{},"token_usage":{},"error":null}}
)");
  start_and_wait_for_it();
  child_->send(SIGINT);
  child_->read_for(std::chrono::milliseconds(200));  // two signals at once would be one
  child_->send(SIGINT);
  const Ended ended = child_->wait();
  EXPECT_EQ(ended.code, 5) << ended.out << ended.err;
  const auto run = stored_run(run_output(ended.out));
  EXPECT_TRUE(at(run, "/status") == "failed" || at(run, "/status") == "cancelled") << at(run, "/status");
}

}  // namespace
}  // namespace asmgr::e2e
