// The steps of a rollback that both backends share.
#pragma once

#include <functional>

#include "core/workspace/restore.hpp"
#include "core/workspace/scan.hpp"

namespace asmgr::workspace {

// `look` scans the folder, half-written files of an earlier try included. Looks, restores, looks again, a few times until all
// is as wanted, and returns that last look. Errors: of the steps; storage_error when something else writes there.
[[nodiscard]] Result<Scan> roll_back_tree(int root, const Tree& wanted, Contents& contents,
                                          const std::function<Result<Scan>()>& look, const BeforeChange& before_change);

}  // namespace asmgr::workspace
