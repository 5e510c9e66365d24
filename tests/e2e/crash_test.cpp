// kill -9 at any moment: what a client saw is in the log, the log is whole, no run is left open and no process behind.
#include <gtest/gtest.h>
#include <signal.h>

#include <algorithm>
#include <cstdlib>
#include <random>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/processes.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::e2e {
namespace {

int rounds() {
  return test::in_profile(50, 300);
}

unsigned seed() {
  const char* wanted = std::getenv("ASMGR_TEST_SEED");
  return wanted != nullptr ? static_cast<unsigned>(std::strtoul(wanted, nullptr, 10)) : std::random_device()();
}

// Prints for about a tenth of a second and leaves a daemon in a session of its own.
std::string printing_script(const std::string& marker) {
  return "setsid sleep " + marker +
         " >/dev/null 2>&1 </dev/null & i=0; while [ $i -lt 25 ]; do i=$((i+1)); echo line $i; sleep 0.004; done";
}

// An agent that streams for as long, the whole time inside a tool call.
std::string streaming_recording() {
  std::string text =
      R"({"t":0,"type":"tool_call_started","data":{"tool_call_id":"t1","tool_name":"x","tool_input":{}}})"
      "\n";
  for (int i = 1; i <= 60; ++i) {
    text += R"({"t":)" + std::to_string(i * 0.002) + R"(,"type":"message_streamed","data":{"delta":"piece )" +
            std::to_string(i) + "\"}}\n";
  }
  return text +
         R"({"t":0.13,"type":"tool_call_completed","data":{"tool_call_id":"t1","tool_name":"x","tool_output":1}})"
         "\n"
         R"({"t":0.14,"finish":{"status":"completed","output":{},"token_usage":{},"error":null}})"
         "\n";
}

// Each call of a tool that was begun has exactly one end.
void expect_calls_closed(const EventLog& log, bool after_the_kill) {
  for (const auto& event : log.events()) {
    if (at(event, "/type") != "tool_call_started") continue;
    const std::string call = at(event, "/data/tool_call_id");
    std::vector<boost::json::object> ends;
    for (const auto& other : log.events()) {
      const std::string type = at(other, "/type");
      const bool end = type == "tool_call_completed" || type == "tool_call_failed";
      if (end && at(other, "/data/tool_call_id") == call) ends.push_back(other);
    }
    ASSERT_EQ(ends.size(), 1U) << "ends of " << call;
    if (after_the_kill && at(ends[0], "/type") == "tool_call_failed") {
      EXPECT_EQ(at(ends[0], "/data/error_code"), "in_doubt");
    }
  }
}

// One terminal event, and it says what the run's row says.
void expect_run_ended(const EventLog& log, const boost::json::object& run, bool completed_before) {
  std::vector<std::string> ends;
  for (const std::string& type : log.types(at(run, "/id"))) {
    if (type == "run_completed" || type == "run_failed" || type == "run_cancelled" || type == "run_timeout") {
      ends.push_back(type.substr(4));
    }
  }
  ASSERT_EQ(ends.size(), 1U);
  EXPECT_EQ(at(run, "/status"), ends[0]);
  if (completed_before) {
    EXPECT_EQ(ends[0], "completed");
    return;
  }
  if (ends[0] == "completed") return;  // it ended, and the host before it could say so
  EXPECT_EQ(ends[0], "failed");
  EXPECT_EQ(at(run, "/error/code"), "host_terminated");
}

class Crash : public testing::Test {
 protected:
  Crash() {
    work_.write("asmgr.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: shell}}\n");
    work_.write("recording.jsonl", streaming_recording());
  }

  void survive_one(int round, std::mt19937& random) {
    const std::string marker = new_sleep_marker();
    const bool recorded = round % 5 == 4;
    std::vector<std::string> command{"run", "--output", "jsonl", printing_script(marker)};
    if (recorded) command.insert(command.end(), {"--provider", "recorded"});
    const auto child = work_.start(command);
    ASSERT_TRUE(child->read_until([](const std::string& out) { return out.find('\n') != std::string::npos; }))
        << child->wait().err;
    child->read_for(std::chrono::milliseconds(std::uniform_int_distribution<int>(0, 170)(random)));
    child->send(SIGKILL);
    const Ended killed = child->wait();
    const RunOutput seen = run_output(killed.out);
    const bool finished = !seen.result.empty();
    cut_short_ += finished ? 0 : 1;
    expect_record_of(seen, finished);
    EXPECT_TRUE(wait_until([&] { return processes_with(marker).empty(); }, std::chrono::seconds(5)))
        << "processes of the run live on";
    if (round % 10 == 9) expect_usable(seen.session_id(), finished);
  }

  void expect_record_of(const RunOutput& seen, bool finished) {
    const Ended read = work_.asmgr({"events", seen.session_id(), "--output", "jsonl"});
    ASSERT_EQ(read.code, 0) << read.out << read.err;
    const EventLog log(complete_lines(read.out));
    for (const std::string& line : seen.log.lines()) {
      EXPECT_TRUE(std::ranges::find(log.lines(), line) != log.lines().end()) << "seen, but not stored: " << line;
    }
    const auto session = json_of(work_.asmgr({"session", "show", seen.session_id(), "--output", "json"}).out);
    EXPECT_TRUE(log.is_whole(at(session, "/chain_id")));
    EXPECT_EQ(at(session, "/last_sequence"), std::to_string(log.lines().size()));
    expect_calls_closed(log, !finished);
    expect_run_ended(log, json_of(work_.asmgr({"run-show", seen.run_id(), "--output", "json"}).out), finished);
  }

  // A session that is still open takes the next run.
  void expect_usable(const std::string& session, bool finished) {
    if (finished) return;
    const auto shown = json_of(work_.asmgr({"session", "show", session, "--output", "json"}).out);
    if (at(shown, "/status") != "active") return;
    const Ended again = work_.asmgr({"run", "--session", session, "--output", "json", "echo again"});
    EXPECT_EQ(again.code, 0) << again.out << again.err;
  }

  Workplace work_;
  int cut_short_ = 0;
};

TEST_F(Crash, WhatAClientSawSurvivesKillNine) {
  const unsigned first = seed();
  SCOPED_TRACE("ASMGR_TEST_SEED=" + std::to_string(first));
  RecordProperty("seed", std::to_string(first));
  std::printf("seed %u, %d rounds\n", first, rounds());
  std::mt19937 random(first);
  for (int round = 0; round < rounds() && !HasFailure(); ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    survive_one(round, random);
  }
  if (HasFailure()) return;
  EXPECT_GT(cut_short_, rounds() / 4) << "hardly any run was alive when it was to be killed";
}

}  // namespace
}  // namespace asmgr::e2e
