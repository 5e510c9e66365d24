#include <algorithm>
#include <asmgr/cpp/error.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <asmgr/toolkit/model_api/prompt.hpp>
#include <asmgr/toolkit/model_api/settings.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "conversation.hpp"

namespace asmgr::model_api {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse(std::string message) {
  throw sdk::StatusError(ASMGR_E_VALIDATION, std::move(message));
}

json::value parse(std::string_view text, const char* what) {
  boost::system::error_code error;
  json::value value = json::parse(sdk::as_json(text), error);
  if (error) refuse(std::string(what) + " is not valid JSON: " + error.message());
  return value;
}

std::string text_member(const json::object& object, const char* key) {
  return std::string(sdk::text_member(object, key));
}

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

Part read_image(const json::object& part) {
  const json::value* source = part.if_contains("source");
  if (source == nullptr || !source->is_object()) refuse("an image of the input has no 'source' object");
  const json::object& from = source->get_object();
  Image image{text_member(from, "media_type"), text_member(from, "data"), text_member(from, "url")};
  const std::string type = text_member(from, "type");
  if (type == "base64" && !image.media_type.empty() && !image.data.empty())
    return Image{image.media_type, image.data, {}};
  if (type == "url" && !image.url.empty()) return Image{{}, {}, image.url};
  refuse(R"(an image of the input needs a source {"type":"base64","media_type","data"} or {"type":"url","url"})");
}

std::vector<Part> read_parts(const json::value& content) {
  std::vector<Part> parts;
  if (content.is_string()) {
    if (!content.get_string().empty()) parts.emplace_back(Text{std::string(sdk::as_view(content.get_string()))});
    return parts;
  }
  if (!content.is_array()) refuse("the input's messages must have a string or a list of parts as their content");
  for (const json::value& item : content.get_array()) {
    if (!item.is_object()) refuse("the parts of a message of the input must be objects");
    const json::object& part = item.get_object();
    const std::string type = text_member(part, "type");
    if (type == "image") {
      parts.push_back(read_image(part));
    } else if (type == "text") {
      if (std::string text = text_member(part, "text"); !text.empty()) parts.emplace_back(Text{std::move(text)});
    } else {
      throw sdk::StatusError(ASMGR_E_UNSUPPORTED, "the input has a part of the type '" + type +
                                                      "', which is not supported; give text or image parts");
    }
  }
  return parts;
}

std::string text_of(const std::vector<Part>& parts) {
  std::string text;
  for (const Part& part : parts) {
    if (const auto* piece = std::get_if<Text>(&part)) text += piece->text;
  }
  return text;
}

void add_paragraph(std::string& text, const std::string& more) {
  if (more.empty()) return;
  if (!text.empty()) text += "\n\n";
  text += more;
}

struct InputMessage {
  std::string role;
  json::value content;
};

std::vector<InputMessage> read_input(std::string_view run_doc) {
  const json::value doc = parse(run_doc, "the run's document");
  const json::value* input = doc.is_object() ? doc.get_object().if_contains("input") : nullptr;
  if (input == nullptr || input->is_null()) {
    throw sdk::StatusError(ASMGR_E_MISSING_FIELD, "the run has no input: give a text, {\"prompt\"} or {\"messages\"}");
  }
  if (input->is_string()) return {{"user", *input}};
  const json::object* object = input->if_object();
  if (const json::value* messages = object == nullptr ? nullptr : object->if_contains("messages")) {
    if (!messages->is_array()) refuse("the input's 'messages' must be a list");
    std::vector<InputMessage> result;
    for (const json::value& item : messages->get_array()) {
      const json::object* message = item.if_object();
      if (message == nullptr) refuse("the input's 'messages' must be a list of objects");
      const json::value* content = message->if_contains("content");
      if (content == nullptr || content->is_null()) continue;
      const std::string role = lower(sdk::text_member(*message, "role"));
      result.push_back({role.empty() ? "user" : role, *content});
    }
    return result;
  }
  const json::value* prompt = object == nullptr ? nullptr : object->if_contains("prompt");
  if (prompt == nullptr || !prompt->is_string()) {
    refuse("the input says nothing to a model: give a text, {\"prompt\"} or {\"messages\"}");
  }
  return {{"user", *prompt}};
}

// The content of a message of the transcript: a text, or parts. A list of parts that went through the log is a text,
// its JSON; where this run's own input has the same, it is parts again.
std::vector<Part> transcript_parts(const json::value& content, const std::vector<InputMessage>& input) {
  if (!content.is_string()) return read_parts(content);
  const std::string text(sdk::as_view(content.get_string()));
  if (!text.empty() && text.front() == '[') {
    boost::system::error_code error;
    const json::value value = json::parse(text, error);
    const auto same = [&](const InputMessage& message) { return message.content == value; };
    if (!error && std::any_of(input.begin(), input.end(), same)) return read_parts(value);
  }
  return text.empty() ? std::vector<Part>() : std::vector<Part>{Text{text}};
}

void add_message(Conversation& conversation, std::string& system, const std::string& role, std::vector<Part> parts) {
  if (role == "system") return add_paragraph(system, text_of(parts));
  if (role == "assistant") return conversation.assistant(text_of(parts));
  conversation.user(std::move(parts));
}

void add_transcript(Conversation& conversation, std::string& system, const json::array& transcript,
                    const std::vector<InputMessage>& input) {
  for (const json::value& item : transcript) {
    const json::object* message = item.if_object();
    if (message == nullptr) refuse("the transcript must be a list of objects");
    const std::string role = text_member(*message, "role");
    const std::string call_id = text_member(*message, "tool_call_id");
    const std::string tool_name = text_member(*message, "tool_name");
    if (role == "tool") {
      const json::value* output = message->if_contains("tool_output");
      const json::value* failed = message->if_contains("is_error");
      conversation.result({call_id, tool_name, output == nullptr ? json::value() : *output,
                           failed != nullptr && failed->is_bool() && failed->get_bool()});
    } else if (role == "assistant" && !tool_name.empty()) {
      const json::value* arguments = message->if_contains("tool_input");
      conversation.call({call_id, tool_name,
                         arguments != nullptr && arguments->is_object() ? arguments->get_object() : json::object()});
    } else if (const json::value* content = message->if_contains("content");
               content != nullptr && !content->is_null()) {
      add_message(conversation, system, role, transcript_parts(*content, input));
    }
  }
}

std::vector<Tool> read_tools(std::string_view text) {
  std::vector<Tool> tools;
  if (text.empty()) return tools;
  const json::value list = parse(text, "the list of tools");
  if (!list.is_array()) refuse("the tools must be a list");
  for (const json::value& item : list.get_array()) {
    const json::object* tool = item.if_object();
    if (tool == nullptr || text_member(*tool, "name").empty())
      refuse("each of the tools must be an object with a name");
    const json::value* schema = tool->if_contains("input_schema");
    tools.push_back({text_member(*tool, "name"), text_member(*tool, "description"),
                     schema != nullptr && schema->is_object() ? schema->get_object() : json::object()});
    if (tools.back().input_schema.empty()) tools.back().input_schema["type"] = "object";
  }
  return tools;
}

std::string text_option(const json::object& options, const char* key, const std::string& fallback) {
  const json::value* value = options.if_contains(key);
  if (value == nullptr || value->is_null()) return fallback;
  if (!value->is_string()) refuse(std::string("the run's option '") + key + "' must be a string");
  return std::string(sdk::as_view(value->get_string()));
}

void read_options(std::string_view text, const Settings& settings, Prompt& prompt) {
  const json::value parsed = text.empty() ? json::value(json::object()) : parse(text, "the run's options");
  if (!parsed.is_object()) refuse("the run's options must be an object");
  const json::object& options = parsed.get_object();
  prompt.model = text_option(options, "model", settings.model);
  prompt.system = text_option(options, "system_prompt", settings.system_prompt);
  prompt.max_output_tokens = settings.max_output_tokens;
  boost::system::error_code error;
  if (const json::value* most = options.if_contains("max_output_tokens"); most != nullptr && !most->is_null()) {
    const auto wanted = most->to_number<std::int64_t>(error);
    if (error || wanted <= 0) refuse("the run's option 'max_output_tokens' must be a positive integer");
    prompt.max_output_tokens = std::min(wanted, settings.max_output_tokens.value_or(wanted));
  }
  if (const json::value* temperature = options.if_contains("temperature");
      temperature != nullptr && !temperature->is_null()) {
    prompt.temperature = temperature->to_number<double>(error);
    if (error) refuse("the run's option 'temperature' must be a number");
  }
  if (const json::value* schema = options.if_contains("output_schema"); schema != nullptr && !schema->is_null()) {
    if (!schema->is_object()) refuse("the run's option 'output_schema' must be a JSON Schema, an object");
    prompt.output_schema = schema->get_object();
  }
}

}  // namespace

