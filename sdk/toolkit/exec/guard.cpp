#include "guard.hpp"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>
#include <climits>

#include "process_tree.hpp"
#include "tree_meter.hpp"

namespace asmgr::exec {
namespace {

constexpr std::size_t kTableSize = 2048;  // of descendants handled at a time; 16 KiB of stack
constexpr int kTermLookMs = 50;           // how often newcomers are looked for during the grace period
constexpr int kKillLookMs = 5;            // and after it
constexpr int kStuckLookMs = 100;         // and once there is something that SIGKILL does not end

std::int64_t now_ms() noexcept {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return static_cast<std::int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1'000'000;
}

// Closes everything but the four descriptors, and leaves these above 2.
void keep_only(int* fds, std::size_t count) noexcept {
  for (std::size_t i = 0; i < count; ++i) {
    if (fds[i] < 3) fds[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, 3);
  }
  unsigned from = 0;
  for (;;) {  // the gaps between them, in rising order
    unsigned next = UINT_MAX;
    for (std::size_t i = 0; i < count; ++i) {
      const auto fd = static_cast<unsigned>(fds[i]);
      if (fd >= from && fd < next) next = fd;
    }
    if (next == UINT_MAX) break;
    if (next > from) syscall(SYS_close_range, from, next - 1, 0);
    from = next + 1;
  }
  syscall(SYS_close_range, from, UINT_MAX, 0);
  for (int fd = 0; fd < 3; ++fd) {  // so that nothing opened later lands on 0, 1 or 2
    const int opened = open("/dev/null", O_RDWR);
    if (opened > 2) close(opened);
  }
}

// The host's handlers must not run here, and an ignored signal would stay ignored in the program.
void default_signals() noexcept {
  struct sigaction plain {};
  plain.sa_handler = SIG_DFL;
  for (int number = 1; number < NSIG; ++number) {
    if (number != SIGKILL && number != SIGSTOP) sigaction(number, &plain, nullptr);
  }
}

bool limit(int resource, std::uint64_t value) noexcept {
  if (value == 0) return true;
  rlimit both{};
  both.rlim_cur = both.rlim_max = static_cast<rlim_t>(value);
  return setrlimit(static_cast<__rlimit_resource>(resource), &both) == 0;
}

bool limit_all(const ResourceLimits& limits) noexcept {
  return limit(RLIMIT_AS, limits.address_space_bytes) && limit(RLIMIT_CPU, limits.cpu_seconds) &&
         limit(RLIMIT_NOFILE, limits.open_files) && limit(RLIMIT_FSIZE, limits.file_size_bytes);
}

struct LaunchFailure {
  LaunchStep step;
  std::int32_t error_number;
};

// Becomes the program, or says why not.
[[noreturn]] void become_program(const LaunchPlan& plan, const int* stdio, pid_t guard, int failures) noexcept {
  LaunchStep step = LaunchStep::kGroup;
  do {
    if (setpgid(0, 0) != 0) break;
    prctl(PR_SET_PDEATHSIG, SIGKILL);  // the program at least does not outlive a guard that somebody kills
    if (getppid() != guard) break;
    step = LaunchStep::kStdio;
    if (dup2(stdio[0], 0) < 0 || dup2(stdio[1], 1) < 0 || dup2(stdio[2], 2) < 0) break;
    step = LaunchStep::kWorkingDirectory;
    if (plan.cwd != nullptr && chdir(plan.cwd) != 0) break;
    step = LaunchStep::kLimits;
    if (!limit_all(plan.limits)) break;
    step = LaunchStep::kExecute;
    // Belt and braces: nothing above 2 outlives the exec, whoever opened it.
    syscall(SYS_close_range, 3U, UINT_MAX, CLOSE_RANGE_CLOEXEC);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    execve(plan.path, plan.argv, plan.env);
  } while (false);
  const LaunchFailure failure{step, errno};
  [[maybe_unused]] const ssize_t written = write(failures, &failure, sizeof failure);
  _exit(127);
}

// The program's pid, or -1 with `failure` filled in.
pid_t launch(const LaunchPlan& plan, const int* stdio, LaunchFailure& failure) noexcept {
  int pipe_ends[2];
  failure = LaunchFailure{LaunchStep::kFork, 0};
  if (pipe2(pipe_ends, O_CLOEXEC) != 0) {
    failure.error_number = errno;
    return -1;
  }
  const pid_t guard = getpid();
  const pid_t program = _Fork();  // not fork: that runs handlers which may wait for threads that do not exist here
  if (program == 0) become_program(plan, stdio, guard, pipe_ends[1]);
  failure.error_number = errno;
  close(pipe_ends[1]);
  ssize_t got = 0;
  if (program > 0) {
    do {
      got = read(pipe_ends[0], &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
  }
  close(pipe_ends[0]);
  if (program > 0 && got == 0) return program;
  if (program > 0) waitpid(program, nullptr, 0);
  return -1;
}

// From the start of the program to the end of the last descendant.
class Watch {
 public:
  Watch(const LaunchPlan& plan, int control, int signals, pid_t program, const TreeMeter& meter) noexcept
      : plan_(plan), control_(control), signals_(signals), program_(program), meter_(meter) {}

  void until_all_are_gone() noexcept {
    while (reap()) {
      pollfd fds[2] = {{control_, POLLIN, 0}, {signals_, POLLIN, 0}};
      poll(fds, 2, ending_ ? push_on() : measure());
      if (fds[1].revents != 0) take_signals();
      if (fds[0].revents != 0) take_order();
    }
    const Report report{ReportKind::kTreeGone, 0, LaunchStep::kFork, meter_.figures()};
    if (control_ >= 0) send(control_, &report, sizeof report, MSG_NOSIGNAL);
  }

 private:
  void say(ReportKind kind, std::int32_t value) const noexcept {
    const Report report{kind, value, LaunchStep::kFork, {}};
    if (control_ >= 0) send(control_, &report, sizeof report, MSG_NOSIGNAL);
  }

  // False when there is no child left. As this process adopts orphans, there is no descendant either then.
  bool reap() noexcept {
    for (;;) {
      int status = 0;
      rusage usage{};
      const pid_t pid = wait4(-1, &status, WNOHANG, &usage);
      if (pid == 0) return true;
      if (pid > 0) note_end(pid, status, usage);
      if (pid == program_) say(ReportKind::kExited, status);
      if (pid < 0 && errno != EINTR) return false;
    }
  }

  // Before the host hears that the program has ended: it asks then why.
  void note_end(pid_t pid, int status, const rusage& usage) noexcept {
    meter_.note_end(usage);
    const auto ended_by = [&](int signal) {
      if (WIFSIGNALED(status)) return WTERMSIG(status) == signal;
      return pid == program_ && WIFEXITED(status) && WEXITSTATUS(status) == 128 + signal;  // as a shell says it
    };
    if (plan_.limits.file_size_bytes != 0 && ended_by(SIGXFSZ)) limit_passed(Limit::kFileSize);
    if (plan_.limits.cpu_seconds != 0 && ended_by(SIGXCPU)) limit_passed(Limit::kCpu);
  }

  void limit_passed(Limit limit) noexcept {
    if (ending_) return;
    say(ReportKind::kLimitPassed, static_cast<std::int32_t>(limit));
    end_within(0);
  }

  // Looks at what the tree uses when it is time to; returns for how many milliseconds to look away.
  int measure() noexcept {
    const std::int64_t now = now_ms();
    if (now >= look_at_ms_) {
      if (const auto limit = meter_.look(table_, list_descendants(table_, kTableSize))) {
        limit_passed(*limit);
        return push_on();
      }
      look_at_ms_ = now_ms() + meter_.pause_ms();
    }
    return static_cast<int>(look_at_ms_ > now ? look_at_ms_ - now : 0);
  }

  void take_signals() noexcept {
    signalfd_siginfo info{};
    while (read(signals_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
      if (info.ssi_signo != SIGCHLD) end_within(plan_.orphan_grace_ms);
    }
  }

  void take_order() noexcept {
    Order order{};
    const ssize_t got = recv(control_, &order, sizeof order, MSG_DONTWAIT);
    if (got == static_cast<ssize_t>(sizeof order)) return end_within(order.grace_ms);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    close(control_);  // the host is gone
    control_ = -1;
    end_within(plan_.orphan_grace_ms);
  }

  void end_within(std::uint32_t grace_ms) noexcept {
    const std::int64_t kill_at = now_ms() + grace_ms;
    if (!ending_ || kill_at < kill_at_ms_) kill_at_ms_ = kill_at;
    ending_ = true;
  }

  // Signals what there is; returns for how many milliseconds to look away.
  int push_on() noexcept {
    const std::int64_t left = kill_at_ms_ - now_ms();
    const std::size_t count = list_descendants(table_, kTableSize);
    if (left > 0) {
      for (std::size_t i = 0; i < count; ++i) ask_to_end(table_[i]);
      return left < kTermLookMs ? static_cast<int>(left) : kTermLookMs;
    }
    for (std::size_t i = 0; i < count; ++i) signal_descendant(table_[i], SIGKILL);
    return ++kill_rounds_ < 200 ? kKillLookMs : kStuckLookMs;
  }

  // One SIGTERM each: many programs take a second one as an order to drop everything.
  void ask_to_end(const Descendant& target) noexcept {
    for (std::size_t i = 0; i < asked_count_; ++i) {
      if (asked_[i] == target.pid) return;
    }
    if (asked_count_ == kTableSize) return;  // these few get only the SIGKILL
    asked_[asked_count_++] = target.pid;
    signal_descendant(target, SIGTERM);
  }

  const LaunchPlan& plan_;
  int control_;
  int signals_;
  pid_t program_;
  TreeMeter meter_;
  std::int64_t look_at_ms_ = now_ms() + meter_.pause_ms();
  bool ending_ = false;
  int kill_rounds_ = 0;
  std::int64_t kill_at_ms_ = 0;
  std::size_t asked_count_ = 0;
  pid_t asked_[kTableSize] = {};
  Descendant table_[kTableSize] = {};
};

}  // namespace

void run_guard(const LaunchPlan& plan) noexcept {
  int fds[4] = {plan.control, plan.stdio[0], plan.stdio[1], plan.stdio[2]};
  keep_only(fds, 4);
  const int control = fds[0];
  default_signals();
  setsid();
  prctl(PR_SET_CHILD_SUBREAPER, 1);
  // Not prctl(): the address sanitizer's takes a lock that another thread of the host may have held while this one
  // forked.
  syscall(SYS_prctl, PR_SET_NAME, "asmgr-guard", 0, 0, 0);

  sigset_t heard;  // all signals stay blocked; these are read
  sigemptyset(&heard);
  for (const int number : {SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT}) sigaddset(&heard, number);
  const int signals = signalfd(-1, &heard, SFD_NONBLOCK | SFD_CLOEXEC);

  LaunchFailure failure{LaunchStep::kFork, errno};
  const TreeMeter meter(plan.metered);
  const pid_t program = signals < 0 ? -1 : launch(plan, fds + 1, failure);
  for (int i = 1; i < 4; ++i) close(fds[i]);  // only the program's copies may keep its pipes open
  const Report report = program > 0 ? Report{ReportKind::kStarted, program, LaunchStep::kFork, {}}
                                    : Report{ReportKind::kFailed, failure.error_number, failure.step, {}};
  send(control, &report, sizeof report, MSG_NOSIGNAL);
  if (program < 0) _exit(1);

  if (chdir("/") != 0) { /* then it keeps the host's folder busy, no more */
  }
  Watch watch(plan, control, signals, program, meter);
  watch.until_all_are_gone();
  _exit(0);
}

}  // namespace asmgr::exec
