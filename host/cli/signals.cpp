#include "host/cli/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdint>

#include "host/cli/exit_codes.hpp"

namespace asmgr::cli {
namespace {

sigset_t stop_signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  // Under nohup the end of the terminal is to be survived; a blocked signal would be seen although it is ignored.
  struct sigaction hangup {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  return set;
}

[[noreturn]] void leave_at_once() {
  _exit(static_cast<int>(ExitCode::cancelled));
}

}  // namespace

void block_stop_signals() {
  const sigset_t set = stop_signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  struct sigaction nothing {};
  nothing.sa_handler = [](int) {};
  nothing.sa_flags = SA_RESTART;
  sigaction(SIGPIPE, &nothing, nullptr);
}

StopSignals::StopSignals() {
  const sigset_t set = stop_signals();
  signals_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  quit_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { wait_for_signals(); });
}

StopSignals::~StopSignals() {
  const std::uint64_t one = 1;
  while (::write(quit_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
  ::close(signals_);
  ::close(quit_);
}

void StopSignals::on_first(std::function<void()> stop) {
  const std::lock_guard lock(mutex_);
  stop_ = std::move(stop);
  if (seen_ > 0 && stop_) stop_();
}

void StopSignals::on_hangup(std::function<void()> reload) {
  const std::lock_guard lock(mutex_);
  reload_ = std::move(reload);
}

void StopSignals::clear() {
  const std::lock_guard lock(mutex_);
  stop_ = nullptr;
  reload_ = nullptr;
}

bool StopSignals::stopped() const {
  const std::lock_guard lock(mutex_);
  return seen_ > 0;
}

void StopSignals::wait_for_signals() {
  pollfd waits[2] = {{signals_, POLLIN, 0}, {quit_, POLLIN, 0}};
  for (;;) {
    if (::poll(waits, 2, -1) < 0) continue;
    if (waits[1].revents != 0) return;
    signalfd_siginfo info{};
    while (::read(signals_, &info, sizeof info) == sizeof info) handle_signal(static_cast<int>(info.ssi_signo));
  }
}

void StopSignals::handle_signal(int number) {
  const std::lock_guard lock(mutex_);
  if (number == SIGHUP && reload_) return reload_();
  if (++seen_ > 1 || !stop_) leave_at_once();
  stop_();
}

}  // namespace asmgr::cli
