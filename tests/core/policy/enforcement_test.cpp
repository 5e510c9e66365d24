#include "core/policy/enforcement.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "core/policy/explanation.hpp"
#include "tests/core/policy/scripted_policy.hpp"

namespace asmgr {
namespace {

using testing::bind;
using testing::named;
using testing::ScriptedPolicy;

// A policy with one rule, "deny", that compiles to `answer`.
PolicyBinding compiled_to(std::string_view answer, std::string name = "tools") {
  PolicyInfo info = named(std::move(name));
  info.needs = {PolicyNeed{"deny", EnforcementGrade::intercept, PolicyAction::deny}};
  auto policy = std::make_shared<ScriptedPolicy>(std::move(info), testing::Script{});
  policy->compiles_to = [text = std::string(answer)] { return boost::json::parse(text).as_object(); };
  return PolicyBinding{policy, OnPolicyError::cancel, OnUnenforceable::warn};
}

ProviderInfo provider_of(EnforcementGrade grade, std::vector<std::string> hints = {}) {
  ProviderInfo provider;
  provider.name = "amp";
  provider.grade = grade;
  provider.hints = std::move(hints);
  return provider;
}

std::string_view holder(const std::vector<PolicyBinding>& policies, const ProviderInfo& provider,
                        std::size_t rule = 0) {
  return enforcer_name(enforce(stack_policies(policies, LimitMerge::tightest), provider).rules.at(rule).by);
}

constexpr std::string_view kDenies = R"({"options": {"denied_tools": ["bash"]}, "enforces": ["deny"]})";

TEST(Enforcement, TheHostHoldsWhatTheProvidersGradeLetsItHold) {
  EXPECT_EQ(holder({compiled_to("{}")}, provider_of(EnforcementGrade::intercept)), "host");
  EXPECT_EQ(holder({compiled_to("{}")}, provider_of(EnforcementGrade::own)), "host");
  EXPECT_EQ(holder({compiled_to("{}")}, provider_of(EnforcementGrade::cancel)), "none");
}

TEST(Enforcement, TheProviderHoldsWhatItWasToldAndHonours) {
  const ProviderInfo honours = provider_of(EnforcementGrade::cancel, {"denied_tools"});
  EXPECT_EQ(holder({compiled_to(kDenies)}, honours), "provider");
  EXPECT_EQ(holder({compiled_to(kDenies)}, provider_of(EnforcementGrade::cancel, {"allowed_tools"})), "none")
      << "the policy claims what the provider does not honour";
  EXPECT_EQ(holder({compiled_to(R"({"options": {"denied_tools": []}})")}, honours), "none")
      << "the policy does not claim the rule";
  EXPECT_EQ(holder({compiled_to(R"({"enforces": ["deny"]})")}, honours), "none") << "nothing was asked of the provider";
  EXPECT_EQ(holder({compiled_to(R"({"options": {"denied_tools": [], "x": 1}, "enforces": ["deny"]})")}, honours),
            "none")
      << "one of the options is not honoured";
}

TEST(Enforcement, AListThatALaterPolicyReplacedHoldsNothingForTheEarlierOne) {
  const std::vector<PolicyBinding> both{
      compiled_to(kDenies, "first"),
      compiled_to(R"({"options": {"denied_tools": ["curl"]}, "enforces": ["deny"]})", "second")};
  const ProviderInfo provider = provider_of(EnforcementGrade::intercept, {"denied_tools"});
  EXPECT_EQ(holder(both, provider, 0), "host");
  EXPECT_EQ(holder(both, provider, 1), "provider");
  EXPECT_EQ(enforce(stack_policies(both, LimitMerge::tightest), provider).hints.at("denied_tools"),
            boost::json::parse(R"(["curl"])"));
}

TEST(Enforcement, APolicyThatCannotCompileItselfLeavesItsRulesToTheHost) {
  PolicyBinding broken = compiled_to(kDenies);
  static_cast<ScriptedPolicy&>(*broken.policy).compiles_to = []() -> Result<boost::json::object> {
    throw std::runtime_error("no");
  };
  EXPECT_EQ(holder({broken}, provider_of(EnforcementGrade::intercept, {"denied_tools"})), "host");
}

// -- how it is told --------------------------------------------------------------------------------------------------

PolicyBinding bounded(std::string name, boost::json::object limits, int line) {
  PolicyInfo info = named(std::move(name));
  for (const auto& [limit, value] : limits) {
    info.needs.push_back(PolicyNeed{std::string(limit), EnforcementGrade::cancel, PolicyAction::cancel});
  }
  info.limits = std::move(limits);
  PolicyBinding binding = bind(std::move(info));
  PolicySource source;
  source.entry = "a.yaml:" + std::to_string(line);
  source.keys["max_turns"] = "a.yaml:" + std::to_string(line + 1);
  source.keys["max_duration"] = "a.yaml:" + std::to_string(line + 2);
  binding.source = std::make_shared<const PolicySource>(source);
  return binding;
}

boost::json::object explained(const std::vector<PolicyBinding>& policies, LimitMerge merge) {
  const ProviderInfo provider = provider_of(EnforcementGrade::cancel);
  const EffectivePolicy effective = stack_policies(policies, merge);
  return explain_policy(effective, enforce(effective, provider), provider);
}

TEST(Explanation, SaysWhichPolicyWonALimitAndWhereItWasWritten) {
  const std::vector<PolicyBinding> both{bounded("strict", {{"max_turns", 3}}, 10),
                                        bounded("loose", {{"max_turns", 9}}, 20)};
  EXPECT_EQ(explained(both, LimitMerge::tightest).at("limits"), boost::json::parse(R"([
      {"name": "max_turns", "policy": "strict", "value": 3, "source": "a.yaml:11",
       "instead_of": [{"policy": "loose", "value": 9, "source": "a.yaml:21"}]}])"));
  EXPECT_EQ(explained(both, LimitMerge::last_wins).at("limits"), boost::json::parse(R"([
      {"name": "max_turns", "policy": "loose", "value": 9, "source": "a.yaml:21",
       "instead_of": [{"policy": "strict", "value": 3, "source": "a.yaml:11"}]}])"));
}

TEST(Explanation, SaysOfARuleWhatItBringsAndWhatHolds) {
  const std::vector<PolicyBinding> both{bounded("strict", {{"max_turns", 3}}, 10),
                                        bounded("loose", {{"max_turns", 9}}, 20)};
  const boost::json::object told = explained(both, LimitMerge::tightest);
  EXPECT_EQ(told.at("rules").at(1).at("value"), 9);
  EXPECT_EQ(told.at("rules").at(1).at("holds"), 3);
}

TEST(Explanation, FindsALimitUnderTheKeyThatItsUnitWasAddedTo) {
  const std::vector<PolicyBinding> one{bounded("strict", {{"max_duration_ms", 3000}}, 10)};
  EXPECT_EQ(explained(one, LimitMerge::tightest).at("limits").at(0).at("source"), "a.yaml:12");
}

TEST(Explanation, FallsBackToTheEntryAndToNothing) {
  PolicyBinding binding = bounded("strict", {{"max_cost_usd", 1}}, 10);
  EXPECT_EQ(source_of(binding, "max_cost_usd"), "a.yaml:10");
  binding.source = nullptr;
  EXPECT_EQ(source_of(binding, "max_cost_usd"), std::nullopt);
  EXPECT_TRUE(explained({binding}, LimitMerge::tightest).at("rules").at(0).at("source").is_null());
}

TEST(Explanation, WhatARunKeepsHasNoMoreThanItNeeds) {
  const EffectivePolicy effective =
      stack_policies(std::vector<PolicyBinding>{bounded("strict", {{"max_turns", 3}}, 10)}, LimitMerge::last_wins);
  EXPECT_EQ(
      boost::json::value(effective_policy_json(effective, enforce(effective, provider_of(EnforcementGrade::cancel)))),
      boost::json::parse(R"({"names": ["strict"], "limits": {"max_turns": 3}, "limit_merge": "last_wins",
      "tool_rules": [], "on_violation": "cancel", "metadata": {},
      "rules": [{"policy": "strict", "rule": "max_turns", "action": "cancel", "needs": "cancel",
                 "enforced_by": "host", "source": "a.yaml:11"}]})"));
}

TEST(Explanation, TellsWhatCannotBeHeldFromWhatCan) {
  const std::vector<PolicyBinding> tools{compiled_to("{}")};
  const auto consequence = [&](EnforcementGrade grade) {
    const ProviderInfo provider = provider_of(grade);
    const EffectivePolicy effective = stack_policies(tools, LimitMerge::tightest);
    return explain_policy(effective, enforce(effective, provider), provider).at("rules").at(0).at("consequence");
  };
  EXPECT_EQ(consequence(EnforcementGrade::intercept), "the tool call is refused");
  EXPECT_EQ(consequence(EnforcementGrade::cancel),
            "the provider cannot be held back: the run fails when it has happened");
}

}  // namespace
}  // namespace asmgr
