#include "messages_reader.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <optional>
#include <utility>

#include "api_errors.hpp"

namespace asmgr::anthropic {
namespace {

namespace json = boost::json;
using model_api::Answer;
using model_api::Done;
using model_api::Failure;
using model_api::More;
using model_api::Output;
using sdk::object_member;
using sdk::text_member;

Failure unreadable(const std::string& what) {
  return Failure{ASMGR_E_PROVIDER, "protocol_error", "the stream of anthropic cannot be read: " + what, false,
                 std::nullopt};
}

void read_count(const json::object& usage, const char* key, std::int64_t& count) {
  const json::value* value = usage.if_contains(key);
  if (value != nullptr && value->is_int64()) count = value->get_int64();
}

// Reasons to stop in the middle, after which a call may not be what the model meant.
bool is_cut_short(std::string_view stop_reason) {
  return stop_reason == "max_tokens" || stop_reason == "model_context_window_exceeded" || stop_reason == "refusal" ||
         stop_reason == "pause_turn";
}

}  // namespace

model_api::Reading MessagesReader::on_event(std::string_view, std::string_view data, Output& out) {
  const std::optional<json::object> parsed = sdk::parse_object(data, mender_);
  if (!parsed) return unreadable("an event is no JSON object");
  const json::object& event = *parsed;
  const std::string_view type = text_member(event, "type");
  std::string wrong;
  if (type == "content_block_delta") {
    wrong = blocks_.delta(event, out);
  } else if (type == "content_block_start") {
    wrong = blocks_.start(event, out);
  } else if (type == "content_block_stop") {
    wrong = blocks_.stop(event);
  } else if (type == "message_start") {
    message_start(event, out);
  } else if (type == "message_delta") {
    message_delta(event, out);
  } else if (type == "message_stop") {
    stopped_ = true;
    return Done{};
  } else if (type == "error") {
    return failure_in_stream(event);
  } else if (type != "ping") {
    out.unknown();
  }
  if (!wrong.empty()) return unreadable(wrong);
  return More{};
}

void MessagesReader::message_start(const json::object& event, Output& out) {
  const json::object* message = object_member(event, "message");
  if (message == nullptr) return out.unknown();
  model_ = text_member(*message, "model");
  out.started(text_member(*message, "id"), model_);
  read_usage(*message, out);
}

void MessagesReader::message_delta(const json::object& event, Output& out) {
  if (const json::object* delta = object_member(event, "delta")) {
    const std::string_view reason = text_member(*delta, "stop_reason");
    if (!reason.empty()) stop_reason_ = reason;
  }
  read_usage(event, out);
}

// Each number is all so far; one that is not said stays.
void MessagesReader::read_usage(const json::object& holder, Output& out) {
  const json::object* usage = object_member(holder, "usage");
  if (usage == nullptr) return;
  read_count(*usage, "input_tokens", usage_.input);
  read_count(*usage, "cache_read_input_tokens", usage_.cache_read);
  read_count(*usage, "cache_creation_input_tokens", usage_.cache_write);
  read_count(*usage, "output_tokens", usage_.output);
  out.usage(usage_);
}

std::variant<Answer, Failure> MessagesReader::end(Output& out) {
  if (!stopped_) {
    return Failure{ASMGR_E_PROVIDER_UNAVAILABLE, "transport_exit",
                   "the stream of anthropic ended before the end of the answer (message_stop); try again", true,
                   std::nullopt};
  }
  Answer answer;
  answer.content = blocks_.text();
  answer.stop_reason = stop_reason_;
  answer.model = model_;
  if (!is_cut_short(stop_reason_)) answer.calls = blocks_.calls();
  answer.goes_on = stop_reason_ == "pause_turn";
  if (answer.goes_on || !answer.calls.empty()) answer.verbatim = blocks_.verbatim();
  if (structured_ && answer.calls.empty()) {
    boost::system::error_code problem;
    json::value value = json::parse(answer.content, problem);
    if (!problem) answer.structured = std::move(value);
  }
  out.message(answer.content);
  return answer;
}

}  // namespace asmgr::anthropic
