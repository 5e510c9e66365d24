// The difference of two trees as people and `git apply` read it.
#pragma once

#include <string>

#include "core/workspace/contents.hpp"
#include "core/workspace/git_handle.hpp"
#include "core/workspace/snapshot.hpp"

namespace asmgr::workspace {

struct DiffOptions {
  bool capture_patch = true;
};

// No patch is longer: what goes past it is left out, and `patch` stays empty.
inline constexpr std::uint64_t kLongestPatch = 64 * 1024 * 1024;

// Adds what differs between two trees of a repository to `out`; paths get `prefix` before them ("sub/"). Changes of
// repositories within are left to the caller. Binary files are in the patch too.
[[nodiscard]] Result<void> add_git_diff(git_repository& repository, const git_oid& from, const git_oid& to,
                                        const std::string& prefix, const DiffOptions& options, Diff& out);

// The same for trees whose contents are elsewhere. Contents above kLongestPatch are counted, and left out of the patch.
[[nodiscard]] Result<void> add_tree_diff(const Tree& from, const Tree& to, Contents& contents,
                                         const DiffOptions& options, Diff& out);

}  // namespace asmgr::workspace
