// libgit2's objects as owned values, and its errors as ours.
#pragma once

#include <git2.h>

#include <memory>
#include <string>
#include <string_view>

#include "core/workspace/tree.hpp"

namespace asmgr::workspace {

template <auto Free>
struct GitFree {
  template <typename T>
  void operator()(T* object) const noexcept {
    Free(object);
  }
};
using GitRepository = std::unique_ptr<git_repository, GitFree<git_repository_free>>;
using GitOdb = std::unique_ptr<git_odb, GitFree<git_odb_free>>;
using GitIndex = std::unique_ptr<git_index, GitFree<git_index_free>>;
using GitTree = std::unique_ptr<git_tree, GitFree<git_tree_free>>;
using GitCommit = std::unique_ptr<git_commit, GitFree<git_commit_free>>;
using GitObject = std::unique_ptr<git_object, GitFree<git_object_free>>;
using GitBlob = std::unique_ptr<git_blob, GitFree<git_blob_free>>;
using GitDiff = std::unique_ptr<git_diff, GitFree<git_diff_free>>;
using GitStats = std::unique_ptr<git_diff_stats, GitFree<git_diff_stats_free>>;
using GitReference = std::unique_ptr<git_reference, GitFree<git_reference_free>>;
using GitSignature = std::unique_ptr<git_signature, GitFree<git_signature_free>>;

inline constexpr std::size_t kGitIdBytes = GIT_OID_RAWSZ;

// storage_error "git cannot ACT: what libgit2 says", of the last call that failed on this thread.
[[nodiscard]] Error git_failure(std::string_view act);

[[nodiscard]] ContentId content_id_of(const git_oid& id) noexcept;
[[nodiscard]] git_oid git_id_of(const ContentId& id) noexcept;
[[nodiscard]] std::string text_of_id(const git_oid& id);

// Opens the repository whose working tree holds `path`: as this user's configuration outside of it, and who owns it,
// do not matter. Null when there is none, or it has no working tree.
[[nodiscard]] GitRepository find_repository(const std::string& path);
// The one whose working tree is `path` itself.
[[nodiscard]] GitRepository open_repository(const std::string& path);
// One that lives in memory and has no working tree.
[[nodiscard]] Result<GitRepository> make_repository_in_memory();

}  // namespace asmgr::workspace
