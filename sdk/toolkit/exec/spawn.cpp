#include <fcntl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "guard.hpp"
#include "launch_target.hpp"

namespace asmgr::exec {
namespace {

// Both ends of everything between the host and what it starts.
struct Channels {
  Fd control_host, control_guard;
  Fd stdin_host, stdin_program;
  Fd stdout_host, stdout_program;
  Fd stderr_host, stderr_program;
};

bool make_pipe(Fd& read_end, Fd& write_end) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  read_end = Fd(ends[0]);
  write_end = Fd(ends[1]);
  return true;
}

bool set_nonblocking(const Fd& fd) {
  return fcntl(fd.get(), F_SETFL, O_NONBLOCK) == 0;
}

bool open_stdin(StdinSource source, Channels& channels) {
  if (source == StdinSource::kPipe) {
    return make_pipe(channels.stdin_program, channels.stdin_host) && set_nonblocking(channels.stdin_host);
  }
  channels.stdin_program = Fd(open("/dev/null", O_RDONLY | O_CLOEXEC));
  return channels.stdin_program.get() >= 0;
}

// False with errno set.
bool open_channels(StdinSource source, Channels& channels) {
  int control[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0) return false;
  channels.control_host = Fd(control[0]);
  channels.control_guard = Fd(control[1]);
  return open_stdin(source, channels) && make_pipe(channels.stdout_host, channels.stdout_program) &&
         make_pipe(channels.stderr_host, channels.stderr_program) && set_nonblocking(channels.stdout_host) &&
         set_nonblocking(channels.stderr_host);
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (const std::string& text : texts) result.push_back(const_cast<char*>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

std::uint32_t to_ms(std::chrono::milliseconds time) {
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(time.count(), 0, std::numeric_limits<std::uint32_t>::max()));
}

// Forks the guard with every signal blocked, so that none of the host's handlers runs in it.
pid_t fork_guard(const LaunchPlan& plan) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t guard = fork();
  if (guard == 0) run_guard(plan);
  const int error_number = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error_number;
  return guard;
}

SpawnError no_resources(const std::string& program, int error_number) {
  return SpawnError{SpawnStep::kResources, error_number,
                    "cannot start '" + program + "': " + describe_errno(error_number) +
                        "; the system or this process has no processes, descriptors or memory left"};
}

SpawnError explain(const Command& command, const std::string& path, const Report& report) {
  const std::string& program = command.argv.front();
  const std::string why = describe_errno(report.value);
  switch (report.step) {
    case LaunchStep::kWorkingDirectory:
      return {SpawnStep::kWorkingDirectory, report.value,
              "cannot run '" + program + "' in the working directory '" + command.cwd + "': " + why};
    case LaunchStep::kLimits:
      return {SpawnStep::kLimits, report.value,
              "cannot run '" + program + "' under the given resource limits: " + why + "; lower them"};
    case LaunchStep::kExecute:
      if (report.value == ENOENT) {
        return {SpawnStep::kNotExecutable, ENOENT,
                "'" + path + "' cannot be executed: its interpreter (the #! line, or the program loader) is missing"};
      }
      if (report.value == ENOEXEC) {
        return {SpawnStep::kNotExecutable, ENOEXEC,
                "'" + path +
                    "' cannot be executed: it is neither a program for this machine nor a script with a "
                    "#! line"};
      }
      if (report.value == E2BIG) {
        return {SpawnStep::kCommand, E2BIG, "cannot run '" + program + "': its arguments and environment are too long"};
      }
      if (report.value == EACCES || report.value == EPERM || report.value == ETXTBSY) {
        return {SpawnStep::kNotExecutable, report.value, "'" + path + "' cannot be executed: " + why};
      }
      break;
    case LaunchStep::kFork:
    case LaunchStep::kGroup:
    case LaunchStep::kStdio:
      break;
  }
  return no_resources(program, report.value);
}

Report first_report(const Fd& control) {
  Report report{ReportKind::kFailed, ESRCH, LaunchStep::kFork, {}};  // when the guard ends without a word
  ssize_t got = 0;
  Report heard{};
  do {
    got = recv(control.get(), &heard, sizeof heard, 0);
  } while (got < 0 && errno == EINTR);
  return got == static_cast<ssize_t>(sizeof heard) ? heard : report;
}

}  // namespace

SpawnResult spawn(const Command& command) {
  auto target = find_target(command);
  if (auto* problem = std::get_if<SpawnError>(&target)) return std::move(*problem);
  const std::string& path = std::get<std::string>(target);

  Channels channels;
  if (!open_channels(command.stdin_source, channels)) return no_resources(command.argv.front(), errno);
  const std::vector<char*> argv = pointers(command.argv);
  const std::vector<char*> env = pointers(command.env);
  const LaunchPlan plan{path.c_str(),
                        argv.data(),
                        env.data(),
                        command.cwd.empty() ? nullptr : command.cwd.c_str(),
                        command.limits,
                        {command.tree_limits.memory_bytes, command.tree_limits.cpu.count() * 1000},
                        channels.control_guard.get(),
                        {channels.stdin_program.get(), channels.stdout_program.get(), channels.stderr_program.get()},
                        to_ms(command.orphan_grace)};
  const pid_t guard = fork_guard(plan);
  if (guard < 0) return no_resources(command.argv.front(), errno);
  Fd guard_handle(static_cast<int>(syscall(SYS_pidfd_open, guard, 0)));
  channels.control_guard.reset();

  const Report report = first_report(channels.control_host);
  if (report.kind != ReportKind::kStarted) {
    reap_guard(guard_handle, guard);
    return explain(command, path, report);
  }
  Child child;
  child.control_ = std::move(channels.control_host);
  child.guard_handle_ = std::move(guard_handle);
  child.stdin_ = std::move(channels.stdin_host);
  child.stdout_ = std::move(channels.stdout_host);
  child.stderr_ = std::move(channels.stderr_host);
  child.guard_ = guard;
  child.program_ = report.value;
  child.limits_ = command.limits;
  child.tree_limits_ = command.tree_limits;
  return child;
}

}  // namespace asmgr::exec
