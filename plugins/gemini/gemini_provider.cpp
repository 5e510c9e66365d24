#include "gemini_provider.hpp"

#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "config_schema.hpp"
#include "error_envelope.hpp"
#include "gemini_reader.hpp"
#include "gemini_request.hpp"

namespace asmgr::gemini {
namespace {

class GeminiDialect final : public model_api::Dialect {
 public:
  explicit GeminiDialect(const model_api::Settings& settings)
      : base_url_(settings.base_url), api_key_(settings.api_key) {}

  model_api::Description describe() const override {
    model_api::Description description;
    description.vendor = "gemini";
    description.capabilities = {
        {"streaming", "sampling", "Text arrives as it is written"},
        {"reasoning", "sampling", "Thoughts arrive apart from the text, where they are asked for"},
        {"structured_output", "sampling", "Answers in the shape of a JSON Schema"},
        {"tool_use", "tool", "Asks for tools, which the host runs"},
        {"vision", "resource", "Images in the input"},
        {"system_prompts", "prompt", "Instructions apart from the conversation"}};
    return description;
  }

  http::Request request(const model_api::Prompt& prompt) const override {
    http::Request request;
    request.body = boost::json::serialize(gemini_request(prompt));
    request.url = base_url_ + gemini_path(prompt.model);
    request.headers.push_back({"content-type", "application/json"});
    request.headers.push_back({"accept", "text/event-stream"});
    // Never in the URL, where logs of servers and proxies would show it.
    if (!api_key_.empty()) request.headers.push_back({"x-goog-api-key", api_key_});
    return request;
  }

  std::unique_ptr<model_api::AnswerReader> reader(const model_api::Prompt& prompt) const override {
    return std::make_unique<GeminiReader>(prompt);
  }

  model_api::Failure read_error(int http_status, std::string_view body) const override {
    return failure_of_body(http_status, body);
  }

 private:
  std::string base_url_;
  std::string api_key_;
};

}  // namespace

GeminiProvider::GeminiProvider(const sdk::Create& create) : ModelProvider(create, &make_dialect) {}

std::unique_ptr<model_api::Dialect> make_dialect(const model_api::Settings& settings, const boost::json::object&) {
  return std::make_unique<GeminiDialect>(settings);
}

void validate_config(const sdk::Host&, std::string_view text, sdk::Problems& problems) {
  const std::optional<boost::json::object> config = sdk::parse_object(text);
  if (!config) return problems.add("", "the config block must be an object");
  const std::string_view base_url = sdk::text_member(*config, "base_url");
  if (!base_url.empty() && base_url != kDefaultBaseUrl) return;
  if (!sdk::text_member(*config, "api_key").empty() || !sdk::object_of(*config, "headers").empty()) return;
  problems.add(
      "/api_key",
      "Google answers nobody without a key: set api_key, for example to ${env:GEMINI_API_KEY}, or name another "
      "server in base_url");
}

}  // namespace asmgr::gemini
