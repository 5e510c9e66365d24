#include "core/policy/explanation.hpp"

#include <boost/json/array.hpp>
#include <string>
#include <utility>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

namespace json = boost::json;

json::value source_json(const PolicyBinding& binding, std::string_view rule) {
  const std::optional<std::string> source = source_of(binding, rule);
  return source ? json::value(*source) : json::value(nullptr);
}

json::object rule_json(const EffectivePolicy& effective, const EnforcedRule& rule) {
  const PolicyBinding& binding = effective.policies[rule.policy];
  json::object out;
  out["policy"] = binding.policy->info().name;
  out["rule"] = rule.need.rule;
  out["action"] = action_name(rule.need.action);
  out["needs"] = grade_name(rule.need.grade);
  out["enforced_by"] = enforcer_name(rule.by);
  out["source"] = source_json(binding, rule.need.rule);
  return out;
}

// What the policy itself bounds or lists under the rule's name.
json::value value_of(const PolicyInfo& policy, const std::string& rule) {
  for (const std::string& name : {rule, rule + "_ms"}) {
    if (const json::value* limit = find(policy.limits, name)) return *limit;
  }
  for (const json::value& entry : policy.tool_rules) {
    const json::object* lists = entry.if_object();
    if (const json::value* list = lists == nullptr ? nullptr : find(*lists, rule)) return *list;
  }
  return nullptr;
}

// What the stack made of the policy's own limit.
json::value held_value(const EffectivePolicy& effective, const PolicyInfo& policy, const std::string& rule) {
  const json::object* combined = find_object(effective.combined, "limits");
  for (const std::string& name : {rule, rule + "_ms"}) {
    if (combined != nullptr && policy.limits.contains(name)) return combined->at(name);
  }
  return value_of(policy, rule);
}

std::string_view consequence_of(const EnforcedRule& rule, EnforcementGrade gives) noexcept {
  const bool held = rule.by != EnforcedBy::none;
  switch (rule.need.action) {
    case PolicyAction::allow:
    case PolicyAction::warn:
      return "it is recorded and the run goes on";
    case PolicyAction::request_approval:
      if (held) return "a person is asked";
      return gives >= EnforcementGrade::cancel
                 ? "the provider cannot wait for a person: the run is ended with the question left open"
                 : "the provider cannot wait for a person: it is recorded when it has happened";
    case PolicyAction::deny:
      return held ? "the tool call is refused" : "the provider cannot be held back: the run fails when it has happened";
    case PolicyAction::cancel:
      return held ? "the run is ended" : "the provider cannot be stopped: the run fails when it has happened";
  }
  return "the run is ended";
}

struct Claim {
  const PolicyBinding* binding;
  json::value value;
};

std::vector<Claim> claims_on(const EffectivePolicy& effective, std::string_view limit) {
  std::vector<Claim> claims;
  for (const PolicyBinding& binding : effective.policies) {
    const json::value* value = find(binding.policy->info().limits, limit);
    if (value != nullptr && value->is_number()) claims.push_back(Claim{&binding, *value});
  }
  return claims;
}

json::object claim_json(const Claim& claim, std::string_view limit) {
  json::object out;
  out["policy"] = claim.binding->policy->info().name;
  out["value"] = claim.value;
  out["source"] = source_json(*claim.binding, limit);
  return out;
}

// Of equal values the first one counts as the winner when the tightest wins, the last one when the last does.
std::size_t winner_of(const std::vector<Claim>& claims, const json::value& value, LimitMerge merge) {
  if (merge == LimitMerge::last_wins) return claims.size() - 1;
  std::size_t winner = 0;
  while (winner + 1 < claims.size() && claims[winner].value != value) ++winner;
  return winner;
}

