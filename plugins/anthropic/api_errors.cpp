#include "api_errors.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <string>

namespace asmgr::anthropic {
namespace {

namespace json = boost::json;

struct Meaning {
  std::string_view type;
  int http_status;  // that goes with it
};

constexpr Meaning kMeanings[] = {
    {"invalid_request_error", 400}, {"authentication_error", 401}, {"billing_error", 402},    {"permission_error", 403},
    {"not_found_error", 404},       {"request_too_large", 413},    {"rate_limit_error", 429}, {"api_error", 500},
    {"timeout_error", 504},         {"overloaded_error", 529}};

int status_of(std::string_view type) {
  for (const Meaning& meaning : kMeanings) {
    if (meaning.type == type) return meaning.http_status;
  }
  return 0;
}

// Puts the API's own words into `failure`. False when there are none.
bool take_words(const json::object& envelope, model_api::Failure& failure) {
  const json::object* inner = sdk::object_member(envelope, "error");
  if (inner == nullptr) return false;
  failure.kind = sdk::text_member(*inner, "type");
  failure.message = sdk::text_member(*inner, "message");
  return true;
}

}  // namespace

model_api::Failure failure_in_stream(const json::object& event) {
  model_api::Failure words;
  const bool told = take_words(event, words);
  model_api::Failure failure = model_api::failure_of_status(status_of(words.kind));
  failure.kind = words.kind;
  failure.message = "anthropic broke its answer off with " + (words.kind.empty() ? "an error" : words.kind);
  if (told && !words.message.empty()) failure.message += ": " + words.message;
  failure.message += failure.retryable ? "; try again later" : "; check the request";
  return failure;
}

model_api::Failure failure_in_body(int http_status, std::string_view body) {
  model_api::Failure failure = model_api::failure_of_status(http_status);
  boost::system::error_code problem;
  const json::value envelope = json::parse(sdk::as_json(body), problem);
  if (!problem && envelope.is_object()) take_words(envelope.get_object(), failure);
  return failure;
}

}  // namespace asmgr::anthropic
