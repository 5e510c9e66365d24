#include "failures.hpp"

#include <asmgr/cpp/error.hpp>
#include <asmgr/cpp/status.hpp>
#include <asmgr/toolkit/json_view.hpp>

namespace asmgr::model_api {
namespace {

namespace json = boost::json;

Failure made(asmgr_status status, std::string_view kind, std::string_view message, bool retryable) {
  return Failure{status, std::string(kind), std::string(message), retryable, std::nullopt};
}

std::string_view what_to_do(asmgr_status status) {
  switch (status) {
    case ASMGR_E_PROVIDER_AUTH:
      return "check the api_key of the provider's configuration, and what it may do";
    case ASMGR_E_PROVIDER_QUOTA:
      return "check the account's billing and limits";
    case ASMGR_E_PROVIDER_RATE_LIMITED:
      return "wait, or send less at once";
    case ASMGR_E_INVALID_INPUT:
      return "check the model's name, the input and the provider's options";
    default:
      return "try again later";
  }
}

std::string sentence(const Failure& failure, std::string_view vendor, int http_status) {
  if (http_status < 400) return failure.message;
  std::string text(vendor);
  text += " answered " + std::to_string(http_status);
  if (!failure.kind.empty()) text += " " + failure.kind;
  if (!failure.message.empty()) text += ": " + failure.message;
  return text + "; " + std::string(what_to_do(failure.status));
}

}  // namespace

Failure failure_of_status(int http_status) {
  switch (http_status) {
    case 401:
    case 403:
      return made(ASMGR_E_PROVIDER_AUTH, {}, {}, false);
    case 402:
      return made(ASMGR_E_PROVIDER_QUOTA, {}, {}, false);
    case 408:
    case 504:
      return made(ASMGR_E_PROVIDER_TIMEOUT, {}, {}, true);
    case 400:
    case 404:
    case 413:
    case 422:
      return made(ASMGR_E_INVALID_INPUT, {}, {}, false);
    case 409:
      return made(ASMGR_E_PROVIDER_UNAVAILABLE, {}, {}, true);
    case 429:
      return made(ASMGR_E_PROVIDER_RATE_LIMITED, {}, {}, true);
    default:
      break;
  }
  if (http_status >= 500) return made(ASMGR_E_PROVIDER_UNAVAILABLE, {}, {}, true);
  return made(ASMGR_E_PROVIDER, {}, {}, false);
}

Failure failure_of_outcome(const http::Outcome& outcome) {
  switch (outcome.error) {
    case http::ErrorKind::kResolve:
    case http::ErrorKind::kConnect:
    case http::ErrorKind::kCut:
      return made(ASMGR_E_PROVIDER_UNAVAILABLE, "transport_exit", outcome.message, true);
    case http::ErrorKind::kTls:
      return made(ASMGR_E_PROVIDER_UNAVAILABLE, "transport_exit", outcome.message, false);
    case http::ErrorKind::kConnectTimeout:
      return made(ASMGR_E_PROVIDER_TIMEOUT, "timeout", outcome.message, true);
    case http::ErrorKind::kFirstByteTimeout:
    case http::ErrorKind::kIdleTimeout:
    case http::ErrorKind::kTotalTimeout:
      return made(ASMGR_E_PROVIDER_TIMEOUT, "timeout", outcome.message, false);
    case http::ErrorKind::kProtocol:
      return made(ASMGR_E_PROVIDER, "protocol_error", outcome.message, false);
    default:
      return made(ASMGR_E_PROVIDER, "unknown", outcome.message, false);
  }
}

Failure failure_of_exception(const std::exception& thrown) {
  if (const auto* error = dynamic_cast<const sdk::StatusError*>(&thrown)) {
    return made(error->status(), "unknown", error->message(), false);
  }
  return made(ASMGR_E_EXCEPTION, "unknown", std::string("reading the answer failed: ") + thrown.what(), false);
}

json::object provider_error(const Failure& failure, std::string_view vendor, int http_status) {
  json::object error;
  error["provider"] = sdk::as_json(vendor);
  error["kind"] = failure.kind.empty() ? "unknown" : failure.kind;
  error["message"] = failure.message;
  if (http_status != 0) error["status"] = http_status;
  return error;
}

json::object error_of(const Failure& failure, std::string_view vendor, int http_status) {
  json::object details;
  if (failure.retry_after) details["retry_after_ms"] = failure.retry_after->count();
  json::object error;
  error["code"] = sdk::as_json(sdk::status_name(failure.status));
  error["message"] = sentence(failure, vendor, http_status);
  error["details"] = std::move(details);
  error["provider_error"] = provider_error(failure, vendor, http_status);
  return error;
}

}  // namespace asmgr::model_api
