#include "claude_output.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <cstdint>
#include <utility>

namespace asmgr::claude_code {
namespace {

namespace json = boost::json;
using agent::array_at;
using agent::integer_at;
using agent::object_at;
using agent::text_at;

// Of a subagent, whose words belong to the tool that runs it.
bool of_subagent(const json::object& line) {
  return !text_at(line, "parent_tool_use_id").empty();
}

// Texts as one; anything else as it is.
json::value output_of(const json::object& result) {
  const json::value* content = result.if_contains("content");
  if (content == nullptr) return "";
  const json::array* blocks = content->if_array();
  if (blocks == nullptr) return *content;
  std::string text;
  for (const json::value& value : *blocks) {
    const json::object* block = value.if_object();
    if (block == nullptr || text_at(*block, "type") != "text") return *content;
    text += text_at(*block, "text");
  }
  return json::value(sdk::as_json(text));
}

}  // namespace

void ClaudeOutput::take_system(const json::object& line) {
  const std::string_view subtype = text_at(line, "subtype");
  if (subtype == "api_retry") return report_retry(line);
  if (subtype == "status" || subtype == "thinking_tokens") return;
  if (subtype != "init") return events_.ignored("system/" + std::string(subtype));
  if (!session_id_.empty()) return;  // it is said again for every turn
  session_id_ = text_at(line, "session_id");
  model_ = text_at(line, "model");
  json::object started;
  started["session_id"] = session_id_;
  for (const char* key : {"model", "cwd", "tools", "mcp_servers"}) {
    if (const json::value* value = line.if_contains(key)) started[key] = *value;
  }
  if (const json::value* version = line.if_contains("claude_code_version")) started["version"] = *version;
  if (const json::value* mode = line.if_contains("permissionMode")) started["permission_mode"] = *mode;
  events_.emit(ASMGR_EV_RUN_STARTED, started);
}

void ClaudeOutput::report_retry(const json::object& line) {
  const std::int64_t http_status = integer_at(line, "error_status");
  const std::string message = "the request to the model failed (" + std::string(text_at(line, "error")) + ", attempt " +
                              std::to_string(integer_at(line, "attempt")) + " of " +
                              std::to_string(integer_at(line, "max_retries")) + ") and is repeated";
  json::object details;
  details["attempt"] = integer_at(line, "attempt");
  if (const json::value* delay = line.if_contains("retry_delay_ms"); delay != nullptr && delay->is_number()) {
    details["retry_after_ms"] = static_cast<std::int64_t>(delay->to_number<double>());
  }
  json::object nested =
      agent::provider_error(kClaudeCode, http_status == 429 ? "rate_limit" : "unknown", text_at(line, "error"));
  if (http_status != 0) nested["status"] = http_status;
  events_.retrying(agent::status_of_http(http_status), message, std::move(details), std::move(nested));
}

void ClaudeOutput::take_stream_event(const json::object& line) {
  const json::object* event = object_at(line, "event");
  if (event == nullptr) return events_.ignored("stream_event");
  if (of_subagent(line)) return;
  const std::string_view type = text_at(*event, "type");
  if (type == "content_block_delta") return take_delta(*event);
  if (type == "message_start") {
    const json::object* message = object_at(*event, "message");
    if (message == nullptr) return events_.ignored("message_start");
    begin_message(text_at(*message, "id"));
    writing_.streamed = true;
    if (const json::object* usage = object_at(*message, "usage")) usage_.message(*usage);
  } else if (type == "content_block_start") {
    const json::object* block = object_at(*event, "content_block");
    if (block != nullptr && text_at(*block, "type") == "tool_use") {
      writing_.tools[integer_at(*event, "index")] = std::string(text_at(*block, "id"));
      called_[std::string(text_at(*block, "id"))].name = text_at(*block, "name");
    }
  } else if (type == "message_delta") {
    if (const json::object* usage = object_at(*event, "usage")) usage_.message(*usage);
  } else if (type == "message_stop") {
    writing_.whole = true;
    end_message();
  } else if (type != "content_block_stop" && type != "ping") {
    events_.ignored("stream_event/" + std::string(type));
  }
}

void ClaudeOutput::take_delta(const json::object& event) {
  const json::object* delta = object_at(event, "delta");
  const std::string_view type = delta == nullptr ? std::string_view() : text_at(*delta, "type");
  if (type == "text_delta") {
    writing_.text_streamed = true;
    events_.message_delta(text_at(*delta, "text"));
  } else if (type == "thinking_delta") {
    writing_.thought_streamed = true;
    events_.reasoning_delta(text_at(*delta, "thinking"));
  } else if (type == "input_json_delta") {
    const auto tool = writing_.tools.find(integer_at(event, "index"));
    if (tool == writing_.tools.end() || text_at(*delta, "partial_json").empty()) return;
    json::object data;
    data["tool_call_id"] = tool->second;
    data["tool_name"] = called_[tool->second].name;
    data["delta"] = sdk::as_json(text_at(*delta, "partial_json"));
    events_.emit(ASMGR_EV_TOOL_INPUT_STREAMED, data);
  } else if (type != "signature_delta") {
    events_.ignored("delta/" + std::string(type));
  }
}

void ClaudeOutput::begin_message(std::string_view id) {
  if (writing_.id == id) return;
  const bool broke_off = !writing_.whole && (writing_.text_streamed || writing_.thought_streamed);
  if (broke_off) {
    events_.retrying(ASMGR_E_PROVIDER_UNAVAILABLE, "the answer broke off and is written anew", {},
                     agent::provider_error(kClaudeCode, "unknown", "the stream of the model broke off"));
  }
  end_message();
  writing_.id = std::string(id);
}

// A message that was cut off (its request failed and was repeated) is left to the one that takes its place.
void ClaudeOutput::end_message() {
  if (!writing_.whole) {
    usage_.message_ended();
    writing_ = {};
    return;
  }
  const Writing written = std::exchange(writing_, {});
  usage_.message_ended();
  if (!written.text.empty()) events_.message(written.text);
  if (usage_.any()) events_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, usage_.totals());
  events_.emit(ASMGR_EV_TURN_COMPLETED, {});
}

