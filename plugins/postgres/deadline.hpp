// Until when something is tried, and the growing pauses between tries.
#pragma once

#include <algorithm>
#include <chrono>
#include <thread>

namespace asmgr::postgres_store {

class Deadline {
 public:
  using Clock = std::chrono::steady_clock;
  explicit Deadline(std::chrono::microseconds from_now) : at_(Clock::now() + from_now) {}

  [[nodiscard]] bool passed() const { return Clock::now() >= at_; }
  [[nodiscard]] Clock::time_point at() const noexcept { return at_; }
  // Never negative, rounded up.
  [[nodiscard]] std::chrono::milliseconds left() const {
    return std::max(std::chrono::ceil<std::chrono::milliseconds>(at_ - Clock::now()), std::chrono::milliseconds(0));
  }

 private:
  Clock::time_point at_;
};

// 10 ms, growing to half a second: a server that starts again is not helped by many who knock.
class Backoff {
 public:
  // False, without a pause, once the deadline has passed.
  bool pause(const Deadline& deadline) {
    const std::chrono::milliseconds left = deadline.left();
    if (left.count() == 0) return false;
    std::this_thread::sleep_for(std::min(step_, left));
    step_ = std::min(step_ * 2, std::chrono::milliseconds(500));
    return true;
  }

 private:
  std::chrono::milliseconds step_{10};
};

}  // namespace asmgr::postgres_store
