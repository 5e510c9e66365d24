// A folder that runs work in: snapshots of it, what changed between two, and the way back.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/workspace/backend.hpp"

namespace asmgr::workspace {

// $XDG_STATE_HOME/asmgr/workspaces, by default below ~/.local/state; empty when neither that nor HOME is set.
[[nodiscard]] std::string default_state_folder();

// For one thread at a time. Any number of them, in any number of processes, may be open on one folder.
class Workspace {
 public:
  // Chooses the backend. With Strategy::automatic: git where the folder is in the working tree of a repository that
  // does not ignore it, else hash. Finishes a rollback that was cut off. Errors: validation_error (no folder, a bad
  // ignore rule, no repository with Strategy::git), storage_error, storage_full.
  [[nodiscard]] static Result<Workspace> open(const Settings& settings, const Surroundings& around);

  // Finishes a rollback that was cut off in the folder of this snapshot, by whomever it was begun. The snapshot that it
  // went back to; nothing when there was none, or the folder is not there. Errors: those of open.
  [[nodiscard]] static Result<std::optional<Snapshot>> finish_rollback(const Snapshot& snapshot,
                                                                       const Surroundings& around);

  [[nodiscard]] Backend backend() const noexcept { return backend_->kind(); }
  // Absolute: of git the top of the working tree, which may be above the folder that was opened.
  [[nodiscard]] const std::string& path() const noexcept { return backend_->path(); }

  // `stop` may be null; set from another thread it ends the call with `cancelled`.
  [[nodiscard]] Result<Taken> take(std::string_view label, Timestamp now, const std::atomic<bool>* stop) {
    return backend_->take(label, now, stop);
  }
  // Errors: validation_error when they are of other folders or backends, storage_error.
  [[nodiscard]] Result<Diff> diff(const Snapshot& from, const Snapshot& to, const DiffOptions& options);
  // Contents, modes and links become those of the snapshot; what it did not know is removed but for ignored files. Of
  // git the index too; HEAD and every ref stay. Errors: validation_error, storage_error, storage_full; opening the
  // workspace again goes on where it stopped.
  [[nodiscard]] Result<void> rollback(const Snapshot& to);

 private:
  explicit Workspace(std::unique_ptr<SnapshotBackend> backend) : backend_(std::move(backend)) {}
  [[nodiscard]] Result<void> check(const Snapshot& snapshot) const;

  std::unique_ptr<SnapshotBackend> backend_;
};

}  // namespace asmgr::workspace
