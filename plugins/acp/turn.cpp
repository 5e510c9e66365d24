#include "turn.hpp"

#include <asmgr/abi/data.h>

#include <algorithm>
#include <array>
#include <asmgr/toolkit/agent_report.hpp>
#include <asmgr/toolkit/json_view.hpp>

namespace asmgr::acp {
namespace {

namespace json = boost::json;
using agent::integer_at;
using agent::object_at;
using agent::text_at;

// What an agent tells for the sake of an editor's menus, or repeats of us.
constexpr std::array<std::string_view, 4> kWithoutMeaning{"user_message_chunk", "available_commands_update",
                                                          "config_option_update", "session_info_update"};

std::string text_of_chunk(const json::object& update) {
  const json::object* block = object_at(update, "content");
  return block == nullptr ? std::string() : text_of_block(*block);
}

json::object call_data(const std::string& id, const std::string& name) {
  json::object data;
  data["tool_call_id"] = id;
  data["tool_name"] = name;
  return data;
}

}  // namespace

void Turn::take_update(const json::object& update) {
  const std::string_view kind = text_at(update, "sessionUpdate");
  if (kind == "agent_message_chunk") return take_message(update);
  if (kind == "agent_thought_chunk") return take_thought(update);
  if (kind == "tool_call" || kind == "tool_call_update") return take_call(update, kind == "tool_call");
  if (kind == "usage_update") return take_context_usage(update);
  if (kind == "plan") {
    json::object data;
    const json::array* entries = agent::array_at(update, "entries");
    data["entries"] = entries == nullptr ? json::array() : *entries;
    return outlet_.emit_named("plan_updated", data);
  }
  if (kind == "current_mode_update") {
    json::object data;
    data["mode"] = sdk::as_json(text_at(update, "currentModeId"));
    return outlet_.emit_named("mode_changed", data);
  }
  const bool known = std::find(kWithoutMeaning.begin(), kWithoutMeaning.end(), kind) != kWithoutMeaning.end();
  if (!known) outlet_.ignored("update " + std::string(kind));
}

void Turn::take_message(const json::object& update) {
  const std::string_view id = text_at(update, "messageId");
  if (!id.empty() && !message_id_.empty() && id != message_id_) finish_message();
  if (!id.empty()) message_id_ = id;
  const std::string text = text_of_chunk(update);
  const json::object* block = object_at(update, "content");
  const std::string_view type = block == nullptr ? std::string_view("none") : text_at(*block, "type");
  if (text.empty() && type != "text") outlet_.ignored("message content " + std::string(type));
  if (text.empty()) return;  // many a message begins with an empty piece
  message_ += text;
  json::object data;
  data["content"] = text;
  data["delta"] = text;
  outlet_.emit(ASMGR_EV_MESSAGE_STREAMED, data);
}

void Turn::take_thought(const json::object& update) {
  const std::string text = text_of_chunk(update);
  if (text.empty()) return;
  json::object data;
  data["delta"] = text;
  outlet_.emit(ASMGR_EV_REASONING_STREAMED, data);
}

Turn::Entry& Turn::entry_of(const json::object& said, bool is_new) {
  Entry& entry = calls_[std::string(text_at(said, "toolCallId"))];
  // The id of a call that has ended may be given to another one.
  if (is_new && entry.stage == Stage::kEnded) entry = Entry();
  entry.call.merge(said);
  const bool known = entry.input_known != Clock::time_point{};
  if (!known && entry.call.has_input()) entry.input_known = Clock::now();
  return entry;
}

void Turn::take_call(const json::object& update, bool is_new) {
  if (text_at(update, "toolCallId").empty()) return outlet_.ignored("tool call without an id");
  finish_message();
  Entry& entry = entry_of(update, is_new);
  if (entry.stage == Stage::kEnded) return;
  const std::string& status = entry.call.status;
  if (status == "in_progress") {
    if (entry.said_to_run == Clock::time_point{}) entry.said_to_run = Clock::now();
    return;
  }
  if (status != "completed" && status != "failed") return;
  start(entry);
  finish(entry, entry.call.output(), status == "failed");
}

void Turn::take_context_usage(const json::object& update) {
  if (const json::object* cost = object_at(update, "cost")) {
    const json::value* amount = cost->if_contains("amount");
    const std::string_view currency = text_at(*cost, "currency");
    if (amount != nullptr && amount->is_number() && (currency.empty() || currency == "USD")) {
      session_cost_ = amount->to_number<double>();
    }
  }
  json::object data;
  data["used_tokens"] = integer_at(update, "used");
  data["context_tokens"] = integer_at(update, "size");
  if (data == context_usage_) return;  // some agents say it again and again
  context_usage_ = data;
  outlet_.emit_named("context_usage_updated", data);
}

// Not part of the protocol yet: `usage` is what is being agreed on, `_meta.quota` what Gemini says.
void Turn::take_usage(const json::object& result) {
  json::object data;
  if (const json::object* usage = object_at(result, "usage")) {
    const std::int64_t thought = integer_at(*usage, "thoughtTokens");
    data["input_tokens"] = integer_at(*usage, "inputTokens");
    data["cache_read_tokens"] = integer_at(*usage, "cachedReadTokens");
    data["cache_write_tokens"] = integer_at(*usage, "cachedWriteTokens");
    data["output_tokens"] = std::max<std::int64_t>(0, integer_at(*usage, "outputTokens") - thought);
    data["reasoning_tokens"] = thought;
    return outlet_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, data);
  }
  const json::object* meta = object_at(result, "_meta");
  const json::object* quota = meta == nullptr ? nullptr : object_at(*meta, "quota");
  const json::object* count = quota == nullptr ? nullptr : object_at(*quota, "token_count");
  if (count == nullptr) return;
  const std::int64_t input = integer_at(*count, "input_tokens");
  const std::int64_t output = integer_at(*count, "output_tokens");
  if (input == 0 && output == 0) return;  // it was not told by the model's service
  data["input_tokens"] = input;
  data["cache_read_tokens"] = 0;
  data["cache_write_tokens"] = 0;
  data["output_tokens"] = output;
  data["reasoning_tokens"] = 0;
  outlet_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, data);
}

