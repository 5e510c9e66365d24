#include "tool_call.hpp"

#include <algorithm>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>

namespace asmgr::acp {
namespace {

namespace json = boost::json;
using agent::array_at;
using agent::object_at;
using agent::text_at;

void take_text(const json::object& said, std::string_view key, std::string& into) {
  const std::string_view text = text_at(said, key);
  if (!text.empty()) into = text;
}

void take_list(const json::object& said, std::string_view key, json::array& into) {
  if (const json::array* list = array_at(said, key)) into = *list;
}

void take_value(const json::object& said, const char* key, json::value& into) {
  const json::value* value = said.if_contains(key);
  if (value != nullptr && !value->is_null()) into = *value;
}

void add_path(std::vector<std::string>& paths, std::string_view path) {
  if (path.empty()) return;
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.emplace_back(path);
}

}  // namespace

void ToolCall::merge(const json::object& said) {
  take_text(said, "toolCallId", id);
  take_text(said, "title", title);
  take_text(said, "kind", kind);
  take_text(said, "status", status);
  take_value(said, "rawInput", raw_input);
  take_value(said, "rawOutput", raw_output);
  take_list(said, "content", content);
  take_list(said, "locations", locations);
}

std::string ToolCall::name() const {
  const json::object* input = raw_input.if_object();
  // Some agents file a command under what it does: `ls` as a search, `cat` as reading.
  const bool is_command = kind == "execute" || (input != nullptr && input->contains("command"));
  if (is_command) return "execute";
  if (!kind.empty() && kind != "other") return kind;
  return title.empty() ? "tool" : title;
}

json::object ToolCall::input() const {
  if (const json::object* input = raw_input.if_object(); input != nullptr && !input->empty()) return *input;
  json::object made;
  if (!raw_input.is_null() && !raw_input.is_object()) {
    made["value"] = raw_input;
    return made;
  }
  if (kind == "execute" && !title.empty()) made["command"] = title;
  const std::vector<std::string> named = paths();
  if (named.size() == 1) made["path"] = named.front();
  if (named.size() > 1) made["path"] = json::array(named.begin(), named.end());
  const json::object* diff = content.size() == 1 ? content.front().if_object() : nullptr;
  if (diff != nullptr && text_at(*diff, "type") == "diff") made["content"] = sdk::as_json(text_at(*diff, "newText"));
  return made;
}

json::value ToolCall::output() const {
  if (!raw_output.is_null()) return raw_output;
  if (content.empty()) return json::object();
  std::string text;
  for (const json::value& item : content) {
    const json::object* object = item.if_object();
    const json::object* block = object == nullptr ? nullptr : object_at(*object, "content");
    if (block == nullptr) return content;
    text += text_of_block(*block);
  }
  return json::value(text);
}

std::vector<std::string> ToolCall::paths() const {
  std::vector<std::string> found;
  if (const json::object* input = raw_input.if_object()) {
    for (const std::string_view key : {"path", "file_path", "abs_path", "filePath"})
      add_path(found, text_at(*input, key));
  }
  for (const json::value& location : locations) {
    if (const json::object* object = location.if_object()) add_path(found, text_at(*object, "path"));
  }
  for (const json::value& item : content) {
    const json::object* object = item.if_object();
    if (object != nullptr && text_at(*object, "type") == "diff") add_path(found, text_at(*object, "path"));
  }
  return found;
}

bool ToolCall::has_input() const {
  const json::object* input = raw_input.if_object();
  return input != nullptr && !input->empty();
}

std::string text_of_block(const json::object& block) {
  const std::string_view type = text_at(block, "type");
  if (type == "text") return std::string(text_at(block, "text"));
  if (type == "resource") {
    const json::object* resource = object_at(block, "resource");
    return resource == nullptr ? std::string() : std::string(text_at(*resource, "text"));
  }
  if (type != "resource_link") return {};
  return "[" + std::string(text_at(block, "name")) + "](" + std::string(text_at(block, "uri")) + ")";
}

}  // namespace asmgr::acp