json::array limits_json(const EffectivePolicy& effective) {
  json::array limits;
  const json::object* combined = find_object(effective.combined, "limits");
  if (combined == nullptr) return limits;
  for (const auto& [name, value] : *combined) {
    const std::vector<Claim> claims = claims_on(effective, name);
    if (claims.empty()) continue;
    const std::size_t winner = winner_of(claims, value, effective.limit_merge);
    json::object limit;
    limit["name"] = name;
    for (auto& [key, member] : claim_json(claims[winner], name)) limit[key] = std::move(member);
    json::array others;
    for (std::size_t i = 0; i < claims.size(); ++i) {
      if (i != winner) others.push_back(claim_json(claims[i], name));
    }
    limit["instead_of"] = std::move(others);
    limits.push_back(std::move(limit));
  }
  return limits;
}

json::array tool_rules_json(const EffectivePolicy& effective) {
  json::array rules;
  for (const PolicyBinding& binding : effective.policies) {
    for (const json::value& entry : binding.policy->info().tool_rules) {
      const json::object* lists = entry.if_object();
      json::object rule;
      rule["policy"] = binding.policy->info().name;
      rule["rule"] = entry;
      const bool has_name = lists != nullptr && !lists->empty();
      rule["source"] = source_json(binding, has_name ? std::string(lists->begin()->key()) : std::string());
      rules.push_back(std::move(rule));
    }
  }
  return rules;
}

std::string_view on_error_name(OnPolicyError on_error) noexcept {
  switch (on_error) {
    case OnPolicyError::cancel:
      return "cancel";
    case OnPolicyError::deny:
      return "deny";
    case OnPolicyError::warn:
      return "warn";
  }
  return "cancel";
}

json::array policies_json(const EffectivePolicy& effective) {
  json::array policies;
  for (const PolicyBinding& binding : effective.policies) {
    json::object policy;
    policy["name"] = binding.policy->info().name;
    policy["source"] = binding.source == nullptr ? json::value(nullptr) : json::value(binding.source->entry);
    policy["on_violation"] = action_name(binding.policy->info().on_violation);
    policy["on_error"] = on_error_name(binding.on_error);
    policy["on_unenforceable"] = binding.on_unenforceable == OnUnenforceable::warn ? "warn" : "refuse";
    policies.push_back(std::move(policy));
  }
  return policies;
}

json::array explained_rules(const EffectivePolicy& effective, const Enforcement& enforcement,
                            const ProviderInfo& provider) {
  json::array rules;
  for (const EnforcedRule& rule : enforcement.rules) {
    json::object out = rule_json(effective, rule);
    const PolicyInfo& policy = effective.policies[rule.policy].policy->info();
    out["value"] = value_of(policy, rule.need.rule);
    out["holds"] = held_value(effective, policy, rule.need.rule);
    out["consequence"] = consequence_of(rule, provider.grade);
    rules.push_back(std::move(out));
  }
  return rules;
}

}  // namespace

std::string_view merge_name(LimitMerge merge) noexcept {
  return merge == LimitMerge::last_wins ? "last_wins" : "tightest";
}

json::object effective_policy_json(const EffectivePolicy& effective, const Enforcement& enforcement) {
  json::object out = effective.combined;
  out["limit_merge"] = merge_name(effective.limit_merge);
  json::array rules;
  for (const EnforcedRule& rule : enforcement.rules) rules.push_back(rule_json(effective, rule));
  out["rules"] = std::move(rules);
  return out;
}

json::object explain_policy(const EffectivePolicy& effective, const Enforcement& enforcement,
                            const ProviderInfo& provider) {
  json::object out;
  json::object gives;
  gives["name"] = provider.name;
  gives["grade"] = grade_name(provider.grade);
  gives["hints"] = to_json_array(provider.hints);
  out["provider"] = std::move(gives);
  out["policies"] = policies_json(effective);
  out["rules"] = explained_rules(effective, enforcement, provider);
  out["limits"] = limits_json(effective);
  out["tool_rules"] = tool_rules_json(effective);
  out["options"] = enforcement.hints;
  for (const std::string_view key : {"names", "on_violation", "metadata"}) out[key] = effective.combined.at(key);
  out["limit_merge"] = merge_name(effective.limit_merge);
  return out;
}

}  // namespace asmgr
