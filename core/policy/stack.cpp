#include "core/policy/stack.hpp"

#include <limits>

#include <algorithm>
#include <boost/json/array.hpp>
#include <string_view>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

namespace json = boost::json;

// Holds every number that JSON here can be: a double would make neighbours of large integers equal, and then the order
// of policies would decide.
long double exactly(const json::value& number) {
  static_assert(std::numeric_limits<long double>::digits >= 64);
  if (number.is_int64()) return static_cast<long double>(number.get_int64());
  if (number.is_uint64()) return static_cast<long double>(number.get_uint64());
  return static_cast<long double>(number.get_double());
}

// Of 1 and 1.0 the integer, so that the same one wins in any order.
bool is_tighter(const json::value& candidate, const json::value& current) {
  const long double a = exactly(candidate);
  const long double b = exactly(current);
  return a < b || (a == b && current.is_double() && !candidate.is_double());
}

void add_limits(json::object& combined, const json::object& limits, LimitMerge merge) {
  for (const auto& [name, value] : limits) {
    if (!value.is_number()) continue;
    json::value* const current = combined.if_contains(name);
    if (current == nullptr) {
      combined.emplace(name, value);
    } else if (merge == LimitMerge::last_wins || is_tighter(value, *current)) {
      *current = value;
    }
  }
}

// What a provider does from this grade on, in the words of somebody who wires one.
std::string_view meaning_of(EnforcementGrade grade) noexcept {
  switch (grade) {
    case EnforcementGrade::observe:
      return "reports what its tools did";
    case EnforcementGrade::cancel:
      return "can be stopped while it runs";
    case EnforcementGrade::intercept:
      return "asks before each tool call";
    case EnforcementGrade::own:
      return "leaves running the tools to the engine";
  }
  return "is of a grade this version does not know";
}

}  // namespace

EffectivePolicy stack_policies(std::span<const PolicyBinding> policies, LimitMerge merge) {
  EffectivePolicy effective;
  effective.policies.assign(policies.begin(), policies.end());
  effective.limit_merge = merge;

  json::array names;
  json::object limits;
  json::array tool_rules;
  json::object metadata;
  PolicyAction on_violation = PolicyAction::allow;
  for (const PolicyBinding& binding : policies) {
    const PolicyInfo& info = binding.policy->info();
    names.emplace_back(info.name);
    add_limits(limits, info.limits, merge);
    tool_rules.insert(tool_rules.end(), info.tool_rules.begin(), info.tool_rules.end());
    deep_merge(metadata, info.metadata);
    on_violation = std::max(on_violation, info.on_violation);
  }
  if (policies.empty()) on_violation = PolicyAction::cancel;  // the default of a policy that says nothing

  effective.combined.emplace("names", std::move(names));
  effective.combined.emplace("limits", std::move(limits));
  effective.combined.emplace("tool_rules", std::move(tool_rules));
  effective.combined.emplace("on_violation", action_name(on_violation));
  effective.combined.emplace("metadata", std::move(metadata));
  effective.combined_text = to_text(effective.combined);
  return effective;
}

std::string PairingProblem::message(std::string_view provider) const {
  std::string text = "policy \"";
  text.append(policy).append("\"");
  if (!source.empty()) text.append(" (").append(source).append(")");
  text.append(" cannot hold its rule \"").append(rule).append("\" with provider \"");
  text.append(provider).append("\": the rule needs grade ").append(grade_name(needs));
  text.append(" (a provider that ").append(meaning_of(needs)).append("), and this one gives ");
  text.append(grade_name(gives)).append(" (it ").append(meaning_of(gives)).append("). ");
  if (refused) {
    text.append("Use a provider of grade ").append(grade_name(needs));
    if (needs != EnforcementGrade::own) text.append(" or above");
    text.append(", or give the policy on_unenforceable: warn to go on with what the provider can do.");
  } else {
    text.append("on_unenforceable: warn lets the run go on with what the provider can do.");
  }
  return text;
}

std::vector<PairingProblem> check_pairing(std::span<const PolicyBinding> policies, const ProviderInfo& provider) {
  std::vector<PairingProblem> problems;
  for (const PolicyBinding& binding : policies) {
    const PolicyInfo& info = binding.policy->info();
    for (const PolicyNeed& need : info.needs) {
      if (provider.grade >= need.grade) continue;
      problems.push_back(PairingProblem{info.name, need.rule, need.grade, provider.grade,
                                        binding.on_unenforceable == OnUnenforceable::refuse,
                                        source_of(binding, need.rule).value_or("")});
    }
  }
  return problems;
}

}  // namespace asmgr
