// Whether a provider can be held to what a policy says.
#pragma once

#include <string>

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/policy/binding.hpp"
#include "core/ports/provider.hpp"

namespace asmgr {

// Compares what the pipeline's policy number `index` needs with the grade its provider gives. What cannot be enforced
// is an error at the policy's place in the pipeline, or a warning when the policy has on_unenforceable: warn.
void check_enforcement(const PipelineSpec& pipeline, std::size_t index, const PolicyBinding& policy,
                       const ProviderInfo& provider, Diagnostics& diagnostics);

}  // namespace asmgr
