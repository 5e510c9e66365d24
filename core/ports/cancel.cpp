#include "core/ports/cancel.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>

namespace asmgr {
namespace {

void signal(int fd) noexcept {
  const std::uint64_t one = 1;
  // The counter cannot overflow: it is written at most once.
  [[maybe_unused]] const auto written = write(fd, &one, sizeof(one));
}

}  // namespace

CancelToken::~CancelToken() {
  if (const int fd = fd_.load(std::memory_order_relaxed); fd >= 0) close(fd);
}

void CancelToken::cancel() noexcept {
  const std::lock_guard lock(mutex_);
  if (cancelled_.exchange(true, std::memory_order_acq_rel)) return;
  if (const int fd = fd_.load(std::memory_order_relaxed); fd >= 0) signal(fd);
  // Under the lock, so that a waiter that has seen the cancellation may destroy the token once it gets the lock.
  changed_.notify_all();
}

int CancelToken::fd() const noexcept {
  if (const int fd = fd_.load(std::memory_order_acquire); fd >= 0) return fd;
  const std::lock_guard lock(mutex_);
  if (const int fd = fd_.load(std::memory_order_relaxed); fd >= 0) return fd;
  const int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (fd < 0) return -1;
  if (cancelled_.load(std::memory_order_relaxed)) signal(fd);
  fd_.store(fd, std::memory_order_release);
  return fd;
}

bool CancelToken::wait_for(std::chrono::nanoseconds timeout) const noexcept {
  // A day is more than any caller waits in one go, and adding it to the clock cannot overflow.
  constexpr std::chrono::nanoseconds kSlice = std::chrono::hours(24);
  std::unique_lock lock(mutex_);
  const auto is_cancelled = [this] { return cancelled_.load(std::memory_order_relaxed); };
  while (timeout > kSlice) {
    if (changed_.wait_for(lock, kSlice, is_cancelled)) return true;
    timeout -= kSlice;
  }
  return changed_.wait_for(lock, timeout, is_cancelled);
}

}  // namespace asmgr
