// Which paths a git repository's snapshot takes: all but those that its ignore rules leave out and its index does not
// name.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "core/workspace/exclusion.hpp"
#include "core/workspace/git_handle.hpp"
#include "core/workspace/stat_cache.hpp"
#include "core/workspace/walk.hpp"

namespace asmgr::workspace {

// What the index names, in the order of compare_paths.
struct TrackedPaths {
  std::vector<std::string> paths;
  [[nodiscard]] bool has(std::string_view path) const noexcept;
  [[nodiscard]] bool has_below(std::string_view folder) const noexcept;
};
[[nodiscard]] Result<TrackedPaths> tracked_paths(git_repository& repository);
// Of an index file anywhere.
[[nodiscard]] Result<TrackedPaths> tracked_paths(const std::string& index_file);

// What a snapshot has decided about paths, which holds for a rollback to it whatever the rules and the index say now.
struct EarlierDecisions {
  Tree taken;
  TrackedPaths tracked;
  std::vector<std::string> ignored;  // in order; folders end in '/'
};

class GitFilter final : public WalkFilter {
 public:
  // For a snapshot. What `known` took and left out is taken for decided; may be null.
  GitFilter(git_repository& repository, const Exclusion& exclusion, const StatCache* known)
      : repository_(repository), exclusion_(exclusion), known_(known), workdir_(git_repository_workdir(&repository)) {}
  // For a rollback: also takes half-written files of an earlier try.
  GitFilter(git_repository& repository, const Exclusion& exclusion, const EarlierDecisions& decisions)
      : repository_(repository),
        exclusion_(exclusion),
        decisions_(&decisions),
        workdir_(git_repository_workdir(&repository)) {}

  bool takes(const std::string& path, Kind kind, const FileStat& stat) override;
  bool is_repository(const std::string& path) override;

  // After the walk. Ok, or why the index could not be read.
  [[nodiscard]] Result<void> outcome() const;
  // The .gitignore files it met, with their states; what it left out by the rules, in order, folders ending in '/'.
  [[nodiscard]] std::string rule_files() const;
  [[nodiscard]] std::vector<std::string> ignored() const;

 private:
  [[nodiscard]] bool decide(const std::string& path, Kind kind);
  [[nodiscard]] std::optional<bool> decided_by_snapshot(const std::string& path, const std::string& asked) const;
  [[nodiscard]] const TrackedPaths* tracked();

  git_repository& repository_;
  const Exclusion& exclusion_;
  const StatCache* known_ = nullptr;
  const EarlierDecisions* decisions_ = nullptr;
  std::string workdir_;
  std::mutex mutex_;                             // of what follows, and of the questions to libgit2
  std::optional<Result<TrackedPaths>> tracked_;  // read when first wanted
  std::vector<std::string> rule_files_;
  std::vector<std::string> ignored_;
};

// In a text that says whether a file is as it was.
[[nodiscard]] std::string print_of(const FileStat& stat);
[[nodiscard]] std::string print_of_file(const std::string& path);

}  // namespace asmgr::workspace
