#include "responses_reader.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "answer_parts.hpp"
#include "error_envelope.hpp"

namespace asmgr::openai {
namespace {

namespace json = boost::json;
using model_api::Answer;
using model_api::Done;
using model_api::Failure;
using model_api::More;
using model_api::Output;
using model_api::Reading;
using model_api::Usage;

// Says nothing that another event does not say too.
bool is_repetition(std::string_view type) {
  constexpr std::string_view kRepetitions[] = {"response.content_part.added",
                                               "response.content_part.done",
                                               "response.output_text.done",
                                               "response.refusal.done",
                                               "response.function_call_arguments.done",
                                               "response.reasoning_text.done",
                                               "response.reasoning_part.added",
                                               "response.reasoning_part.done",
                                               "response.reasoning_summary_text.done",
                                               "response.reasoning_summary_part.done"};
  return std::find(std::begin(kRepetitions), std::end(kRepetitions), type) != std::end(kRepetitions);
}

// `input_tokens` has the cached ones in it, `output_tokens` the reasoning.
Usage responses_usage(const json::object& usage) {
  const json::object& input = sdk::object_of(usage, "input_tokens_details");
  const json::object& output = sdk::object_of(usage, "output_tokens_details");
  Usage out;
  out.cache_read = sdk::integer_member(input, "cached_tokens").value_or(0);
  out.cache_write = sdk::integer_member(input, "cache_write_tokens").value_or(0);
  out.reasoning = sdk::integer_member(output, "reasoning_tokens").value_or(0);
  const std::int64_t cached = out.cache_read + out.cache_write;
  out.input = std::max<std::int64_t>(0, sdk::integer_member(usage, "input_tokens").value_or(0) - cached);
  out.output = std::max<std::int64_t>(0, sdk::integer_member(usage, "output_tokens").value_or(0) - out.reasoning);
  return out;
}

// The `error` event has its members at the top; some servers put them into an object.
Failure event_failure(const json::object& event) {
  const json::object& inner = sdk::object_of(event, "error");
  if (!inner.empty()) return failure_in_stream(inner);
  json::object top = event;
  top.erase("type");  // is "error", and no name for it
  return failure_in_stream(top);
}

std::string text_of_item(const json::object& item) {
  std::string text;
  for (const json::value& part : sdk::array_of(item, "content")) {
    if (!part.is_object()) continue;
    text += sdk::text_member(part.get_object(), "text");
    text += sdk::text_member(part.get_object(), "refusal");
  }
  return text;
}

// Reasoning that the server neither keeps nor gave the content of cannot be given back.
bool can_go_back(const json::object& item) {
  if (sdk::text_member(item, "type") != "reasoning") return true;
  return !sdk::text_member(item, "encrypted_content").empty() || !sdk::array_of(item, "content").empty();
}

std::string verbatim_of(const json::array& items) {
  json::array kept;
  for (const json::value& item : items) {
    if (item.is_object() && can_go_back(item.get_object())) kept.push_back(item);
  }
  return json::serialize(kept);
}

std::variant<std::vector<model_api::ToolCall>, Failure> calls_in(const json::array& items, bool incomplete) {
  std::vector<model_api::ToolCall> calls;
  for (const json::value& value : items) {
    if (!value.is_object()) continue;
    const json::object& item = value.get_object();
    if (sdk::text_member(item, "type") != "function_call") continue;
    const std::string name(sdk::text_member(item, "name"));
    const std::string id(sdk::text_member(item, "call_id"));
    std::optional<json::object> input = tool_input_of(sdk::text_member(item, "arguments"));
    // A call that the limit of the answer cut is none.
    if (incomplete && (!input || sdk::text_member(item, "status") == "incomplete"))
      return std::vector<model_api::ToolCall>();
    if (!input) return failure_of_call(name, "its arguments are no JSON object");
    if (name.empty() || id.empty()) return failure_of_call(name, "a call must have a name and a call_id");
    calls.push_back({id, name, std::move(*input)});
  }
  return calls;
}

}  // namespace

ResponsesReader::ResponsesReader(const model_api::Prompt& prompt)
    : wants_structured_(prompt.output_schema.has_value()), keeps_answers_(keeps_answers(prompt.options)) {}

Reading ResponsesReader::on_event(std::string_view name, std::string_view data, Output& out) {
  if (data == "[DONE]") return More{};  // not of this API, but sent by servers that speak both
  const std::optional<json::object> event = sdk::parse_object(data, mender_);
  if (!event) {
    out.unknown();
    return More{};
  }
  const std::string_view given = sdk::text_member(*event, "type");
  const std::string_view type = given.empty() ? name : given;
  const json::object& response = sdk::object_of(*event, "response");

  if (type == "error") return event_failure(*event);
  if (type == "response.failed") return failure_in_stream(sdk::object_of(response, "error"));
  if (type == "response.completed" || type == "response.incomplete") {
    start(response, out);
    read_final(response, out);
    if (status_.empty()) status_ = type == "response.completed" ? "completed" : "incomplete";
    return Done{};
  }
  if (type == "response.created" || type == "response.in_progress" || type == "response.queued") {
    start(response, out);
  } else if (type == "response.output_item.added") {
    read_item_added(*event);
  } else if (type == "response.output_item.done") {
    read_item_done(*event, out);
  } else if (!read_delta(type, *event, out) && !is_repetition(type)) {
    out.unknown();
  }
  return More{};
}

void ResponsesReader::start(const json::object& response, Output& out) {
  const std::string_view model = sdk::text_member(response, "model");
  if (!model.empty()) model_ = model;
  const std::string_view id = sdk::text_member(response, "id");
  if (id.empty()) return;
  if (!keeps_answers_) return out.started(id, model_);
  if (!std::exchange(id_, std::string(id)).empty()) return;
  json::object begun;
  begun["response_id"] = id_;
  if (!model_.empty()) begun["model"] = model_;
  out.add(ASMGR_EV_RUN_STARTED, begun);
}

// Only an answer that is complete, and waits for no results, can be gone on from.
void ResponsesReader::name_session(const Answer& answer, Output& out) const {
  if (id_.empty() || !answer.calls.empty() || status_ != "completed") return;
  json::object named;
  named["session_id"] = id_;
  out.add(ASMGR_EV_RUN_STARTED, named);
}

void ResponsesReader::read_item_added(const json::object& event) {
  const json::object& item = sdk::object_of(event, "item");
  item_text_.clear();
  if (sdk::text_member(item, "type") != "function_call") return;
  open_calls_[sdk::integer_member(event, "output_index").value_or(0)] = {std::string(sdk::text_member(item, "call_id")),
                                                                         std::string(sdk::text_member(item, "name"))};
}

void ResponsesReader::read_item_done(const json::object& event, Output& out) {
  const json::object& item = sdk::object_of(event, "item");
  items_.push_back(item);
  if (sdk::text_member(item, "type") != "message") return;
  // Some servers send a message whole, without deltas before.
  const std::string whole = text_of_item(item);
  if (item_text_.empty()) {
    out.text(whole);
    text_ += whole;
  }
  out.message(whole.empty() ? item_text_ : whole);
  item_text_.clear();
}

// False for an event that is no delta.
bool ResponsesReader::read_delta(std::string_view type, const json::object& event, Output& out) {
  const std::string_view delta = sdk::text_member(event, "delta");
  if (type == "response.output_text.delta" || type == "response.refusal.delta") {
    item_text_ += delta;
    text_ += delta;
    out.text(delta);
    refused_ = refused_ || type == "response.refusal.delta";
    return true;
  }
  if (type == "response.reasoning_summary_text.delta" || type == "response.reasoning_text.delta") {
    out.reasoning(delta);
    return true;
  }
  if (type == "response.reasoning_summary_part.added") {
    if (sdk::integer_member(event, "summary_index").value_or(0) > 0) out.reasoning("\n\n");
    return true;
  }
  if (type != "response.function_call_arguments.delta") return false;
  const auto open = open_calls_.find(sdk::integer_member(event, "output_index").value_or(0));
  if (open != open_calls_.end()) out.tool_input(open->second.id, open->second.name, delta);
  return true;
}

void ResponsesReader::read_final(const json::object& response, Output& out) {
  status_ = sdk::text_member(response, "status");
  incomplete_reason_ = sdk::text_member(sdk::object_of(response, "incomplete_details"), "reason");
  const json::array& output = sdk::array_of(response, "output");
  if (!output.empty()) items_ = output;
  const json::object& usage = sdk::object_of(response, "usage");
  if (!usage.empty()) out.usage(responses_usage(usage));
}

std::variant<Answer, Failure> ResponsesReader::end(Output& out) {
  if (status_.empty()) return failure_of_cut("no response.completed came");
  out.message(item_text_);  // of a message that was never declared done
  auto calls = calls_in(items_, status_ == "incomplete");
  if (auto* failure = std::get_if<Failure>(&calls)) return std::move(*failure);

  Answer answer;
  answer.calls = std::move(std::get<std::vector<model_api::ToolCall>>(calls));
  answer.stop_reason = stop_reason(!answer.calls.empty());
  if (!answer.calls.empty()) answer.verbatim = verbatim_of(items_);
  if (wants_structured_ && !refused_) answer.structured = structured_of(text_);
  answer.content = std::move(text_);
  answer.model = std::move(model_);
  name_session(answer, out);
  return answer;
}

std::string ResponsesReader::stop_reason(bool has_calls) const {
  if (has_calls) return "tool_use";
  if (refused_) return "refusal";
  if (status_ == "completed") return "end_turn";
  if (status_ != "incomplete") return status_;
  // A reason may be missing; the limit is the usual one.
  if (incomplete_reason_.empty() || incomplete_reason_ == "max_output_tokens") return "max_tokens";
  return incomplete_reason_;
}

}  // namespace asmgr::openai
