// Limits of whole trees, and what trees have used.
#include <signal.h>
#include <sys/wait.h>

#include <chrono>

#include "tests/sdk/toolkit/exec_support.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

// Holds about so much memory in one process and says "held". `tail` has all it reads in memory while it looks for the
// end of a line.
std::string hold(int mib) {
  return "head -c " + std::to_string(mib) + "M /dev/zero | { tail; echo held; }";
}
// Uses about so much CPU time: the shell counts.
constexpr char kSpin[] = "while :; do :; done";

// A tree that would not end by itself, run until a limit ends it.
Captured run_limited(const std::string& script, const exec::TreeLimits& limits, const exec::ResourceLimits& each = {}) {
  exec::Command command = sh(script);
  const std::string marker = unique_marker();
  command.env.push_back(marker);
  command.tree_limits = limits;
  command.limits = each;
  exec::RunOptions options;
  options.deadline = std::chrono::steady_clock::now() + seconds(60);
  Captured captured = run(command, options);
  EXPECT_TRUE(captured.ended.tree_gone);
  EXPECT_TRUE(processes_with(marker).empty()) << "something is left";
  return captured;
}

void expect_limit(const exec::Ended& ended, exec::Limit limit) {
  EXPECT_EQ(ended.cause, exec::EndCause::kLimit);
  ASSERT_TRUE(ended.limit.has_value());
  EXPECT_EQ(exec::limit_name(*ended.limit), exec::limit_name(limit));
}

TEST(ExecLimits, MemoryOfOneProcessEndsTheTree) {
  const Captured captured = run_limited(hold(200) + "; sleep 100", {.memory_bytes = 60 * kMiB});
  expect_limit(captured.ended, exec::Limit::kMemory);
  EXPECT_GT(captured.ended.resources.max_rss_bytes, 60 * kMiB);
}

TEST(ExecLimits, MemoryOfGrandchildrenCountsTogether) {
  // None of the three is over it alone. Each holds a line without an end until its input ends, which it never does.
  const std::string one = "{ head -c 40M /dev/zero; sleep 100; } | tail -n 1 & ";
  const Captured captured = run_limited("(" + one + one + one + " wait)", {.memory_bytes = 90 * kMiB});
  expect_limit(captured.ended, exec::Limit::kMemory);
}

TEST(ExecLimits, WhatIsBelowTheLimitsIsLeftAlone) {
  const Captured captured =
      run_limited(hold(30), {.memory_bytes = 2000 * kMiB, .cpu = seconds(30), .output_bytes = 100 * kMiB});
  EXPECT_EQ(captured.ended.cause, exec::EndCause::kExited);
  EXPECT_FALSE(captured.ended.limit.has_value());
  EXPECT_EQ(captured.code, 0);
  EXPECT_EQ(captured.out.substr(captured.out.size() - 5), "held\n");
}

TEST(ExecLimits, CpuTimeEndsTheTree) {
  const Captured captured = run_limited(kSpin, {.cpu = milliseconds(200)});
  expect_limit(captured.ended, exec::Limit::kCpu);
  const auto used = captured.ended.resources.cpu_user + captured.ended.resources.cpu_system;
  EXPECT_GE(used, milliseconds(150)) << "the system counts in ticks";
  EXPECT_LT(used, seconds(20));
}

TEST(ExecLimits, CpuTimeOfGrandchildrenThatCameAndWentCounts) {
  // Each of them is short; only together they are over the limit.
  const Captured captured =
      run_limited("while :; do (i=0; while [ $i -lt 2000 ]; do i=$((i+1)); done); done", {.cpu = milliseconds(300)});
  expect_limit(captured.ended, exec::Limit::kCpu);
}

TEST(ExecLimits, CpuTimeOfAProcessInASessionOfItsOwnCounts) {
  const Captured captured =
      run_limited("setsid sh -c '" + std::string(kSpin) + "' & sleep 100", {.cpu = milliseconds(200)});
  expect_limit(captured.ended, exec::Limit::kCpu);
}

TEST(ExecLimits, OutputEndsTheTreeAndWhatFitsIsDelivered) {
  const Captured captured = run_limited("yes ab; sleep 100", {.output_bytes = 1000});
  expect_limit(captured.ended, exec::Limit::kOutput);
  EXPECT_EQ(captured.out.size(), 1000u);
  EXPECT_TRUE(captured.ended.stdout_truncated);
  EXPECT_GT(captured.ended.output_bytes, 1000u);
}

