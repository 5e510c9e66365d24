#include "host/cli/exit_codes.hpp"

namespace asmgr::cli {

ExitCode exit_code_of(const Error& error) noexcept {
  // Whatever the code: something that a file's lines are to blame for.
  if (error.details().contains("diagnostics")) return ExitCode::configuration;
  switch (error.code()) {
    case ErrorCode::not_found:
    case ErrorCode::session_not_found:
    case ErrorCode::run_not_found:
    case ErrorCode::capability_not_found:
      return ExitCode::not_found;
    case ErrorCode::policy_violation:
      return ExitCode::policy;
    case ErrorCode::cancelled:
      return ExitCode::cancelled;
    default:
      break;
  }
  switch (error.category()) {
    case ErrorCategory::validation:
      return ExitCode::usage;
    case ErrorCategory::configuration:
      return ExitCode::configuration;
    default:
      return ExitCode::failed;
  }
}

ExitCode exit_code_of(const RunEnd& end) noexcept {
  switch (end.status) {
    case RunStatus::completed:
      return ExitCode::done;
    case RunStatus::pending:
    case RunStatus::running:
      return ExitCode::approval_pending;
    case RunStatus::cancelled:
      return end.approval_asked && !end.stopped_by_caller ? ExitCode::approval_pending : ExitCode::cancelled;
    case RunStatus::timeout:
      return ExitCode::failed;
    case RunStatus::failed:
      break;
  }
  const bool by_policy = end.error != nullptr && end.error->code() == ErrorCode::policy_violation;
  return by_policy ? ExitCode::policy : ExitCode::failed;
}

}  // namespace asmgr::cli
