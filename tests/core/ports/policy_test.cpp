#include "core/ports/policy.hpp"

#include <asmgr/abi/policy.h>
#include <gtest/gtest.h>

namespace asmgr {
namespace {

TEST(PolicyAction, HasANameForEachAndReadsItBack) {
  const std::pair<PolicyAction, std::string_view> actions[] = {{PolicyAction::allow, "allow"},
                                                               {PolicyAction::warn, "warn"},
                                                               {PolicyAction::request_approval, "request_approval"},
                                                               {PolicyAction::deny, "deny"},
                                                               {PolicyAction::cancel, "cancel"}};
  for (const auto& [action, name] : actions) {
    EXPECT_EQ(action_name(action), name);
    EXPECT_EQ(parse_action(name), action);
  }
  EXPECT_EQ(parse_action("stop"), std::nullopt);
  EXPECT_EQ(action_name(static_cast<PolicyAction>(9)), "unknown");
}

TEST(PolicyAction, NumbersAreThoseOfThePluginBoundary) {
  EXPECT_EQ(static_cast<int>(PolicyAction::allow), ASMGR_ALLOW);
  EXPECT_EQ(static_cast<int>(PolicyAction::request_approval), ASMGR_REQUEST_APPROVAL);
  EXPECT_EQ(static_cast<int>(PolicyAction::cancel), ASMGR_CANCEL);
}

}  // namespace
}  // namespace asmgr
