// Makes a folder what a tree says, changing only what differs.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "core/workspace/contents.hpp"
#include "core/workspace/tree.hpp"

namespace asmgr::workspace {

// Beginning of the names that half-written files have: never part of a snapshot, swept away by the next restoring.
inline constexpr std::string_view kTemporaryPrefix = ".asmgr-restore-";

// Called before every change to the folder, with what is about to be done. For tests, which end the process there.
using BeforeChange = std::function<void(std::string_view act)>;

struct Restored {
  std::uint64_t written = 0;  // files and links
  std::uint64_t removed = 0;
  std::uint64_t modes = 0;  // that were all there was to change
};

// `now` is what a scan has just found there. What neither tree names (ignored files) stays, but for what is in the way
// of an entry of `wanted`. Each file is replaced by a rename: a reader sees the old or the new one whole. Repositories
// within are left to the caller. Errors: storage_error, storage_full; what was done until then stays done, and calling
// it again goes on.
[[nodiscard]] Result<Restored> restore(int root, const Tree& now, const Tree& wanted, Contents& contents,
                                       const BeforeChange& before_change);

}  // namespace asmgr::workspace
