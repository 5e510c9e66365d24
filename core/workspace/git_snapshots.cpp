#include "core/workspace/git_snapshots.hpp"

namespace asmgr::workspace {
namespace {

constexpr std::string_view kRefFolder = "refs/asmgr/snapshots/";

std::string ref_of(const std::string& name) {
  return std::string(kRefFolder) + name;
}

}  // namespace

std::optional<git_oid> head_of(git_repository& repository) noexcept {
  git_oid id;
  if (git_reference_name_to_id(&id, &repository, "HEAD") != 0) return std::nullopt;
  return id;
}

Result<git_oid> tree_of_commit(git_repository& repository, std::string_view commit) {
  git_oid id;
  git_commit* found = nullptr;
  if (git_oid_fromstrn(&id, commit.data(), commit.size()) != 0 || git_commit_lookup(&found, &repository, &id) != 0) {
    return git_failure("find commit " + std::string(commit));
  }
  const GitCommit owned(found);
  return *git_commit_tree_id(found);
}

Result<git_oid> make_snapshot_commit(git_repository& repository, const git_oid& tree,
                                     const std::optional<git_oid>& parent, std::string_view label, Timestamp now) {
  git_tree* content = nullptr;
  if (git_tree_lookup(&content, &repository, &tree) != 0) return git_failure("read tree " + text_of_id(tree));
  const GitTree owned_tree(content);
  git_commit* below = nullptr;
  if (parent && git_commit_lookup(&below, &repository, &*parent) != 0) return git_failure("read the commit of HEAD");
  const GitCommit owned_parent(below);
  git_signature* author = nullptr;
  if (git_signature_new(&author, "asmgr", "asmgr@localhost", now.us / 1'000'000, 0) != 0) {
    return git_failure("sign a commit");
  }
  const GitSignature owned_author(author);
  const std::string message = "Snapshot " + std::string(label) + " a run\n";
  const git_commit* parents[] = {below};
  git_oid id;
  if (git_commit_create(&id, &repository, nullptr, author, author, nullptr, message.c_str(), content, parent ? 1 : 0,
                        const_cast<const git_commit**>(parents)) != 0) {
    return git_failure("keep a snapshot");
  }
  return id;
}

Result<void> keep_commit(git_repository& repository, const std::string& name, const git_oid& commit) {
  git_reference* reference = nullptr;
  if (git_reference_create(&reference, &repository, ref_of(name).c_str(), &commit, 0, nullptr) != 0) {
    return git_failure("write " + ref_of(name));
  }
  const GitReference owned(reference);
  return {};
}

bool is_kept(git_repository& repository, const std::string& name, std::string_view commit) noexcept {
  git_oid id;
  return !name.empty() && git_reference_name_to_id(&id, &repository, ref_of(name).c_str()) == 0 &&
         text_of_id(id) == commit;
}

void let_commit_go(git_repository& repository, const std::string& name) noexcept {
  (void)git_reference_remove(&repository, ref_of(name).c_str());
}

Result<NamedCommits> commits_not_checked_out(git_repository& repository) {
  git_index* index = nullptr;
  if (git_repository_index(&index, &repository) != 0) return git_failure("read the index");
  const GitIndex owned(index);
  NamedCommits commits;
  const std::string workdir = git_repository_workdir(&repository);
  for (std::size_t i = 0; i < git_index_entrycount(index); ++i) {
    const git_index_entry* entry = git_index_get_byindex(index, i);
    if (entry->mode != GIT_FILEMODE_COMMIT) continue;
    if (open_repository(workdir + entry->path) == nullptr) commits.emplace(entry->path, entry->id);
  }
  return commits;
}

}  // namespace asmgr::workspace
