// Takes the texts from one session's log that a policy gives up (core/retention/log_pruning): reads it twice, from its
// head down, and has the store take them piece by piece.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "core/engine/stored_log.hpp"
#include "core/retention/log_pruning.hpp"

namespace asmgr {

class LogPruner {
 public:
  // `log` and `policy` must outlive it; what is above log.head is not looked at.
  LogPruner(const StoredLog& log, const RetentionPolicy& policy) : log_(log), policy_(policy) {}

  // The first pass. Blocks.
  [[nodiscard]] Result<void> look();
  // What it saw.
  [[nodiscard]] const PruneCount& count() const noexcept { return count_; }

  // The second pass: takes the `number` texts that go first. Returns how many lost their text; fewer when it was
  // cancelled, or somebody else did the same. Blocks.
  [[nodiscard]] Result<std::uint64_t> prune(std::uint64_t number, StoreMaintenance& store, const CancelToken& cancel);

 private:
  // Newest first; an error or false of `visit` ends it.
  [[nodiscard]] Result<void> rank_all(const std::function<void(std::uint64_t, PruneRank)>& visit,
                                      const std::function<Result<bool>()>& after_page);

  const StoredLog& log_;
  const RetentionPolicy& policy_;
  std::set<std::string, std::less<>> live_runs_;
  PruneCount count_;
};

}  // namespace asmgr
