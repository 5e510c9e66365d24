// From the ways in which providers count tokens to our disjoint buckets.
#pragma once

#include <cstdint>
#include <optional>

#include "core/model/usage.hpp"

namespace asmgr {

// Numbers as a provider gives them.
struct TokenCounts {
  std::int64_t input = 0;
  std::int64_t cache_read = 0;
  std::int64_t cache_write = 0;
  std::int64_t output = 0;
  std::int64_t reasoning = 0;
  std::optional<std::int64_t> total;
};

// Whether `input` counts the cached tokens too.
enum class CacheCounting : std::uint8_t {
  beside_input,  // Anthropic
  inside_input,  // OpenAI, Gemini
};
// Whether `output` counts the reasoning tokens too.
enum class ReasoningCounting : std::uint8_t {
  beside_output,  // Gemini
  inside_output,  // OpenAI
};

// Negative counts are 0. Numbers that contradict each other (more cached tokens than input ones) leave 0 in the bucket
// that would be negative and make the quality partial. A total above the sum of the buckets is kept.
[[nodiscard]] TokenUsage from_counts(const TokenCounts& counts, CacheCounting cache, ReasoningCounting reasoning,
                                     UsageQuality quality = UsageQuality::reported) noexcept;
// Both inside: OpenAI's `prompt_tokens` and `completion_tokens` with their details.
[[nodiscard]] TokenUsage from_inclusive(const TokenCounts& counts,
                                        UsageQuality quality = UsageQuality::reported) noexcept;

}  // namespace asmgr
