#include "core/engine/run_estimate.hpp"

#include <algorithm>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

// The run's own word lowers what the provider declares; it cannot raise it, nor stand in for it.
std::optional<std::int64_t> most_output_of(const RunPlan& plan) {
  const std::optional<std::int64_t> declared = plan.provider->info().max_output_tokens;
  const std::int64_t wanted = find_int(plan.adapter_opts, "max_output_tokens").value_or(0);
  return declared && wanted > 0 ? std::min(*declared, wanted) : declared;
}

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

std::string expected_model(const RunPlan& plan) {
  if (const auto wanted = find_string(plan.adapter_opts, "model")) return std::string(*wanted);
  const std::vector<std::string>& models = plan.provider->info().models;
  return models.empty() ? std::string() : models.front();
}

boost::json::object estimate_of(const RunPlan& plan, std::size_t input_chars) {
  const auto input = static_cast<std::int64_t>((input_chars + 3) / 4);
  const std::optional<std::int64_t> output = most_output_of(plan);
  std::optional<Money> input_cost;
  std::optional<Money> cost;
  if (const auto price = plan.prices->find(plan.provider->info().vendor, expected_model(plan))) {
    input_cost = cost_of(estimated_tokens(input, 0), price->rates);
    if (output) cost = cost_of(estimated_tokens(input, *output), price->rates);
  }
  boost::json::object estimate;
  estimate["input_chars"] = input_chars;
  estimate["input_tokens"] = input;
  estimate["max_output_tokens"] = output ? boost::json::value(*output) : boost::json::value(nullptr);
  estimate["input_cost_usd"] = usd_or_null(input_cost);
  estimate["cost_usd"] = usd_or_null(cost);
  return estimate;
}

}  // namespace asmgr
