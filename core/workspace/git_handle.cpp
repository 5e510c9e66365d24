#include "core/workspace/git_handle.hpp"

#include <git2/sys/mempack.h>
#include <git2/sys/odb_backend.h>
#include <git2/sys/repository.h>

#include <algorithm>

namespace asmgr::workspace {
namespace {

// libgit2 keeps its settings per process, so they are made once, by whoever needs it first.
class GitLibrary {
 public:
  GitLibrary() {
    git_libgit2_init();
    for (const git_config_level_t level :
         {GIT_CONFIG_LEVEL_PROGRAMDATA, GIT_CONFIG_LEVEL_SYSTEM, GIT_CONFIG_LEVEL_XDG, GIT_CONFIG_LEVEL_GLOBAL}) {
      git_libgit2_opts(GIT_OPT_SET_SEARCH_PATH, level, "");
    }
    // Who owns a repository matters to programs that run what its configuration names; nothing is run here.
    git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, 0);
  }
  ~GitLibrary() { git_libgit2_shutdown(); }
  GitLibrary(const GitLibrary&) = delete;
  GitLibrary& operator=(const GitLibrary&) = delete;
};

void use_git() {
  static const GitLibrary library;
}

GitRepository open_with(const std::string& path, unsigned flags) {
  use_git();
  git_repository* repository = nullptr;
  if (git_repository_open_ext(&repository, path.c_str(), flags, nullptr) != 0) return nullptr;
  GitRepository owned(repository);
  return git_repository_workdir(repository) == nullptr ? nullptr : std::move(owned);
}

}  // namespace

Error git_failure(std::string_view act) {
  const git_error* error = git_error_last();
  const std::string reason = error == nullptr || error->message == nullptr ? "unknown reason" : error->message;
  return Error(ErrorCode::storage_error, "git cannot " + std::string(act) + ": " + reason);
}

ContentId content_id_of(const git_oid& id) noexcept {
  ContentId content{};
  std::copy(std::begin(id.id), std::end(id.id), content.begin());
  return content;
}

git_oid git_id_of(const ContentId& id) noexcept {
  git_oid oid{};
  std::copy_n(id.begin(), kGitIdBytes, std::begin(oid.id));
  return oid;
}

std::string text_of_id(const git_oid& id) {
  return hex_of(content_id_of(id), kGitIdBytes);
}

GitRepository find_repository(const std::string& path) {
  return open_with(path, GIT_REPOSITORY_OPEN_CROSS_FS);
}

GitRepository open_repository(const std::string& path) {
  return open_with(path, GIT_REPOSITORY_OPEN_NO_SEARCH);
}

Result<GitRepository> make_repository_in_memory() {
  use_git();
  git_repository* repository = nullptr;
  if (git_repository_new(&repository) != 0) return git_failure("make a repository in memory");
  GitRepository owned(repository);
  git_odb* odb = nullptr;
  if (git_odb_new(&odb) != 0) return git_failure("make a repository in memory");
  const GitOdb owned_odb(odb);
  git_odb_backend* memory = nullptr;
  if (git_mempack_new(&memory) != 0) return git_failure("make a repository in memory");
  if (git_odb_add_backend(odb, memory, 1) != 0) {
    memory->free(memory);
    return git_failure("make a repository in memory");
  }
  if (git_repository_set_odb(repository, odb) != 0) return git_failure("make a repository in memory");
  return owned;
}

}  // namespace asmgr::workspace