const ToolCall& Turn::asked(const json::object& tool_call) {
  finish_message();
  Entry& entry = entry_of(tool_call, true);
  if (entry.stage == Stage::kAnnounced) entry.stage = Stage::kAsked;
  if (entry.name.empty()) entry.name = entry.call.name();
  return entry.call;
}

void Turn::permitted(const std::string& call_id) {
  Entry& entry = calls_[call_id];
  entry.permitted = true;
  if (entry.stage != Stage::kEnded) start(entry);
}

void Turn::denied(const std::string& call_id, std::string_view why) {
  denied_something_ = true;
  Entry& entry = calls_[call_id];
  if (entry.stage == Stage::kEnded) return;
  json::object output;
  output["error"] = sdk::as_json(why);
  finish(entry, output, true);
}

void Turn::withdrawn(const std::string& call_id) {
  Entry& entry = calls_[call_id];
  if (entry.stage == Stage::kAsked) entry.stage = Stage::kAnnounced;
  entry.input_known = Clock::time_point{};
  entry.said_to_run = Clock::time_point{};
}

void Turn::own_call_started(const std::string& call_id) {
  start(calls_[call_id]);
}

void Turn::own_call_ended(const std::string& call_id, const json::value& output, bool is_error) {
  const auto found = calls_.find(call_id);
  if (found != calls_.end() && found->second.stage == Stage::kStarted) finish(found->second, output, is_error);
}

void Turn::start_overdue(Clock::time_point now) {
  for (auto& [id, entry] : calls_) {
    if (is_overdue(entry, now)) start(entry);
  }
}

bool Turn::has_overdue(Clock::time_point now) const {
  return std::any_of(calls_.begin(), calls_.end(), [&](const auto& named) { return is_overdue(named.second, now); });
}

bool Turn::is_overdue(const Entry& entry, Clock::time_point now) {
  if (entry.stage != Stage::kAnnounced) return false;
  const auto past = [now](Clock::time_point since, Clock::duration time) {
    return since != Clock::time_point{} && now - since >= time;
  };
  return past(entry.said_to_run, kRunningTime) || past(entry.input_known, kAskingTime);
}

// Also a call of which it is not yet clear whether it will be asked for.
bool Turn::runs(const Entry& entry) {
  const bool is_said = entry.stage == Stage::kAnnounced && entry.said_to_run != Clock::time_point{};
  return is_said || entry.stage == Stage::kStarted;
}

bool Turn::tool_runs() const {
  return std::any_of(calls_.begin(), calls_.end(), [](const auto& named) { return runs(named.second); });
}

void Turn::start(Entry& entry) {
  if (entry.stage == Stage::kStarted) return;
  entry.stage = Stage::kStarted;
  if (entry.name.empty()) entry.name = entry.call.name();
  json::object data = call_data(entry.call.id, entry.name);
  data["tool_input"] = entry.call.input();
  if (!entry.call.title.empty()) data["title"] = entry.call.title;
  outlet_.emit(ASMGR_EV_TOOL_CALL_STARTED, data);
}

void Turn::finish(Entry& entry, const json::value& output, bool is_error) {
  entry.stage = Stage::kEnded;
  json::object data = call_data(entry.call.id, entry.name.empty() ? entry.call.name() : entry.name);
  data["tool_output"] = output;
  if (is_error) data["is_error"] = true;
  outlet_.emit(is_error ? ASMGR_EV_TOOL_CALL_FAILED : ASMGR_EV_TOOL_CALL_COMPLETED, data);
}

void Turn::finish_message() {
  message_id_.clear();
  if (message_.empty()) return;
  last_message_ = std::move(message_);
  message_.clear();
  json::object data;
  data["content"] = last_message_;
  data["role"] = "assistant";
  outlet_.emit(ASMGR_EV_MESSAGE_RECEIVED, data);
}

void Turn::fail_running_calls(std::string_view why) {
  json::object output;
  output["error"] = sdk::as_json(why);
  for (auto& [id, entry] : calls_) {
    if (!runs(entry)) continue;
    start(entry);
    finish(entry, output, true);
  }
}

void Turn::end(std::string_view why_calls_failed) {
  fail_running_calls(why_calls_failed);
  finish_message();
}

void Turn::break_off(std::string_view why_calls_failed) {
  fail_running_calls(why_calls_failed);
}

}  // namespace asmgr::acp
