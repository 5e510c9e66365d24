// Who holds each rule of a run: its provider, by itself; the host, because the provider lets it; or nobody.
#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "core/policy/stack.hpp"

namespace asmgr {

enum class EnforcedBy : std::uint8_t { provider, host, none };
[[nodiscard]] std::string_view enforcer_name(EnforcedBy by) noexcept;

struct EnforcedRule {
  std::size_t policy = 0;  // index in EffectivePolicy::policies
  PolicyNeed need;
  EnforcedBy by = EnforcedBy::none;
};

struct Enforcement {
  boost::json::object hints;        // what the policies compiled for the provider, merged in their order
  std::vector<EnforcedRule> rules;  // every need of every policy, in their order
};

// Asks each policy to compile itself for the provider, once. A rule is
//   provider   when its policy's answer has it in `enforces`, and every option of that answer is a hint that the
//              provider honours and stands in the merged hints as the policy gave it,
//   host       when the provider's grade is at least what the rule needs,
//   none       otherwise: such a pairing is refused, or was asked for with on_unenforceable: warn.
// A policy that cannot compile itself, or throws, gives no hints; whether its rules hold is then the host's matter.
[[nodiscard]] Enforcement enforce(const EffectivePolicy& effective, const ProviderInfo& provider);

}  // namespace asmgr
