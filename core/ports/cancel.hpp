// A cancel token: live, then cancelled, once and for good. Seen three ways: a load, a descriptor, a wait.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace asmgr {

class CancelToken {
 public:
  CancelToken() = default;
  ~CancelToken();
  CancelToken(const CancelToken&) = delete;
  CancelToken& operator=(const CancelToken&) = delete;

  // Idempotent, from any thread; wakes every wait and makes fd() readable.
  void cancel() noexcept;
  [[nodiscard]] bool cancelled() const noexcept { return cancelled_.load(std::memory_order_acquire); }
  // An eventfd made on first use and owned by the token; -1 when the process has no descriptor left.
  [[nodiscard]] int fd() const noexcept;
  // True when cancelled, false when the time has passed.
  bool wait_for(std::chrono::nanoseconds timeout) const noexcept;

 private:
  std::atomic<bool> cancelled_{false};
  mutable std::atomic<int> fd_{-1};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
};

}  // namespace asmgr
