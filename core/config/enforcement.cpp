#include "core/config/enforcement.hpp"

#include "core/routing/target_info.hpp"

namespace asmgr {
namespace {

std::string_view meaning_of(EnforcementGrade grade) noexcept {
  switch (grade) {
    case EnforcementGrade::observe:
      return "its tools have run when we hear of them";
    case EnforcementGrade::cancel:
      return "its runs can be stopped";
    case EnforcementGrade::intercept:
      return "it asks before each tool";
    case EnforcementGrade::own:
      return "the host runs its tools";
  }
  return "";
}

std::string unmet_needs(const PolicyInfo& policy, EnforcementGrade given) {
  std::string out;
  for (const PolicyNeed& need : policy.needs) {
    if (need.grade <= given) continue;
    out += out.empty() ? "" : ", ";
    out += "'" + need.rule + "' (" + std::string(action_name(need.action)) + ") needs grade " +
           std::string(grade_name(need.grade));
  }
  return out;
}

std::string who_gives(const ProviderInfo& provider) {
  if (provider.targets.empty()) return "the provider";
  return "its target '" + weakest_leaf(provider).name + "'";
}

}  // namespace

PairingPlace place_in(const PipelineSpec& pipeline, std::size_t index) {
  const bool known = index < pipeline.policy_positions.size();
  return {known ? pipeline.policy_positions[index] : pipeline.provider_position,
          path_join(pipeline.path + ".policies", index)};
}

void check_enforcement(const PolicyBinding& policy, const ProviderInfo& provider, const PairingPlace& place,
                       Diagnostics& diagnostics) {
  const std::string unmet = unmet_needs(policy.policy->info(), provider.grade);
  if (unmet.empty()) return;
  const bool only_warn = policy.on_unenforceable == OnUnenforceable::warn;
  Diagnostic diagnostic;
  diagnostic.severity = only_warn ? Severity::warning : Severity::error;
  diagnostic.position = place.position;
  diagnostic.path = place.path;
  diagnostic.message = "policy '" + policy.policy->info().name + "' cannot be enforced on provider '" + provider.name +
                       "': " + unmet + ", " + who_gives(provider) + " gives " +
                       std::string(grade_name(provider.grade)) + " (" + std::string(meaning_of(provider.grade)) + ")";
  if (!only_warn) diagnostic.suggestion = "choose another provider, or set on_unenforceable: warn on the policy";
  diagnostics.push_back(std::move(diagnostic));
}

}  // namespace asmgr
