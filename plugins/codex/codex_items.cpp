#include "codex_items.hpp"

#include <algorithm>
#include <array>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <initializer_list>
#include <string_view>

namespace asmgr::codex {
namespace {

namespace json = boost::json;
using agent::text_at;

// The first of these members that is there and not null.
const json::value* first_of(const json::object& item, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    const json::value* value = item.if_contains(key);
    if (value != nullptr && !value->is_null()) return value;
  }
  return nullptr;
}

void copy(const json::object& item, std::initializer_list<const char*> keys, const char* as, json::object& into) {
  if (const json::value* value = first_of(item, keys)) into[as] = *value;
}

ToolItem command_item(const json::object& item) {
  ToolItem tool;
  tool.name = "bash";
  tool.asks_first = true;
  json::object input;
  copy(item, {"command"}, "command", input);
  copy(item, {"cwd"}, "cwd", input);
  json::object output;
  copy(item, {"aggregatedOutput", "aggregated_output"}, "output", output);
  copy(item, {"exitCode", "exit_code"}, "exit_code", output);
  copy(item, {"status"}, "status", output);
  copy(item, {"durationMs", "duration_ms"}, "duration_ms", output);
  tool.input = std::move(input);
  tool.output = std::move(output);
  return tool;
}

ToolItem patch_item(const json::object& item) {
  ToolItem tool;
  tool.name = "apply_patch";
  tool.asks_first = true;
  json::object input;
  copy(item, {"changes"}, "changes", input);
  json::object output;
  copy(item, {"status"}, "status", output);
  copy(item, {"changes"}, "changes", output);
  tool.input = std::move(input);
  tool.output = std::move(output);
  return tool;
}

ToolItem mcp_item(const json::object& item) {
  ToolItem tool;
  tool.name = "mcp__" + std::string(text_at(item, "server")) + "__" + std::string(text_at(item, "tool"));
  json::object output;
  copy(item, {"result"}, "result", output);
  copy(item, {"error"}, "error", output);
  copy(item, {"status"}, "status", output);
  const json::value* arguments = first_of(item, {"arguments"});
  tool.input = arguments != nullptr && arguments->is_object() ? *arguments : json::value(json::object());
  tool.output = std::move(output);
  return tool;
}

ToolItem search_item(const json::object& item) {
  ToolItem tool;
  tool.name = "web_search";
  json::object input;
  copy(item, {"query"}, "query", input);
  tool.input = std::move(input);
  json::object output;
  copy(item, {"action"}, "action", output);
  tool.output = std::move(output);
  return tool;
}

// A tool that the client or a plugin of Codex's brought.
ToolItem named_item(const json::object& item) {
  ToolItem tool;
  tool.name = text_at(item, "tool");
  const json::value* arguments = first_of(item, {"arguments", "prompt"});
  json::object input;
  if (arguments != nullptr) input["arguments"] = *arguments;
  tool.input = arguments != nullptr && arguments->is_object() ? *arguments : json::value(std::move(input));
  json::object output;
  copy(item, {"contentItems", "result", "agentsStates", "agents_states"}, "content", output);
  copy(item, {"status"}, "status", output);
  tool.output = std::move(output);
  return tool;
}

template <std::size_t N>
bool is_one_of(std::string_view type, const std::array<std::string_view, N>& types) {
  return std::find(types.begin(), types.end(), type) != types.end();
}

}  // namespace

std::optional<ToolItem> read_tool_item(const json::object& item) {
  const std::string_view type = text_at(item, "type");
  std::optional<ToolItem> tool;
  if (type == "commandExecution" || type == "command_execution") tool = command_item(item);
  if (type == "fileChange" || type == "file_change") tool = patch_item(item);
  if (type == "mcpToolCall" || type == "mcp_tool_call") tool = mcp_item(item);
  if (type == "webSearch" || type == "web_search") tool = search_item(item);
  constexpr std::array<std::string_view, 4> kNamed{"dynamicToolCall", "collabAgentToolCall", "collabToolCall",
                                                   "collab_tool_call"};
  if (is_one_of(type, kNamed)) tool = named_item(item);
  if (!tool) return std::nullopt;
  tool->id = text_at(item, "id");
  const std::string_view status = text_at(item, "status");
  tool->failed = status == "failed" || status == "declined";
  return tool;
}

bool is_silent_item(const json::object& item) {
  constexpr std::array<std::string_view, 10> kSilent{
      "userMessage",       "reasoning",        "plan",      "todo_list", "todoList", "imageView", "contextCompaction",
      "enteredReviewMode", "exitedReviewMode", "hookPrompt"};
  return is_one_of(text_at(item, "type"), kSilent);
}

}  // namespace asmgr::codex
