// A circuit breaker as a value: closed, open, half open. It knows no clock and no lock; whoever holds it says what time
// it is.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace asmgr {

class CircuitBreaker {
 public:
  struct Settings {
    std::uint32_t failure_threshold = 5;         // failures in a row that open it; at least 1
    std::chrono::milliseconds cooldown{30'000};  // how long it stays open
    std::uint32_t half_open_max_probes = 1;      // tries that may be under way while it is half open; at least 1
    bool operator==(const Settings&) const = default;
  };
  enum class State : std::uint8_t { closed, open, half_open };

  // Leave for one try; its outcome is told with it, once. The outcome of a try that began before the breaker last
  // changed its state says nothing of how things stand now, and changes nothing.
  class Permit {
    friend class CircuitBreaker;
    std::uint64_t period_ = 0;
  };

  CircuitBreaker() = default;
  explicit CircuitBreaker(Settings settings) : settings_(settings) {}

  // An open breaker whose time is up is half open, also before anybody tries.
  [[nodiscard]] State state(std::int64_t now_ns) const noexcept;
  [[nodiscard]] bool admits(std::int64_t now_ns) const noexcept;
  // Closed: always. Open: never. Half open: as many at once as it may probe with.
  [[nodiscard]] std::optional<Permit> admit(std::int64_t now_ns) noexcept;

  void succeeded(Permit permit) noexcept;                    // half open -> closed
  void failed(Permit permit, std::int64_t now_ns) noexcept;  // half open -> open; closed -> open at the threshold
  void released(Permit permit) noexcept;                     // it came to nothing: neither good nor bad

  // Failures in a row, of a closed breaker.
  [[nodiscard]] std::uint32_t failures() const noexcept { return failures_; }
  // When an open breaker becomes half open.
  [[nodiscard]] std::int64_t open_until_ns() const noexcept { return open_until_ns_; }

 private:
  void change_to(State state) noexcept;

  Settings settings_;
  State state_ = State::closed;
  std::uint64_t period_ = 0;  // counts changes of the state
  std::uint32_t failures_ = 0;
  std::uint32_t probes_ = 0;  // under way
  std::int64_t open_until_ns_ = 0;
};

[[nodiscard]] std::string_view state_name(CircuitBreaker::State state) noexcept;

}  // namespace asmgr
