#include "opencode_talk.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/value.hpp>
#include <utility>

namespace asmgr::opencode {
namespace {

namespace json = boost::json;
using agent::integer_at;
using agent::object_at;
using agent::text_at;

// How it words that it would have asked a person. A refusal by a rule of its configuration reads otherwise, and it goes
// on after one.
constexpr std::string_view kRefusedUnasked = "The user rejected permission";

}  // namespace

void OpencodeTalk::take(const json::object& line) {
  take_session(line);
  const std::string_view type = text_at(line, "type");
  if (type == "error") return take_error(line);
  if (type == "step_start") return take_step_start();
  const json::object* part = object_at(line, "part");
  if (part == nullptr) return events_.ignored(type);
  if (type == "text") return take_text(*part);
  if (type == "tool_use") return take_tool(*part);
  if (type == "step_finish") return take_step_finish(*part);
  if (type == "reasoning") return events_.reasoning_delta(text_at(*part, "text"));
  events_.ignored(type);
}

void OpencodeTalk::take_session(const json::object& line) {
  if (!session_id_.empty() || text_at(line, "sessionID").empty()) return;
  session_id_ = text_at(line, "sessionID");
  json::object started;
  started["session_id"] = session_id_;
  if (!model_.empty()) started["model"] = model_;
  events_.emit(ASMGR_EV_RUN_STARTED, started);
}

// A step that begins again while it is open: the request for it failed, of which nothing else is said.
void OpencodeTalk::take_step_start() {
  ++tries_;
  refusal_.clear();
  const bool again = std::exchange(step_open_, true);
  if (!again) return;
  json::object details;
  details["attempt"] = tries_;
  events_.retrying(ASMGR_E_PROVIDER_UNAVAILABLE, "the request to the model failed and is repeated", std::move(details),
                   agent::provider_error(kOpencode, "unknown", "a step began again without having ended"));
}

std::string OpencodeTalk::hopeless() const {
  if (tries_ <= max_tries_) return {};
  return "it asked the model " + std::to_string(max_tries_) +
         " times for the same step and had no answer (`max_tries`)";
}

void OpencodeTalk::take_text(const json::object& part) {
  tries_ = 0;
  last_text_ = std::string(text_at(part, "text"));
  if (last_text_.empty()) return;
  events_.message_delta(last_text_);
  events_.message(last_text_);
}

void OpencodeTalk::take_tool(const json::object& part) {
  tries_ = 0;
  const json::object* state = object_at(part, "state");
  const std::string_view id = text_at(part, "callID");
  const std::string_view name = text_at(part, "tool");
  if (state == nullptr) return events_.ignored("tool_use");
  const json::value* input = state->if_contains("input");
  events_.tool_started(id, name, input == nullptr ? json::value(json::object()) : *input);
  const bool failed = text_at(*state, "status") != "completed";
  const json::value* output = state->if_contains(failed ? "error" : "output");
  const std::string_view words = failed ? text_at(*state, "error") : std::string_view();
  if (words.substr(0, kRefusedUnasked.size()) == kRefusedUnasked) refusal_ = words;
  events_.tool_ended(id, name, output == nullptr ? json::value("") : *output, failed);
}

void OpencodeTalk::take_step_finish(const json::object& part) {
  tries_ = 0;
  step_open_ = false;
  finish_reason_ = text_at(part, "reason");
  if (const json::value* cost = part.if_contains("cost"); cost != nullptr && cost->is_number()) {
    cost_usd_ += cost->to_number<double>();
  }
  if (const json::object* tokens = object_at(part, "tokens")) {
    tokens_.input += integer_at(*tokens, "input");
    tokens_.output += integer_at(*tokens, "output");
    tokens_.reasoning += integer_at(*tokens, "reasoning");
    if (const json::object* cache = object_at(*tokens, "cache")) {
      tokens_.cache_read += integer_at(*cache, "read");
      tokens_.cache_write += integer_at(*cache, "write");
    }
    events_.emit(ASMGR_EV_TOKEN_USAGE_UPDATED, usage());
  }
  events_.emit(ASMGR_EV_TURN_COMPLETED, {});
}

void OpencodeTalk::take_error(const json::object& line) {
  const json::object* error = object_at(line, "error");
  if (error_ || error == nullptr) return;  // some come twice
  const json::object* data = object_at(*error, "data");
  std::string message(data == nullptr ? std::string_view() : text_at(*data, "message"));
  if (message.empty()) message = text_at(*error, "name");
  if (message.empty()) message = "no reason was given";
  const std::int64_t http_status = data == nullptr ? 0 : integer_at(*data, "statusCode");
  json::object nested = agent::provider_error(kOpencode, http_status == 429 ? "rate_limit" : "unknown", message);
  if (http_status != 0) nested["status"] = http_status;
  asmgr_status status = agent::status_of_http(http_status);
  if (text_at(*error, "name") == "ProviderAuthError") status = ASMGR_E_PROVIDER_AUTH;
  error_ = agent::error_object(status, "opencode failed: " + message, std::move(nested));
}

json::object OpencodeTalk::usage() const {
  json::object out;
  out["input_tokens"] = tokens_.input;
  out["cache_read_tokens"] = tokens_.cache_read;
  out["cache_write_tokens"] = tokens_.cache_write;
  out["output_tokens"] = tokens_.output;
  out["reasoning_tokens"] = tokens_.reasoning;
  return out;
}

// It does not tell the model of such a refusal, and leaves as if all were well.
bool OpencodeTalk::broken_off(int exit_code) const {
  return exit_code == 0 && !refusal_.empty() && !step_open_ && finish_reason_ == "tool-calls";
}

agent::TalkOutcome OpencodeTalk::outcome(int exit_code) {
  agent::TalkOutcome outcome;
  // A step that ended in tool calls has another after it.
  outcome.complete = !step_open_ && !finish_reason_.empty() && finish_reason_ != "tool-calls";
  outcome.text = last_text_;
  outcome.stop_reason = finish_reason_ == "stop" ? "end_turn" : finish_reason_;
  outcome.model = model_;
  if (tokens_.input + tokens_.output > 0) outcome.token_usage = usage();
  if (cost_usd_ > 0) outcome.cost_usd = cost_usd_;
  outcome.error = error_;
  if (!error_ && broken_off(exit_code)) {
    const std::string why = "it broke its turn off, since nobody was there to permit a tool call: " + refusal_;
    outcome.error = agent::error_object(
        ASMGR_E_TOOL_DENIED,
        "opencode failed: " + why + "; permit it in opencode's `permission`, or raise `permission_mode`",
        agent::provider_error(kOpencode, "agent_cancelled", why));
  }
  if (const std::string why = hopeless(); !error_ && !why.empty()) {
    outcome.error = agent::error_object(ASMGR_E_PROVIDER_UNAVAILABLE, "opencode was ended: " + why,
                                        agent::provider_error(kOpencode, "timeout", why));
  }
  return outcome;
}

}  // namespace asmgr::opencode
