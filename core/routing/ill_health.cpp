#include "core/routing/ill_health.hpp"

#include <algorithm>
#include <string>

#include "core/model/json.hpp"

namespace asmgr {

bool is_ill_health(const Error& error) noexcept {
  switch (error.code()) {
    case ErrorCode::provider_unavailable:
    case ErrorCode::provider_rate_limited:
    case ErrorCode::provider_timeout:
    case ErrorCode::provider_authentication_failed:
    case ErrorCode::provider_quota_exceeded:
    case ErrorCode::plugin_crashed:
    case ErrorCode::plugin_hung:
    case ErrorCode::plugin_misbehaved:
    case ErrorCode::plugin_disabled:
    case ErrorCode::timeout:
      return true;
    case ErrorCode::provider_error:
      return error.retryable();  // its provider knows that trying again helps: so it was not the request
    default:
      return false;
  }
}

std::int64_t asked_to_wait_ms(const Error& error) noexcept {
  const std::int64_t detail = find_int(error.details(), "retry_after_ms").value_or(0);
  return std::max({error.retry_after_ms(), detail, std::int64_t{0}});
}

Error error_of_result(const boost::json::object& result, const std::string& provider) {
  const boost::json::object* given = find_object(result, "error");
  if (given == nullptr) {
    return Error(ErrorCode::provider_error, "provider '" + provider + "' failed without saying why");
  }
  boost::json::object shaped = *given;
  if (!shaped.contains("message")) shaped["message"] = "provider '" + provider + "' failed";
  auto error = Error::from_json(shaped);
  if (error) return std::move(*error);
  return Error(ErrorCode::provider_error, std::string(find_string(shaped, "message").value_or("provider failed")))
      .with_detail("reported_code", find(shaped, "code") ? *find(shaped, "code") : boost::json::value(nullptr));
}

}  // namespace asmgr
