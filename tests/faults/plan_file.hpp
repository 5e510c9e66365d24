// A FaultPlan in a file that processes share.
#pragma once

#include <string>

#include "tests/faults/fault_plan.hpp"

namespace asmgr::faults {

// Makes the file; the page stays mapped as long as this process lives. Throws std::runtime_error.
[[nodiscard]] FaultPlan* make_plan_file(const std::string& path);

}  // namespace asmgr::faults
