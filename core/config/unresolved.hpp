// Reports the ${...} that could not be replaced, where their value is needed.
#pragma once

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

// Entries that are not reached, and `config:` blocks (their component's schema reports those), are passed over.
void report_unresolved(const ConfigTree& tree, const Reach& reach, Diagnostics& diagnostics);

}  // namespace asmgr
