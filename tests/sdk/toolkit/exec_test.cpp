// What a caller of asmgr::exec sees of one program: exit, output, input, and why it could not be started.
#include <sys/wait.h>
#include <csignal>

#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/stat.h>

#include <algorithm>
#include <atomic>
#include <thread>

#include "tests/sdk/toolkit/exec_support.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

TEST(Exec, TheProgramsExitCodeIsReported) {
  const Captured captured = run(sh("exit 7"));
  EXPECT_EQ(captured.code, 7);
  EXPECT_EQ(captured.ended.cause, exec::EndCause::kExited);
  EXPECT_TRUE(captured.ended.tree_gone);
}

TEST(Exec, ASignalThatEndsTheProgramIsReported) {
  const Captured captured = run(sh("kill -SEGV $$"));
  ASSERT_TRUE(captured.ended.wait_status.has_value());
  EXPECT_TRUE(WIFSIGNALED(*captured.ended.wait_status));
  EXPECT_EQ(captured.code, 128 + SIGSEGV);
}

TEST(Exec, StdoutAndStderrArriveSeparately) {
  const Captured captured = run(sh("echo out; echo err >&2"));
  EXPECT_EQ(captured.out, "out\n");
  EXPECT_EQ(captured.err, "err\n");
}

TEST(Exec, ArgumentsArePassedAsTheyAre) {
  exec::Command command = sh("");
  command.argv = {"printf", "%s|", "a b", "", "$HOME", "quo\"te", "new\nline"};
  EXPECT_EQ(run(command).out, "a b||$HOME|quo\"te|new\nline|");
}

TEST(Exec, TheEnvironmentIsExactlyTheGivenOne) {
  exec::Command command;
  command.argv = {"/usr/bin/env"};
  command.env = {"ONE=1", "TWO=a=b"};
  EXPECT_EQ(run(command).out, "ONE=1\nTWO=a=b\n");
}

TEST(Exec, TheProgramRunsInTheGivenFolder) {
  const TempFolder folder;
  exec::Command command = sh("pwd -P");
  command.cwd = folder.path();
  EXPECT_EQ(run(command).out, folder.path().string() + "\n");
}

TEST(Exec, TenMegabytesArriveWhole) {
  const Captured captured = run(sh("head -c 10485760 /dev/zero | tr '\\0' x; head -c 3000000 /dev/zero >&2"));
  EXPECT_EQ(captured.out.size(), 10485760U);
  EXPECT_EQ(captured.err.size(), 3000000U);
  EXPECT_TRUE(std::all_of(captured.out.begin(), captured.out.end(), [](char c) { return c == 'x'; }));
  EXPECT_FALSE(captured.ended.stdout_truncated);
}

TEST(Exec, OutputPastTheLimitIsDroppedAndTheProgramRunsOn) {
  exec::RunOptions options;
  options.max_output_bytes = 1000;
  const Captured captured = run(sh("head -c 500000 /dev/zero; echo done >&2; exit 3"), options);
  EXPECT_EQ(captured.out.size(), 1000U);
  EXPECT_TRUE(captured.ended.stdout_truncated);
  EXPECT_FALSE(captured.ended.stderr_truncated);
  EXPECT_EQ(captured.err, "done\n");
  EXPECT_EQ(captured.code, 3);
}

TEST(Exec, OutputOfExactlyTheLimitIsNotTruncated) {
  exec::RunOptions options;
  options.max_output_bytes = 5;
  const Captured captured = run(sh("printf 12345"), options);
  EXPECT_EQ(captured.out, "12345");
  EXPECT_FALSE(captured.ended.stdout_truncated);
}

TEST(Exec, StdinIsFedAndClosed) {
  exec::Command command = sh("cat; echo end");
  command.stdin_source = exec::StdinSource::kPipe;
  exec::RunOptions options;
  options.stdin_text = std::string(1'000'000, 'i');
  EXPECT_EQ(run(command, options).out, options.stdin_text + "end\n");
}

TEST(Exec, WithoutStdinTheProgramReadsEndOfFile) {
  EXPECT_EQ(run(sh("cat; echo end")).out, "end\n");
}

TEST(Exec, AProgramThatReadsNothingRaisesNoSigpipe) {
  exec::Command command = sh("exec 0<&-; echo closed; sleep 0.05; exit 4");
  command.stdin_source = exec::StdinSource::kPipe;
  exec::RunOptions options;
  options.stdin_text = std::string(5'000'000, 'i');
  EXPECT_EQ(run(command, options).code, 4);
}

