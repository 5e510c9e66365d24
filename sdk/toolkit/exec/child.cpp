#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "guard.hpp"
#include "process_tree.hpp"

namespace asmgr::exec {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kDestructorLimit{5000};
constexpr int kSessionKillRounds = 200;  // 10 ms apart

// Until `when`, in whole milliseconds for poll, rounded up so that poll never returns just before.
int ms_until(Clock::time_point when) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(when - Clock::now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, std::numeric_limits<int>::max()));
}

}  // namespace

void Fd::reset() noexcept {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

void reap_guard(const Fd& handle, pid_t guard) noexcept {
  int result = 0;
  do {
    siginfo_t info{};
    result = handle.get() >= 0 ? waitid(P_PIDFD, static_cast<id_t>(handle.get()), &info, WEXITED)
                               : static_cast<int>(waitpid(guard, nullptr, 0));
  } while (result < 0 && errno == EINTR);  // ECHILD: the host ignores SIGCHLD, so the kernel has reaped it
}

Child& Child::operator=(Child&& other) noexcept {
  if (this != &other) {
    end_now();
    control_ = std::move(other.control_);
    guard_handle_ = std::move(other.guard_handle_);
    stdin_ = std::move(other.stdin_);
    stdout_ = std::move(other.stdout_);
    stderr_ = std::move(other.stderr_);
    guard_ = other.guard_;
    program_ = other.program_;
    wait_status_ = other.wait_status_;
    limit_passed_ = other.limit_passed_;
    resources_ = other.resources_;
    limits_ = other.limits_;
    tree_limits_ = other.tree_limits_;
    tree_gone_ = other.tree_gone_;
    guard_lost_ = other.guard_lost_;
  }
  return *this;
}

Child::~Child() {
  end_now();
}

void Child::end_now() noexcept {
  if (control_.get() < 0 || tree_gone_) return;  // moved from, or nothing to do
  terminate(std::chrono::milliseconds(0));
  wait_gone(kDestructorLimit);
}

ssize_t Child::write_stdin(std::string_view bytes) noexcept {
  if (stdin_.get() < 0) return -1;
  // A pipe whose reader is gone raises SIGPIPE in this thread; take it back before anybody sees it.
  sigset_t broken_pipe;
  sigset_t before;
  sigset_t pending;
  sigemptyset(&broken_pipe);
  sigaddset(&broken_pipe, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &broken_pipe, &before);
  sigpending(&pending);
  ssize_t written = 0;
  do {
    written = write(stdin_.get(), bytes.data(), bytes.size());
  } while (written < 0 && errno == EINTR);
  const int error_number = errno;
  if (written < 0 && error_number == EPIPE && sigismember(&pending, SIGPIPE) == 0) {
    const timespec at_once{};
    while (sigtimedwait(&broken_pipe, nullptr, &at_once) < 0 && errno == EINTR) {
    }
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (written >= 0) return written;
  return error_number == EAGAIN ? 0 : -1;
}

void Child::update() noexcept {
  while (!tree_gone_) {
    Report report{};
    const ssize_t got = recv(control_.get(), &report, sizeof report, MSG_DONTWAIT);
    // A guard that ends with an order unread resets the connection; what it said before stands behind that.
    if (got < 0 && (errno == EINTR || errno == ECONNRESET)) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got != static_cast<ssize_t>(sizeof report)) return guard_has_ended(false);
    if (report.kind == ReportKind::kExited) wait_status_ = report.value;
    if (report.kind == ReportKind::kLimitPassed) limit_passed_ = static_cast<Limit>(report.value);
    if (report.kind == ReportKind::kTreeGone) {
      resources_ = {report.figures.max_rss_bytes, std::chrono::microseconds(report.figures.user_us),
                    std::chrono::microseconds(report.figures.system_us)};
      return guard_has_ended(true);
    }
  }
}

void Child::guard_has_ended(bool reported_gone) noexcept {
  if (!reported_gone) {
    guard_lost_ = true;
    // The guard is not reaped yet, so its number still names its session and nobody else's.
    for (int round = 0; round < kSessionKillRounds && kill_session(guard_) > 0; ++round) poll(nullptr, 0, 10);
  }
  reap_guard(guard_handle_, guard_);
  tree_gone_ = true;
}

void Child::terminate(std::chrono::milliseconds grace) noexcept {
  const Order order{static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(grace.count(), 0, std::numeric_limits<std::uint32_t>::max()))};
  while (send(control_.get(), &order, sizeof order, MSG_NOSIGNAL) < 0 && errno == EINTR) {
  }
}

bool Child::wait_exit(std::chrono::milliseconds limit) noexcept {
  const Clock::time_point until = Clock::now() + limit;
  for (;;) {
    update();
    if (wait_status_.has_value()) return true;
    if (tree_gone_ || Clock::now() >= until) return false;
    pollfd news{control_.get(), POLLIN, 0};
    poll(&news, 1, ms_until(until));
  }
}

bool Child::wait_gone(std::chrono::milliseconds limit) noexcept {
  const Clock::time_point until = Clock::now() + limit;
  for (;;) {
    update();
    if (tree_gone_ || Clock::now() >= until) return tree_gone_;
    pollfd news{control_.get(), POLLIN, 0};
    poll(&news, 1, ms_until(until));
  }
}

int exit_code(int wait_status) noexcept {
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : WEXITSTATUS(wait_status);
}

}  // namespace asmgr::exec
