// An approval: a tool call that waits for a person, and what that person said.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/model/error.hpp"
#include "core/model/time.hpp"

namespace asmgr {

// Decided once: whatever is not pending stays as it is.
enum class ApprovalStatus : std::uint8_t {
  pending,
  granted,
  denied,
  expired,    // nobody decided in time, which counts as denied
  cancelled,  // its run ended first
};
[[nodiscard]] std::string_view status_name(ApprovalStatus status) noexcept;
[[nodiscard]] std::optional<ApprovalStatus> parse_approval_status(std::string_view name) noexcept;

// How far a decision goes beyond the call it was asked for: within the same session, until `until`.
enum class ApprovalScope : std::uint8_t {
  once,    // this call alone
  input,   // the same tool with the same input
  tool,    // every call of the tool that the same policy asks about
  policy,  // everything that the same policy asks about
};
[[nodiscard]] std::string_view scope_name(ApprovalScope scope) noexcept;
[[nodiscard]] std::optional<ApprovalScope> parse_approval_scope(std::string_view name) noexcept;

struct Approval {
  std::string id;
  std::string session_id;
  std::string run_id;
  ApprovalStatus status = ApprovalStatus::pending;
  std::string tool_name;
  std::string tool_call_id;
  boost::json::object tool_input;  // as it is shown: without secrets
  std::string policy_name;
  std::string violation_kind;
  std::string message;  // why the policy asks
  Timestamp requested_at;
  Timestamp expires_at;  // not set: never
  Timestamp decided_at;
  std::string decided_by;
  std::string reason;
  bool edited = false;  // granted with another input than was asked for
  ApprovalScope scope = ApprovalScope::once;
  Timestamp remembered_until;  // not set: as long as the session

  bool operator==(const Approval&) const = default;
};

[[nodiscard]] boost::json::object to_json(const Approval& approval);
// Required: id, session_id, status, tool_name, requested_at. Errors: validation_error, invalid_status.
[[nodiscard]] Result<Approval> approval_from_json(const boost::json::value& json);

}  // namespace asmgr
