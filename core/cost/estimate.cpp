#include "core/cost/estimate.hpp"

namespace asmgr {
namespace {

TokenUsage estimated_tokens(std::int64_t input, std::int64_t output) {
  TokenUsage tokens;
  tokens.input_tokens = input;
  tokens.output_tokens = output;
  tokens.total_tokens = input + output;
  tokens.quality = UsageQuality::estimated;
  return tokens;
}

boost::json::value usd_or_null(const std::optional<Money>& cost) {
  if (!cost) return nullptr;
  return cost->usd();
}

}  // namespace

boost::json::object estimate_of(const ExpectedRun& run, const PriceTable& prices) {
  const auto input = static_cast<std::int64_t>((run.input_chars + 3) / 4);
  const std::optional<std::int64_t> output = run.max_output_tokens;
  std::optional<Money> input_cost;
  std::optional<Money> cost;
  if (const auto price = prices.find(run.vendor, run.model)) {
    input_cost = cost_of(estimated_tokens(input, 0), price->rates);
    if (output) cost = cost_of(estimated_tokens(input, *output), price->rates);
  }
  boost::json::object estimate;
  estimate["input_chars"] = run.input_chars;
  estimate["input_tokens"] = input;
  estimate["max_output_tokens"] = output ? boost::json::value(*output) : boost::json::value(nullptr);
  estimate["input_cost_usd"] = usd_or_null(input_cost);
  estimate["cost_usd"] = usd_or_null(cost);
  return estimate;
}

}  // namespace asmgr
