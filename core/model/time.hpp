// Points in time and the seam through which everything asks for them.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

// Microseconds since the Unix epoch, UTC. 0 stands for "not set" wherever a time is optional.
struct Timestamp {
  std::int64_t us = 0;
  [[nodiscard]] bool is_set() const noexcept { return us != 0; }
  auto operator<=>(const Timestamp&) const = default;
};

// RFC 3339, always with six digits and Z: 2026-01-02T03:04:05.678901Z.
// A time outside the years 0000 to 9999 is written as the nearest one inside.
[[nodiscard]] std::string format_timestamp(Timestamp time);
// The same 27 characters, written in place.
void write_timestamp(Timestamp time, char out[27]) noexcept;
// Any RFC 3339 date-time (offset, 0 to 9 fractional digits; digits past the sixth are cut). Errors: invalid_format.
[[nodiscard]] Result<Timestamp> parse_timestamp(std::string_view text);

// Where time comes from; a test gives its own. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Timestamp now() const noexcept = 0;             // for records
  [[nodiscard]] virtual std::int64_t monotonic_ns() const noexcept = 0;  // for durations and deadlines
};

// The process's real clock, with static lifetime.
[[nodiscard]] const Clock& system_clock() noexcept;

}  // namespace asmgr
