#include "error_envelope.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <charconv>
#include <chrono>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

namespace asmgr::gemini {
namespace {

namespace json = boost::json;
using model_api::Failure;

// "34.07s", as Google writes durations. Empty for anything else, and for more than a day.
std::optional<std::chrono::milliseconds> duration_of(std::string_view text) {
  if (text.empty() || text.back() != 's') return std::nullopt;
  text.remove_suffix(1);
  double seconds = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), seconds);
  constexpr double kDay = 86400;
  if (read.ec != std::errc() || read.ptr != text.data() + text.size()) return std::nullopt;
  if (!(seconds >= 0 && seconds <= kDay)) return std::nullopt;
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

bool names(std::string_view type, std::string_view wanted) {
  return type.size() >= wanted.size() && type.substr(type.size() - wanted.size()) == wanted;
}

bool is_of_a_day(const json::object& quota_failure) {
  const json::array& violations = sdk::array_of(quota_failure, "violations");
  return std::any_of(violations.begin(), violations.end(), [](const json::value& violation) {
    return violation.is_object() &&
           sdk::text_member(violation.get_object(), "quotaId").find("PerDay") != std::string_view::npos;
  });
}

void read_detail(const json::object& detail, Failure& failure) {
  const std::string_view type = sdk::text_member(detail, "@type");
  if (names(type, ".RetryInfo")) failure.retry_after = duration_of(sdk::text_member(detail, "retryDelay"));
  if (names(type, ".QuotaFailure") && is_of_a_day(detail)) {
    failure.status = ASMGR_E_PROVIDER_QUOTA;  // more of it comes tomorrow
    failure.retryable = false;
  }
  // A wrong key is a 400 to this API.
  if (names(type, ".ErrorInfo") && sdk::text_member(detail, "reason").substr(0, 7) == "API_KEY") {
    failure.status = ASMGR_E_PROVIDER_AUTH;
    failure.retryable = false;
  }
}

Failure failure_of(int http_status, const json::object& error) {
  Failure failure = http_status == 0 ? Failure{} : model_api::failure_of_status(http_status);
  failure.kind = sdk::text_member(error, "status");
  failure.message = sdk::text_member(error, "message");
  // Of the account or the place, and not of the input.
  if (failure.kind == "FAILED_PRECONDITION") failure.status = ASMGR_E_PROVIDER;
  for (const json::value& detail : sdk::array_of(error, "details")) {
    if (detail.is_object()) read_detail(detail.get_object(), failure);
  }
  return failure;
}

// The object that says it; empty when there is none.
json::object envelope_in(std::string_view body) {
  boost::system::error_code error;
  json::value value = json::parse(sdk::as_json(body), error);
  if (error) return {};
  if (value.is_array() && !value.get_array().empty()) {
    json::value first = value.get_array().front();
    value = std::move(first);
  }
  return value.is_object() ? sdk::object_of(value.get_object(), "error") : json::object();
}

}  // namespace

Failure failure_of_body(int http_status, std::string_view body) {
  return failure_of(http_status, envelope_in(body));
}

Failure failure_in_stream(const json::object& error) {
  const std::int64_t code = sdk::integer_member(error, "code").value_or(0);
  return failure_of(code >= 400 && code < 600 ? static_cast<int>(code) : 0, error);
}

}  // namespace asmgr::gemini
