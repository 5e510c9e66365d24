// The taxonomy as one table: every property of a code stands in its row and nowhere else.
#include <asmgr/abi/status.h>

#include <algorithm>
#include <array>

#include "core/model/error.hpp"

namespace asmgr {
namespace {

using Code = ErrorCode;
using Category = ErrorCategory;

struct CodeRow {
  ErrorCode code;
  std::string_view name;
  ErrorCategory category;
  bool retryable;
  int http;
  std::uint32_t abi;  // the one status this code is sent as
  std::string_view message;
};

constexpr bool kRetry = true;
constexpr bool kFinal = false;

// In the order of the enumeration, so that a code is the index of its row.
// clang-format off
constexpr CodeRow kRows[] = {
    // validation
    {Code::validation_error, "validation_error", Category::validation, kFinal, 400, ASMGR_E_VALIDATION,
     "the input is not valid"},
    {Code::invalid_input, "invalid_input", Category::validation, kFinal, 400, ASMGR_E_INVALID_INPUT,
     "the input cannot be used"},
    {Code::missing_required_field, "missing_required_field", Category::validation, kFinal, 400, ASMGR_E_MISSING_FIELD,
     "a required field is missing"},
    {Code::invalid_format, "invalid_format", Category::validation, kFinal, 400, ASMGR_E_INVALID_FORMAT,
     "the text is not in the expected format"},
    // state
    {Code::invalid_status, "invalid_status", Category::state, kFinal, 400, ASMGR_E_INVALID_STATUS,
     "there is no such status"},
    {Code::invalid_transition, "invalid_transition", Category::state, kFinal, 409, ASMGR_E_INVALID_TRANSITION,
     "the status cannot change that way"},
    {Code::invalid_event_type, "invalid_event_type", Category::state, kFinal, 400, ASMGR_E_INVALID_EVENT_TYPE,
     "there is no such event type"},
    {Code::invalid_capability_type, "invalid_capability_type", Category::state, kFinal, 409, ASMGR_E_INVALID_CAPABILITY_TYPE,
     "there is no such capability type"},
    {Code::missing_required_capability, "missing_required_capability", Category::state, kFinal, 422, ASMGR_E_MISSING_CAPABILITY,
     "the provider lacks a capability that is required"},
    {Code::stream_closed, "stream_closed", Category::state, kFinal, 409, ASMGR_E_STREAM_CLOSED,
     "the stream is closed"},
    {Code::context_mismatch, "context_mismatch", Category::state, kFinal, 409, ASMGR_E_CONTEXT_MISMATCH,
     "the event belongs to another session or run"},
    {Code::invalid_cursor, "invalid_cursor", Category::state, kFinal, 400, ASMGR_E_INVALID_CURSOR,
     "the cursor does not point into the log"},
    {Code::session_mismatch, "session_mismatch", Category::state, kFinal, 409, ASMGR_E_SESSION_MISMATCH,
     "the event belongs to another session"},
    {Code::run_mismatch, "run_mismatch", Category::state, kFinal, 409, ASMGR_E_RUN_MISMATCH,
     "the event belongs to another run"},
    {Code::cursor_expired, "cursor_expired", Category::state, kFinal, 410, ASMGR_E_CURSOR_EXPIRED,
     "what the cursor points at is no longer kept"},
    {Code::in_doubt, "in_doubt", Category::state, kFinal, 409, ASMGR_E_IN_DOUBT,
     "whether the tool call took effect is not known"},
    {Code::input_redacted, "input_redacted", Category::state, kFinal, 409, ASMGR_E_INPUT_REDACTED,
     "the input was redacted and cannot be run again"},
    {Code::idempotency_conflict, "idempotency_conflict", Category::state, kFinal, 409, ASMGR_E_IDEMPOTENCY_CONFLICT,
     "the idempotency key was used with another request"},
    {Code::sequence_conflict, "sequence_conflict", Category::state, kFinal, 409, ASMGR_E_SEQUENCE_CONFLICT,
     "the log is not at the expected sequence number"},
    {Code::version_conflict, "version_conflict", Category::state, kFinal, 409, ASMGR_E_CONFLICT,
     "the record was changed by somebody else"},
    {Code::stale_epoch, "stale_epoch", Category::state, kFinal, 409, ASMGR_E_STALE_EPOCH,
     "another host owns the session"},
    // resource
    {Code::not_found, "not_found", Category::resource, kFinal, 404, ASMGR_E_NOT_FOUND,
     "there is no such thing"},
    {Code::session_not_found, "session_not_found", Category::resource, kFinal, 404, ASMGR_E_SESSION_NOT_FOUND,
     "there is no such session"},
    {Code::run_not_found, "run_not_found", Category::resource, kFinal, 404, ASMGR_E_RUN_NOT_FOUND,
     "there is no such run"},
    {Code::capability_not_found, "capability_not_found", Category::resource, kFinal, 404, ASMGR_E_CAPABILITY_NOT_FOUND,
     "there is no such capability"},
    {Code::already_exists, "already_exists", Category::resource, kFinal, 409, ASMGR_E_ALREADY_EXISTS,
     "it exists already"},
    {Code::duplicate_capability, "duplicate_capability", Category::resource, kFinal, 409, ASMGR_E_DUPLICATE_CAPABILITY,
     "the capability is declared twice"},
    // provider
    {Code::provider_error, "provider_error", Category::provider, kFinal, 502, ASMGR_E_PROVIDER,
     "the provider failed"},
    {Code::provider_unavailable, "provider_unavailable", Category::provider, kRetry, 502, ASMGR_E_PROVIDER_UNAVAILABLE,
     "the provider is not available"},
    {Code::provider_rate_limited, "provider_rate_limited", Category::provider, kRetry, 429, ASMGR_E_PROVIDER_RATE_LIMITED,
     "the provider limits the rate of requests"},
    {Code::provider_timeout, "provider_timeout", Category::provider, kRetry, 504, ASMGR_E_PROVIDER_TIMEOUT,
     "the provider did not answer in time"},
    {Code::provider_authentication_failed, "provider_authentication_failed", Category::provider, kFinal, 502, ASMGR_E_PROVIDER_AUTH,
     "the provider did not accept the credentials"},
    {Code::provider_quota_exceeded, "provider_quota_exceeded", Category::provider, kFinal, 502, ASMGR_E_PROVIDER_QUOTA,
     "the quota at the provider is used up"},
    {Code::plugin_crashed, "plugin_crashed", Category::provider, kRetry, 502, ASMGR_E_PLUGIN_CRASHED,
     "the plugin crashed"},
    {Code::plugin_hung, "plugin_hung", Category::provider, kRetry, 502, ASMGR_E_PLUGIN_HUNG,
     "the plugin did not return in time"},
    {Code::plugin_misbehaved, "plugin_misbehaved", Category::provider, kFinal, 502, ASMGR_E_PLUGIN_MISBEHAVED,
     "the plugin broke the rules of its interface"},
    {Code::plugin_disabled, "plugin_disabled", Category::provider, kFinal, 502, ASMGR_E_PLUGIN_DISABLED,
     "the plugin is disabled until the host is restarted"},
    // storage
    {Code::storage_error, "storage_error", Category::storage, kFinal, 503, ASMGR_E_STORAGE,
     "the store failed"},
    {Code::storage_connection_failed, "storage_connection_failed", Category::storage, kRetry, 503, ASMGR_E_STORAGE_CONNECTION,
     "the store cannot be reached"},
    {Code::dependency_not_available, "dependency_not_available", Category::storage, kFinal, 503, ASMGR_E_DEPENDENCY_NOT_AVAILABLE,
     "something the store needs is not available"},
    {Code::migration_required, "migration_required", Category::storage, kFinal, 503, ASMGR_E_MIGRATION_REQUIRED,
     "the store has to be migrated first"},
    {Code::storage_write_failed, "storage_write_failed", Category::storage, kFinal, 503, ASMGR_E_STORAGE_WRITE,
     "the store could not write"},
    {Code::storage_read_failed, "storage_read_failed", Category::storage, kFinal, 503, ASMGR_E_STORAGE_READ,
     "the store could not read"},
    {Code::storage_full, "storage_full", Category::storage, kRetry, 503, ASMGR_E_STORAGE_FULL,
     "the store has no space left"},
    {Code::storage_ambiguous, "storage_ambiguous", Category::storage, kRetry, 503, ASMGR_E_STORAGE_AMBIGUOUS,
     "whether the write took effect is not known"},
    {Code::query_error, "query_error", Category::storage, kFinal, 503, ASMGR_E_QUERY,
     "the query failed"},
    {Code::maintenance_error, "maintenance_error", Category::storage, kFinal, 503, ASMGR_E_MAINTENANCE,
     "maintenance of the store failed"},
    {Code::persistence_error, "persistence_error", Category::storage, kFinal, 503, ASMGR_E_PERSISTENCE,
     "the record could not be made durable"},
    // runtime
    {Code::timeout, "timeout", Category::runtime, kRetry, 504, ASMGR_E_TIMEOUT,
     "the operation timed out"},
    {Code::cancelled, "cancelled", Category::runtime, kFinal, 409, ASMGR_E_CANCELLED,
     "the operation was cancelled"},
    {Code::policy_violation, "policy_violation", Category::runtime, kFinal, 403, ASMGR_E_POLICY_VIOLATION,
     "a policy forbids it"},
    {Code::internal_error, "internal_error", Category::runtime, kFinal, 500, ASMGR_E_INTERNAL,
     "something went wrong inside"},
    {Code::unknown_error, "unknown_error", Category::runtime, kFinal, 500, ASMGR_E_UNKNOWN,
     "an error occurred that says nothing of itself"},
    {Code::host_terminated, "host_terminated", Category::runtime, kRetry, 500, ASMGR_E_HOST_TERMINATED,
     "the host that ran it ended"},
    {Code::recovery_exhausted, "recovery_exhausted", Category::runtime, kFinal, 500, ASMGR_E_RECOVERY_EXHAUSTED,
     "it was continued too often without success"},
    // concurrency
    {Code::max_sessions_exceeded, "max_sessions_exceeded", Category::concurrency, kFinal, 429, ASMGR_E_MAX_SESSIONS,
     "there are too many sessions at once"},
    {Code::max_runs_exceeded, "max_runs_exceeded", Category::concurrency, kFinal, 429, ASMGR_E_MAX_RUNS,
     "there are too many runs at once"},
    {Code::capability_not_supported, "capability_not_supported", Category::concurrency, kFinal, 501, ASMGR_E_UNSUPPORTED,
     "this is not supported"},
    {Code::invalid_operation, "invalid_operation", Category::concurrency, kFinal, 409, ASMGR_E_INVALID_OPERATION,
     "this cannot be done now"},
    // tool
    {Code::tool_error, "tool_error", Category::tool, kFinal, 502, ASMGR_E_TOOL,
     "the tool failed"},
    {Code::tool_not_found, "tool_not_found", Category::tool, kFinal, 502, ASMGR_E_TOOL_NOT_FOUND,
     "there is no such tool"},
    {Code::tool_execution_failed, "tool_execution_failed", Category::tool, kFinal, 502, ASMGR_E_TOOL_EXECUTION_FAILED,
     "the tool could not be run"},
    {Code::tool_permission_denied, "tool_permission_denied", Category::tool, kFinal, 502, ASMGR_E_TOOL_DENIED,
     "the tool is not allowed"},
    {Code::command_not_found, "command_not_found", Category::tool, kFinal, 502, ASMGR_E_COMMAND_NOT_FOUND,
     "there is no such command"},
    {Code::command_failed, "command_failed", Category::tool, kFinal, 502, ASMGR_E_COMMAND_FAILED,
     "the command failed"},
    {Code::command_timeout, "command_timeout", Category::tool, kFinal, 502, ASMGR_E_COMMAND_TIMEOUT,
     "the command did not end in time"},
    // configuration
    {Code::config_invalid, "config_invalid", Category::configuration, kFinal, 500, ASMGR_E_CONFIG_INVALID,
     "the configuration is not valid"},
    {Code::plugin_load_failed, "plugin_load_failed", Category::configuration, kFinal, 500, ASMGR_E_PLUGIN_LOAD_FAILED,
     "the plugin cannot be loaded"},
    {Code::plugin_abi_mismatch, "plugin_abi_mismatch", Category::configuration, kFinal, 500, ASMGR_E_PLUGIN_ABI_MISMATCH,
     "the plugin was built for another interface"},
};
// clang-format on

constexpr std::size_t kCount = std::size(kRows);
static_assert(kCount == static_cast<std::size_t>(ErrorCode::plugin_abi_mismatch) + 1, "a code has no row");

constexpr bool rows_follow_the_enumeration() {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (kRows[i].code != static_cast<ErrorCode>(i)) return false;
  }
  return true;
}
static_assert(rows_follow_the_enumeration());

constexpr auto kAllCodes = [] {
  std::array<ErrorCode, kCount> codes{};
  for (std::size_t i = 0; i < kCount; ++i) codes[i] = kRows[i].code;
  return codes;
}();

constexpr std::string_view kCategoryNames[] = {
    "validation", "state",       "resource", "provider",      "storage",
    "runtime",    "concurrency", "tool",     "configuration", "unknown",
};

// A number that was never a code's (a value cast from outside) reads as unknown_error.
const CodeRow& row_of(ErrorCode code) noexcept {
  const auto index = static_cast<std::size_t>(code);
  return kRows[index < kCount ? index : static_cast<std::size_t>(ErrorCode::unknown_error)];
}

// Statuses that share a code with another status.
struct SharedStatus {
  std::uint32_t status;
  ErrorCode code;
};
constexpr SharedStatus kShared[] = {
    {ASMGR_E_BUSY, ErrorCode::storage_connection_failed},
    {ASMGR_E_EXCEPTION, ErrorCode::internal_error},
    {ASMGR_E_LIMIT_EXCEEDED, ErrorCode::policy_violation},
};

std::optional<ErrorCode> exact_code_of(std::uint32_t status) noexcept {
  for (const CodeRow& row : kRows) {
    if (row.abi == status) return row.code;
  }
  for (const SharedStatus& shared : kShared) {
    if (shared.status == status) return shared.code;
  }
  return std::nullopt;
}

}  // namespace

