// Which file a program's name means.
#pragma once

#include <string>

#include "core/config/environment.hpp"

namespace asmgr {

// By the rules of PATH, or the name itself when it has a slash; empty when there is no such file that can be executed.
[[nodiscard]] std::string find_program(const std::string& name, const EnvironmentLookup& environment);

}  // namespace asmgr
