#include "app_server_output.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>

namespace asmgr::codex {
namespace {

namespace json = boost::json;
using agent::object_at;
using agent::text_at;

std::string summary_of(const json::object& reasoning) {
  std::string text;
  const json::array* summary = agent::array_at(reasoning, "summary");
  for (std::size_t i = 0; summary != nullptr && i < summary->size(); ++i) {
    if ((*summary)[i].is_string()) text += (*summary)[i].get_string();
  }
  return text;
}

}  // namespace

void AppServerOutput::take_delta(std::string_view method, const json::object& params) {
  const std::string item(text_at(params, "itemId"));
  const std::string_view delta = text_at(params, "delta");
  if (method == "item/agentMessage/delta") {
    streamed_.insert(item);
    events_.message_delta(delta);
  } else if (method == "item/reasoning/summaryTextDelta" || method == "item/reasoning/textDelta") {
    streamed_.insert(item);
    events_.reasoning_delta(delta);
  } else if (method == "item/commandExecution/outputDelta") {
    // It runs: where it was not asked about, this is the first that is known of it.
    tool_allowed(item);
  }
}

void AppServerOutput::take_item_started(const json::object& item) {
  auto tool = read_tool_item(item);
  if (!tool) {
    const std::string_view type = text_at(item, "type");
    if (type != "agentMessage" && !is_silent_item(item)) events_.ignored("item/" + std::string(type));
    return;
  }
  const std::string id = tool->id;
  const bool at_once = !tool->asks_first;
  tools_[id] = std::move(*tool);
  if (at_once) tool_allowed(id);
}

void AppServerOutput::take_item_completed(const json::object& item) {
  const std::string id(text_at(item, "id"));
  const std::string_view type = text_at(item, "type");
  if (type == "agentMessage") {
    const std::string_view text = text_at(item, "text");
    if (streamed_.count(id) == 0) events_.message_delta(text);
    last_text_ = std::string(text);
    events_.message(text);
    return;
  }
  if (type == "reasoning" && streamed_.count(id) == 0) return events_.reasoning_delta(summary_of(item));
  const auto tool = read_tool_item(item);
  if (!tool) return;
  // It was not asked about, unless it was declined: then it has not begun.
  if (text_at(item, "status") != "declined") begin(*tool);
  tools_.erase(id);
  running_.erase(id);
  events_.tool_ended(id, tool->name, tool->output, tool->failed);
}

void AppServerOutput::take_usage(const json::object& params) {
  const json::object* usage = object_at(params, "tokenUsage");
  if (usage == nullptr) return;
  const json::object before = usage_.totals();
  usage_.thread_totals(*usage);
  const json::object after = usage_.totals();
  if (after != before) events_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, after);
}

void AppServerOutput::take_error(const json::object& params) {
  const json::object* error = object_at(params, "error");
  if (error == nullptr) return;
  last_error_ = read_error(*error);
  if (agent::true_at(params, "willRetry")) {
    events_.retrying(last_error_->status, last_error_->message, {}, last_error_->provider_error());
  }
}

void AppServerOutput::begin(const ToolItem& tool) {
  if (running_.insert(tool.id).second) events_.tool_started(tool.id, tool.name, tool.input);
}

void AppServerOutput::tool_allowed(const std::string& item_id) {
  const auto tool = tools_.find(item_id);
  if (tool != tools_.end()) begin(tool->second);
}

const ToolItem* AppServerOutput::open_tool(const std::string& item_id) const {
  const auto tool = tools_.find(item_id);
  return tool == tools_.end() ? nullptr : &tool->second;
}

}  // namespace asmgr::codex
