#include <gtest/gtest.h>
#include <asmgr/toolkit/agent_process.hpp>

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr::agent {
namespace {

using asmgr_test::eventually;
using asmgr_test::processes_with;
using asmgr_test::unique_marker;
using std::chrono::milliseconds;

AgentOptions shell(const std::string& script, const std::string& marker = "A=b") {
  AgentOptions options;
  options.command.argv = {"/bin/sh", "-c", script};
  options.command.env = {"PATH=/usr/bin:/bin", marker};
  options.command.stdin_source = exec::StdinSource::kPipe;
  options.interrupt_grace = milliseconds(200);
  options.exit_grace = milliseconds(200);
  options.kill_grace = milliseconds(100);
  return options;
}

class Listener final : public AgentHandler {
 public:
  void on_start() override {
    if (started) started();
  }
  void on_line(std::string_view line) override {
    lines.emplace_back(line);
    if (heard) heard(lines.back());
  }
  bool on_cancel() override { return interrupt && interrupt(); }

  std::vector<std::string> lines;
  std::function<void()> started;
  std::function<void(const std::string&)> heard;
  std::function<bool()> interrupt;
};

TEST(AgentProcess, DeliversLinesAndTheLastWithoutAnEnd) {
  AgentProcess process(shell("printf 'one\\ntwo\\r\\nlast'; printf 'oops' >&2; exit 3"));
  Listener listener;
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(listener.lines, (std::vector<std::string>{"one", "two", "last"}));
  EXPECT_EQ(end.cause, AgentEndCause::kExited);
  EXPECT_EQ(exec::exit_code(end.wait_status.value()), 3);
  EXPECT_EQ(end.stderr_tail, "oops");
  EXPECT_FALSE(end.finished_up);
}

TEST(AgentProcess, APassedLimitEndsTheTreeAndIsNamed) {
  const auto run = [](const std::string& script, const exec::TreeLimits& limits) {
    const std::string marker = unique_marker();
    AgentOptions options = shell(script, marker);
    options.command.tree_limits = limits;
    AgentProcess process(std::move(options));
    Listener listener;
    AgentEnd end = process.run(listener, {});
    EXPECT_TRUE(processes_with(marker).empty());
    EXPECT_EQ(listener.lines.at(0), "up");
    EXPECT_EQ(end.cause, AgentEndCause::kLimit);
    EXPECT_TRUE(end.resources.has_value());
    return end;
  };
  exec::TreeLimits memory;
  memory.memory_bytes = 40U << 20U;
  EXPECT_EQ(run("echo up; head -c 300M /dev/zero | tail & sleep 1000", memory).limit, exec::Limit::kMemory);
  exec::TreeLimits cpu;
  cpu.cpu = milliseconds(100);
  EXPECT_EQ(run("echo up; while :; do :; done", cpu).limit, exec::Limit::kCpu);
  exec::TreeLimits output;
  output.output_bytes = 100'000;
  const AgentEnd end = run("echo up; yes >&2", output);
  EXPECT_EQ(end.limit, exec::Limit::kOutput);
  EXPECT_EQ(end.message, "it wrote more than 100000 bytes of output");
  EXPECT_GT(end.output_bytes, 100'000U);
}

TEST(AgentProcess, SaysWhatTheProgramUsed) {
  AgentProcess process(shell("echo one; echo two >&2; head -c 50M /dev/zero | tail -n 1 | wc -c >&2"));
  Listener listener;
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.cause, AgentEndCause::kExited);
  ASSERT_TRUE(end.resources.has_value());
  EXPECT_GE(end.resources->max_rss_bytes, 45U << 20U);
  EXPECT_EQ(end.output_bytes, 4U + 4U + 9U);
}

TEST(AgentProcess, LinesGoInAndStdinEndsAfterThem) {
  AgentProcess process(shell("cat; echo end"));
  Listener listener;
  listener.started = [&] {
    process.write_line("a");
    process.write_line(std::string(300'000, 'x'));  // more than a pipe takes
    process.finish_up();
    process.write_line("after the end");
  };
  const AgentEnd end = process.run(listener, {});
  ASSERT_EQ(listener.lines.size(), 3U);
  EXPECT_EQ(listener.lines[1].size(), 300'000U);
  EXPECT_EQ(listener.lines[2], "end");
  EXPECT_TRUE(end.finished_up);
}

TEST(AgentProcess, TasksOfOtherThreadsRunOnTheRunsThread) {
  AgentProcess process(shell("read line; echo \"got $line\""));
  Listener listener;
  std::thread::id task_thread;
  std::thread other([&] {
    process.post([&] {
      task_thread = std::this_thread::get_id();
      process.write_line("posted");
    });
  });
  const AgentEnd end = process.run(listener, {});
  other.join();
  EXPECT_EQ(end.cause, AgentEndCause::kExited);
  EXPECT_EQ(task_thread, std::this_thread::get_id());
  EXPECT_EQ(listener.lines, (std::vector<std::string>{"got posted"}));
  process.post([] { ADD_FAILURE() << "the run is over"; });
}

TEST(AgentProcess, CancelEndsTheTreeWithWhatMadeASessionOfItsOwn) {
  const std::string marker = unique_marker();
  AgentProcess process(shell("setsid sleep 600 & echo up; wait", marker));
  Listener listener;
  listener.heard = [&](const std::string&) { process.cancel(); };
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.cause, AgentEndCause::kCancelled);
  EXPECT_TRUE(end.tree_gone);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(AgentProcess, AnInterruptThatIsHeardLetsItFinish) {
  AgentProcess process(shell("echo up; read word; echo \"bye $word\"; read end"));
  Listener listener;
  listener.heard = [&](const std::string& line) {
    if (line == "up") process.cancel();
    if (line == "bye stop") process.finish_up();
  };
  listener.interrupt = [&] {
    process.write_line("stop");
    return true;
  };
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.cause, AgentEndCause::kExited);
  EXPECT_TRUE(end.finished_up);
  EXPECT_EQ(listener.lines.back(), "bye stop");
}

TEST(AgentProcess, AnInterruptThatIsNotHeardIsFollowedByTheEnd) {
  AgentProcess process(shell("trap '' TERM; echo up; while :; do sleep 1; done"));
  Listener listener;
  listener.heard = [&](const std::string&) { process.cancel(); };
  listener.interrupt = [] { return true; };
  EXPECT_EQ(process.run(listener, {}).cause, AgentEndCause::kCancelled);
}

TEST(AgentProcess, TheHostsTokenCancelsToo) {
  AgentProcess process(shell("echo up; sleep 600"));
  Listener listener;
  const AgentEnd end = process.run(listener, [&] { return !listener.lines.empty(); });
  EXPECT_EQ(end.cause, AgentEndCause::kCancelled);
}

TEST(AgentProcess, CancelledBeforeItBeganNothingIsStarted) {
  AgentProcess process(shell("echo up"));
  process.cancel();
  Listener listener;
  EXPECT_EQ(process.run(listener, {}).cause, AgentEndCause::kCancelled);
  EXPECT_TRUE(listener.lines.empty());
}

TEST(AgentProcess, SilenceIsTimedUnlessItIsExpected) {
  const auto run = [](AgentTimeouts timeouts, const char* script, bool expected) {
    AgentOptions options = shell(script);
    options.timeouts = timeouts;
    AgentProcess process(options);
    Listener listener;
    listener.heard = [&](const std::string&) { process.expect_silence(expected); };
    return process.run(listener, {}).cause;
  };
  constexpr milliseconds kShort{60};
  EXPECT_EQ(run({kShort, {}, {}}, "sleep 600", false), AgentEndCause::kNoFirstLine);
  EXPECT_EQ(run({{}, kShort, {}}, "echo up; sleep 600", false), AgentEndCause::kIdle);
  EXPECT_EQ(run({{}, {}, kShort}, "echo up; sleep 600", true), AgentEndCause::kTotal);
  EXPECT_EQ(run({{}, kShort, {}}, "echo up; sleep 0.3; echo more", true), AgentEndCause::kExited);
}

TEST(AgentProcess, AProgramThatDoesNotLeaveIsMadeTo) {
  AgentProcess process(shell("trap '' TERM; echo result; while :; do sleep 1; done"));
  Listener listener;
  listener.heard = [&](const std::string&) { process.finish_up(); };
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.cause, AgentEndCause::kExited);
  EXPECT_TRUE(end.finished_up);
  EXPECT_TRUE(end.tree_gone);
}

TEST(AgentProcess, ALineThatIsTooLongEndsIt) {
  AgentOptions options = shell("echo ok; head -c 5000 /dev/zero; sleep 600");
  options.max_line_bytes = 1000;
  AgentProcess process(options);
  Listener listener;
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.cause, AgentEndCause::kLineTooLong);
  EXPECT_EQ(end.message, "of the program's output line 2 is longer than 1000 bytes, the most that is read");
}

TEST(AgentProcess, AProgramThatDoesNotReadIsEnded) {
  AgentOptions options = shell("echo up; sleep 600");
  options.max_unsent_bytes = 1000;
  AgentProcess process(options);
  Listener listener;
  listener.heard = [&](const std::string&) {
    for (int i = 0; i < 400; ++i) process.write_line(std::string(900, 'x'));
  };
  EXPECT_EQ(process.run(listener, {}).cause, AgentEndCause::kReadsNoInput);
}

TEST(AgentProcess, OnlyTheEndOfStderrIsKept) {
  AgentOptions options = shell("head -c 200000 /dev/zero | tr '\\0' 'a' >&2; printf end >&2");
  options.stderr_tail_bytes = 1000;
  AgentProcess process(options);
  Listener listener;
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.stderr_tail.size(), 1000U);
  EXPECT_EQ(end.stderr_tail.substr(997), "end");
  EXPECT_TRUE(end.stderr_cut);
}

TEST(AgentProcess, StoppedByItsHandlerItDeliversNoMore) {
  AgentProcess process(shell("echo one; echo two; sleep 600"));
  Listener listener;
  listener.heard = [&](const std::string&) { process.stop("enough"); };
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.cause, AgentEndCause::kStopped);
  EXPECT_EQ(end.message, "enough");
  EXPECT_EQ(listener.lines.size(), 1U);
}

TEST(AgentProcess, AMissingProgramIsNotStarted) {
  AgentOptions options = shell("");
  options.command.argv = {"no-such-program-anywhere"};
  AgentProcess process(options);
  Listener listener;
  const AgentEnd end = process.run(listener, {});
  EXPECT_EQ(end.cause, AgentEndCause::kNotStarted);
  EXPECT_EQ(end.spawn_error.value().step, exec::SpawnStep::kCommandNotFound);
}

TEST(AgentProcess, AnExceptionOfItsHandlerLeavesNothingBehind) {
  const std::string marker = unique_marker();
  AgentProcess process(shell("echo up; sleep 600", marker));
  Listener listener;
  listener.heard = [](const std::string&) { throw std::runtime_error("no"); };
  EXPECT_THROW(process.run(listener, {}), std::runtime_error);
  EXPECT_TRUE(eventually([&] { return processes_with(marker).empty(); }));
}

}  // namespace
}  // namespace asmgr::agent
