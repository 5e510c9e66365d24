#include "core/engine/run_estimate.hpp"

#include <algorithm>

#include "core/cost/estimate.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// The run's own word lowers what the provider declares; it cannot raise it, nor stand in for it.
std::optional<std::int64_t> most_output_of(const RunPlan& plan) {
  const std::optional<std::int64_t> declared = plan.provider->info().max_output_tokens;
  const std::int64_t wanted = find_int(plan.adapter_opts, "max_output_tokens").value_or(0);
  return declared && wanted > 0 ? std::min(*declared, wanted) : declared;
}

}  // namespace

std::string expected_model(const RunPlan& plan) {
  if (const auto wanted = find_string(plan.adapter_opts, "model")) return std::string(*wanted);
  const std::vector<std::string>& models = plan.provider->info().models;
  return models.empty() ? std::string() : models.front();
}

boost::json::object estimate_of(const RunPlan& plan, std::size_t input_chars) {
  const std::string model = expected_model(plan);
  return estimate_of(ExpectedRun{input_chars, most_output_of(plan), plan.provider->info().vendor, model}, *plan.prices);
}

}  // namespace asmgr
