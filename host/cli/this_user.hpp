// Who uses this program, for what has to be accounted for.
#pragma once

#include "core/engine/options.hpp"

namespace asmgr::cli {

// The name of the user this process runs as, else "uid N".
[[nodiscard]] Caller this_user();

}  // namespace asmgr::cli
