// The guard process and what it and the host say to each other over their socket.
#ifndef ASMGR_TOOLKIT_EXEC_GUARD_HPP_
#define ASMGR_TOOLKIT_EXEC_GUARD_HPP_

#include <asmgr/toolkit/exec.hpp>

#include <cstdint>

#include "tree_meter.hpp"

namespace asmgr::exec {

// Where starting the program failed, as the guard sees it.
enum class LaunchStep : std::int32_t { kFork = 1, kGroup, kStdio, kWorkingDirectory, kLimits, kExecute };

// host -> guard: end the tree.
struct Order {
  std::uint32_t grace_ms;
};

enum class ReportKind : std::int32_t {
  kStarted = 1,  // value: the program's pid
  kFailed,       // value: errno, step: LaunchStep
  kExited,       // value: the program's wait status
  kLimitPassed,  // value: Limit; the tree is being ended
  kTreeGone,     // figures
};

// guard -> host, one packet each.
struct Report {
  ReportKind kind;
  std::int32_t value;
  LaunchStep step;
  TreeFigures figures;
};

// Everything the guard needs, laid out before the fork: after it nothing may be allocated.
struct LaunchPlan {
  const char* path;
  char* const* argv;
  char* const* env;
  const char* cwd;  // null = stay
  ResourceLimits limits;
  MeteredLimits metered;
  int control;
  int stdio[3];  // become the program's 0, 1, 2
  std::uint32_t orphan_grace_ms;
};

// The guard's whole life. Called in the child of a fork of a multithreaded process with all signals blocked:
// async-signal-safe calls and plain system calls only.
[[noreturn]] void run_guard(const LaunchPlan& plan) noexcept;

// Host side: waits for the guard's own end, which is near, so that no zombie stays. Never waits for another process.
void reap_guard(const Fd& handle, pid_t guard) noexcept;

}  // namespace asmgr::exec

#endif  // ASMGR_TOOLKIT_EXEC_GUARD_HPP_
