// What a run or an operation says to the shell.
#pragma once

#include "core/model/error.hpp"
#include "core/model/state_machine.hpp"

namespace asmgr::cli {

enum class ExitCode : int {
  done = 0,
  failed = 1,            // the run or the operation
  usage = 2,             // the command line itself
  configuration = 3,     // configuration or plugin
  policy = 4,            // stopped by a policy or a budget
  cancelled = 5,         // by anybody
  approval_pending = 6,  // waits for a person
  not_found = 7,
};

// For an operation that was refused or failed.
[[nodiscard]] ExitCode exit_code_of(const Error& error) noexcept;

// How a run ended, as far as the exit code depends on it.
struct RunEnd {
  RunStatus status = RunStatus::pending;
  const Error* error = nullptr;    // null = none
  bool approval_asked = false;     // it was stopped with a question left open
  bool stopped_by_caller = false;  // this process was told to stop
};
[[nodiscard]] ExitCode exit_code_of(const RunEnd& end) noexcept;

}  // namespace asmgr::cli
