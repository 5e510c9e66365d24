// What takes snapshots of one folder: as a git repository, or by hashing.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "core/workspace/restore.hpp"
#include "core/workspace/snapshot.hpp"
#include "core/workspace/text_diff.hpp"

namespace asmgr::workspace {

// Paths that are never looked at or changed whatever the rules say: absolute, as the kernel names them. One also stands
// for all below it and for its companions ("x.db-wal" beside "x.db").
using Excluded = std::vector<std::string>;

struct Surroundings {
  std::string state_folder;  // absolute; for what is kept about folders that are no git repository
  Excluded excluded;
  bool durable = true;  // what a snapshot needs survives a loss of power
  BeforeChange before_change;
};

struct Taken {
  Snapshot snapshot;
  std::uint64_t files_read = 0;  // the others were known to be as before
  std::uint64_t bytes_read = 0;
};

// Not for several threads at once; several objects and processes may work on one folder, one after the other.
class SnapshotBackend {
 public:
  virtual ~SnapshotBackend() = default;
  [[nodiscard]] virtual Backend kind() const noexcept = 0;
  // The folder, absolute.
  [[nodiscard]] virtual const std::string& path() const noexcept = 0;
  // `stop` may be null. Errors: storage_error, storage_full, cancelled.
  [[nodiscard]] virtual Result<Taken> take(std::string_view label, Timestamp now, const std::atomic<bool>* stop) = 0;
  // Both are of this folder and backend. Errors: storage_error (a snapshot is not kept any more).
  [[nodiscard]] virtual Result<Diff> diff(const Snapshot& from, const Snapshot& to, const DiffOptions& options) = 0;
  // Makes the folder what it was, by the journal: a rollback that is cut off goes on with finish_rollback.
  [[nodiscard]] virtual Result<void> rollback(const Snapshot& to) = 0;
  // Goes on with one that was cut off; the snapshot that it went back to, nothing when there was none.
  [[nodiscard]] virtual Result<std::optional<Snapshot>> finish_rollback() = 0;
};

// Errors of both: validation_error when it is no folder (of git: no working tree of a repository).
[[nodiscard]] Result<std::unique_ptr<SnapshotBackend>> open_git_backend(const std::string& path,
                                                                        const Surroundings& around);
[[nodiscard]] Result<std::unique_ptr<SnapshotBackend>> open_hash_backend(const std::string& path,
                                                                         const IgnoreRules& ignore,
                                                                         const Surroundings& around);

}  // namespace asmgr::workspace
