// The folder in which a backend keeps what it knows of one workspace: a lock, the stat cache, the journal of a rollback
// and a folder per snapshot. Files: lock, cache, rollback, snapshots/NAME/...
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/workspace/descriptor.hpp"
#include "core/workspace/snapshot.hpp"
#include "core/workspace/stat_cache.hpp"

namespace asmgr::workspace {

class StateFolder {
 public:
  // Makes it when it is not there.
  [[nodiscard]] static Result<StateFolder> open(std::string path);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  // Waits until no other process or object works on this workspace; held until the descriptor goes.
  [[nodiscard]] Result<Descriptor> lock() const;

  [[nodiscard]] StatCache read_cache() const;
  [[nodiscard]] Result<void> write_cache(const StatCache& cache) const;

  // The journal names the snapshot that is being restored, from before the first change to after the last.
  [[nodiscard]] std::string journal_path() const { return path_ + "/rollback"; }
  [[nodiscard]] Result<std::optional<Snapshot>> journal() const;
  [[nodiscard]] Result<void> begin_journal(const Snapshot& to) const;  // flush() is the caller's
  [[nodiscard]] Result<void> end_journal() const;

  // Files of a snapshot. Reading: empty when there is none.
  [[nodiscard]] Result<void> write_of(const std::string& snapshot, const std::string& file,
                                      std::string_view bytes) const;
  [[nodiscard]] Result<std::string> read_of(const std::string& snapshot, const std::string& file) const;
  [[nodiscard]] std::string path_of(const std::string& snapshot, const std::string& file) const {
    return folder_of(snapshot) + '/' + file;
  }
  [[nodiscard]] bool has(const std::string& snapshot) const;
  // All that are kept, the oldest first: names begin with their time.
  [[nodiscard]] std::vector<std::string> snapshots() const;
  void forget(const std::string& snapshot) const;
  // Makes what was written survive a loss of power.
  [[nodiscard]] Result<void> flush() const;

 private:
  explicit StateFolder(std::string path) : path_(std::move(path)) {}
  [[nodiscard]] std::string folder_of(const std::string& snapshot) const { return path_ + "/snapshots/" + snapshot; }

  std::string path_;
};

// A name for a new snapshot; a later one sorts behind.
[[nodiscard]] std::string new_snapshot_name(Timestamp now);

}  // namespace asmgr::workspace
