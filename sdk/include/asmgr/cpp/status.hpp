// The taxonomy's name of each status, as errors are written out on the wire.
#pragma once

#include <asmgr/abi/status.h>

#include <string_view>

namespace asmgr::sdk {

namespace detail {
struct StatusName {
  asmgr_status status;
  std::string_view name;
};

// In order of number. The 0xCC00 of a category stands for every number of it that this SDK does not know.
inline constexpr StatusName kStatusNames[] = {
    {ASMGR_E_VALIDATION, "validation_error"},
    {ASMGR_E_INVALID_INPUT, "invalid_input"},
    {ASMGR_E_MISSING_FIELD, "missing_required_field"},
    {ASMGR_E_INVALID_FORMAT, "invalid_format"},
    {ASMGR_E_INVALID_STATUS, "invalid_status"},
    {ASMGR_E_INVALID_TRANSITION, "invalid_transition"},
    {ASMGR_E_INVALID_EVENT_TYPE, "invalid_event_type"},
    {ASMGR_E_INVALID_CAPABILITY_TYPE, "invalid_capability_type"},
    {ASMGR_E_MISSING_CAPABILITY, "missing_required_capability"},
    {ASMGR_E_STREAM_CLOSED, "stream_closed"},
    {ASMGR_E_CONTEXT_MISMATCH, "context_mismatch"},
    {ASMGR_E_INVALID_CURSOR, "invalid_cursor"},
    {ASMGR_E_SESSION_MISMATCH, "session_mismatch"},
    {ASMGR_E_RUN_MISMATCH, "run_mismatch"},
    {ASMGR_E_CURSOR_EXPIRED, "cursor_expired"},
    {ASMGR_E_IN_DOUBT, "in_doubt"},
    {ASMGR_E_INPUT_REDACTED, "input_redacted"},
    {ASMGR_E_IDEMPOTENCY_CONFLICT, "idempotency_conflict"},
    {ASMGR_E_SEQUENCE_CONFLICT, "sequence_conflict"},
    {ASMGR_E_CONFLICT, "version_conflict"},
    {ASMGR_E_STALE_EPOCH, "stale_epoch"},
    {ASMGR_E_NOT_FOUND, "not_found"},
    {ASMGR_E_SESSION_NOT_FOUND, "session_not_found"},
    {ASMGR_E_RUN_NOT_FOUND, "run_not_found"},
    {ASMGR_E_CAPABILITY_NOT_FOUND, "capability_not_found"},
    {ASMGR_E_ALREADY_EXISTS, "already_exists"},
    {ASMGR_E_DUPLICATE_CAPABILITY, "duplicate_capability"},
    {ASMGR_E_PROVIDER, "provider_error"},
    {ASMGR_E_PROVIDER_UNAVAILABLE, "provider_unavailable"},
    {ASMGR_E_PROVIDER_RATE_LIMITED, "provider_rate_limited"},
    {ASMGR_E_PROVIDER_TIMEOUT, "provider_timeout"},
    {ASMGR_E_PROVIDER_AUTH, "provider_authentication_failed"},
    {ASMGR_E_PROVIDER_QUOTA, "provider_quota_exceeded"},
    {ASMGR_E_PLUGIN_CRASHED, "plugin_crashed"},
    {ASMGR_E_PLUGIN_HUNG, "plugin_hung"},
    {ASMGR_E_PLUGIN_MISBEHAVED, "plugin_misbehaved"},
    {ASMGR_E_PLUGIN_DISABLED, "plugin_disabled"},
    {ASMGR_E_STORAGE, "storage_error"},
    {ASMGR_E_STORAGE_CONNECTION, "storage_connection_failed"},
    {ASMGR_E_DEPENDENCY_NOT_AVAILABLE, "dependency_not_available"},
    {ASMGR_E_MIGRATION_REQUIRED, "migration_required"},
    {ASMGR_E_STORAGE_WRITE, "storage_write_failed"},
    {ASMGR_E_STORAGE_READ, "storage_read_failed"},
    {ASMGR_E_STORAGE_FULL, "storage_full"},
    {ASMGR_E_STORAGE_AMBIGUOUS, "storage_ambiguous"},
    {ASMGR_E_QUERY, "query_error"},
    {ASMGR_E_MAINTENANCE, "maintenance_error"},
    {ASMGR_E_PERSISTENCE, "persistence_error"},
    {ASMGR_E_BUSY, "storage_connection_failed"},
    {ASMGR_E_INTERNAL, "internal_error"},
    {ASMGR_E_TIMEOUT, "timeout"},
    {ASMGR_E_CANCELLED, "cancelled"},
    {ASMGR_E_POLICY_VIOLATION, "policy_violation"},
    {ASMGR_E_UNKNOWN, "unknown_error"},
    {ASMGR_E_HOST_TERMINATED, "host_terminated"},
    {ASMGR_E_RECOVERY_EXHAUSTED, "recovery_exhausted"},
    {ASMGR_E_EXCEPTION, "internal_error"},
    {ASMGR_E_INVALID_OPERATION, "invalid_operation"},
    {ASMGR_E_MAX_SESSIONS, "max_sessions_exceeded"},
    {ASMGR_E_MAX_RUNS, "max_runs_exceeded"},
    {ASMGR_E_UNSUPPORTED, "capability_not_supported"},
    {ASMGR_E_LIMIT_EXCEEDED, "policy_violation"},
    {ASMGR_E_TOOL, "tool_error"},
    {ASMGR_E_TOOL_NOT_FOUND, "tool_not_found"},
    {ASMGR_E_TOOL_EXECUTION_FAILED, "tool_execution_failed"},
    {ASMGR_E_TOOL_DENIED, "tool_permission_denied"},
    {ASMGR_E_COMMAND_NOT_FOUND, "command_not_found"},
    {ASMGR_E_COMMAND_FAILED, "command_failed"},
    {ASMGR_E_COMMAND_TIMEOUT, "command_timeout"},
    {ASMGR_E_CONFIG_INVALID, "config_invalid"},
    {ASMGR_E_PLUGIN_LOAD_FAILED, "plugin_load_failed"},
    {ASMGR_E_PLUGIN_ABI_MISMATCH, "plugin_abi_mismatch"},
};
}  // namespace detail

// The name to write into "code" of an error object; an unknown number answers with its category's.
[[nodiscard]] constexpr std::string_view status_name(asmgr_status status) noexcept {
  for (const asmgr_status wanted : {status, status & 0xFF00u})
    for (const detail::StatusName& entry : detail::kStatusNames)
      if (entry.status == wanted) return entry.name;
  return "unknown_error";
}

}  // namespace asmgr::sdk
