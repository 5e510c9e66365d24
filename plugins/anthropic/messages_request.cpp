#include "messages_request.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <string>
#include <utility>
#include <variant>

namespace asmgr::anthropic {
namespace {

namespace json = boost::json;
using model_api::Message;
using model_api::Prompt;
using model_api::Role;

json::object block_of(const model_api::Text& text) {
  json::object block;
  block["type"] = "text";
  block["text"] = text.text;
  return block;
}

json::object block_of(const model_api::Image& image) {
  json::object source;
  if (image.url.empty()) {
    source["type"] = "base64";
    source["media_type"] = image.media_type;
    source["data"] = image.data;
  } else {
    source["type"] = "url";
    source["url"] = image.url;
  }
  json::object block;
  block["type"] = "image";
  block["source"] = std::move(source);
  return block;
}

json::object block_of(const model_api::ToolCall& call) {
  json::object block;
  block["type"] = "tool_use";
  block["id"] = call.id;
  block["name"] = call.name;
  block["input"] = call.input;
  return block;
}

json::object block_of(const model_api::ToolResult& result) {
  json::object block;
  block["type"] = "tool_result";
  block["tool_use_id"] = result.call_id;
  block["content"] = model_api::output_text(result.output);
  if (result.is_error) block["is_error"] = true;
  return block;
}

json::array content_of(const Message& message) {
  if (!message.verbatim.empty()) return json::parse(message.verbatim).as_array();
  json::array content;
  for (const model_api::Part& part : message.parts) {
    content.push_back(std::visit([](const auto& one) { return block_of(one); }, part));
  }
  return content;
}

// Results of tools are said by the user, in one message with what the user says after them.
json::array messages_of(const Prompt& prompt) {
  json::array messages;
  for (const Message& message : prompt.messages) {
    const std::string_view role = message.role == Role::kAssistant ? "assistant" : "user";
    json::array content = content_of(message);
    if (!messages.empty() && messages.back().as_object().at("role") == sdk::as_json(role)) {
      json::array& before = messages.back().as_object().at("content").as_array();
      before.insert(before.end(), content.begin(), content.end());
      continue;
    }
    json::object one;
    one["role"] = sdk::as_json(role);
    one["content"] = std::move(content);
    messages.push_back(std::move(one));
  }
  return messages;
}

json::array tools_of(const Prompt& prompt) {
  json::array tools;
  for (const model_api::Tool& tool : prompt.tools) {
    json::object one;
    one["name"] = tool.name;
    if (!tool.description.empty()) one["description"] = tool.description;
    one["input_schema"] = tool.input_schema;
    tools.push_back(std::move(one));
  }
  return tools;
}

json::object output_config_of(const json::object& schema) {
  json::object format;
  format["type"] = "json_schema";
  format["schema"] = schema;
  json::object config;
  config["format"] = std::move(format);
  return config;
}

}  // namespace

json::object messages_request(const Prompt& prompt) {
  json::object request;
  request["model"] = prompt.model;
  request["max_tokens"] = prompt.max_output_tokens.value_or(kDefaultMaxTokens);
  request["stream"] = true;
  if (!prompt.system.empty()) request["system"] = prompt.system;
  request["messages"] = messages_of(prompt);
  if (!prompt.tools.empty()) request["tools"] = tools_of(prompt);
  if (prompt.temperature) request["temperature"] = *prompt.temperature;
  if (prompt.output_schema) request["output_config"] = output_config_of(*prompt.output_schema);
  model_api::merge_options(request, prompt.options);
  return request;
}

}  // namespace asmgr::anthropic
