// Errors are values: what failed, on what, why, and what to do next.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>

namespace asmgr {

// The closed taxonomy. The wire form is the snake_case name (code_name).
enum class ErrorCode : std::uint16_t {
  // validation
  validation_error, invalid_input, missing_required_field, invalid_format,
  // state
  invalid_status, invalid_transition, invalid_event_type, invalid_capability_type, missing_required_capability,
  stream_closed, context_mismatch, invalid_cursor, session_mismatch, run_mismatch, cursor_expired, in_doubt,
  input_redacted, idempotency_conflict, sequence_conflict, version_conflict, stale_epoch,
  // resource
  not_found, session_not_found, run_not_found, capability_not_found, already_exists, duplicate_capability,
  // provider
  provider_error, provider_unavailable, provider_rate_limited, provider_timeout, provider_authentication_failed,
  provider_quota_exceeded, plugin_crashed, plugin_hung, plugin_misbehaved, plugin_disabled,
  // storage
  storage_error, storage_connection_failed, dependency_not_available, migration_required, storage_write_failed,
  storage_read_failed, storage_full, storage_ambiguous, query_error, maintenance_error, persistence_error,
  // runtime
  timeout, cancelled, policy_violation, internal_error, unknown_error, host_terminated, recovery_exhausted,
  // concurrency
  max_sessions_exceeded, max_runs_exceeded, capability_not_supported, invalid_operation,
  // tool
  tool_error, tool_not_found, tool_execution_failed, tool_permission_denied, command_not_found, command_failed,
  command_timeout,
  // configuration
  config_invalid, plugin_load_failed, plugin_abi_mismatch,
};

enum class ErrorCategory : std::uint8_t {
  validation, state, resource, provider, storage, runtime, concurrency, tool, configuration, unknown,
};

// Every code, in the order above.
[[nodiscard]] std::span<const ErrorCode> all_error_codes() noexcept;
[[nodiscard]] std::string_view code_name(ErrorCode code) noexcept;
[[nodiscard]] std::optional<ErrorCode> parse_error_code(std::string_view name) noexcept;
[[nodiscard]] ErrorCategory category_of(ErrorCode code) noexcept;
[[nodiscard]] std::string_view category_name(ErrorCategory category) noexcept;
// Worth another try without a change, by default; an Error may override it.
[[nodiscard]] bool is_retryable(ErrorCode code) noexcept;
// One short sentence for a code that comes without a message.
[[nodiscard]] std::string_view default_message(ErrorCode code) noexcept;
// The one table of HTTP statuses, for every door.
[[nodiscard]] int http_status(ErrorCode code) noexcept;
// To and from the plugin boundary's 0xCCNN. An unknown number is its category's code; 0 has no code.
[[nodiscard]] std::uint32_t abi_status(ErrorCode code) noexcept;
[[nodiscard]] ErrorCode code_of_abi_status(std::uint32_t status) noexcept;

// What the other side of a provider said, in a shape that never varies. Written out with all its keys.
struct ProviderError {
  std::string provider;  // instance name of the provider, or "unknown"
  std::string kind = "unknown";
  std::string message;
  std::optional<int> exit_code;
  std::optional<std::string> standard_error;  // key "stderr"
  bool truncated = false;                     // written as true or null

  bool operator==(const ProviderError&) const = default;
};

// Cuts text to at most max_lines lines and then max_bytes bytes, back to a whole UTF-8 character.
struct TruncatedText {
  std::string text;
  bool truncated = false;
};
[[nodiscard]] TruncatedText truncate_error_text(std::string_view text, std::size_t max_lines = 200,
                                                std::size_t max_bytes = 16384);

// Cheap to move; what is rare (details, provider error) lives behind one pointer.
class Error {
 public:
  // unknown_error; result<T>::error() needs it to compile.
  Error() : Error(ErrorCode::unknown_error) {}
  explicit Error(ErrorCode code);
  Error(ErrorCode code, std::string message);
  Error(ErrorCode code, std::string message, boost::json::object details);
  Error(const Error&);
  Error(Error&&) noexcept;
  Error& operator=(const Error&);
  Error& operator=(Error&&) noexcept;
  ~Error();

  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  [[nodiscard]] ErrorCategory category() const noexcept { return category_of(code_); }
  [[nodiscard]] const std::string& message() const noexcept { return message_; }
  [[nodiscard]] const boost::json::object& details() const noexcept;
  [[nodiscard]] const ProviderError* provider_error() const noexcept;
  [[nodiscard]] bool retryable() const noexcept { return retryable_.value_or(is_retryable(code_)); }
  // How long to wait before another try, in milliseconds; 0 when nobody said.
  [[nodiscard]] std::int64_t retry_after_ms() const noexcept { return retry_after_ms_; }

  // Builders, used as `Error(...).with(...)`; each returns *this.
  Error&& with_detail(std::string_view key, boost::json::value value) &&;
  Error&& with_details(boost::json::object details) &&;
  Error&& with_provider_error(ProviderError provider_error) &&;
  Error&& with_retryable(bool retryable) &&;
  Error&& with_retry_after_ms(std::int64_t milliseconds) &&;
  // Puts context in front of the message: "loading session ses_1: <message>".
  Error&& with_context(std::string_view context) &&;

  // {"code","message","retryable","details","provider_error"}; the last two {} and null when absent.
  [[nodiscard]] boost::json::object to_json() const;
  // The inverse. Errors: validation_error when the shape is wrong or the code unknown.
  [[nodiscard]] static boost::system::result<Error, Error> from_json(const boost::json::value& json);
  // "[code] message"
  [[nodiscard]] std::string to_string() const;

  bool operator==(const Error& other) const;

 private:
  struct Rare;
  ErrorCode code_;
  std::string message_;
  std::optional<bool> retryable_;
  std::int64_t retry_after_ms_ = 0;
  std::unique_ptr<Rare> rare_;
};

template <typename T>
using Result = boost::system::result<T, Error>;

// What result<T>::value() throws when there is no value. Inside the project nobody calls value() unchecked.
class ErrorException : public std::runtime_error {
 public:
  explicit ErrorException(Error error) : std::runtime_error(error.to_string()), error_(std::move(error)) {}
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};
[[noreturn]] void throw_exception_from_error(const Error& error, const boost::source_location& location);

}  // namespace asmgr
