#include "core/workspace/workspace.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "core/workspace/descriptor.hpp"
#include "core/workspace/git_handle.hpp"

namespace asmgr::workspace {
namespace {

struct FreeText {
  void operator()(char* text) const noexcept { std::free(text); }
};

Result<std::string> real_path(const std::string& path) {
  const std::unique_ptr<char, FreeText> resolved(::realpath(path.c_str(), nullptr));
  if (resolved != nullptr) return std::string(resolved.get());
  return Error(ErrorCode::validation_error, "the workspace '" + path + "' is no folder that can be opened: " +
                                                file_error("open", path, errno).message())
      .with_detail("option", "workspace.path");
}

// A folder that a repository around it ignores, such as a scratch folder below a home under version control, is none
// of that repository's business.
bool belongs_to_repository(const std::string& path) {
  const GitRepository repository = find_repository(path);
  if (repository == nullptr) return false;
  std::string top = git_repository_workdir(repository.get());
  if (path + '/' == top) return true;
  int ignored = 0;
  const std::string within = path.substr(std::min(path.size(), top.size())) + '/';
  return git_ignore_path_is_ignored(&ignored, repository.get(), within.c_str()) != 0 || ignored == 0;
}

}  // namespace

std::string default_state_folder() {
  const char* state = std::getenv("XDG_STATE_HOME");
  if (state != nullptr && *state == '/') return std::string(state) + "/asmgr/workspaces";
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home == '/') return std::string(home) + "/.local/state/asmgr/workspaces";
  return {};
}

Result<Workspace> Workspace::open(const Settings& settings, const Surroundings& around) {
  auto path = real_path(settings.path);
  if (!path) return path.error();
  const bool git =
      settings.strategy == Strategy::git || (settings.strategy == Strategy::automatic && belongs_to_repository(*path));
  auto backend = git ? open_git_backend(*path, around) : open_hash_backend(*path, settings.ignore, around);
  if (!backend) return backend.error();
  if (auto finished = (*backend)->finish_rollback(); !finished) return finished.error();
  return Workspace(std::move(*backend));
}

Result<std::optional<Snapshot>> Workspace::finish_rollback(const Snapshot& snapshot, const Surroundings& around) {
  // Where the folder is gone, or is one of another machine, there is nothing to finish.
  if (::access(snapshot.path.c_str(), F_OK) != 0) return std::optional<Snapshot>();
  auto backend = snapshot.backend == Backend::git ? open_git_backend(snapshot.path, around)
                                                  : open_hash_backend(snapshot.path, {}, around);
  if (!backend) return backend.error();
  return (*backend)->finish_rollback();
}

Result<void> Workspace::check(const Snapshot& snapshot) const {
  if (snapshot.backend == backend() && snapshot.path == path()) return {};
  return Error(ErrorCode::validation_error, "a snapshot of '" + snapshot.path + "' by " +
                                                std::string(backend_name(snapshot.backend)) + " says nothing of '" +
                                                path() + "' by " + std::string(backend_name(backend())));
}

Result<Diff> Workspace::diff(const Snapshot& from, const Snapshot& to, const DiffOptions& options) {
  for (const Snapshot* snapshot : {&from, &to}) {
    if (auto checked = check(*snapshot); !checked) return checked.error();
  }
  return backend_->diff(from, to, options);
}

Result<void> Workspace::rollback(const Snapshot& to) {
  if (auto checked = check(to); !checked) return checked.error();
  return backend_->rollback(to);
}

}  // namespace asmgr::workspace