Prompt read_prompt(const sdk::RunContext& context, const Settings& settings,
                   const std::vector<RememberedTurn>& remembered) {
  Prompt prompt;
  prompt.run_id = std::string(sdk::view(context.run().id));
  prompt.turn = context.turn();
  prompt.resume_token = std::string(context.resume_token());
  prompt.options = settings.options;
  read_options(context.options(), settings, prompt);
  prompt.tools = read_tools(context.tools());

  const std::vector<InputMessage> input = read_input(sdk::view(context.run().doc));
  json::value transcript = json::array();
  if (!context.transcript().empty()) transcript = parse(context.transcript(), "the transcript");
  if (!transcript.is_array()) refuse("the transcript must be a list");

  Conversation conversation(remembered);
  add_transcript(conversation, prompt.system, transcript.get_array(), input);
  if (context.turn() <= 1 || transcript.get_array().empty()) {
    for (const InputMessage& message : input) {
      add_message(conversation, prompt.system, message.role, read_parts(message.content));
    }
  }
  prompt.messages = conversation.finish();
  if (prompt.messages.empty()) refuse("the run's input is empty: there is nothing to say to the model");
  return prompt;
}

std::string output_text(const json::value& output) {
  return output.is_string() ? std::string(sdk::as_view(output.get_string())) : json::serialize(output);
}

void merge_options(json::object& request, const json::object& options) {
  for (const auto& option : options) {
    if (option.value().is_null()) {
      request.erase(option.key());
      continue;
    }
    json::value& there = request[option.key()];
    if (there.is_object() && option.value().is_object()) {
      merge_options(there.get_object(), option.value().get_object());
    } else {
      there = option.value();
    }
  }
}

}  // namespace asmgr::model_api
