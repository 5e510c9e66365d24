#include "change_signal.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "rows.hpp"

namespace asmgr::sqlite_store {
namespace {

// Half of what a waiter may be late for another process's commit leaves room for a busy machine.
constexpr std::chrono::milliseconds kPollEvery{20};
constexpr std::uint64_t kLongestWaitMs = 86'400'000;

}  // namespace

// Without a descriptor (-1) a waiter is woken by its next poll.
ChangeSignal::ChangeSignal(std::string path, int lock_wait_ms)
    : path_(std::move(path)), lock_wait_ms_(lock_wait_ms), wake_fd_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

ChangeSignal::~ChangeSignal() {
  {
    std::unique_lock lock(mutex_);
    ending_ = true;
    wake();
    left_.wait(lock, [this] { return waiting_ == 0; });
  }
  if (wake_fd_ >= 0) close(wake_fd_);
}

void ChangeSignal::announce(std::uint64_t change) {
  const std::lock_guard lock(mutex_);
  latest_ = std::max(latest_, change);
  if (waiting_ != 0) wake();
}

void ChangeSignal::wake() noexcept {
  const std::uint64_t one = 1;
  if (wake_fd_ >= 0) static_cast<void>(!write(wake_fd_, &one, sizeof(one)));
}

void ChangeSignal::sleep(const sdk::Cancel& cancel, std::chrono::milliseconds longest) const noexcept {
  pollfd watched[] = {{wake_fd_, POLLIN, 0}, {cancel.fd(), POLLIN, 0}};  // poll passes over a -1
  if (::poll(watched, 2, static_cast<int>(longest.count())) > 0 && watched[0].revents != 0) {
    std::uint64_t woken = 0;
    static_cast<void>(!read(wake_fd_, &woken, sizeof(woken)));
  }
}

void ChangeSignal::poll() {
  const std::lock_guard lock(poll_mutex_);
  if (connection_ == nullptr) {
    connection_ = std::make_unique<Connection>(path_, Access::read_only);
    connection_->wait_for_locks(lock_wait_ms_);
  }
  std::int64_t version = 0;
  {
    Rows rows = connection_->statement("PRAGMA data_version").query();
    if (rows.next()) version = rows.integer(0);
  }
  if (version == seen_version_) return;
  const std::uint64_t latest = latest_change(*connection_);
  seen_version_ = version;
  announce(latest);
}

void ChangeSignal::wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::milliseconds(std::min(timeout_ms, kLongestWaitMs));
  std::unique_lock lock(mutex_);
  ++waiting_;
  while (latest_ <= after && !ending_ && !cancel.cancelled()) {
    lock.unlock();
    try {
      poll();
    } catch (...) {
      lock.lock();
      --waiting_;
      if (ending_) left_.notify_all();
      throw;
    }
    lock.lock();
    if (latest_ > after || ending_) break;
    const auto now = std::chrono::steady_clock::now();
    if (now >= until) break;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
    lock.unlock();
    sleep(cancel, std::min(left, kPollEvery));
    lock.lock();
  }
  --waiting_;
  if (ending_) left_.notify_all();
}

}  // namespace asmgr::sqlite_store
