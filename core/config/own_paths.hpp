// Where a component keeps its files.
#pragma once

#include <string>
#include <vector>

#include "core/config/component_config.hpp"

namespace asmgr {

// Adds what the component's configuration says in the values that its schema marks x-path: absolute, without links.
void add_own_paths(const PreparedComponent& component, std::vector<std::string>& paths);

}  // namespace asmgr
