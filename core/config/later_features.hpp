// What the file format has and this version does not do yet: refused where it is used, so that nothing is silently
// ignored.
#pragma once

#include "core/config/diagnostic.hpp"
#include "core/config/spec.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

// Adds one capability_not_supported for every such use in what is reached. A version that gains a feature deletes its
// row of the table.
void refuse_later_features(const ConfigTree& tree, const Reach& reach, Diagnostics& diagnostics);

}  // namespace asmgr
