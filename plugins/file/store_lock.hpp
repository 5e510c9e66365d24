// One change at a time, among all threads and processes that use a root.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>

#include "folder.hpp"

namespace asmgr::file_store {

// Lets one thread through at a time. A mutex with a time limit would do, but the thread sanitizer of GCC 12 does not
// see it being locked.
class Turnstile {
 public:
  // False: it was not free until then.
  [[nodiscard]] bool enter(std::chrono::steady_clock::time_point until) {
    std::unique_lock lock(mutex_);
    if (!left_.wait_until(lock, until, [this] { return !taken_; })) return false;
    taken_ = true;
    return true;
  }
  void leave() noexcept {
    {
      const std::lock_guard lock(mutex_);
      taken_ = false;
    }
    left_.notify_one();
  }

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  bool taken_ = false;
};

// Held as long as it lives. The kernel lets go of it for a process that ends, however it ends.
class StoreLock {
 public:
  // Waits at most so long. `threads` is one per instance: threads line up there and need not ask the kernel in turn.
  // Throws BUSY, or std::system_error when the lock's file cannot be opened.
  StoreLock(const Folder& root, Turnstile& threads, std::chrono::milliseconds patience);
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  struct Leave {
    void operator()(Turnstile* entered) const noexcept { entered->leave(); }
  };
  std::unique_ptr<Turnstile, Leave> turn_;
  Descriptor file_;  // closing it lets go
};

}  // namespace asmgr::file_store
