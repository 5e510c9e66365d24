#include "amp_talk.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace asmgr::amp {
namespace {

namespace json = boost::json;
using agent::array_at;
using agent::integer_at;
using agent::object_at;
using agent::text_at;

// Of a subagent, whose words belong to the tool that runs it.
bool of_helper(const json::object& line) {
  return !text_at(line, "parent_tool_use_id").empty();
}

}  // namespace

void AmpTalk::take(const json::object& line) {
  const std::string_view type = text_at(line, "type");
  if (type == "system" && text_at(line, "subtype") == "init") return take_init(line);
  if (type == "assistant") return take_assistant(line);
  if (type == "user") return take_user(line);
  if (type == "result") return take_result(line);
  events_.ignored(type);
}

void AmpTalk::take_init(const json::object& line) {
  session_id_ = text_at(line, "session_id");
  json::object started;
  started["session_id"] = session_id_;
  if (!model_.empty()) started["model"] = model_;
  for (const char* key : {"cwd", "tools", "mcp_servers"}) {
    if (const json::value* value = line.if_contains(key)) started[key] = *value;
  }
  events_.emit(ASMGR_EV_RUN_STARTED, started);
}

void AmpTalk::take_assistant(const json::object& line) {
  const json::object* message = object_at(line, "message");
  const json::array* content = message == nullptr ? nullptr : array_at(*message, "content");
  if (content == nullptr) return events_.ignored("assistant");
  std::string text;
  for (const json::value& value : *content) {
    const json::object* block = value.if_object();
    const std::string_view type = block == nullptr ? std::string_view() : text_at(*block, "type");
    if (type == "tool_use") {
      const std::string id(text_at(*block, "id"));
      running_[id] = std::string(text_at(*block, "name"));
      const json::value* input = block->if_contains("input");
      events_.tool_started(id, running_[id], input == nullptr ? json::value(json::object()) : *input);
    } else if (of_helper(line)) {
      continue;
    } else if (type == "text") {
      events_.message_delta(text_at(*block, "text"));
      text += text_at(*block, "text");
    } else if (type == "thinking") {
      events_.reasoning_delta(text_at(*block, "thinking"));
    } else {
      events_.ignored("block/" + std::string(type));
    }
  }
  if (of_helper(line)) return;
  if (!text.empty()) {
    last_text_ = text;
    events_.message(text);
  }
  if (const json::object* usage_said = object_at(*message, "usage")) add_usage(*usage_said);
  events_.emit(ASMGR_EV_TURN_COMPLETED, {});
}

void AmpTalk::take_user(const json::object& line) {
  const json::object* message = object_at(line, "message");
  const json::array* content = message == nullptr ? nullptr : array_at(*message, "content");
  for (std::size_t i = 0; content != nullptr && i < content->size(); ++i) {
    const json::object* block = (*content)[i].if_object();
    if (block == nullptr || text_at(*block, "type") != "tool_result") continue;
    const std::string id(text_at(*block, "tool_use_id"));
    const json::value* output = block->if_contains("content");
    events_.tool_ended(id, running_[id], output == nullptr ? json::value("") : *output,
                       agent::true_at(*block, "is_error"));
    running_.erase(id);
  }
}

void AmpTalk::add_usage(const json::object& said) {
  tokens_.input += integer_at(said, "input_tokens");
  tokens_.cache_read += integer_at(said, "cache_read_input_tokens");
  tokens_.cache_write += integer_at(said, "cache_creation_input_tokens");
  tokens_.output += integer_at(said, "output_tokens");
  events_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, usage());
}

json::object AmpTalk::usage() const {
  json::object out;
  out["input_tokens"] = tokens_.input;
  out["cache_read_tokens"] = tokens_.cache_read;
  out["cache_write_tokens"] = tokens_.cache_write;
  out["output_tokens"] = tokens_.output;
  out["reasoning_tokens"] = 0;
  return out;
}

void AmpTalk::take_result(const json::object& line) {
  running_.clear();
  result_ = line;
  const json::object* whole = object_at(line, "usage");
  if (whole == nullptr) return;
  tokens_ = {};
  add_usage(*whole);
}

agent::TalkOutcome AmpTalk::outcome(int exit_code) {
  static_cast<void>(exit_code);
  agent::TalkOutcome outcome;
  outcome.model = model_;
  outcome.text = last_text_;
  if (tokens_.input + tokens_.output > 0) outcome.token_usage = usage();
  if (result_.empty()) return outcome;
  const bool failed = agent::true_at(result_, "is_error") || text_at(result_, "subtype") != "success";
  if (!failed) {
    outcome.complete = true;
    outcome.stop_reason = "end_turn";
    if (!text_at(result_, "result").empty()) outcome.text = std::string(text_at(result_, "result"));
    return outcome;
  }
  std::string message(text_at(result_, "error"));
  if (message.empty()) message = text_at(result_, "result");
  if (message.empty()) message = "no reason was given";
  outcome.error =
      agent::error_object(ASMGR_E_PROVIDER, "Amp failed: " + message, agent::provider_error(kAmp, "unknown", message));
  json::object& details = (*outcome.error)["details"].get_object();
  details["subtype"] = sdk::as_json(text_at(result_, "subtype"));
  if (const json::value* denied = result_.if_contains("permission_denials")) details["permission_denials"] = *denied;
  return outcome;
}

}  // namespace asmgr::amp
