#include "core/policy/stack.hpp"

#include <gtest/gtest.h>

#include "tests/core/policy/scripted_policy.hpp"

namespace asmgr {
namespace {

using testing::bind;
using testing::named;

PolicyBinding with_limits(std::string name, const char* limits) {
  PolicyInfo info = named(std::move(name));
  info.limits = boost::json::parse(limits).as_object();
  return bind(std::move(info));
}

boost::json::value limit(const EffectivePolicy& effective, const char* name) {
  return effective.combined.at("limits").as_object().at(name);
}

TEST(StackPolicies, NoPolicyCombinesToTheDefaults) {
  const EffectivePolicy effective = stack_policies({}, LimitMerge::tightest);
  EXPECT_TRUE(effective.empty());
  EXPECT_EQ(effective.combined,
            boost::json::parse(R"({"names":[],"limits":{},"tool_rules":[],"on_violation":"cancel","metadata":{}})"));
}

TEST(StackPolicies, ALooserLaterLimitDoesNotOverrideATighterOne) {
  const std::vector<PolicyBinding> both{with_limits("org", R"({"max_total_tokens":100,"max_turns":3})"),
                                        with_limits("team", R"({"max_total_tokens":900,"max_cost_usd":0.5})")};
  const EffectivePolicy effective = stack_policies(both, LimitMerge::tightest);
  EXPECT_EQ(limit(effective, "max_total_tokens"), 100);
  EXPECT_EQ(limit(effective, "max_turns"), 3);
  EXPECT_EQ(limit(effective, "max_cost_usd"), 0.5);
}

TEST(StackPolicies, TheTightestLimitIsTheSameInAnyOrder) {
  const PolicyBinding a = with_limits("a", R"({"max_cost_usd":1,"max_total_tokens":9007199254740993})");
  const PolicyBinding b = with_limits("b", R"({"max_cost_usd":0.25,"max_total_tokens":9007199254740992})");
  for (const auto& order : {std::vector{a, b}, std::vector{b, a}}) {
    const EffectivePolicy effective = stack_policies(order, LimitMerge::tightest);
    EXPECT_EQ(limit(effective, "max_cost_usd"), 0.25);
    EXPECT_EQ(limit(effective, "max_total_tokens"), 9007199254740992);
  }
}

TEST(StackPolicies, BoundsThatADoubleCannotTellApartAreComparedExactly) {
  const PolicyBinding integer = with_limits("a", R"({"max_turns":9007199254740993,"max_wait":2})");
  const PolicyBinding number = with_limits("b", R"({"max_turns":9007199254740992.0,"max_wait":2.0})");
  const PolicyBinding large = with_limits("c", R"({"max_turns":18446744073709551615})");
  for (const auto& order : {std::vector{integer, number, large}, std::vector{large, number, integer}}) {
    const EffectivePolicy effective = stack_policies(order, LimitMerge::tightest);
    EXPECT_EQ(limit(effective, "max_turns").to_number<double>(), 9007199254740992.0);
    EXPECT_TRUE(limit(effective, "max_turns").is_double());
    EXPECT_TRUE(limit(effective, "max_wait").is_int64());
  }
}

TEST(StackPolicies, LastWinsTakesTheLaterLimitEvenWhenLooser) {
  const std::vector<PolicyBinding> both{with_limits("a", R"({"max_turns":1})"), with_limits("b", R"({"max_turns":9})")};
  EXPECT_EQ(limit(stack_policies(both, LimitMerge::last_wins), "max_turns"), 9);
}

TEST(StackPolicies, ALimitThatIsNoNumberIsLeftOut) {
  const std::vector<PolicyBinding> one{with_limits("a", R"({"max_turns":"many"})")};
  EXPECT_TRUE(stack_policies(one, LimitMerge::tightest).combined.at("limits").as_object().empty());
}

TEST(StackPolicies, NamesAndToolRulesFollowTheWrittenOrder) {
  PolicyInfo org = named("org");
  org.tool_rules = boost::json::parse(R"([{"allow":["read"]}])").as_array();
  PolicyInfo team = named("team");
  team.tool_rules = boost::json::parse(R"([{"deny":["bash"]}])").as_array();
  const std::vector<PolicyBinding> both{bind(org), bind(team)};
  const EffectivePolicy effective = stack_policies(both, LimitMerge::tightest);
  EXPECT_EQ(effective.combined.at("names"), boost::json::parse(R"(["org","team"])"));
  EXPECT_EQ(effective.combined.at("tool_rules"), boost::json::parse(R"([{"allow":["read"]},{"deny":["bash"]}])"));
}

TEST(StackPolicies, TheStrictestOnViolationWins) {
  PolicyInfo mild = named("mild");
  mild.on_violation = PolicyAction::warn;
  PolicyInfo strict = named("strict");
  strict.on_violation = PolicyAction::cancel;
  const std::vector<PolicyBinding> strict_first{bind(strict), bind(mild)};
  EXPECT_EQ(stack_policies(strict_first, LimitMerge::tightest).combined.at("on_violation"), "cancel");
  const std::vector<PolicyBinding> only_mild{bind(mild)};
  EXPECT_EQ(stack_policies(only_mild, LimitMerge::tightest).combined.at("on_violation"), "warn");
}

TEST(StackPolicies, MetadataMergesDeeplyAndTheLaterValueWins) {
  PolicyInfo a = named("a");
  a.metadata = boost::json::parse(R"({"owner":{"team":"x","mail":"m"},"level":1})").as_object();
  PolicyInfo b = named("b");
  b.metadata = boost::json::parse(R"({"owner":{"team":"y"},"level":2})").as_object();
  const std::vector<PolicyBinding> both{bind(a), bind(b)};
  EXPECT_EQ(stack_policies(both, LimitMerge::tightest).combined.at("metadata"),
            boost::json::parse(R"({"owner":{"team":"y","mail":"m"},"level":2})"));
}

TEST(StackPolicies, TheTextIsTheCombinationAsJson) {
  const std::vector<PolicyBinding> one{with_limits("a", R"({"max_turns":2})")};
  const EffectivePolicy effective = stack_policies(one, LimitMerge::tightest);
  EXPECT_EQ(boost::json::parse(effective.combined_text), effective.combined);
}

class CheckPairing : public ::testing::Test {
 protected:
  static PolicyBinding needing(EnforcementGrade grade, OnUnenforceable on_unenforceable = OnUnenforceable::refuse) {
    PolicyInfo info = named("tools");
    info.needs = {PolicyNeed{"deny", grade, PolicyAction::deny}};
    PolicyBinding binding = bind(info);
    binding.on_unenforceable = on_unenforceable;
    return binding;
  }
  static ProviderInfo giving(EnforcementGrade grade) {
    ProviderInfo provider;
    provider.name = "amp";
    provider.grade = grade;
    return provider;
  }
};

TEST_F(CheckPairing, AProviderOfTheNeededGradeOrAboveIsFine) {
  const std::vector<PolicyBinding> policies{needing(EnforcementGrade::intercept)};
  EXPECT_TRUE(check_pairing(policies, giving(EnforcementGrade::intercept)).empty());
  EXPECT_TRUE(check_pairing(policies, giving(EnforcementGrade::own)).empty());
}

TEST_F(CheckPairing, AProviderBelowIsRefusedWithASentence) {
  const std::vector<PolicyBinding> policies{needing(EnforcementGrade::intercept)};
  const std::vector<PairingProblem> problems = check_pairing(policies, giving(EnforcementGrade::cancel));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_TRUE(problems[0].refused);
  EXPECT_EQ(problems[0].message("amp"),
            "policy \"tools\" cannot hold its rule \"deny\" with provider \"amp\": the rule needs grade intercept (a "
            "provider that asks before each tool call), and this one gives cancel (it can be stopped while it runs). "
            "Use a provider of grade intercept or above, or give the policy on_unenforceable: warn to go on with what "
            "the provider can do.");
}

TEST_F(CheckPairing, OnUnenforceableWarnIsAProblemThatDoesNotRefuse) {
  const std::vector<PolicyBinding> policies{needing(EnforcementGrade::cancel, OnUnenforceable::warn)};
  const std::vector<PairingProblem> problems = check_pairing(policies, giving(EnforcementGrade::observe));
  ASSERT_EQ(problems.size(), 1U);
  EXPECT_FALSE(problems[0].refused);
  EXPECT_EQ(problems[0].gives, EnforcementGrade::observe);
}

TEST_F(CheckPairing, EveryRuleThatCannotBeHeldIsNamed) {
  PolicyInfo info = named("tools");
  info.needs = {PolicyNeed{"deny", EnforcementGrade::intercept, PolicyAction::deny},
                PolicyNeed{"report", EnforcementGrade::observe, PolicyAction::warn},
                PolicyNeed{"ask", EnforcementGrade::intercept, PolicyAction::request_approval}};
  const std::vector<PolicyBinding> policies{bind(info)};
  const std::vector<PairingProblem> problems = check_pairing(policies, giving(EnforcementGrade::observe));
  ASSERT_EQ(problems.size(), 2U);
  EXPECT_EQ(problems[0].rule, "deny");
  EXPECT_EQ(problems[1].rule, "ask");
}

}  // namespace
}  // namespace asmgr
