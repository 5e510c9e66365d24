#include "retry.hpp"

#include "rate_limits.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <string>

namespace asmgr::model_api {
namespace {

using std::chrono::milliseconds;

// Digits with an optional fraction, as seconds: "7", "0.25".
std::optional<double> read_number(const std::string& text) {
  if (text.empty() || text.size() > 12 || text.find_first_not_of("0123456789.") != std::string::npos)
    return std::nullopt;
  double number = 0;
  const char* const end = text.data() + text.size();
  const auto [stopped, problem] = std::from_chars(text.data(), end, number);
  if (problem != std::errc() || stopped != end) return std::nullopt;
  return number;
}

milliseconds bounded(double ms) {
  constexpr double kDay = 24.0 * 3600 * 1000;
  return milliseconds(static_cast<std::int64_t>(std::clamp(ms, 0.0, kDay)));
}

}  // namespace

std::optional<milliseconds> read_retry_after(const http::Headers& headers, std::chrono::system_clock::time_point now) {
  if (const std::string* ms = http::find_header(headers, "retry-after-ms")) {
    if (const auto number = read_number(*ms)) return bounded(*number);
  }
  const std::string* after = http::find_header(headers, "retry-after");
  if (after == nullptr) return read_limits_reset(headers, now);
  if (const auto seconds = read_number(*after)) return bounded(*seconds * 1000);
  const time_t date = curl_getdate(after->c_str(), nullptr);
  if (date == -1) return std::nullopt;
  const auto left = std::chrono::system_clock::from_time_t(date) - now;
  return bounded(static_cast<double>(std::chrono::duration_cast<milliseconds>(left).count()));
}

milliseconds BackOff::before_next(std::uint32_t attempt, std::optional<milliseconds> retry_after) {
  constexpr milliseconds kFirst{500};
  constexpr milliseconds kMost{8'000};
  const auto part_of = [this](milliseconds most) {
    return milliseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(random_));
  };
  if (retry_after) return *retry_after + part_of(*retry_after / 10);
  const milliseconds whole = std::min(kMost, kFirst * (1 << std::min<std::uint32_t>(attempt - 1, 10)));
  return whole / 2 + part_of(whole / 2);
}

}  // namespace asmgr::model_api
