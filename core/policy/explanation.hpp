// An effective policy as data that people and programs read: what holds, why, and by whom.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "core/policy/enforcement.hpp"

namespace asmgr {

[[nodiscard]] std::string_view merge_name(LimitMerge merge) noexcept;

// What a run keeps of its policies: {"names","limits","limit_merge","tool_rules","on_violation","metadata","rules"},
// a rule being {"policy","rule","action","needs","enforced_by","source"}; source is "FILE:LINE", "inline" or null.
[[nodiscard]] boost::json::object effective_policy_json(const EffectivePolicy& effective,
                                                        const Enforcement& enforcement);

// The same with how it came to be:
//   provider    {"name","grade","hints"}
//   policies    of {"name","source","on_violation","on_error","on_unenforceable"}
//   rules       as above, with "value" (the limit or the list that the rule is about, as its policy says it, null where
//               it has none), "holds" (what all policies together make of it) and "consequence" (what a violation does)
//   limits      of {"name","value","policy","source","instead_of": of {"policy","value","source"}}: who won
//   tool_rules  of {"policy","rule","source"}, one for each list, in the order in which they are asked
//   options     what the provider is told by the policies
//   names, limit_merge, on_violation, metadata
[[nodiscard]] boost::json::object explain_policy(const EffectivePolicy& effective, const Enforcement& enforcement,
                                                 const ProviderInfo& provider);

}  // namespace asmgr
