#include "core/config/stacking.hpp"

#include "core/policy/contradictions.hpp"

namespace asmgr {

void check_stacking(const PipelineSpec& pipeline, std::span<const PolicyBinding> policies, Diagnostics& diagnostics) {
  for (const Contradiction& contradiction : find_contradictions(policies)) {
    Diagnostic diagnostic;
    diagnostic.severity = contradiction.refused ? Severity::error : Severity::warning;
    diagnostic.position = pipeline.policies_position;
    diagnostic.path = pipeline.path + ".policies";
    diagnostic.message = contradiction.message();
    diagnostic.suggestion = "remove one of the two entries, or one of the policies";
    diagnostics.push_back(std::move(diagnostic));
  }
}

}  // namespace asmgr
