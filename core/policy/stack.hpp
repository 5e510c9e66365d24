// Several policies as one: what they say together, and whether a provider can hold it.
#pragma once

#include <boost/json/object.hpp>
#include <span>
#include <string>
#include <vector>

#include "core/policy/binding.hpp"

namespace asmgr {

struct EffectivePolicy {
  std::vector<PolicyBinding> policies;  // in the written order
  // {"names","limits","tool_rules","on_violation","metadata"}: limits combined as told, tool rules concatenated, the
  // strictest on_violation, metadata deep-merged (later wins).
  boost::json::object combined;
  std::string combined_text;
  LimitMerge limit_merge = LimitMerge::tightest;
  [[nodiscard]] bool empty() const noexcept { return policies.empty(); }
};
[[nodiscard]] EffectivePolicy stack_policies(std::span<const PolicyBinding> policies, LimitMerge merge);

// A rule that the provider's enforcement grade cannot hold.
struct PairingProblem {
  std::string policy;
  std::string rule;
  EnforcementGrade needs = EnforcementGrade::observe;
  EnforcementGrade gives = EnforcementGrade::observe;
  bool refused = true;      // false: on_unenforceable is warn
  std::string source = {};  // where the rule was written; empty = nowhere
  [[nodiscard]] std::string message(std::string_view provider) const;
};
[[nodiscard]] std::vector<PairingProblem> check_pairing(std::span<const PolicyBinding> policies,
                                                        const ProviderInfo& provider);

}  // namespace asmgr
