// The figures of a run that can be bounded.
#pragma once

#include <asmgr/abi/data.h>

#include <array>
#include <cstdint>
#include <string_view>

namespace asmgr::limits {

// How a figure's integer unit is shown: as it is, or micro-USD as USD.
enum class Unit : std::uint8_t { plain, micro_usd };

struct Figure {
  std::string_view key;         // of the config block; also the name of the rule
  std::string_view limit_name;  // in declared and combined limits
  std::string_view metric;      // in the details of a violation
  std::string_view settled_by;  // metric of asmgr_hold
  std::string_view noun;        // in messages
  Unit unit;
  // What the run has used, in integer units; -1 = unknown.
  std::int64_t (*used)(const asmgr_usage&) noexcept;
};

namespace detail {

// The sum of the parts that are known; -1 when none is.
inline std::int64_t sum_of_known(std::initializer_list<std::int64_t> parts) noexcept {
  std::int64_t sum = -1;
  for (const std::int64_t part : parts) {
    if (part < 0) continue;
    sum = sum < 0 ? part : sum + part;
  }
  return sum;
}

// The buckets of a usage do not overlap. A bound means what a provider bills as input and output, so input includes
// what came from or went into a cache, and output includes reasoning.
inline std::int64_t input_tokens(const asmgr_usage& usage) noexcept {
  return sum_of_known({usage.input_tokens, usage.cache_read_tokens, usage.cache_write_tokens});
}
inline std::int64_t output_tokens(const asmgr_usage& usage) noexcept {
  return sum_of_known({usage.output_tokens, usage.reasoning_tokens});
}
inline std::int64_t total_tokens(const asmgr_usage& usage) noexcept {
  return usage.total_tokens;
}
inline std::int64_t cost_micro_usd(const asmgr_usage& usage) noexcept {
  return usage.cost_micro_usd;
}
inline std::int64_t elapsed_ms(const asmgr_usage& usage) noexcept {
  return usage.elapsed_ms;
}
inline std::int64_t tool_calls(const asmgr_usage& usage) noexcept {
  return usage.tool_calls;
}
inline std::int64_t turns(const asmgr_usage& usage) noexcept {
  return usage.turns;
}

}  // namespace detail

enum FigureIndex : std::size_t {
  kTotalTokens = 0,
  kInputTokens,
  kOutputTokens,
  kCost,
  kDuration,
  kToolCalls,
  kTurns,
  kFigureCount,
};

inline constexpr std::array<Figure, kFigureCount> kFigures{{
    {"max_total_tokens", "max_total_tokens", "total_tokens", "total_tokens", "tokens", Unit::plain,
     &detail::total_tokens},
    {"max_input_tokens", "max_input_tokens", "input_tokens", "input_tokens", "input tokens", Unit::plain,
     &detail::input_tokens},
    {"max_output_tokens", "max_output_tokens", "output_tokens", "output_tokens", "output tokens", Unit::plain,
     &detail::output_tokens},
    {"max_cost_usd", "max_cost_usd", "cost_usd", "cost_micro_usd", "USD", Unit::micro_usd, &detail::cost_micro_usd},
    {"max_duration", "max_duration_ms", "duration_ms", "elapsed_ms", "ms", Unit::plain, &detail::elapsed_ms},
    {"max_tool_calls", "max_tool_calls", "tool_calls", "tool_calls", "tool calls", Unit::plain, &detail::tool_calls},
    {"max_turns", "max_turns", "turns", "turns", "turns", Unit::plain, &detail::turns},
}};

}  // namespace asmgr::limits
