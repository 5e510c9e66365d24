#include "rate_limits.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <ctime>
#include <iomanip>
#include <locale>
#include <sstream>
#include <string>
#include <string_view>

namespace asmgr::model_api {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kDurations = "x-ratelimit-remaining-";
constexpr std::string_view kTimes = "anthropic-ratelimit-";
constexpr std::string_view kRemaining = "-remaining";

std::string lower_name(std::string_view name) {
  std::string out(name);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::optional<double> factor_of(std::string_view unit) {
  if (unit == "ms") return 1;
  if (unit == "s") return 1'000;
  if (unit == "m") return 60'000;
  if (unit == "h") return 3'600'000;
  if (unit == "d") return 86'400'000;
  return std::nullopt;
}

// "6m0s", "1.5s", "20ms": numbers, each with its unit.
std::optional<milliseconds> read_duration(std::string_view text) {
  double whole = 0;
  if (text.empty() || text.size() > 32) return std::nullopt;
  while (!text.empty()) {
    double number = 0;
    const auto [stopped, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (problem != std::errc() || !(number >= 0)) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(stopped - text.data()));
    const std::size_t unit_end = std::min(text.find_first_of("0123456789."), text.size());
    const auto factor = factor_of(text.substr(0, unit_end));
    if (!factor) return std::nullopt;
    whole += number * *factor;
    text.remove_prefix(unit_end);
  }
  constexpr double kDay = 86'400'000;
  return milliseconds(static_cast<std::int64_t>(std::min(whole, kDay)));
}

// "2026-01-31T09:30:00Z", as the API writes it.
std::optional<milliseconds> read_time(const std::string& text, std::chrono::system_clock::time_point now) {
  std::tm parts{};
  std::istringstream in(text);
  in.imbue(std::locale::classic());
  in >> std::get_time(&parts, "%Y-%m-%dT%H:%M:%S");
  if (in.fail()) return std::nullopt;
  if (in.peek() != 'Z' && in.peek() != '.') return std::nullopt;
  const auto at = std::chrono::system_clock::from_time_t(::timegm(&parts));
  return std::clamp(std::chrono::duration_cast<milliseconds>(at - now), milliseconds(0), milliseconds(86'400'000));
}

bool is_none(const std::string& value) {
  return value == "0";
}

// The renewal of the limit that this header says is used up.
std::optional<milliseconds> renewal(const http::Headers& headers, const http::Header& header,
                                    std::chrono::system_clock::time_point now) {
  if (!is_none(header.value)) return std::nullopt;
  const std::string name = lower_name(header.name);
  if (name.compare(0, kDurations.size(), kDurations) == 0) {
    const std::string* reset = http::find_header(headers, "x-ratelimit-reset-" + name.substr(kDurations.size()));
    return reset == nullptr ? std::nullopt : read_duration(*reset);
  }
  const bool ends = name.size() > kRemaining.size() &&
                    name.compare(name.size() - kRemaining.size(), kRemaining.size(), kRemaining) == 0;
  if (!ends || name.compare(0, kTimes.size(), kTimes) != 0) return std::nullopt;
  const std::string* reset = http::find_header(headers, name.substr(0, name.size() - kRemaining.size()) + "-reset");
  return reset == nullptr ? std::nullopt : read_time(*reset, now);
}

}  // namespace

std::optional<milliseconds> read_limits_reset(const http::Headers& headers, std::chrono::system_clock::time_point now) {
  std::optional<milliseconds> longest;
  for (const http::Header& header : headers) {
    const auto one = renewal(headers, header, now);
    if (one && (!longest || *one > *longest)) longest = one;
  }
  return longest;
}

}  // namespace asmgr::model_api
