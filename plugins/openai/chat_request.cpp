#include "chat_request.hpp"

#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <string>
#include <utility>

#include "request_parts.hpp"

namespace asmgr::openai {
namespace {

namespace json = boost::json;
using model_api::Message;
using model_api::Prompt;

json::object chat_message(std::string_view role, json::value content) {
  json::object message;
  message["role"] = sdk::as_json(role);
  message["content"] = std::move(content);
  return message;
}

json::object chat_part(const model_api::Image& image) {
  json::object url;
  url["url"] = image_url(image);
  json::object part;
  part["type"] = "image_url";
  part["image_url"] = std::move(url);
  return part;
}

json::object chat_part(const std::string& text) {
  json::object part;
  part["type"] = "text";
  part["text"] = text;
  return part;
}

// One text is sent as a plain string: not every server reads lists of parts.
json::value user_content(const Message& message) {
  if (message.parts.size() == 1) {
    if (const auto* text = std::get_if<model_api::Text>(&message.parts.front())) return json::value(text->text);
  }
  json::array parts;
  for (const model_api::Part& part : message.parts) {
    if (const auto* text = std::get_if<model_api::Text>(&part)) parts.push_back(chat_part(text->text));
    if (const auto* image = std::get_if<model_api::Image>(&part)) parts.push_back(chat_part(*image));
  }
  return parts;
}

json::object chat_call(const model_api::ToolCall& call) {
  json::object function;
  function["name"] = call.name;
  function["arguments"] = json::serialize(call.input);
  json::object out;
  out["id"] = call.id;
  out["type"] = "function";
  out["function"] = std::move(function);
  return out;
}

json::object assistant_message(const Message& message) {
  if (std::optional<json::object> kept = sdk::parse_object(message.verbatim)) return std::move(*kept);
  std::string text;
  json::array calls;
  for (const model_api::Part& part : message.parts) {
    if (const auto* said = std::get_if<model_api::Text>(&part)) text += said->text;
    if (const auto* call = std::get_if<model_api::ToolCall>(&part)) calls.push_back(chat_call(*call));
  }
  json::object out = chat_message("assistant", text.empty() ? json::value(nullptr) : json::value(text));
  if (!calls.empty()) out["tool_calls"] = std::move(calls);
  return out;
}

void append(const Message& message, json::array& messages) {
  if (message.role == model_api::Role::kUser) {
    messages.push_back(chat_message("user", user_content(message)));
    return;
  }
  if (message.role == model_api::Role::kAssistant) {
    messages.push_back(assistant_message(message));
    return;
  }
  for (const model_api::Part& part : message.parts) {
    const auto* result = std::get_if<model_api::ToolResult>(&part);
    if (result == nullptr) continue;
    json::object out = chat_message("tool", json::value(model_api::output_text(result->output)));
    out["tool_call_id"] = result->call_id;
    messages.push_back(std::move(out));
  }
}

json::object chat_tool(const model_api::Tool& tool) {
  json::object function;
  function["name"] = tool.name;
  function["description"] = tool.description;
  function["parameters"] = tool.input_schema;
  json::object out;
  out["type"] = "function";
  out["function"] = std::move(function);
  return out;
}

}  // namespace

json::object chat_request(const Prompt& prompt, std::string_view limit_name) {
  require_model(prompt);
  json::object body;
  body["model"] = prompt.model;
  json::array messages;
  if (!prompt.system.empty()) messages.push_back(chat_message("system", json::value(prompt.system)));
  for (const Message& message : prompt.messages) append(message, messages);
  body["messages"] = std::move(messages);

  json::array tools;
  for (const model_api::Tool& tool : prompt.tools) tools.push_back(chat_tool(tool));
  if (!tools.empty()) body["tools"] = std::move(tools);

  if (prompt.max_output_tokens) body[sdk::as_json(limit_name)] = *prompt.max_output_tokens;
  if (prompt.temperature) body["temperature"] = *prompt.temperature;
  if (prompt.output_schema) {
    json::object format;
    format["type"] = "json_schema";
    format["json_schema"] = answer_schema(*prompt.output_schema);
    body["response_format"] = std::move(format);
  }
  body["stream"] = true;
  json::object stream_options;
  stream_options["include_usage"] = true;
  body["stream_options"] = std::move(stream_options);
  model_api::merge_options(body, prompt.options);
  return body;
}

}  // namespace asmgr::openai
