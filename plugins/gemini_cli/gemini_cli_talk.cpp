#include "gemini_cli_talk.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/value.hpp>
#include <cstdlib>
#include <utility>

namespace asmgr::gemini_cli {
namespace {

namespace json = boost::json;
using agent::integer_at;
using agent::object_at;
using agent::text_at;

// It waits at least this long before it asks the model again.
constexpr std::int64_t kRetryPauseMs = 900;

// Of the time of day in "2026-11-22T06:25:51.541Z"; 0 when it is no such text.
std::int64_t milliseconds_of(std::string_view timestamp) {
  if (timestamp.size() < 23) return 0;
  const auto number = [&](std::size_t at, std::size_t length) {
    return std::strtoll(std::string(timestamp.substr(at, length)).c_str(), nullptr, 10);
  };
  return ((number(11, 2) * 60 + number(14, 2)) * 60 + number(17, 2)) * 1000 + number(20, 3);
}

// "[API Error: {"error":{"code":401,...}}]", else the exit code, which is the HTTP status modulo 256.
std::int64_t http_status_of(std::string_view message, int exit_code) {
  constexpr std::string_view kCode = "\"code\":";
  const std::size_t at = message.find(kCode);
  const std::int64_t said = at == std::string_view::npos
                                ? 0
                                : std::strtoll(std::string(message.substr(at + kCode.size(), 4)).c_str(), nullptr, 10);
  if (said >= 400 && said < 600) return said;
  constexpr int kLowest = 400 - 256;
  return exit_code >= kLowest && exit_code <= 255 ? exit_code + 256 : 0;
}

json::object usage_of(const json::object& stats) {
  const std::int64_t input = integer_at(stats, "input_tokens");
  const std::int64_t cached = std::min(input, integer_at(stats, "cached"));
  const std::int64_t output = integer_at(stats, "output_tokens");
  json::object usage;
  usage["input_tokens"] = input - cached;
  usage["cache_read_tokens"] = cached;
  usage["cache_write_tokens"] = 0;
  usage["output_tokens"] = output;
  // Thinking is in the total and nowhere else.
  usage["reasoning_tokens"] = std::max<std::int64_t>(0, integer_at(stats, "total_tokens") - input - output);
  return usage;
}

bool any_tokens(const json::object& usage) {
  return std::any_of(usage.begin(), usage.end(), [](const auto& count) { return count.value() != 0; });
}

}  // namespace

void GeminiTalk::take(const json::object& line) {
  const std::string_view type = text_at(line, "type");
  if (type == "init") return take_init(line);
  if (type == "message") return take_message(line);
  if (type == "tool_use") return take_tool_use(line);
  if (type == "tool_result") return take_tool_result(line);
  if (type == "result") return take_result(line);
  if (type == "error") {
    if (text_at(line, "severity") == "error") error_line_ = text_at(line, "message");
    return;
  }
  events_.ignored(type);
}

void GeminiTalk::take_init(const json::object& line) {
  session_id_ = text_at(line, "session_id");
  model_ = text_at(line, "model");
  json::object started;
  started["session_id"] = session_id_;
  started["model"] = model_;
  events_.emit(ASMGR_EV_RUN_STARTED, started);
}

// After a stream that broke off it asks the model again and writes the whole answer anew, without a word about it.
bool GeminiTalk::begins_again(std::string_view piece, std::int64_t at_ms) const {
  return !writing_.empty() && piece == first_piece_ && at_ms - last_piece_ms_ >= kRetryPauseMs;
}

void GeminiTalk::take_message(const json::object& line) {
  if (text_at(line, "role") != "assistant") return;
  const std::string_view piece = text_at(line, "content");
  const std::int64_t at_ms = milliseconds_of(text_at(line, "timestamp"));
  if (begins_again(piece, at_ms)) {
    events_.retrying(ASMGR_E_PROVIDER_UNAVAILABLE, "the answer broke off and is written anew", {},
                     agent::provider_error(kGeminiCli, "unknown", "the stream of the model broke off"));
    writing_.clear();
  }
  if (writing_.empty()) first_piece_ = std::string(piece);
  last_piece_ms_ = at_ms;
  writing_ += piece;
  events_.message_delta(piece);
  if (!agent::true_at(line, "delta")) end_message();
}

void GeminiTalk::end_message() {
  if (writing_.empty()) return;
  last_text_ = std::exchange(writing_, {});
  events_.message(last_text_);
  events_.emit(ASMGR_EV_TURN_COMPLETED, {});
}

void GeminiTalk::take_tool_use(const json::object& line) {
  end_message();
  const std::string id(text_at(line, "tool_id"));
  running_[id] = std::string(text_at(line, "tool_name"));
  const json::value* input = line.if_contains("parameters");
  events_.tool_started(id, running_[id], input == nullptr ? json::value(json::object()) : *input);
}

void GeminiTalk::take_tool_result(const json::object& line) {
  const std::string id(text_at(line, "tool_id"));
  const auto tool = running_.find(id);
  if (tool == running_.end()) return events_.ignored("tool_result");
  const bool failed = text_at(line, "status") != "success";
  json::value output = json::value(sdk::as_json(text_at(line, "output")));
  if (const json::object* error = object_at(line, "error"); failed && error != nullptr) output = *error;
  events_.tool_ended(id, tool->second, output, failed);
  running_.erase(tool);
}

void GeminiTalk::take_result(const json::object& line) {
  const bool good = text_at(line, "status") == "success";
  if (good) end_message();
  running_.clear();
  result_ = line;
  if (const json::object* stats = object_at(line, "stats")) {
    const json::object usage = usage_of(*stats);
    if (any_tokens(usage)) events_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, usage);
  }
}

agent::TalkOutcome GeminiTalk::outcome(int exit_code) {
  agent::TalkOutcome outcome;
  outcome.model = model_;
  outcome.text = last_text_;
  if (result_.empty()) return outcome;
  if (const json::object* stats = object_at(result_, "stats")) {
    json::object usage = usage_of(*stats);
    if (any_tokens(usage)) outcome.token_usage = std::move(usage);
  }
  if (text_at(result_, "status") == "success") {
    outcome.complete = true;
    outcome.stop_reason = "end_turn";
    return outcome;
  }
  const json::object* error = object_at(result_, "error");
  std::string message(error == nullptr ? std::string_view(error_line_) : text_at(*error, "message"));
  if (message.empty()) message = "no reason was given";
  const std::int64_t http_status = http_status_of(message, exit_code);
  json::object nested = agent::provider_error(kGeminiCli, http_status == 429 ? "rate_limit" : "unknown", message);
  if (http_status != 0) nested["status"] = http_status;
  outcome.error = agent::error_object(agent::status_of_http(http_status), "Gemini CLI failed: " + message, nested);
  return outcome;
}

}  // namespace asmgr::gemini_cli
