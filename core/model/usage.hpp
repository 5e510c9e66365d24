// Token usage in disjoint buckets.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

enum class UsageQuality : std::uint8_t { absent = 0, estimated, partial, reported };

[[nodiscard]] std::string_view quality_name(UsageQuality quality) noexcept;

// The buckets do not overlap; total is their sum unless a provider only gave a total.
struct TokenUsage {
  std::int64_t input_tokens = 0;  // not read from a cache
  std::int64_t cache_read_tokens = 0;
  std::int64_t cache_write_tokens = 0;
  std::int64_t output_tokens = 0;  // not reasoning
  std::int64_t reasoning_tokens = 0;
  std::int64_t total_tokens = 0;
  UsageQuality quality = UsageQuality::absent;

  [[nodiscard]] bool empty() const noexcept { return quality == UsageQuality::absent; }
  bool operator==(const TokenUsage&) const = default;
};

// Bucket by bucket; the quality is the worse of the two (absent counts as nothing).
[[nodiscard]] TokenUsage operator+(const TokenUsage& a, const TokenUsage& b) noexcept;

// {} when absent, else all seven keys.
[[nodiscard]] boost::json::object to_json(const TokenUsage& usage);
// Reads what a provider or a stored document says: unknown keys ignored, negative, fractional and non-numeric counts
// taken as 0 (a fraction is cut), cache_creation_tokens accepted for cache_write_tokens, total derived when absent. Never
// fails: a usage that cannot be read is absent.
[[nodiscard]] TokenUsage usage_from_json(const boost::json::object& json) noexcept;

}  // namespace asmgr
