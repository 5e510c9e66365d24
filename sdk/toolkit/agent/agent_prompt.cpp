#include <asmgr/cpp/error.hpp>
#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/json_view.hpp>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace asmgr::agent {
namespace {

namespace json = boost::json;

[[noreturn]] void refuse_input(const std::string& why) {
  throw sdk::StatusError(ASMGR_E_VALIDATION, why);
}

json::value parse_input(std::string_view text, const char* what) {
  boost::system::error_code error;
  json::value value = json::parse(sdk::as_json(text), error);
  if (error) refuse_input(std::string(what) + " is not valid JSON: " + error.message());
  return value;
}

std::string_view member_text(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value != nullptr && value->is_string() ? sdk::as_view(value->get_string()) : std::string_view();
}

Part text_part(std::string_view text) {
  Part part;
  part.text = text;
  return part;
}

Part image_part(const json::object& block) {
  const json::value* found = block.if_contains("source");
  const json::object* source = found == nullptr ? nullptr : found->if_object();
  if (source == nullptr) refuse_input("an image of the input has no 'source'");
  Part part;
  part.kind = Part::Kind::kImage;
  part.media_type = member_text(*source, "media_type");
  part.data = member_text(*source, "data");
  part.url = member_text(*source, "url");
  if (part.data.empty() == part.url.empty()) {
    refuse_input("an image of the input needs either base64 'data' with a 'media_type' or a 'url'");
  }
  return part;
}

Part read_part(const json::value& block) {
  if (block.is_string()) return text_part(sdk::as_view(block.get_string()));
  const json::object* object = block.if_object();
  if (object == nullptr) refuse_input("a part of the input's content is neither a string nor an object");
  const std::string_view type = member_text(*object, "type");
  if (type == "image") return image_part(*object);
  if (type == "text" || (type.empty() && object->contains("text"))) return text_part(member_text(*object, "text"));
  return text_part(json::serialize(block));
}

std::vector<Part> read_content(const json::value& content) {
  if (content.is_string()) return {text_part(sdk::as_view(content.get_string()))};
  if (!content.is_array()) refuse_input("the input's messages must have a string or a list of parts as their content");
  std::vector<Part> parts;
  for (const json::value& block : content.get_array()) parts.push_back(read_part(block));
  return parts;
}

Message read_one(const json::value& value) {
  const json::object* object = value.if_object();
  if (object == nullptr) refuse_input("the input's 'messages' must be a list of objects");
  const json::value* content = object->if_contains("content");
  if (content == nullptr) refuse_input("a message of the input has no 'content'");
  const std::string_view role = member_text(*object, "role");
  return {std::string(role.empty() ? "user" : role), read_content(*content)};
}

bool says_nothing(const Message& message) {
  return std::all_of(message.parts.begin(), message.parts.end(), [](const Part& part) {
    return part.kind == Part::Kind::kText && part.text.find_first_not_of(" \t\r\n") == std::string::npos;
  });
}

std::string text_of(const Message& message) {
  std::string text;
  for (const Part& part : message.parts) {
    if (part.kind == Part::Kind::kImage) {
      throw sdk::StatusError(ASMGR_E_UNSUPPORTED,
                             "this provider takes no images; name the image's file in the prompt instead");
    }
    text += part.text;
  }
  return text;
}

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

std::string content_of(const json::object& message) {
  const json::value* content = message.if_contains("content");
  if (content == nullptr || content->is_null()) return {};
  if (!content->is_array()) return plain(*content);
  std::string text;
  for (const json::value& block : content->get_array()) {
    const json::object* object = block.if_object();
    text += object == nullptr ? plain(block) : std::string(member_text(*object, "text"));
  }
  return text;
}

std::string member_plain(const json::object& object, const char* key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? std::string() : plain(*value);
}

// One message of a transcript as a paragraph; empty when it says nothing.
std::string paragraph(const json::object& message) {
  const std::string_view role = member_text(message, "role");
  const std::string tool = member_plain(message, "tool_name");
  if (role == "tool") {
    const json::value* failed = message.if_contains("is_error");
    const bool is_error = failed != nullptr && failed->is_bool() && failed->get_bool();
    std::string output = member_plain(message, "tool_output");
    if (output.empty()) output = content_of(message);
    return (is_error ? "Failure of " : "Result of ") + tool + ": " + output;
  }
  const std::string content = content_of(message);
  if (!tool.empty() && content.empty()) return "Assistant called " + tool + ": " + member_plain(message, "tool_input");
  if (content.empty()) return {};
  const std::string who = role == "assistant" ? "Assistant" : role == "system" ? "System" : "User";
  return who + ": " + content;
}

}  // namespace

std::vector<Message> read_messages(std::string_view run_doc_json) {
  const json::value doc = parse_input(run_doc_json, "the run's document");
  const json::object* object = doc.if_object();
  const json::value* input = object == nullptr ? nullptr : object->if_contains("input");
  if (input == nullptr || input->is_null()) refuse_input("the run has no input: give a prompt");
  std::vector<Message> messages;
  const json::object* fields = input->if_object();
  if (input->is_string()) {
    messages.push_back({"user", read_content(*input)});
  } else if (fields != nullptr && !member_text(*fields, "prompt").empty()) {
    messages.push_back({"user", {text_part(member_text(*fields, "prompt"))}});
  } else if (const json::value* list = fields == nullptr ? nullptr : fields->if_contains("messages")) {
    if (!list->is_array()) refuse_input("the input's 'messages' must be a list");
    for (const json::value& message : list->get_array()) messages.push_back(read_one(message));
  } else {
    refuse_input("the input has no prompt: give a string, {\"prompt\"} or {\"messages\"}");
  }
  if (std::all_of(messages.begin(), messages.end(), says_nothing)) refuse_input("the input's prompt is empty");
  return messages;
}

Message read_message(std::string_view message_json) {
  Message message = read_one(parse_input(message_json, "the message"));
  if (says_nothing(message)) refuse_input("the message is empty");
  return message;
}

std::string prompt_text(const std::vector<Message>& messages) {
  const bool dialogue =
      std::any_of(messages.begin(), messages.end(), [](const Message& one) { return one.role == "assistant"; });
  std::string system;
  std::string text;
  for (const Message& message : messages) {
    std::string said = text_of(message);
    if (message.role == "system") {
      system += said + "\n\n";
      continue;
    }
    if (!text.empty()) text += dialogue ? "\n\n" : "\n";
    if (dialogue) text += message.role == "assistant" ? "Assistant: " : "User: ";
    text += said;
  }
  return system + text;
}

std::string transcript_introduction(std::string_view transcript_json) {
  if (transcript_json.empty()) return {};
  const json::value parsed = parse_input(transcript_json, "the transcript");
  const json::array* messages = parsed.if_array();
  std::string text;
  for (std::size_t i = 0; messages != nullptr && i < messages->size(); ++i) {
    const json::object* message = (*messages)[i].if_object();
    const std::string one = message == nullptr ? std::string() : paragraph(*message);
    if (!one.empty()) text += one + "\n\n";
  }
  if (text.empty()) return {};
  return "This conversation so far:\n\n" + text + "It goes on with:\n\n";
}

}  // namespace asmgr::agent