TEST(Exec, AMissingFolderIsNamed) {
  exec::Command command = sh("true");
  command.cwd = "/no/such/folder";
  const exec::SpawnError error = must_not_spawn(command);
  EXPECT_EQ(error.step, exec::SpawnStep::kWorkingDirectory);
  EXPECT_EQ(error.message, "cannot run in the working directory '/no/such/folder': No such file or directory");
}

TEST(Exec, AFileIsNoFolder) {
  exec::Command command = sh("true");
  command.cwd = "/etc/passwd";
  EXPECT_EQ(must_not_spawn(command).message, "cannot run in the working directory '/etc/passwd': it is no directory");
}

TEST(Exec, ACommandThatIsNotOnPathIsNamed) {
  exec::Command command = sh("");
  command.argv = {"no-such-program-here"};
  const exec::SpawnError error = must_not_spawn(command);
  EXPECT_EQ(error.step, exec::SpawnStep::kCommandNotFound);
  EXPECT_EQ(error.message,
            "the command 'no-such-program-here' was not found on PATH: install it or name it by its full path");
}

TEST(Exec, TheWorkingDirectoryIsNotSearched) {
  const TempFolder folder;
  std::filesystem::permissions(folder.write("tool", "#!/bin/sh\necho ran\n"), std::filesystem::perms::owner_all);
  exec::Command command = sh("");
  command.argv = {"tool"};
  command.cwd = folder.path();
  command.env = {"PATH=:.:/usr/bin:/bin"};
  EXPECT_EQ(must_not_spawn(command).step, exec::SpawnStep::kCommandNotFound);
  command.argv = {"./tool"};
  EXPECT_EQ(run(command).out, "ran\n");
}

TEST(Exec, AFileWithoutExecutePermissionIsNamed) {
  const TempFolder folder;
  exec::Command command = sh("");
  command.argv = {folder.write("plain.txt", "text")};
  const exec::SpawnError error = must_not_spawn(command);
  EXPECT_EQ(error.step, exec::SpawnStep::kNotExecutable);
  EXPECT_EQ(error.message,
            "'" + command.argv[0] + "' is there but may not be executed: check its permissions (chmod +x)");
}

TEST(Exec, AnExecutableThatIsNoProgramIsNamed) {
  const TempFolder folder;
  exec::Command command = sh("");
  command.argv = {folder.write("junk", "junk")};
  std::filesystem::permissions(command.argv[0], std::filesystem::perms::owner_all);
  EXPECT_EQ(must_not_spawn(command).step, exec::SpawnStep::kNotExecutable);
}

TEST(Exec, AScriptWithoutItsInterpreterIsNamed) {
  const TempFolder folder;
  exec::Command command = sh("");
  command.argv = {folder.write("script", "#!/no/such/interpreter\n")};
  std::filesystem::permissions(command.argv[0], std::filesystem::perms::owner_all);
  const exec::SpawnError error = must_not_spawn(command);
  EXPECT_EQ(error.step, exec::SpawnStep::kNotExecutable);
  EXPECT_NE(error.message.find("interpreter"), std::string::npos) << error.message;
}

TEST(Exec, BadTextsAreRefused) {
  exec::Command command;
  EXPECT_EQ(must_not_spawn(command).step, exec::SpawnStep::kCommand);
  command.argv = {"echo", std::string("a\0b", 3)};
  EXPECT_EQ(must_not_spawn(command).step, exec::SpawnStep::kCommand);
  command.argv = {"echo"};
  command.env = {"NOT_AN_ASSIGNMENT"};
  EXPECT_EQ(must_not_spawn(command).message,
            "cannot run 'echo': the environment entry 'NOT_AN_ASSIGNMENT' is not of the form NAME=value");
}

TEST(Exec, ResourceLimitsHold) {
  exec::Command command = sh("ulimit -n; head -c 100000 /dev/zero > file; echo $?");
  const TempFolder folder;
  command.cwd = folder.path();
  command.limits.open_files = 33;
  command.limits.file_size_bytes = 4096;
  const Captured captured = run(command);
  EXPECT_EQ(captured.out.substr(0, 3), "33\n");
  EXPECT_EQ(std::filesystem::file_size(folder.path() / "file"), 4096U);
}

