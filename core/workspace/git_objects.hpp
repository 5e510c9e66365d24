// Contents and trees as objects of a git repository, byte for byte as they are in the folder: no filter, no line ends
// changed.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "core/workspace/contents.hpp"
#include "core/workspace/git_handle.hpp"

namespace asmgr::workspace {

// Owns a handle of its own on the repository, so that several threads may each have one.
[[nodiscard]] Result<std::unique_ptr<Contents>> open_git_contents(GitRepository repository);

// Commits of repositories within that are not checked out: path -> the commit that the index names.
using NamedCommits = std::map<std::string, git_oid, std::less<>>;

// Writes the trees of all folders that hold something; git knows no other folder, and of modes only "may be executed".
[[nodiscard]] Result<git_oid> write_git_tree(git_repository& repository, const Tree& tree, const NamedCommits& absent);
// Files, links, repositories and their folders; modes 0644, 0755 and, of folders, 0755.
[[nodiscard]] Result<Tree> read_git_tree(git_repository& repository, const git_oid& tree);

}  // namespace asmgr::workspace
