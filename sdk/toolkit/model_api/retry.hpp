// When to try again.
#pragma once

#include <asmgr/toolkit/http.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <random>

namespace asmgr::model_api {

// What `retry-after-ms` and `retry-after` (seconds, or a date) say, else the limits that are used up; a date that is
// past is now. Empty when nothing of it is there or can be read.
[[nodiscard]] std::optional<std::chrono::milliseconds> read_retry_after(const http::Headers& headers,
                                                                        std::chrono::system_clock::time_point now);

// How long to wait before the next try. Serial use.
class BackOff {
 public:
  explicit BackOff(std::uint32_t seed) : random_(seed) {}

  // `attempt` is the one that failed, from 1. What the server asked for, and a little more so that not everybody comes
  // at once; without that half a second, doubled with each attempt, at most 8 s, of which a random part of at least
  // one half.
  [[nodiscard]] std::chrono::milliseconds before_next(std::uint32_t attempt,
                                                      std::optional<std::chrono::milliseconds> retry_after);

 private:
  std::minstd_rand random_;
};

// A server that wants to be left alone for longer is not waited for: whoever chooses providers may know a better one.
inline constexpr std::chrono::milliseconds kLongestRetryAfter{60'000};

}  // namespace asmgr::model_api
