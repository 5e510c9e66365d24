#include "host/cli/number_text.hpp"

#include <cstdio>

namespace asmgr::cli {

std::string cost_text(const std::optional<double>& cost_usd) {
  if (!cost_usd) return "-";
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "$%.4f", *cost_usd);
  return buffer;
}

std::string elapsed_text(std::int64_t milliseconds) {
  if (milliseconds < 0) milliseconds = 0;
  const auto seconds = static_cast<long long>(milliseconds / 1000);
  char buffer[64];
  if (milliseconds < 1000) {
    std::snprintf(buffer, sizeof buffer, "%lldms", static_cast<long long>(milliseconds));
  } else if (seconds < 60) {
    std::snprintf(buffer, sizeof buffer, "%lld.%llds", seconds, static_cast<long long>(milliseconds % 1000 / 100));
  } else if (seconds < 3600) {
    std::snprintf(buffer, sizeof buffer, "%lldm%02llds", seconds / 60, seconds % 60);
  } else {
    std::snprintf(buffer, sizeof buffer, "%lldh%02lldm", seconds / 3600, seconds / 60 % 60);
  }
  return buffer;
}

std::string size_text(std::uint64_t bytes) {
  constexpr const char* kUnits[] = {"KiB", "MiB", "GiB", "TiB"};
  if (bytes < 1024) return std::to_string(bytes) + " B";
  auto amount = static_cast<double>(bytes) / 1024;
  std::size_t unit = 0;
  // From where it would be written as 1024.0 on.
  while (amount >= 1023.95 && unit + 1 < std::size(kUnits)) {
    amount /= 1024;
    ++unit;
  }
  char text[32];
  std::snprintf(text, sizeof text, "%.1f %s", amount, kUnits[unit]);
  return text;
}

std::string usage_text(const TokenUsage& usage) {
  if (usage.empty()) return "no token counts";
  const std::int64_t in = usage.input_tokens + usage.cache_read_tokens + usage.cache_write_tokens;
  const std::int64_t out = usage.output_tokens + usage.reasoning_tokens;
  return std::to_string(usage.total_tokens) + " tokens (" + std::to_string(in) + " in, " + std::to_string(out) +
         " out)";
}

std::string span_text(Timestamp from, Timestamp to) {
  if (!from.is_set() || !to.is_set()) return "-";
  return elapsed_text((to.us - from.us) / 1000);
}

std::string time_text(Timestamp time) {
  if (!time.is_set()) return "-";
  std::string text = format_timestamp(time);
  text[10] = ' ';
  return text.substr(0, 19) + "Z";
}

}  // namespace asmgr::cli
