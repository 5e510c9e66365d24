// Commits that no branch names, and the refs that keep them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/model/time.hpp"
#include "core/workspace/git_handle.hpp"
#include "core/workspace/git_objects.hpp"

namespace asmgr::workspace {

// The commit that HEAD names; nothing in a repository without one.
[[nodiscard]] std::optional<git_oid> head_of(git_repository& repository) noexcept;
[[nodiscard]] Result<git_oid> tree_of_commit(git_repository& repository, std::string_view commit);
// A commit of `tree` on top of `parent`, by asmgr. Errors: storage_error.
[[nodiscard]] Result<git_oid> make_snapshot_commit(git_repository& repository, const git_oid& tree,
                                                   const std::optional<git_oid>& parent, std::string_view label,
                                                   Timestamp now);
// refs/asmgr/snapshots/NAME.
[[nodiscard]] Result<void> keep_commit(git_repository& repository, const std::string& name, const git_oid& commit);
[[nodiscard]] bool is_kept(git_repository& repository, const std::string& name, std::string_view commit) noexcept;
void let_commit_go(git_repository& repository, const std::string& name) noexcept;

// Of the repositories that the index names and that are not checked out.
[[nodiscard]] Result<NamedCommits> commits_not_checked_out(git_repository& repository);

}  // namespace asmgr::workspace