TEST(ExecLimits, OutputOfBothStreamsCountsTogether) {
  const Captured captured = run_limited("head -c 600 /dev/zero; head -c 600 /dev/zero >&2", {.output_bytes = 1000});
  expect_limit(captured.ended, exec::Limit::kOutput);
  EXPECT_EQ(captured.out.size() + captured.err.size(), 1000u);
  EXPECT_EQ(captured.ended.output_bytes, 1200u) << "also where the program has ended by itself";
}

TEST(ExecLimits, AFileThatIsTooLargeIsNamedAsTheReason) {
  const TempFolder folder;
  exec::ResourceLimits each;
  each.file_size_bytes = 4096;
  const std::string file = (folder.path() / "f").string();
  const Captured direct = run_limited("exec head -c 100000 /dev/zero > " + file, {}, each);
  expect_limit(direct.ended, exec::Limit::kFileSize);
  const Captured through_a_shell = run_limited("head -c 100000 /dev/zero > " + file + "; exit $?", {}, each);
  expect_limit(through_a_shell.ended, exec::Limit::kFileSize);
  EXPECT_EQ(std::filesystem::file_size(file), 4096u);
}

TEST(ExecLimits, ASignalOutOfNowhereIsNoLimit) {
  const Captured captured = run_limited("kill -KILL $$", {.memory_bytes = 500 * kMiB, .cpu = seconds(10)});
  EXPECT_EQ(captured.ended.cause, exec::EndCause::kExited);
  EXPECT_FALSE(captured.ended.limit.has_value());
  ASSERT_TRUE(captured.ended.wait_status.has_value());
  EXPECT_TRUE(WIFSIGNALED(*captured.ended.wait_status));
}

TEST(ExecLimits, SaysInWordsWhichOne) {
  exec::ResourceLimits each;
  each.file_size_bytes = 1000;
  const exec::TreeLimits tree{.memory_bytes = 64 * kMiB, .cpu = milliseconds(1500), .output_bytes = 3 * 1024};
  EXPECT_EQ(exec::limit_text(exec::Limit::kMemory, each, tree), "it used more than 64 MiB of memory");
  EXPECT_EQ(exec::limit_text(exec::Limit::kCpu, each, tree), "it used more than 1500 ms of CPU time");
  EXPECT_EQ(exec::limit_text(exec::Limit::kFileSize, each, tree), "it wrote a file of more than 1000 bytes");
  EXPECT_EQ(exec::limit_text(exec::Limit::kOutput, each, tree), "it wrote more than 3 KiB of output");
}

TEST(ExecResources, CpuTimeIsWhatTheTreeUsed) {
  // Until a process of it has used 200 ms by its own count.
  const Captured captured = run_limited(
      "sh -c 'while :; do i=0; while [ $i -lt 1000 ]; do i=$((i+1)); done; "
      "set -- $(cut -d\" \" -f14 /proc/$$/stat); [ $1 -ge 20 ] && exit 0; done'",
      {});
  EXPECT_EQ(captured.code, 0);
  const auto used = captured.ended.resources.cpu_user + captured.ended.resources.cpu_system;
  EXPECT_GE(used, milliseconds(180));
  EXPECT_LT(used, seconds(10));
  EXPECT_GT(captured.ended.resources.cpu_user, milliseconds(50));
}

TEST(ExecResources, MemoryIsWhatTheLargestProcessHad) {
  const Captured captured = run_limited(hold(100), {});
  EXPECT_EQ(captured.code, 0);
  EXPECT_GE(captured.ended.resources.max_rss_bytes, 95 * kMiB);
  EXPECT_LT(captured.ended.resources.max_rss_bytes, 1000 * kMiB);
}

TEST(ExecResources, WhatTheHostHasIsNotTheProgramsMemory) {
  const std::string large(300 * kMiB, 'x');
  const Captured captured = run_limited("sleep 0.1", {});
  EXPECT_LT(captured.ended.resources.max_rss_bytes, 100 * kMiB);
  EXPECT_GT(captured.ended.resources.max_rss_bytes, 0u) << "it was looked at while it ran";
  EXPECT_EQ(large.back(), 'x');
}

TEST(ExecResources, OutputIsCountedAlsoWhereItIsDropped) {
  exec::RunOptions options;
  options.max_output_bytes = 10;
  const Captured captured = run(sh("echo 123456789012345; echo 12345 >&2"), options);
  EXPECT_EQ(captured.ended.cause, exec::EndCause::kExited);
  EXPECT_EQ(captured.out, "1234567890");
  EXPECT_EQ(captured.ended.output_bytes, 22u);
}

}  // namespace
}  // namespace asmgr_test
