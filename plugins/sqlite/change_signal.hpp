// Wakes those who wait for changes: at once for commits of this process, by polling for those of others.
#pragma once

#include <asmgr/cpp/cancel.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "database.hpp"

namespace asmgr::sqlite_store {

// Any thread. Nothing is polled while nobody waits.
class ChangeSignal {
 public:
  ChangeSignal(std::string path, int lock_wait_ms);
  ChangeSignal(const ChangeSignal&) = delete;
  ChangeSignal& operator=(const ChangeSignal&) = delete;
  // Wakes every waiter and waits until they have left.
  ~ChangeSignal();

  // A commit of this process gave change numbers up to this one.
  void announce(std::uint64_t change);
  // Until a change above `after` is known, the time has passed or the token is cancelled.
  void wait(std::uint64_t after, std::uint64_t timeout_ms, const sdk::Cancel& cancel);

 private:
  // Looks whether another process has committed.
  void poll();
  // Wakes one waiter at once; another one looks at its next poll.
  void wake() noexcept;
  // Until woken, cancelled, or the next poll is due.
  void sleep(const sdk::Cancel& cancel, std::chrono::milliseconds longest) const noexcept;

  const std::string path_;
  const int lock_wait_ms_;

  std::mutex mutex_;
  std::condition_variable left_;
  const int wake_fd_;
  std::uint64_t latest_ = 0;  // guarded by mutex_, as is what follows
  int waiting_ = 0;
  bool ending_ = false;

  std::mutex poll_mutex_;
  std::unique_ptr<Connection> connection_;  // guarded by poll_mutex_, as is what follows
  std::int64_t seen_version_ = -1;
};

}  // namespace asmgr::sqlite_store
