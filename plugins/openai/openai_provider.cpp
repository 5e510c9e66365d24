#include "openai_provider.hpp"

#include <strings.h>
#include <asmgr/toolkit/json_lookup.hpp>

#include <string>
#include <utility>

#include "answer_parts.hpp"
#include "chat_reader.hpp"
#include "chat_request.hpp"
#include "config_schema.hpp"
#include "endpoint.hpp"
#include "error_envelope.hpp"
#include "responses_reader.hpp"
#include "responses_request.hpp"

namespace asmgr::openai {
namespace {

model_api::Description openai_description() {
  model_api::Description description;
  description.vendor = "openai";
  description.capabilities = {
      {"streaming", "sampling", "Text arrives as it is written"},
      {"reasoning", "sampling", "Reasoning arrives apart from the text, where the model shows it"},
      {"structured_output", "sampling", "Answers in the shape of a JSON Schema"},
      {"tool_use", "tool", "Asks for tools, which the host runs"},
      {"vision", "resource", "Images in the input"},
      {"system_prompts", "prompt", "Instructions apart from the conversation"}};
  return description;
}

class ChatDialect final : public model_api::Dialect {
 public:
  explicit ChatDialect(const model_api::Settings& settings) : endpoint_(settings, "/chat/completions") {}

  model_api::Description describe() const override { return openai_description(); }
  http::Request request(const model_api::Prompt& prompt) const override {
    return endpoint_.request(chat_request(prompt, endpoint_.limit_name()));
  }
  std::unique_ptr<model_api::AnswerReader> reader(const model_api::Prompt& prompt) const override {
    return std::make_unique<ChatReader>(prompt);
  }
  model_api::Failure read_error(int http_status, std::string_view body) const override {
    return failure_of_body(http_status, body);
  }

 private:
  Endpoint endpoint_;
};

class ResponsesDialect final : public model_api::Dialect {
 public:
  explicit ResponsesDialect(const model_api::Settings& settings)
      : endpoint_(settings, "/responses"), keeps_answers_(keeps_answers(settings.options)) {}

  model_api::Description describe() const override {
    model_api::Description description = openai_description();
    description.resumes = keeps_answers_;
    return description;
  }
  http::Request request(const model_api::Prompt& prompt) const override {
    return endpoint_.request(responses_request(prompt));
  }
  std::unique_ptr<model_api::AnswerReader> reader(const model_api::Prompt& prompt) const override {
    return std::make_unique<ResponsesReader>(prompt);
  }
  model_api::Failure read_error(int http_status, std::string_view body) const override {
    return failure_of_body(http_status, body);
  }

 private:
  Endpoint endpoint_;
  bool keeps_answers_;
};

bool is_authorization(std::string_view name) {
  return strncasecmp(name.data(), "authorization", name.size()) == 0 && name.size() == 13;
}

}  // namespace

OpenAiProvider::OpenAiProvider(const sdk::Create& create) : ModelProvider(create, &make_dialect) {}

std::unique_ptr<model_api::Dialect> make_dialect(const model_api::Settings& settings,
                                                 const boost::json::object& config) {
  if (sdk::text_member(config, "api") == "chat") return std::make_unique<ChatDialect>(settings);
  return std::make_unique<ResponsesDialect>(settings);
}

void validate_config(const sdk::Host&, std::string_view text, sdk::Problems& problems) {
  const std::optional<boost::json::object> config = sdk::parse_object(text);
  if (!config) return problems.add("", "the config block must be an object");
  const std::string_view base_url = sdk::text_member(*config, "base_url");
  if (!base_url.empty() && base_url != kDefaultBaseUrl) return;
  if (!sdk::text_member(*config, "api_key").empty()) return;
  for (const auto& header : sdk::object_of(*config, "headers")) {
    if (is_authorization(sdk::as_view(header.key()))) return;
  }
  problems.add(
      "/api_key",
      "OpenAI answers nobody without a key: set api_key, for example to ${env:OPENAI_API_KEY}, or name another "
      "server in base_url");
}

}  // namespace asmgr::openai