TEST(Exec, ALimitThatIsRefusedIsReported) {
  exec::Command command = sh("true");
  command.limits.open_files = UINT64_C(1) << 60;
  EXPECT_EQ(must_not_spawn(command).step, exec::SpawnStep::kLimits);
}

TEST(Exec, IgnoredAndBlockedSignalsOfTheCallerAreDefaultInTheProgram) {
  const auto before = std::signal(SIGPIPE, SIG_IGN);
  const Captured captured = run(sh("grep -E 'Sig(Blk|Ign)' /proc/self/status"));
  (void)std::signal(SIGPIPE, before);
  EXPECT_EQ(captured.out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Exec, TheDeadlineEndsTheProgramAndKeepsItsOutput) {
  exec::RunOptions options;
  options.deadline = Clock::now() + milliseconds(200);
  const Captured captured = run(sh("echo partial; sleep 1000"), options);
  EXPECT_EQ(captured.ended.cause, exec::EndCause::kTimedOut);
  EXPECT_EQ(captured.out, "partial\n");
  EXPECT_TRUE(captured.ended.tree_gone);
  EXPECT_LT(captured.ended.duration, seconds(5));
}

TEST(Exec, TheCancelDescriptorEndsTheProgramAndKeepsItsOutput) {
  const exec::Fd cancel(eventfd(0, EFD_CLOEXEC));
  exec::RunOptions options;
  options.cancel_fd = cancel.get();
  std::string out;
  options.on_stdout = [&](std::string_view bytes) {
    out += bytes;
    eventfd_write(cancel.get(), 1);
  };
  exec::Child child = must_spawn(sh("echo partial; sleep 1000"));
  const exec::Ended ended = exec::run_to_end(child, options);
  EXPECT_EQ(ended.cause, exec::EndCause::kCancelled);
  EXPECT_EQ(out, "partial\n");
  EXPECT_LT(ended.duration, seconds(5));
}

TEST(Exec, ThePredicateCancelsWhereThereIsNoDescriptor) {
  exec::RunOptions options;
  options.cancelled = [] { return true; };
  EXPECT_EQ(run(sh("sleep 1000"), options).ended.cause, exec::EndCause::kCancelled);
}

TEST(Exec, AProgramMayFinishWithinTheGracePeriod) {
  const exec::Fd cancel(eventfd(0, EFD_CLOEXEC));
  exec::RunOptions options;
  options.cancel_fd = cancel.get();
  options.grace = seconds(10);
  std::string out;
  options.on_stdout = [&](std::string_view bytes) {
    out += bytes;
    if (out == "ready\n") eventfd_write(cancel.get(), 1);
  };
  exec::Child child = must_spawn(sh("trap 'echo cleaned; exit 9' TERM; echo ready; while :; do sleep 0.01; done"));
  const exec::Ended ended = exec::run_to_end(child, options);
  EXPECT_EQ(out, "ready\ncleaned\n");
  ASSERT_TRUE(ended.wait_status.has_value());
  EXPECT_EQ(exec::exit_code(*ended.wait_status), 9);
}

TEST(Exec, EnvironmentTakesWhatIsAllowedAndSetsTheRest) {
  ASSERT_EQ(setenv("ASMGR_EXECTEST_ONE", "1", 1), 0);
  ASSERT_EQ(setenv("ASMGR_EXECTEST_TWO", "2", 1), 0);
  ASSERT_EQ(setenv("ASMGR_OTHER", "3", 1), 0);
  const std::vector<std::string> env =
      exec::environment({"ASMGR_EXECTEST_*"}, {{"ASMGR_EXECTEST_TWO", "two"}, {"NEW", "n"}});
  EXPECT_EQ(env, (std::vector<std::string>{"ASMGR_EXECTEST_ONE=1", "ASMGR_EXECTEST_TWO=two", "NEW=n"}));
  EXPECT_TRUE(exec::environment({}, {}).empty());
  unsetenv("ASMGR_EXECTEST_ONE");
  unsetenv("ASMGR_EXECTEST_TWO");
  unsetenv("ASMGR_OTHER");
}

TEST(Exec, FiftyProgramsFromEightThreadsDoNotMixUp) {
  std::atomic<int> next{0};
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int number = next++; number < 50; number = next++) {
        const std::string text = "number " + std::to_string(number);
        const Captured captured = run(sh("cat /dev/null; echo '" + text + "'; exit " + std::to_string(number)));
        if (captured.out != text + "\n" || captured.code != number || !captured.ended.tree_gone) ++wrong;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace asmgr_test