void ClaudeOutput::take_assistant(const json::object& line) {
  const json::object* message = object_at(line, "message");
  const json::array* content = message == nullptr ? nullptr : array_at(*message, "content");
  if (content == nullptr) return events_.ignored("assistant");
  // Not the model's words: the result says what went wrong.
  if (text_at(*message, "model") == "<synthetic>") return;
  const bool mine = !of_subagent(line);
  if (mine) {
    begin_message(text_at(*message, "id"));
    writing_.whole = true;
    const json::object* usage = object_at(*message, "usage");
    if (usage != nullptr && !writing_.streamed) usage_.message(*usage);
  }
  for (const json::value& value : *content) {
    const json::object* block = value.if_object();
    if (block == nullptr) continue;
    if (mine || text_at(*block, "type") == "tool_use") take_block(*block);
  }
}

void ClaudeOutput::take_block(const json::object& block) {
  const std::string_view type = text_at(block, "type");
  if (type == "text") {
    const std::string_view text = text_at(block, "text");
    if (!writing_.text_streamed) events_.message_delta(text);
    writing_.text += text;
  } else if (type == "thinking") {
    if (!writing_.thought_streamed) events_.reasoning_delta(text_at(block, "thinking"));
  } else if (type == "tool_use") {
    Tool& tool = called_[std::string(text_at(block, "id"))];
    tool.name = text_at(block, "name");
    if (const json::value* input = block.if_contains("input")) tool.input = *input;
  } else {
    events_.ignored("block/" + std::string(type));
  }
}

void ClaudeOutput::take_user(const json::object& line) {
  const json::object* message = object_at(line, "message");
  const json::array* content = message == nullptr ? nullptr : array_at(*message, "content");
  if (content == nullptr) return;
  for (const json::value& value : *content) {
    const json::object* block = value.if_object();
    if (block != nullptr && text_at(*block, "type") == "tool_result") {
      if (writing_.whole && !of_subagent(line)) end_message();
      take_tool_result(*block);
    }
  }
}

void ClaudeOutput::take_tool_result(const json::object& block) {
  const std::string id(text_at(block, "tool_use_id"));
  const auto found = called_.find(id);
  if (found == called_.end()) return events_.ignored("tool_result");
  const Tool tool = std::move(found->second);
  called_.erase(found);
  const bool is_error = agent::true_at(block, "is_error");
  // Run without having been asked about, or refused: then it has not begun.
  if (running_.erase(id) == 0 && !is_error) events_.tool_started(id, tool.name, tool.input);
  events_.tool_ended(id, tool.name, output_of(block), is_error);
}

void ClaudeOutput::tool_allowed(const std::string& id, std::string_view name, const json::value& input) {
  if (!running_.insert(id).second) return;
  called_[id] = Tool{std::string(name), input};
  events_.tool_started(id, name, input);
}

void ClaudeOutput::end_turn(const json::object& result) {
  end_message();
  called_.clear();
  running_.clear();
  const json::object* usage = object_at(result, "usage");
  if (usage == nullptr) return;
  const json::object before = usage_.totals();
  usage_.turn(*usage);
  const json::object after = usage_.totals();
  if (after != before) events_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, after);
}

}  // namespace asmgr::claude_code
