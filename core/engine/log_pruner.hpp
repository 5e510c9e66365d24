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
  // How many texts go for a cap, after look().
  [[nodiscard]] std::uint64_t to_prune(std::uint64_t cap) const noexcept { return count_.to_prune(cap); }

  // The second pass. Returns how many lost their text; less than to_prune when it was cancelled. Blocks.
  [[nodiscard]] Result<std::uint64_t> prune(std::uint64_t cap, StoreMaintenance& store, const CancelToken& cancel);

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
