#include "core/model/usage.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kQualityNames[] = {"absent", "estimated", "partial", "reported"};
constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

// Counts come from outside: a sum that does not fit stays at the most.
std::int64_t add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? kMost : sum;
}

struct Count {
  bool present = false;
  std::int64_t value = 0;
};

Count read_count(const boost::json::object& json, std::string_view key) noexcept {
  const auto* value = find(json, key);
  if (!value) return {};
  if (const auto* number = value->if_int64()) return {true, std::max<std::int64_t>(*number, 0)};
  if (value->is_uint64()) return {true, kMost};
  const auto* number = value->if_double();
  if (!number || !(*number >= 0)) return {number != nullptr, 0};
  return {true, *number < 9223372036854775808.0 ? static_cast<std::int64_t>(*number) : kMost};
}

UsageQuality worse(UsageQuality a, UsageQuality b) noexcept {
  if (a == UsageQuality::absent) return b;
  if (b == UsageQuality::absent) return a;
  return std::min(a, b);
}

}  // namespace

std::string_view quality_name(UsageQuality quality) noexcept {
  const auto index = static_cast<std::size_t>(quality);
  return index < std::size(kQualityNames) ? kQualityNames[index] : "absent";
}

TokenUsage operator+(const TokenUsage& a, const TokenUsage& b) noexcept {
  TokenUsage sum;
  sum.input_tokens = add(a.input_tokens, b.input_tokens);
  sum.cache_read_tokens = add(a.cache_read_tokens, b.cache_read_tokens);
  sum.cache_write_tokens = add(a.cache_write_tokens, b.cache_write_tokens);
  sum.output_tokens = add(a.output_tokens, b.output_tokens);
  sum.reasoning_tokens = add(a.reasoning_tokens, b.reasoning_tokens);
  sum.total_tokens = add(a.total_tokens, b.total_tokens);
  sum.quality = worse(a.quality, b.quality);
  return sum;
}

boost::json::object to_json(const TokenUsage& usage) {
  boost::json::object json;
  if (usage.empty()) return json;
  json.reserve(7);
  json["input_tokens"] = usage.input_tokens;
  json["cache_read_tokens"] = usage.cache_read_tokens;
  json["cache_write_tokens"] = usage.cache_write_tokens;
  json["output_tokens"] = usage.output_tokens;
  json["reasoning_tokens"] = usage.reasoning_tokens;
  json["total_tokens"] = usage.total_tokens;
  json["quality"] = quality_name(usage.quality);
  return json;
}

TokenUsage usage_from_json(const boost::json::object& json) noexcept {
  const Count input = read_count(json, "input_tokens");
  const Count cache_read = read_count(json, "cache_read_tokens");
  Count cache_write = read_count(json, "cache_write_tokens");
  if (!cache_write.present) cache_write = read_count(json, "cache_creation_tokens");
  const Count output = read_count(json, "output_tokens");
  const Count reasoning = read_count(json, "reasoning_tokens");
  const Count total = read_count(json, "total_tokens");
  if (!input.present && !cache_read.present && !cache_write.present && !output.present && !reasoning.present &&
      !total.present) {
    return {};
  }

  UsageQuality quality = UsageQuality::reported;
  if (const auto name = find_string(json, "quality")) {
    const auto* known = std::ranges::find(kQualityNames, *name);
    if (known != std::end(kQualityNames)) quality = static_cast<UsageQuality>(known - std::begin(kQualityNames));
  }
  if (quality == UsageQuality::absent) return {};

  const std::int64_t sum =
      add(add(add(input.value, cache_read.value), add(cache_write.value, output.value)), reasoning.value);
  TokenUsage usage{input.value, cache_read.value, cache_write.value, output.value, reasoning.value, 0, quality};
  // A total above the sum speaks of tokens nobody assigned to a bucket; one below it is wrong.
  usage.total_tokens = std::max(total.value, sum);
  return usage;
}

}  // namespace asmgr
