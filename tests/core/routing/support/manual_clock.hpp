// Time as a test says.
#pragma once

#include <atomic>
#include <chrono>

#include "core/model/time.hpp"

namespace asmgr::testing {

class RoutingClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override { return Timestamp{kEpochUs + monotonic_ns() / 1000}; }
  [[nodiscard]] std::int64_t monotonic_ns() const noexcept override { return ns_; }
  void pass(std::chrono::nanoseconds time) { ns_ += time.count(); }

 private:
  static constexpr std::int64_t kEpochUs = 1'767'225'600'000'000;  // 2026-01-01
  std::atomic<std::int64_t> ns_{1};
};

}  // namespace asmgr::testing
