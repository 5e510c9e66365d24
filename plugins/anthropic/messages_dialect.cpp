#include "messages_dialect.hpp"

#include <boost/json/serialize.hpp>

#include "api_errors.hpp"
#include "messages_reader.hpp"
#include "messages_request.hpp"

namespace asmgr::anthropic {
namespace {

constexpr std::string_view kDefaultBaseUrl = "https://api.anthropic.com";
constexpr std::string_view kApiVersion = "2023-06-01";

std::string url_under(const std::string& base_url) {
  return (base_url.empty() ? std::string(kDefaultBaseUrl) : base_url) + "/v1/messages";
}

}  // namespace

MessagesDialect::MessagesDialect(const model_api::Settings& settings)
    : url_(url_under(settings.base_url)), api_key_(settings.api_key) {}

model_api::Description MessagesDialect::describe() const {
  return {"anthropic",
          {{"streaming", "sampling", "Answers arrive as they are made"},
           {"tool_use", "tool", "The model calls tools that the host runs"},
           {"vision", "resource", "Images in the input"},
           {"system_prompts", "prompt", "A system prompt beside the conversation"},
           {"structured_output", "sampling", "Answers in JSON that follows a schema"},
           {"interrupt", "sampling", "An answer can be stopped in the middle"}},
          {"claude-haiku-4-5", "claude-sonnet-4-5", "claude-opus-4-6"},
          kDefaultMaxTokens};
}

http::Request MessagesDialect::request(const model_api::Prompt& prompt) const {
  http::Request request;
  request.url = url_;
  request.headers = {{"content-type", "application/json"},
                     {"accept", "text/event-stream"},
                     {"anthropic-version", std::string(kApiVersion)}};
  if (!api_key_.empty()) request.headers.push_back({"x-api-key", api_key_});
  request.body = boost::json::serialize(messages_request(prompt));
  return request;
}

std::unique_ptr<model_api::AnswerReader> MessagesDialect::reader(const model_api::Prompt& prompt) const {
  return std::make_unique<MessagesReader>(prompt.output_schema.has_value());
}

model_api::Failure MessagesDialect::read_error(int http_status, std::string_view body) const {
  return failure_in_body(http_status, body);
}

}  // namespace asmgr::anthropic
