// The steps of a rollback that both backends share.
#pragma once

#include <functional>
#include <optional>

#include "core/workspace/restore.hpp"
#include "core/workspace/scan.hpp"
#include "core/workspace/state_folder.hpp"

namespace asmgr::workspace {

// `look` scans the folder, half-written files of an earlier try included. Looks, restores, looks again, a few times
// until all is as wanted, and returns that last look. Errors: of the steps; storage_error when something else writes
// there.
[[nodiscard]] Result<Scan> roll_back_tree(int root, const Tree& wanted, Contents& contents,
                                          const std::function<Result<Scan>()>& look, const BeforeChange& before_change);

struct JournaledRestore {
  std::function<Result<void>(const Snapshot& to)> check;    // whether it can be done; changes nothing
  std::function<Result<void>(const Snapshot& to)> restore;  // may be cut off anywhere and called again
};
// Restores under the lock of the workspace, with a journal that is there from before the first change to after the
// last. `root` is the folder that was changed, flushed at the end where `durable`.
[[nodiscard]] Result<void> roll_back_with_journal(const StateFolder& state, int root, bool durable, const Snapshot& to,
                                                  const JournaledRestore& steps);
// Goes on with what such a call has begun; the snapshot, or nothing when there is no journal.
[[nodiscard]] Result<std::optional<Snapshot>> finish_by_journal(const StateFolder& state, int root, bool durable,
                                                                const JournaledRestore& steps);

}  // namespace asmgr::workspace
