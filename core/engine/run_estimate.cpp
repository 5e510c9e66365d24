#include "core/engine/run_estimate.hpp"

#include <algorithm>

#include "core/cost/estimate.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// The run's own word lowers what the provider declares; it cannot raise it, nor stand in for it.
std::optional<std::int64_t> most_output_of(const RunPlan& plan, const ProviderInfo& provider) {
  const std::optional<std::int64_t> declared = provider.max_output_tokens;
  const std::int64_t wanted = find_int(plan.adapter_opts, "max_output_tokens").value_or(0);
  return declared && wanted > 0 ? std::min(*declared, wanted) : declared;
}

// Null is more than any number: nobody may count on less.
bool is_dearer(const boost::json::object& a, const boost::json::object& b) {
  for (const std::string_view key : {"cost_usd", "input_cost_usd"}) {
    const auto left = find_number(a, key);
    const auto right = find_number(b, key);
    if (left && right && *left != *right) return *left > *right;
    if (left.has_value() != right.has_value()) return !left.has_value();
  }
  return false;
}

boost::json::object estimate_with(const RunPlan& plan, const ProviderInfo& provider, std::size_t input_chars) {
  if (provider.targets.empty()) {
    const std::string model = expected_model(plan.adapter_opts, provider);
    return estimate_of(ExpectedRun{input_chars, most_output_of(plan, provider), provider.vendor, model}, *plan.prices);
  }
  boost::json::object dearest = estimate_with(plan, provider.targets.front(), input_chars);
  for (const ProviderInfo& target : provider.targets) {
    boost::json::object estimate = estimate_with(plan, target, input_chars);
    if (is_dearer(estimate, dearest)) dearest = std::move(estimate);
  }
  const std::optional<std::int64_t> most = most_output_of(plan, provider);
  dearest["max_output_tokens"] = most ? boost::json::value(*most) : boost::json::value(nullptr);
  return dearest;
}

}  // namespace

std::string expected_model(const boost::json::object& adapter_opts, const ProviderInfo& provider) {
  if (const auto wanted = find_string(adapter_opts, "model")) return std::string(*wanted);
  return provider.models.empty() ? std::string() : provider.models.front();
}

boost::json::object estimate_of(const RunPlan& plan, std::size_t input_chars) {
  return estimate_with(plan, plan.provider->info(), input_chars);
}

}  // namespace asmgr
