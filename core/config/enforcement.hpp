// Whether a provider can be held to what a policy says.
#pragma once

#include <string>

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/policy/binding.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

// Where a pairing of a policy with a provider is said.
struct PairingPlace {
  Position position;
  std::string path;
};
// The pipeline's policy number `index`.
[[nodiscard]] PairingPlace place_in(const PipelineSpec& pipeline, std::size_t index);

// Compares what the policy needs with the grade the provider gives. What cannot be enforced is an error at that place,
// or a warning when the policy has on_unenforceable: warn.
void check_enforcement(const PolicyBinding& policy, const ProviderInfo& provider, const PairingPlace& place,
                       Diagnostics& diagnostics);

}  // namespace asmgr
