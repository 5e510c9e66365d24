// Waiting for locks: until when, and in which steps.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <thread>

namespace asmgr::sqlite_store {

class Deadline {
 public:
  explicit Deadline(std::chrono::microseconds from_now) : at_(std::chrono::steady_clock::now() + from_now) {}

  [[nodiscard]] bool passed() const { return std::chrono::steady_clock::now() >= at_; }
  [[nodiscard]] std::chrono::steady_clock::time_point at() const noexcept { return at_; }

 private:
  std::chrono::steady_clock::time_point at_;
};

// Sleeps of 0.2 ms growing to 1 ms: a lock of SQLite's has no queue, whoever looks more often gets it.
class LockPause {
 public:
  // False, without a sleep, once the deadline has passed.
  bool sleep_until(const Deadline& deadline) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= deadline.at()) return false;
    std::this_thread::sleep_until(std::min(deadline.at(), now + step_));
    step_ = std::min(step_ + std::chrono::microseconds(200), std::chrono::microseconds(1000));
    return true;
  }

 private:
  std::chrono::microseconds step_{200};
};

}  // namespace asmgr::sqlite_store
