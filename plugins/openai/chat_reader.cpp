#include "chat_reader.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <optional>
#include <utility>

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
using model_api::ToolCall;
using model_api::Usage;

// `prompt_tokens` has the cached ones in it, `completion_tokens` the reasoning.
Usage chat_usage(const json::object& usage) {
  Usage out;
  out.cache_read = sdk::integer_member(sdk::object_of(usage, "prompt_tokens_details"), "cached_tokens")
                       .value_or(sdk::integer_member(usage, "prompt_cache_hit_tokens").value_or(0));
  out.reasoning =
      sdk::integer_member(sdk::object_of(usage, "completion_tokens_details"), "reasoning_tokens").value_or(0);
  out.input = std::max<std::int64_t>(0, sdk::integer_member(usage, "prompt_tokens").value_or(0) - out.cache_read);
  out.output = std::max<std::int64_t>(0, sdk::integer_member(usage, "completion_tokens").value_or(0) - out.reasoning);
  return out;
}

// An error is an object, with some servers a text.
std::optional<Failure> chat_failure(const json::object& chunk) {
  const json::value* error = sdk::find_member(chunk, "error");
  if (error == nullptr) return std::nullopt;
  return failure_in_stream(error->is_object() ? error->get_object() : chunk);
}

}  // namespace

ChatReader::ChatReader(const model_api::Prompt& prompt)
    : wants_structured_(prompt.output_schema.has_value()),
      slots_("call_" + prompt.run_id + "_" + std::to_string(prompt.turn) + "_") {}

Reading ChatReader::on_event(std::string_view, std::string_view data, Output& out) {
  if (data == "[DONE]") {
    done_ = true;
    return Done{};
  }
  const std::optional<json::object> chunk = sdk::parse_object(data, mender_);
  if (!chunk) {
    out.unknown();
    return More{};
  }
  if (std::optional<Failure> failure = chat_failure(*chunk)) return std::move(*failure);

  if (model_.empty()) model_ = sdk::text_member(*chunk, "model");
  const std::string_view id = sdk::text_member(*chunk, "id");
  if (!id.empty()) out.started(id, model_);
  for (const json::value& choice : sdk::array_of(*chunk, "choices")) {
    if (choice.is_object()) read_choice(choice.get_object(), out);
  }
  const json::object& usage = sdk::object_of(*chunk, "usage");
  if (!usage.empty()) out.usage(chat_usage(usage));
  return More{};
}

void ChatReader::read_choice(const json::object& choice, Output& out) {
  if (sdk::integer_member(choice, "index").value_or(0) != 0) return;
  read_delta(sdk::object_of(choice, "delta"), out);
  const std::string_view reason = sdk::text_member(choice, "finish_reason");
  if (!reason.empty()) finish_reason_ = reason;
}

void ChatReader::read_delta(const json::object& delta, Output& out) {
  for (const char* key : {"reasoning_content", "reasoning"}) {
    const std::string_view thought = sdk::text_member(delta, key);
    if (thought.empty()) continue;
    reasoning_ += thought;
    reasoning_key_ = key;
    out.reasoning(thought);
    break;  // servers that give both give the same twice
  }
  for (const char* key : {"content", "refusal"}) {
    const std::string_view said = sdk::text_member(delta, key);
    text_ += said;
    out.text(said);
    refused_ = refused_ || (key == std::string_view("refusal") && !said.empty());
  }
  for (const json::value& element : sdk::array_of(delta, "tool_calls")) {
    if (!element.is_object()) continue;
    const ToolCallSlots::Piece piece = slots_.add(element.get_object());
    const ToolCallSlots::Call& call = slots_.calls()[piece.call];
    out.tool_input(call.id, call.name, piece.arguments);
  }
}

std::variant<Answer, Failure> ChatReader::end(Output& out) {
  if (!done_ && finish_reason_.empty()) return failure_of_cut("neither a finish_reason nor [DONE] came");
  out.message(text_);
  auto calls = calls_of_answer();
  if (auto* failure = std::get_if<Failure>(&calls)) return std::move(*failure);

  Answer answer;
  answer.calls = std::move(std::get<std::vector<ToolCall>>(calls));
  answer.stop_reason = stop_reason(!answer.calls.empty());
  if (!answer.calls.empty()) answer.verbatim = verbatim();
  if (wants_structured_ && !refused_) answer.structured = structured_of(text_);
  answer.content = std::move(text_);
  answer.model = std::move(model_);
  return answer;
}

std::variant<std::vector<ToolCall>, Failure> ChatReader::calls_of_answer() const {
  std::vector<ToolCall> calls;
  for (const ToolCallSlots::Call& call : slots_.calls()) {
    std::optional<json::object> input = tool_input_of(call.arguments);
    // A call that the limit of the answer cut is none.
    if (!input && finish_reason_ == "length") return std::vector<ToolCall>();
    if (!input) return failure_of_call(call.name, "its arguments are no JSON object");
    if (call.name.empty()) return failure_of_call(call.name, "a tool must have a name");
    calls.push_back({call.id, call.name, std::move(*input)});
  }
  return calls;
}

std::string ChatReader::stop_reason(bool has_calls) const {
  if (has_calls) return "tool_use";
  if (refused_) return "refusal";
  if (finish_reason_ == "length") return "max_tokens";
  // Calls were announced and none came.
  const bool announced =
      finish_reason_ == "tool_calls" || finish_reason_ == "function_call" || finish_reason_ == "tool_use";
  return finish_reason_.empty() || finish_reason_ == "stop" || announced ? "end_turn" : finish_reason_;
}

// Servers that show their model's reasoning want it back as long as the model is in its tool loop.
std::string ChatReader::verbatim() const {
  if (reasoning_.empty()) return {};
  json::array calls;
  for (const ToolCallSlots::Call& call : slots_.calls()) {
    json::object function;
    function["name"] = call.name;
    function["arguments"] = call.arguments.empty() ? "{}" : call.arguments;
    json::object out;
    out["id"] = call.id;
    out["type"] = "function";
    out["function"] = std::move(function);
    calls.push_back(std::move(out));
  }
  json::object message;
  message["role"] = "assistant";
  message["content"] = text_.empty() ? json::value(nullptr) : json::value(text_);
  message[reasoning_key_] = reasoning_;
  message["tool_calls"] = std::move(calls);
  return json::serialize(message);
}

}  // namespace asmgr::openai
