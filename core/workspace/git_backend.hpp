// Snapshots of the working tree of a git repository, as commits that only refs of ours name.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/workspace/backend.hpp"
#include "core/workspace/exclusion.hpp"
#include "core/workspace/git_filter.hpp"
#include "core/workspace/roll_back.hpp"
#include "core/workspace/scan.hpp"
#include "core/workspace/state_folder.hpp"

namespace asmgr::workspace {

// Key of a snapshot's metadata: the snapshots of the repositories within, by path.
inline constexpr const char* kRepositories = "repositories";

class GitBackend final : public SnapshotBackend {
 public:
  GitBackend(GitRepository repository, std::string path, Descriptor root, StateFolder state, const Surroundings& around)
      : repository_(std::move(repository)),
        path_(std::move(path)),
        root_(std::move(root)),
        state_(std::move(state)),
        around_(around),
        exclusion_(around.excluded, path_),
        index_path_(std::string(git_repository_path(repository_.get())) + "index") {}

  [[nodiscard]] static Result<std::unique_ptr<GitBackend>> open(GitRepository repository, const Surroundings& around);

  Backend kind() const noexcept override { return Backend::git; }
  const std::string& path() const noexcept override { return path_; }
  Result<Taken> take(std::string_view label, Timestamp now, const std::atomic<bool>* stop) override;
  Result<Diff> diff(const Snapshot& from, const Snapshot& to, const DiffOptions& options) override;
  Result<void> rollback(const Snapshot& to) override;
  Result<std::optional<Snapshot>> finish_rollback() override;
  Result<void> add_diff(const Snapshot& from, const Snapshot& to, const std::string& prefix, const DiffOptions& options,
                        Diff& out);

 private:
  struct Look {
    Scan scan;
    std::string rules;
    std::vector<std::string> ignored;
  };
  // What a rollback goes by.
  struct Target {
    EarlierDecisions decisions;  // with the tree
    Exclusion exclusion;
  };
  [[nodiscard]] OpenContents open_contents() const;
  [[nodiscard]] Result<Look> look(const StatCache& cache, const NestedCommit& nested, const ScanOptions& options);
  [[nodiscard]] Result<Look> look_once(const StatCache& cache, const StatCache* known, const NestedCommit& nested,
                                       const ScanOptions& options);
  [[nodiscard]] std::string outer_rules() const;
  [[nodiscard]] StatCache trusted_cache() const;
  [[nodiscard]] Result<Snapshot> keep(const Tree& tree, const std::string& left_out, std::string_view label,
                                      Timestamp now);

  // git_rollback.cpp
  [[nodiscard]] JournaledRestore steps();
  [[nodiscard]] Result<Tree> tree_of(const Snapshot& snapshot);
  [[nodiscard]] Result<Target> target_of(const Snapshot& snapshot);
  [[nodiscard]] Result<Scan> look_back(const Target& target, const StatCache& cache);
  [[nodiscard]] Result<void> restore_rule_files(const Target& target, const StatCache& cache, Contents& contents);
  [[nodiscard]] Result<void> restore_to(const Snapshot& to);
  [[nodiscard]] Result<void> restore_repositories(const Snapshot& to);
  [[nodiscard]] Result<void> restore_index(const std::string& name);
  void forget_old(const std::string& newest);
  [[nodiscard]] Result<std::unique_ptr<GitBackend>> open_within(const std::string& path) const;

  GitRepository repository_;
  std::string path_;
  Descriptor root_;
  StateFolder state_;
  Surroundings around_;
  Exclusion exclusion_;
  std::string index_path_;
};

}  // namespace asmgr::workspace
