#include "core/policy/contradictions.hpp"

#include <gtest/gtest.h>

#include "tests/core/policy/scripted_policy.hpp"

namespace asmgr {
namespace {

PolicyBinding ruling(std::string name, const char* tool_rules, PolicyAction on_violation = PolicyAction::deny) {
  PolicyInfo info = testing::named(std::move(name));
  info.tool_rules = boost::json::parse(tool_rules).as_array();
  info.on_violation = on_violation;
  return testing::bind(std::move(info));
}

std::vector<Contradiction> between(const char* allowing, const char* denying) {
  const std::vector<PolicyBinding> stack{ruling("org", allowing), ruling("team", denying)};
  return find_contradictions(stack);
}

TEST(FindContradictions, NamesBothPoliciesAndBothEntries) {
  const std::vector<Contradiction> found = between(R"([{"allow":["read","mcp__x"]}])", R"([{"deny":["z","mcp__*"]}])");
  ASSERT_EQ(found.size(), 1U);
  EXPECT_EQ(
      found[0].message(),
      "policy 'org' allows \"mcp__x\" and policy 'team' denies it by \"mcp__*\"; a denial always wins, so it could "
      "never be called");
  EXPECT_TRUE(found[0].refused);
}

TEST(FindContradictions, DoesNotDependOnTheOrderOfThePolicies) {
  const std::vector<PolicyBinding> stack{ruling("team", R"([{"deny":["bash"]}])"),
                                         ruling("org", R"([{"allow":["bash"]}])")};
  ASSERT_EQ(find_contradictions(stack).size(), 1U);
  EXPECT_EQ(find_contradictions(stack)[0].allowing, "org");
}

TEST(FindContradictions, NamesEachPermissionOnce) {
  EXPECT_EQ(between(R"([{"allow":["a","b","c"]}])", R"([{"deny":["a","*"]},{"deny":["b"]}])").size(), 3U);
}

TEST(FindContradictions, ComparesGlobs) {
  const auto contradict = [](const char* allowed, const char* denied) {
    const std::string allow = std::string(R"([{"allow":[)") + allowed + "]}]";
    const std::string deny = std::string(R"([{"deny":[)") + denied + "]}]";
    return !between(allow.c_str(), deny.c_str()).empty();
  };
  EXPECT_TRUE(contradict(R"("bash")", R"("b[a-c]?h")"));
  EXPECT_TRUE(contradict(R"("mcp__a*")", R"("mcp__*")"));
  EXPECT_TRUE(contradict(R"("*")", R"("*")"));
  EXPECT_TRUE(contradict(R"({"tool":"bash","command_prefix":"git"})", R"("bash")"));
  EXPECT_TRUE(contradict(R"({"tool":"bash","command_prefix":"git"})", R"({"tool":"bash","command_prefix":"git"})"));
  EXPECT_FALSE(contradict(R"("*")", R"("bash")"));
  EXPECT_FALSE(contradict(R"("mcp__*")", R"("mcp__?")"));
  EXPECT_FALSE(contradict(R"("\u00e9")", R"("??")"));
  EXPECT_FALSE(contradict(R"("bash")", R"({"tool":"bash","command_prefix":"git"})"));
  EXPECT_FALSE(contradict(R"("bash")", R"("Bash")"));
  EXPECT_FALSE(contradict("7", "7.5"));
  EXPECT_FALSE(contradict("{}", "{\"x\":1}"));
}

TEST(FindContradictions, LeavesAPolicysOwnListsToThePolicy) {
  const std::vector<PolicyBinding> one{ruling("org", R"([{"allow":["bash"]},{"deny":["bash"]}])")};
  EXPECT_TRUE(find_contradictions(one).empty());
}

TEST(FindContradictions, IsNoReasonToRefuseWhenBothOnlyWarn) {
  const auto refused = [](PolicyAction of_org, PolicyAction of_team) {
    const std::vector<PolicyBinding> stack{ruling("org", R"([{"allow":["bash"]}])", of_org),
                                           ruling("team", R"([{"deny":["bash"]}])", of_team)};
    return find_contradictions(stack).at(0).refused;
  };
  EXPECT_FALSE(refused(PolicyAction::warn, PolicyAction::warn));
  EXPECT_TRUE(refused(PolicyAction::deny, PolicyAction::warn));
  EXPECT_TRUE(refused(PolicyAction::warn, PolicyAction::cancel));
}

}  // namespace
}  // namespace asmgr
