// Whether the names in a deployment are well formed and refer to something.
#pragma once

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

// [a-z][a-z0-9_-]*, at most 64 characters.
[[nodiscard]] bool is_instance_name(std::string_view name) noexcept;

void check_names(const ConfigTree& tree, Diagnostics& diagnostics);

// Pipelines' store, provider, policies, artifacts and tool servers; routes' targets, and that no route comes back to
// itself.
void check_references(const ConfigTree& tree, const DeploymentSpec& spec, Diagnostics& diagnostics);

// That the selection names a pipeline and a provider of the file.
void check_selection(const ConfigTree& tree, const DeploymentSpec& spec, const Selection& selection,
                     Diagnostics& diagnostics);

}  // namespace asmgr
