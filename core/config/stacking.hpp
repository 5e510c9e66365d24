// Whether the policies of a pipeline can be kept together.
#pragma once

#include <span>

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/policy/binding.hpp"

namespace asmgr {

// `policies` are the pipeline's own. What one allows and another denies is an error at the pipeline's `policies:`, or a
// warning when both only warn.
void check_stacking(const PipelineSpec& pipeline, std::span<const PolicyBinding> policies, Diagnostics& diagnostics);

}  // namespace asmgr
