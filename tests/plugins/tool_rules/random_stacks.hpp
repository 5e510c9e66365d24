// Instances of the loaded plugin for random policies, and policies that misbehave beside them.
#pragma once

#include <memory>

#include "core/plugin/catalog.hpp"
#include "core/plugin/factory.hpp"
#include "core/policy/run_judge.hpp"
#include "tests/core/policy/scripted_policy.hpp"
#include "tests/plugins/tool_rules/random_calls.hpp"

namespace asmgr::testing {

// Kept until the end of the process, as a host does.
inline const ComponentRef& loaded_tool_rules() {
  static PluginCatalog catalog(PluginSearchPath({ASMGR_PLUGIN_DIR}, "", {}), TrustRules{},
                               std::make_unique<HostServices>("0.1.0", system_clock(), nullptr));
  static const Result<ComponentRef> component = catalog.open("tool_rules", ComponentKind::policy);
  if (!component) throw std::runtime_error(component.error().message());
  return *component;
}

struct StackMember {
  std::optional<KnownPolicy> known;             // absent for one that misbehaves
  PolicyAction at_least = PolicyAction::allow;  // what one that misbehaves must count as
  std::string shown;                            // for messages
  PolicyBinding binding;
};

// Nullopt when the plugin refuses the policy, whose rules contradict each other.
inline std::optional<StackMember> made_of(const KnownPolicy& known, const Places& places, const std::string& name) {
  StackMember member;
  member.known = known;
  member.shown = known.config(places);
  Result<std::unique_ptr<Policy>> policy = create_policy(loaded_tool_rules(), name, member.shown);
  if (!policy) return std::nullopt;
  member.binding.policy = std::move(*policy);
  return member;
}

inline StackMember misbehaving(Random& random) {
  StackMember member;
  Script script;
  const auto on_error = static_cast<OnPolicyError>(random() % 3);
  constexpr std::array kCountsAs{PolicyAction::cancel, PolicyAction::deny, PolicyAction::warn};
  member.at_least = kCountsAs[static_cast<std::size_t>(on_error)];
  switch (random() % 5) {
    case 0:
      member.shown = "throws";
      script.review_tool = [](std::string_view) -> Result<Decision> { throw std::runtime_error("thrown"); };
      break;
    case 1:
      member.shown = "fails";
      script.review_tool = [](std::string_view) -> Result<Decision> { return Error(ErrorCode::internal_error, "no"); };
      break;
    case 2:
      member.shown = "allows with a reason not to";
      member.at_least = PolicyAction::warn;
      script.review_tool = [](std::string_view) { return broken(PolicyAction::allow, "r", "{"); };
      break;
    case 3:
      member.shown = "answers with an action that is none";
      member.at_least = PolicyAction::cancel;
      script.review_tool = [](std::string_view) { return Decision{static_cast<PolicyAction>(77), {}}; };
      break;
    default:
      member.shown = "allows everything, in many words";
      member.at_least = PolicyAction::allow;
  }
  member.binding = bind(named("misbehaving"), script, on_error);
  return member;
}

// Whether a run may begin under the stack: its policies may contradict each other.
inline bool may_begin(const std::vector<StackMember>& stack) {
  std::vector<PolicyBinding> bindings;
  for (const StackMember& member : stack) bindings.push_back(member.binding);
  auto judge = RunJudge::begin(stack_policies(bindings, LimitMerge::tightest), Session{}, asmgr::Run{});
  return judge && (*judge)->preflight("{}").action <= PolicyAction::warn;
}

inline std::vector<StackMember> random_stack(const Places& places, const std::vector<PolicyAction>& actions, bool asks,
                                             Random& random) {
  std::vector<StackMember> stack;
  const std::size_t size = 1 + random() % 3;
  while (stack.size() < size) {
    if (auto member = made_of(random_policy(actions, asks, random), places, "p" + std::to_string(stack.size())))
      stack.push_back(std::move(*member));
  }
  return may_begin(stack) ? stack : random_stack(places, actions, asks, random);
}

// What the stack must say at least.
inline PolicyAction least_of(const std::vector<StackMember>& stack, const KnownCall& call) {
  PolicyAction strictest = PolicyAction::allow;
  for (const StackMember& member : stack)
    strictest = std::max(strictest, member.known ? member.known->least(call) : member.at_least);
  return strictest;
}

inline std::string shown(const std::vector<StackMember>& stack, const KnownCall& call) {
  std::string text = "call: " + call.text("c") + "\n";
  for (const StackMember& member : stack) text += "policy: " + member.shown + "\n";
  return text;
}

}  // namespace asmgr::testing
