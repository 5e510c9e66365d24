#include "core/plugin/inspection_child.hpp"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <system_error>

namespace asmgr {
namespace {

constexpr std::size_t kMaxOutput = std::size_t{16} << 20;

class Descriptor {
 public:
  explicit Descriptor(int number = -1) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const noexcept { return number_; }
  void reset(int number = -1) noexcept {
    if (number_ >= 0) close(number_);
    number_ = number;
  }

 private:
  int number_;
};

// What posix_spawn is told: streams, process group, no blocked signals.
class SpawnPlan {
 public:
  explicit SpawnPlan(int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnPlan() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnPlan(const SpawnPlan&) = delete;
  SpawnPlan& operator=(const SpawnPlan&) = delete;

  [[nodiscard]] int spawn(pid_t& child, std::vector<char*>& arguments) const {
    return posix_spawn(&child, arguments.front(), &actions_, &attributes_, arguments.data(), environ);
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

using Time = std::chrono::steady_clock::time_point;

// False when the time has passed first.
bool wait_readable(int descriptor, Time until) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - std::chrono::steady_clock::now()).count();
    pollfd entry{descriptor, POLLIN, 0};
    const int ready = poll(&entry, 1, static_cast<int>(std::clamp<std::int64_t>(left, 0, 1'000'000)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

// Reads to the end; false when the time has passed or there is too much.
bool read_all(int descriptor, Time until, std::string& output) {
  char buffer[16384];
  while (wait_readable(descriptor, until)) {
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return true;
    output.append(buffer, static_cast<std::size_t>(got));
    if (output.size() > kMaxOutput) return false;
  }
  return false;
}

}  // namespace

ChildEnd run_inspection_child(const std::vector<std::string>& command, std::chrono::milliseconds limit) {
  ChildEnd end;
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) {
    end.why = std::system_category().message(errno);
    return end;
  }
  const Descriptor reading(ends[0]);
  Descriptor writing(ends[1]);
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  pid_t child = -1;
  if (const int failed = SpawnPlan(writing.get()).spawn(child, arguments); failed != 0) {
    end.why = std::system_category().message(failed);
    return end;
  }
  writing.reset();

  const Time until = std::chrono::steady_clock::now() + limit;
  const Descriptor exit(static_cast<int>(syscall(SYS_pidfd_open, child, 0)));
  const bool in_time =
      read_all(reading.get(), until, end.output) && (exit.get() < 0 || wait_readable(exit.get(), until));
  // Also when it ended in time: what it may have started must not stay.
  kill(-child, SIGKILL);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  if (!in_time) {
    end.how = ChildEnd::How::hung;
    end.why = "it was killed";
  } else if (WIFSIGNALED(status)) {
    end.how = ChildEnd::How::killed;
    end.why = strsignal(WTERMSIG(status));
  } else {
    end.how = ChildEnd::How::exited;
    end.why = "exit code " + std::to_string(WEXITSTATUS(status));
  }
  return end;
}

}  // namespace asmgr
