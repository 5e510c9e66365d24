// The records of no session (counters of budgets and the like), from one store to another.
#pragma once

#include <memory>
#include <vector>

#include "core/engine/copy_writer.hpp"

namespace asmgr {

// Commands to a host and what hosts say of themselves stay where those hosts are.
[[nodiscard]] bool is_loose(const Record& record) noexcept;

class LooseRecords {
 public:
  // `may_replace`: `to` has no sessions but copies, so that what it has otherwise is an older state of `from`.
  // `may_remove`: `to` is to become the same.
  LooseRecords(Store& to, CopyWriter& writer, bool may_replace, bool may_remove)
      : to_(to), writer_(writer), may_replace_(may_replace), may_remove_(may_remove) {}

  // One place of a walk; null = not there. Errors: the store's.
  [[nodiscard]] Result<void> add(const Record* ours, const Record* theirs);
  [[nodiscard]] Result<void> finish();
  [[nodiscard]] bool has_added() const noexcept { return has_added_; }
  [[nodiscard]] std::vector<CopyProblem> take_problems() { return std::move(problems_); }

 private:
  Store& to_;
  CopyWriter& writer_;
  const bool may_replace_;
  const bool may_remove_;
  std::unique_ptr<CopyUnit> unit_;
  bool has_added_ = false;
  std::vector<CopyProblem> problems_;
};

}  // namespace asmgr