std::span<const ErrorCode> all_error_codes() noexcept {
  return kAllCodes;
}

std::string_view code_name(ErrorCode code) noexcept {
  return row_of(code).name;
}

std::optional<ErrorCode> parse_error_code(std::string_view name) noexcept {
  const auto* row = std::ranges::find(kRows, name, &CodeRow::name);
  if (row == std::end(kRows)) return std::nullopt;
  return row->code;
}

ErrorCategory category_of(ErrorCode code) noexcept {
  return static_cast<std::size_t>(code) < kCount ? row_of(code).category : ErrorCategory::unknown;
}

std::string_view category_name(ErrorCategory category) noexcept {
  const auto index = static_cast<std::size_t>(category);
  return index < std::size(kCategoryNames) ? kCategoryNames[index] : "unknown";
}

bool is_retryable(ErrorCode code) noexcept {
  return row_of(code).retryable;
}

std::string_view default_message(ErrorCode code) noexcept {
  return row_of(code).message;
}

int http_status(ErrorCode code) noexcept {
  return row_of(code).http;
}

std::uint32_t abi_status(ErrorCode code) noexcept {
  return row_of(code).abi;
}

ErrorCode code_of_abi_status(std::uint32_t status) noexcept {
  if (const auto code = exact_code_of(status)) return *code;
  // A number newer than this host: its category's first code says at least whose fault it is.
  return exact_code_of(status & ~0xFFu).value_or(ErrorCode::unknown_error);
}

}  // namespace asmgr
