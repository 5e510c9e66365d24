// What a tree of processes uses, measured by its guard. Async-signal-safe: no allocation, no locks, system calls only.
#ifndef ASMGR_TOOLKIT_EXEC_TREE_METER_HPP_
#define ASMGR_TOOLKIT_EXEC_TREE_METER_HPP_

#include <sys/resource.h>
#include <sys/types.h>

#include <asmgr/toolkit/exec.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "process_tree.hpp"

namespace asmgr::exec {

// The part of TreeLimits that is looked at in the guard; 0 = none.
struct MeteredLimits {
  std::uint64_t memory_bytes;
  std::int64_t cpu_us;
};

struct TreeFigures {
  std::uint64_t max_rss_bytes;
  std::int64_t user_us;
  std::int64_t system_us;
};

class TreeMeter {
 public:
  // Before the program is forked: what this process has resident then, the kernel counts as the program's peak too.
  explicit TreeMeter(const MeteredLimits& limits) noexcept;

  // For how many milliseconds to look away before the next look: often at first, since most programs are short; then
  // every 50 ms where something is limited, else ever more seldom.
  [[nodiscard]] int pause_ms() const noexcept { return pause_ms_; }
  // The limit that the processes of the table, with those that have ended, are over.
  [[nodiscard]] std::optional<Limit> look(const Descendant* table, std::size_t count) noexcept;
  // A child that was waited for.
  void note_end(const rusage& usage) noexcept;
  [[nodiscard]] TreeFigures figures() const noexcept;

 private:
  MeteredLimits limits_;
  std::uint64_t inherited_bytes_;
  std::uint64_t max_rss_bytes_ = 0;
  int pause_ms_;
};

}  // namespace asmgr::exec

#endif  // ASMGR_TOOLKIT_EXEC_TREE_METER_HPP_
