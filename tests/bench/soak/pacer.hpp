// A provider whose runs each speak at a steady rate, all of them from one thread, without waiting for room.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/bench/support/plain_provider.hpp"

namespace asmgr::soak {

// Nanoseconds of the steady clock.
[[nodiscard]] std::int64_t now_ns();

class Pacer final : public bench::PlainProvider {
 public:
  // Each run emits one event per `period`, evenly spread.
  explicit Pacer(std::chrono::nanoseconds period);
  ~Pacer() override;

  // From now on the runs speak.
  void begin();
  // They have spoken enough: each is finished.
  void end();
  [[nodiscard]] std::uint64_t emitted() const noexcept { return emitted_; }
  // Events that came later than one period after their time, because this thread was late.
  [[nodiscard]] std::uint64_t late() const noexcept { return late_; }
  [[nodiscard]] std::uint64_t pauses() const noexcept { return pauses_; }

  [[nodiscard]] Result<void> start(const RunContext& context) override;

 private:
  struct Voice {
    RunChannel* channel;
    std::int64_t next_ns;
    std::uint64_t count = 0;
  };
  void speak(Voice& voice, std::int64_t now);
  void loop();

  std::int64_t period_ns_;
  std::mutex mutex_;
  std::vector<Voice> voices_;  // the loop's own once it has begun
  std::atomic<bool> ending_{false};
  std::atomic<std::uint64_t> emitted_{0};
  std::atomic<std::uint64_t> late_{0};
  std::atomic<std::uint64_t> pauses_{0};
  std::thread thread_;
};

}  // namespace asmgr::soak
