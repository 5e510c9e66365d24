// What an engine of workflows should do about an error.
#pragma once

#include <boost/json/object.hpp>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

enum class RecommendedAction : std::uint8_t {
  retry,           // the same step, at once
  wait_and_retry,  // the same step, after Error::retry_after_ms or a while
  failover,        // the step with another provider
  cancel,          // somebody or something decided against it: end the workflow
  abort,           // trying again changes nothing
};

struct ErrorClass {
  bool retryable = false;  // some other try of the step may succeed
  ErrorCategory category = ErrorCategory::unknown;
  RecommendedAction action = RecommendedAction::abort;
};

[[nodiscard]] std::string_view action_name(RecommendedAction action) noexcept;
[[nodiscard]] ErrorClass classify_error(const Error& error) noexcept;
// {"error", "retryable", "category", "recommended_action"}
[[nodiscard]] boost::json::object classified_json(const Error& error);

}  // namespace asmgr
