#include "core/routing/target_info.hpp"

#include <gmock/gmock.h>

#include "core/routing/routed_token.hpp"

namespace asmgr {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Capability tool(std::string name, bool enabled = true) {
  return {std::move(name), CapabilityType::tool, enabled, "", {}, {}};
}

ProviderInfo info_of(std::string name, EnforcementGrade grade, std::vector<Capability> capabilities = {}) {
  ProviderInfo info;
  info.name = std::move(name);
  info.vendor = "v";
  info.grade = grade;
  info.capabilities = std::move(capabilities);
  return info;
}

ProviderInfo router_of(const std::vector<ProviderInfo>& targets) {
  std::vector<const ProviderInfo*> pointers;
  for (const ProviderInfo& target : targets) pointers.push_back(&target);
  return router_info("best", pointers);
}

TEST(RouterInfo, IsWhatHoldsWhicheverTargetServes) {
  ProviderInfo a = info_of("a", EnforcementGrade::own, {tool("bash"), tool("edit"), tool("web")});
  ProviderInfo b = info_of("b", EnforcementGrade::cancel, {tool("edit"), tool("bash"), tool("web", false)});
  a.models = {"m1", "m2"};
  b.models = {"m2", "m3"};
  a.hints = {"allowed_tools", "max_turns"};
  b.hints = {"max_turns"};
  a.max_output_tokens = 100;
  b.max_output_tokens = 300;
  a.can_steer = true;
  const ProviderInfo info = router_of({a, b});
  EXPECT_EQ(info.name, "best");
  EXPECT_EQ(info.vendor, "v");
  EXPECT_EQ(info.grade, EnforcementGrade::cancel);
  ASSERT_EQ(info.capabilities.size(), 2U);
  EXPECT_EQ(info.capabilities[0].name, "bash");
  EXPECT_EQ(info.capabilities[1].name, "edit");
  EXPECT_THAT(info.models, ElementsAre("m2"));
  EXPECT_THAT(info.hints, ElementsAre("max_turns"));
  EXPECT_EQ(info.max_output_tokens, 300);
  EXPECT_FALSE(info.can_steer);
  EXPECT_THAT(info.describe_json, HasSubstr(R"("grade":"cancel")"));
}

TEST(RouterInfo, WhatOneDoesNotSayIsNotKnown) {
  ProviderInfo a = info_of("a", EnforcementGrade::own);
  ProviderInfo b = info_of("b", EnforcementGrade::own);
  a.max_output_tokens = 100;
  b.vendor = "w";
  const ProviderInfo info = router_of({a, b});
  EXPECT_FALSE(info.max_output_tokens);
  EXPECT_EQ(info.vendor, "");
}

TEST(RouterInfo, FindsProvidersAtAnyDepth) {
  const ProviderInfo inner = router_of({info_of("x", EnforcementGrade::observe), info_of("y", EnforcementGrade::own)});
  const ProviderInfo outer = router_of({info_of("z", EnforcementGrade::intercept), inner});
  ASSERT_NE(find_leaf(outer, "y"), nullptr);
  EXPECT_EQ(find_leaf(outer, "y")->grade, EnforcementGrade::own);
  EXPECT_EQ(find_leaf(outer, "best"), nullptr) << "a router serves nobody itself";
  EXPECT_EQ(weakest_leaf(outer).name, "x");
  EXPECT_EQ(name_in_pairing(outer), "best\" with its target \"x");
}

TEST(RouterInfo, ARequirementIsMetWhenOneTargetMeetsAllOfIt) {
  const ProviderInfo info = router_of({info_of("a", EnforcementGrade::own, {tool("bash")}),
                                       info_of("b", EnforcementGrade::own, {tool("bash"), tool("web")})});
  const CapabilityNeed bash{CapabilityType::tool, "bash"};
  const CapabilityNeed web{CapabilityType::tool, "web"};
  const CapabilityNeed fly{CapabilityType::tool, "fly"};
  const std::vector<CapabilityNeed> both{bash, web};
  ASSERT_TRUE(negotiate_with(info, both, {}));
  EXPECT_TRUE(negotiate_with(info, both, {})->full);
  const auto degraded = negotiate_with(info, {&bash, 1}, {&web, 1});
  ASSERT_TRUE(degraded);
  EXPECT_FALSE(degraded->full) << "'a' may serve, and does not have it";
  EXPECT_THAT(degraded->supported, ElementsAre(bash));
  EXPECT_THAT(degraded->unsupported, ElementsAre(web));
  EXPECT_TRUE(negotiate_with(info, {&web, 1}, {&bash, 1})->full) << "only 'b' may serve, and has both";
  const auto refused = negotiate_with(info, {&fly, 1}, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::missing_required_capability);
  EXPECT_THAT(refused.error().message(), HasSubstr("'a': "));
  EXPECT_THAT(refused.error().message(), HasSubstr("'b': "));
}

TEST(RoutedToken, ComesBackAsItWentOut) {
  const RoutedToken read = read_routed_token(to_text(RoutedToken{"a", "native \"1\""}));
  EXPECT_EQ(read.target, "a");
  EXPECT_EQ(read.token, "native \"1\"");
  EXPECT_EQ(to_text(RoutedToken{"a", ""}), "");
  EXPECT_EQ(read_routed_token("not json").token, "");
  EXPECT_EQ(read_routed_token("").token, "");
}

}  // namespace
}  // namespace asmgr
