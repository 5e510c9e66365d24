#include "gemini_request.hpp"

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/array.hpp>
#include <map>
#include <utility>

namespace asmgr::gemini {
namespace {

namespace json = boost::json;
using model_api::Message;
using model_api::Prompt;

// Goes with calls of the running turn that this model did not make, or whose signature is not known any more: newer
// models refuse such a call without a signature, and this is the one that Google lets pass.
constexpr std::string_view kNoSignature = "skip_thought_signature_validator";

bool begins_with(std::string_view text, std::string_view begin) {
  return text.substr(0, begin.size()) == begin;
}

bool checks_signatures(std::string_view model) {
  return !begins_with(model, "gemini-1") && !begins_with(model, "gemini-2");
}

json::object text_part(const std::string& text) {
  json::object part;
  part["text"] = text;
  return part;
}

json::object image_part(const model_api::Image& image) {
  json::object out;
  json::object part;
  if (image.url.empty()) {
    out["mimeType"] = image.media_type;
    out["data"] = image.data;
    part["inlineData"] = std::move(out);
  } else {
    out["fileUri"] = image.url;
    part["fileData"] = std::move(out);
  }
  return part;
}

json::object call_part(const model_api::ToolCall& call) {
  json::object out;
  out["id"] = call.id;
  out["name"] = call.name;
  out["args"] = call.input;
  json::object part;
  part["functionCall"] = std::move(out);
  return part;
}

json::object result_part(const model_api::ToolResult& result, const std::string& tool_name) {
  json::object response;
  if (result.output.is_object() && !result.is_error) {
    response = result.output.get_object();
  } else {
    response[result.is_error ? "error" : "output"] = result.output;
  }
  json::object out;
  out["id"] = result.call_id;
  out["name"] = tool_name;
  out["response"] = std::move(response);
  json::object part;
  part["functionResponse"] = std::move(out);
  return part;
}

json::object content_of(const char* role, json::array parts) {
  json::object content;
  content["role"] = role;
  content["parts"] = std::move(parts);
  return content;
}

// Turns messages into contents; remembers the names of tools by their calls, since results must name them.
class Contents {
 public:
  // `running_turn`: after the last message of the user, where signatures are checked.
  void append(const Message& message, bool running_turn) {
    if (message.role == model_api::Role::kAssistant) return append_model(message, running_turn);
    json::array parts;
    for (const model_api::Part& part : message.parts) {
      if (const auto* text = std::get_if<model_api::Text>(&part)) parts.push_back(text_part(text->text));
      if (const auto* image = std::get_if<model_api::Image>(&part)) parts.push_back(image_part(*image));
      if (const auto* result = std::get_if<model_api::ToolResult>(&part)) {
        parts.push_back(result_part(*result, result->tool_name.empty() ? names_[result->call_id] : result->tool_name));
      }
    }
    contents_.push_back(content_of("user", std::move(parts)));
  }

  [[nodiscard]] json::array take() { return std::move(contents_); }

 private:
  void append_model(const Message& message, bool running_turn) {
    json::array parts;
    bool needs_signature = running_turn;  // of the first call of a step only
    for (const model_api::Part& part : message.parts) {
      if (const auto* text = std::get_if<model_api::Text>(&part)) parts.push_back(text_part(text->text));
      const auto* call = std::get_if<model_api::ToolCall>(&part);
      if (call == nullptr) continue;
      names_[call->id] = call->name;
      json::object out = call_part(*call);
      if (std::exchange(needs_signature, false)) out["thoughtSignature"] = sdk::as_json(kNoSignature);
      parts.push_back(std::move(out));
    }
    if (std::optional<json::object> kept = sdk::parse_object(message.verbatim)) {
      contents_.push_back(std::move(*kept));
      return;
    }
    contents_.push_back(content_of("model", std::move(parts)));
  }

  json::array contents_;
  std::map<std::string, std::string> names_;
};

json::array contents_of(const Prompt& prompt) {
  std::size_t last_user = 0;
  for (std::size_t i = 0; i < prompt.messages.size(); ++i) {
    if (prompt.messages[i].role == model_api::Role::kUser) last_user = i;
  }
  const bool checked = checks_signatures(prompt.model);
  Contents contents;
  for (std::size_t i = 0; i < prompt.messages.size(); ++i) {
    contents.append(prompt.messages[i], checked && i > last_user);
  }
  return contents.take();
}

json::array tools_of(const Prompt& prompt) {
  json::array functions;
  for (const model_api::Tool& tool : prompt.tools) {
    json::object function;
    function["name"] = tool.name;
    function["description"] = tool.description;
    function["parametersJsonSchema"] = tool.input_schema;
    functions.push_back(std::move(function));
  }
  json::object declarations;
  declarations["functionDeclarations"] = std::move(functions);
  json::array tools;
  tools.push_back(std::move(declarations));
  return tools;
}

json::object generation_of(const Prompt& prompt) {
  json::object generation;
  if (prompt.max_output_tokens) generation["maxOutputTokens"] = *prompt.max_output_tokens;
  if (prompt.temperature) generation["temperature"] = *prompt.temperature;
  if (prompt.output_schema) {
    generation["responseMimeType"] = "application/json";
    generation["responseJsonSchema"] = *prompt.output_schema;
  }
  return generation;
}

}  // namespace

std::string gemini_path(std::string_view model) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  std::string path = model.find('/') == std::string_view::npos ? "/models/" : "/";
  for (const char c : model) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    const auto byte = static_cast<unsigned char>(c);
    if (plain) {
      path += c;
    } else {
      path += '%';
      path += kHex[byte >> 4];
      path += kHex[byte & 0xFu];
    }
  }
  return path + ":streamGenerateContent?alt=sse";
}

json::object gemini_request(const Prompt& prompt) {
  if (prompt.model.empty()) {
    throw sdk::StatusError(ASMGR_E_MISSING_FIELD,
                           "no model is named: set `model` in the provider's config, or in the run's options");
  }
  json::object body;
  if (!prompt.system.empty()) {
    json::array parts;
    parts.push_back(text_part(prompt.system));
    json::object instruction;
    instruction["parts"] = std::move(parts);
    body["systemInstruction"] = std::move(instruction);
  }
  body["contents"] = contents_of(prompt);
  if (!prompt.tools.empty()) body["tools"] = tools_of(prompt);
  json::object generation = generation_of(prompt);
  if (!generation.empty()) body["generationConfig"] = std::move(generation);
  model_api::merge_options(body, prompt.options);
  return body;
}

}  // namespace asmgr::gemini
