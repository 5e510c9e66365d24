#include "core/ports/policy.hpp"

#include <algorithm>

namespace asmgr {
namespace {
constexpr std::string_view kActionNames[] = {"allow", "warn", "request_approval", "deny", "cancel"};
}  // namespace

std::string_view action_name(PolicyAction action) noexcept {
  const auto index = static_cast<std::size_t>(action);
  return index < std::size(kActionNames) ? kActionNames[index] : "unknown";
}

std::optional<PolicyAction> parse_action(std::string_view name) noexcept {
  const auto* known = std::ranges::find(kActionNames, name);
  if (known == std::end(kActionNames)) return std::nullopt;
  return static_cast<PolicyAction>(known - std::begin(kActionNames));
}

}  // namespace asmgr
