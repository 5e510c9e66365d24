// Finds processes by /proc and signals them. Async-signal-safe: no allocation, no locks, system calls only.
#ifndef ASMGR_TOOLKIT_EXEC_PROCESS_TREE_HPP_
#define ASMGR_TOOLKIT_EXEC_PROCESS_TREE_HPP_

#include <sys/types.h>

#include <cstddef>

namespace asmgr::exec {

struct Descendant {
  pid_t pid;
  pid_t parent;
};

// Fills `table` with descendants of the calling process, parents before children; returns how many. What does not
// fit, or moves while this looks, is found by the next call.
[[nodiscard]] std::size_t list_descendants(Descendant* table, std::size_t capacity) noexcept;

// Signals the process if it still is the one that was listed: a number that was given to somebody else's process in
// the meantime is left alone.
void signal_descendant(const Descendant& target, int signal) noexcept;

// Kills every process of the session, except the caller. Returns how many there were. Safe from reused numbers as long
// as the session's leader is not reaped.
std::size_t kill_session(pid_t session) noexcept;

}  // namespace asmgr::exec

#endif  // ASMGR_TOOLKIT_EXEC_PROCESS_TREE_HPP_
