#include "codex_usage.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>

namespace asmgr::codex {
namespace {

using agent::integer_at;

std::int64_t not_negative(std::int64_t count) {
  return std::max<std::int64_t>(0, count);
}

}  // namespace

CodexUsage::Tokens CodexUsage::minus(const Tokens& from, const Tokens& less) {
  return {not_negative(from.input - less.input), not_negative(from.cached - less.cached),
          not_negative(from.cache_write - less.cache_write), not_negative(from.output - less.output),
          not_negative(from.reasoning - less.reasoning)};
}

void CodexUsage::thread_totals(const boost::json::object& token_usage) {
  const auto read = [](const boost::json::object& from) {
    return Tokens{integer_at(from, "inputTokens"), integer_at(from, "cachedInputTokens"),
                  integer_at(from, "cacheWriteInputTokens"), integer_at(from, "outputTokens"),
                  integer_at(from, "reasoningOutputTokens")};
  };
  const auto* total = agent::object_at(token_usage, "total");
  if (total == nullptr) return;
  const Tokens now = read(*total);
  const auto* last = agent::object_at(token_usage, "last");
  if (!before_) before_ = last == nullptr ? Tokens() : minus(now, read(*last));
  run_ = minus(now, *before_);
}

void CodexUsage::turn(const boost::json::object& usage) {
  run_ = {integer_at(usage, "input_tokens"), integer_at(usage, "cached_input_tokens"),
          integer_at(usage, "cache_write_input_tokens"), integer_at(usage, "output_tokens"),
          integer_at(usage, "reasoning_output_tokens")};
}

bool CodexUsage::any() const noexcept {
  return run_.input + run_.output > 0;
}

boost::json::object CodexUsage::totals() const {
  boost::json::object out;
  out["input_tokens"] = not_negative(run_.input - run_.cached - run_.cache_write);
  out["cache_read_tokens"] = not_negative(run_.cached);
  out["cache_write_tokens"] = not_negative(run_.cache_write);
  out["output_tokens"] = not_negative(run_.output - run_.reasoning);
  out["reasoning_tokens"] = not_negative(run_.reasoning);
  return out;
}

}  // namespace asmgr::codex
