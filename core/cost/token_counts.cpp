#include "core/cost/token_counts.hpp"

#include <algorithm>
#include <limits>

namespace asmgr {
namespace {

std::int64_t add(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

}  // namespace

TokenUsage from_counts(const TokenCounts& counts, CacheCounting cache, ReasoningCounting reasoning,
                       UsageQuality quality) noexcept {
  const auto count = [](std::int64_t n) { return std::max<std::int64_t>(n, 0); };
  TokenUsage usage;
  usage.quality = quality;
  usage.input_tokens = count(counts.input);
  usage.cache_read_tokens = count(counts.cache_read);
  usage.cache_write_tokens = count(counts.cache_write);
  usage.output_tokens = count(counts.output);
  usage.reasoning_tokens = count(counts.reasoning);
  const auto take_out = [&usage](std::int64_t& whole, std::int64_t part) {
    if (part > whole) usage.quality = std::min(usage.quality, UsageQuality::partial);
    whole = std::max<std::int64_t>(whole - part, 0);
  };
  if (cache == CacheCounting::inside_input) {
    take_out(usage.input_tokens, add(usage.cache_read_tokens, usage.cache_write_tokens));
  }
  if (reasoning == ReasoningCounting::inside_output) take_out(usage.output_tokens, usage.reasoning_tokens);
  const std::int64_t sum = add(add(add(usage.input_tokens, usage.cache_read_tokens), usage.cache_write_tokens),
                               add(usage.output_tokens, usage.reasoning_tokens));
  usage.total_tokens = std::max(sum, counts.total.value_or(0));
  return usage;
}

TokenUsage from_inclusive(const TokenCounts& counts, UsageQuality quality) noexcept {
  return from_counts(counts, CacheCounting::inside_input, ReasoningCounting::inside_output, quality);
}

}  // namespace asmgr
