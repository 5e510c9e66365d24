#include "responses_request.hpp"

#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "request_parts.hpp"

namespace asmgr::openai {
namespace {

namespace json = boost::json;
using model_api::Message;
using model_api::Prompt;

json::object item_of_type(std::string_view type) {
  json::object item;
  item["type"] = sdk::as_json(type);
  return item;
}

json::object user_item(const Message& message) {
  json::array content;
  for (const model_api::Part& part : message.parts) {
    if (const auto* text = std::get_if<model_api::Text>(&part)) {
      json::object out = item_of_type("input_text");
      out["text"] = text->text;
      content.push_back(std::move(out));
    }
    if (const auto* image = std::get_if<model_api::Image>(&part)) {
      json::object out = item_of_type("input_image");
      out["image_url"] = image_url(*image);
      content.push_back(std::move(out));
    }
  }
  json::object item;
  item["role"] = "user";
  item["content"] = std::move(content);
  return item;
}

// What the API said word for word; false when nothing of it is known.
bool append_verbatim(const Message& message, json::array& input) {
  if (message.verbatim.empty()) return false;
  boost::system::error_code error;
  json::value items = json::parse(message.verbatim, error);
  if (error || !items.is_array()) return false;
  for (json::value& item : items.get_array()) input.push_back(std::move(item));
  return true;
}

void append_assistant(const Message& message, json::array& input) {
  if (append_verbatim(message, input)) return;
  for (const model_api::Part& part : message.parts) {
    if (const auto* text = std::get_if<model_api::Text>(&part)) {
      json::object item;
      item["role"] = "assistant";
      item["content"] = text->text;
      input.push_back(std::move(item));
    }
    if (const auto* call = std::get_if<model_api::ToolCall>(&part)) {
      json::object item = item_of_type("function_call");
      item["call_id"] = call->id;
      item["name"] = call->name;
      item["arguments"] = json::serialize(call->input);
      input.push_back(std::move(item));
    }
  }
}

void append_results(const Message& message, json::array& input) {
  for (const model_api::Part& part : message.parts) {
    const auto* result = std::get_if<model_api::ToolResult>(&part);
    if (result == nullptr) continue;
    json::object item = item_of_type("function_call_output");
    item["call_id"] = result->call_id;
    item["output"] = model_api::output_text(result->output);
    input.push_back(std::move(item));
  }
}

json::array input_items(const Prompt& prompt) {
  json::array input;
  for (const Message& message : prompt.messages) {
    if (message.role == model_api::Role::kUser) input.push_back(user_item(message));
    if (message.role == model_api::Role::kAssistant) append_assistant(message, input);
    if (message.role == model_api::Role::kTool) append_results(message, input);
  }
  return input;
}

json::array function_tools(const Prompt& prompt) {
  json::array tools;
  for (const model_api::Tool& tool : prompt.tools) {
    json::object out = item_of_type("function");
    out["name"] = tool.name;
    out["description"] = tool.description;
    out["parameters"] = tool.input_schema;
    out["strict"] = false;
    tools.push_back(std::move(out));
  }
  return tools;
}

// The o series, and gpt-5 and later but for their chat variants. The others refuse a request that asks for reasoning.
bool reasons(std::string_view model) {
  const auto digit = [&](std::size_t at) { return at < model.size() && model[at] >= '0' && model[at] <= '9'; };
  if (model.substr(0, 1) == "o" && digit(1)) return true;
  if (model.substr(0, 4) != "gpt-" || !digit(4)) return false;
  const bool newer = model[4] >= '5' || digit(5);
  return newer && model.find("-chat") == std::string_view::npos;
}

}  // namespace

json::object responses_request(const Prompt& prompt) {
  require_model(prompt);
  json::object body;
  body["model"] = prompt.model;
  if (!prompt.system.empty()) body["instructions"] = prompt.system;
  body["input"] = input_items(prompt);
  json::array tools = function_tools(prompt);
  if (!tools.empty()) body["tools"] = std::move(tools);

  if (prompt.max_output_tokens) body["max_output_tokens"] = *prompt.max_output_tokens;
  if (prompt.temperature) body["temperature"] = *prompt.temperature;
  if (prompt.output_schema) {
    json::object format = answer_schema(*prompt.output_schema);
    format["type"] = "json_schema";
    json::object text;
    text["format"] = std::move(format);
    body["text"] = std::move(text);
  }
  if (reasons(prompt.model)) {
    json::array include;
    include.emplace_back("reasoning.encrypted_content");
    body["include"] = std::move(include);
  }
  body["store"] = false;
  if (!prompt.resume_token.empty()) body["previous_response_id"] = prompt.resume_token;
  body["stream"] = true;
  model_api::merge_options(body, prompt.options);
  return body;
}

}  // namespace asmgr::openai
