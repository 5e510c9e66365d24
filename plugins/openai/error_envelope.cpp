#include "error_envelope.hpp"

#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/parse.hpp>
#include <string>

namespace asmgr::openai {
namespace {

namespace json = boost::json;
using model_api::Failure;

// `code` is the more precise of the two names, where it is a name.
std::string kind_in(const json::object& error) {
  const std::string_view code = sdk::text_member(error, "code");
  return std::string(code.empty() ? sdk::text_member(error, "type") : code);
}

// What a name means more than the status that it came with.
void judge_by_kind(Failure& failure) {
  const std::string& kind = failure.kind;
  if (kind == "insufficient_quota" || kind == "billing_hard_limit_reached" || kind == "billing_not_active") {
    failure.status = ASMGR_E_PROVIDER_QUOTA;
    failure.retryable = false;
  } else if (kind == "context_length_exceeded") {
    failure.status = ASMGR_E_INVALID_INPUT;
    failure.retryable = false;
  }
}

// The HTTP status that the API uses with this name, 0 for one that is not known.
int status_of_kind(std::string_view kind) {
  if (kind == "rate_limit_exceeded" || kind == "rate_limit_error") return 429;
  if (kind == "server_error" || kind == "api_error" || kind == "service_unavailable" || kind == "overloaded_error")
    return 503;
  if (kind == "invalid_request_error" || kind == "invalid_prompt" || kind == "BadRequestError") return 400;
  if (kind == "invalid_api_key" || kind == "authentication_error") return 401;
  return 0;
}

std::string_view first_text(const json::object& where) {
  for (const std::string_view key : {"message", "detail", "error"}) {
    const std::string_view text = sdk::text_member(where, key);
    if (!text.empty()) return text;
  }
  return {};
}

// The object that says it, of whichever shape; empty when there is none.
json::object envelope_in(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(sdk::as_json(body), error);
  if (error) return {};
  if (value.is_array() && !value.get_array().empty()) {
    json::value first = value.get_array().front();
    value = std::move(first);
  }
  if (!value.is_object()) return {};
  const json::object& inner = sdk::object_of(value.get_object(), "error");
  return inner.empty() ? std::move(value.get_object()) : inner;
}

}  // namespace

Failure failure_of_body(int http_status, std::string_view body) {
  Failure failure = model_api::failure_of_status(http_status);
  const json::object envelope = envelope_in(body);
  failure.kind = kind_in(envelope);
  failure.message = first_text(envelope);
  judge_by_kind(failure);
  return failure;
}

Failure failure_in_stream(const json::object& error) {
  const std::string kind = kind_in(error);
  const std::int64_t code = sdk::integer_member(error, "code").value_or(0);
  const int status = code >= 400 && code < 600 ? static_cast<int>(code) : status_of_kind(kind);
  Failure failure = status == 0 ? Failure{} : model_api::failure_of_status(status);
  failure.kind = kind;
  failure.message = first_text(error);
  judge_by_kind(failure);
  return failure;
}

Failure failure_of_cut(std::string_view what) {
  Failure failure;
  failure.status = ASMGR_E_PROVIDER_UNAVAILABLE;
  failure.kind = "stream_cut";
  failure.message = "the stream ended before the answer was complete: " + std::string(what);
  failure.retryable = true;
  return failure;
}

Failure failure_of_call(std::string_view tool_name, std::string_view what) {
  Failure failure;
  failure.kind = "invalid_tool_call";
  failure.message = "the model asked for the tool '" + std::string(tool_name) + "', but " + std::string(what);
  return failure;
}

}  // namespace asmgr::openai
