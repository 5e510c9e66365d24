// Nothing of a program is left behind, whoever ends it and however it hides; and nothing of the host leaks into it.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include <csignal>

#include <gmock/gmock.h>

#include "tests/sdk/toolkit/exec_support.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// A daemon by the book: own session, forked twice, deaf to SIGTERM. Prints `ready` when it is.
const char* const kDaemon = "(setsid sh -c 'trap \"\" TERM HUP INT; echo ready; while :; do sleep 1; done' &)";

exec::Command marked(const std::string& script, const std::string& marker) {
  exec::Command command = sh(script);
  command.env.push_back(marker);
  return command;
}

// Reads stdout until the text has come.
void read_until(const exec::Child& child, const std::string& text) {
  std::string seen;
  ASSERT_TRUE(eventually([&] {
    char buffer[256];
    const ssize_t got = read(child.stdout_fd(), buffer, sizeof buffer);
    if (got > 0) seen.append(buffer, static_cast<std::size_t>(got));
    return seen.find(text) != std::string::npos;
  })) << "only saw: "
      << seen;
}

TEST(ExecTree, ADaemonThatIgnoresSigtermIsKilledAfterTheGrace) {
  const std::string marker = unique_marker();
  exec::Child child = must_spawn(marked(std::string(kDaemon) + "; sleep 1000", marker));
  read_until(child, "ready\n");
  ASSERT_GE(processes_with(marker).size(), 2U);
  const auto begin = std::chrono::steady_clock::now();
  child.terminate(milliseconds(300));
  ASSERT_TRUE(child.wait_gone(seconds(10)));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(ExecTree, WhatOutlivesTheProgramIsEndedByRunToEnd) {
  const std::string marker = unique_marker();
  exec::RunOptions options;
  options.grace = milliseconds(100);
  const Captured captured = run(marked(std::string(kDaemon) + "; sleep 0.2; exit 5", marker), options);
  EXPECT_EQ(captured.code, 5);
  EXPECT_EQ(captured.ended.cause, exec::EndCause::kExited);
  EXPECT_TRUE(captured.ended.tree_gone);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(ExecTree, WhatTheProgramsChildrenWriteShortlyAfterItsEndStillArrives) {
  exec::RunOptions options;
  options.linger = seconds(5);
  EXPECT_EQ(run(sh("(sleep 0.2; echo late) & echo now"), options).out, "now\nlate\n");
}

TEST(ExecTree, AWholeFamilyIsGoneWithinASecondOfTheOrder) {
  const std::string marker = unique_marker();
  exec::Child child =
      must_spawn(marked("for i in 1 2 3 4 5 6 7 8; do (sleep 1000; true) & done; echo ready; wait", marker));
  read_until(child, "ready\n");
  child.terminate(milliseconds(500));
  EXPECT_TRUE(child.wait_gone(seconds(1)));
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(ExecTree, AProcessThatKeepsForkingIsCaught) {
  const std::string marker = unique_marker();
  exec::Child child = must_spawn(marked(
      "trap '' TERM; echo ready; f() { sleep 0.01; (trap '' TERM; f) & }; f; f; while :; do sleep 0.05; done", marker));
  read_until(child, "ready\n");
  child.terminate(milliseconds(50));
  ASSERT_TRUE(child.wait_gone(seconds(10)));
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(ExecTree, AStoppedProgramHearsSigterm) {
  exec::Child child = must_spawn(sh("trap 'exit 6' TERM; echo ready; kill -STOP $$; while :; do sleep 0.01; done"));
  read_until(child, "ready\n");
  ASSERT_TRUE(eventually([&] {
    return read_whole_file("/proc/" + std::to_string(child.pid()) + "/stat").find(") T ") != std::string::npos;
  }));
  child.terminate(seconds(10));
  ASSERT_TRUE(child.wait_exit(seconds(10)));
  EXPECT_EQ(exec::exit_code(*child.wait_status()), 6);
}

TEST(ExecTree, DestroyingTheHandleEndsTheTree) {
  const std::string marker = unique_marker();
  {
    const exec::Child child = must_spawn(marked(std::string(kDaemon) + "; sleep 1000", marker));
    read_until(child, "ready\n");
  }
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(ExecTree, NoZombieIsLeft) {
  pid_t guard = -1;
  {
    exec::Child child = must_spawn(sh("true"));
    guard = child.guard_pid();
    ASSERT_TRUE(child.wait_gone(seconds(10)));
  }
  EXPECT_FALSE(std::filesystem::exists("/proc/" + std::to_string(guard)));
}

TEST(ExecTree, WhenTheHostIsKilledNothingIsLeft) {
  const std::string marker = unique_marker();
  int ready[2];
  ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
  const pid_t host = fork();
  if (host == 0) {
    exec::Command command = marked(std::string(kDaemon) + "; sleep 1000", marker);
    command.orphan_grace = milliseconds(100);
    const exec::Child child = must_spawn(command);
    read_until(child, "ready\n");
    const ssize_t told = write(ready[1], "r", 1);
    for (;;) pause();
    _exit(told == 1 ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(read(ready[0], &byte, 1), 1);
  close(ready[0]);
  close(ready[1]);
  ASSERT_FALSE(processes_with(marker).empty());
  ASSERT_EQ(kill(host, SIGKILL), 0);
  ASSERT_EQ(waitpid(host, nullptr, 0), host);
  EXPECT_TRUE(eventually([&] { return processes_with(marker).empty(); }));
}

TEST(ExecTree, WhenTheGuardIsKilledItsSessionIsKilledToo) {
  const std::string marker = unique_marker();
  exec::Child child = must_spawn(marked("(sleep 1000; true) & echo ready; sleep 1000", marker));
  read_until(child, "ready\n");
  ASSERT_EQ(kill(child.guard_pid(), SIGKILL), 0);
  const exec::Ended ended = exec::run_to_end(child, {});
  EXPECT_EQ(ended.cause, exec::EndCause::kGuardLost);
  EXPECT_FALSE(ended.wait_status.has_value());
  EXPECT_TRUE(eventually([&] { return processes_with(marker).empty(); }));
}

TEST(ExecTree, SigtermToTheGuardEndsTheTreeInOrder) {
  const std::string marker = unique_marker();
  exec::Child child = must_spawn(marked("echo ready; sleep 1000", marker));
  read_until(child, "ready\n");
  ASSERT_EQ(kill(child.guard_pid(), SIGTERM), 0);
  EXPECT_TRUE(child.wait_gone(seconds(10)));
  EXPECT_FALSE(child.guard_lost());
  EXPECT_EQ(exec::exit_code(child.wait_status().value_or(0)), 128 + SIGTERM);
}

TEST(ExecTree, DescriptorsOfTheHostAreHeldNeitherByTheGuardNorByTheProgram) {
  const TempFolder folder;
  const std::string path = folder.write("lock", "");
  const int lock = open(path.c_str(), O_RDWR);  // on purpose without O_CLOEXEC
  ASSERT_EQ(flock(lock, LOCK_EX | LOCK_NB), 0);
  const exec::Child child = must_spawn(sh("ls -l /proc/self/fd | wc -l; echo ready; sleep 1000"));
  read_until(child, "5\nready\n");  // `total 0`, 0, 1, 2 and the folder that ls reads
  close(lock);
  const int again = open(path.c_str(), O_RDWR | O_CLOEXEC);
  EXPECT_EQ(flock(again, LOCK_EX | LOCK_NB), 0) << "somebody still holds the lock";
  close(again);

  std::vector<std::string> held;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/" + std::to_string(child.guard_pid()) + "/fd")) {
    const std::string target = std::filesystem::read_symlink(entry.path()).string();
    held.push_back(target.substr(0, target.find('[')));
  }
  EXPECT_THAT(held, testing::UnorderedElementsAre("/dev/null", "/dev/null", "/dev/null", "anon_inode:", "socket:"));
}

TEST(ExecTree, ASecondOrderMayShortenTheGrace) {
  exec::Child child = must_spawn(sh("trap '' TERM; echo ready; while :; do sleep 0.05; done"));
  read_until(child, "ready\n");
  child.terminate(seconds(1000));
  EXPECT_FALSE(child.wait_gone(milliseconds(100)));
  child.terminate(milliseconds(0));
  EXPECT_TRUE(child.wait_gone(seconds(10)));
}

}  // namespace
}  // namespace asmgr_test
