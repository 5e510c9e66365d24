#include "gemini_reader.hpp"

#include <algorithm>
#include <asmgr/toolkit/json_lookup.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <initializer_list>
#include <optional>
#include <utility>

#include "error_envelope.hpp"

namespace asmgr::gemini {
namespace {

namespace json = boost::json;
using model_api::Answer;
using model_api::Failure;
using model_api::More;
using model_api::Output;
using model_api::Reading;
using model_api::Usage;

// `promptTokenCount` has the cached ones in it; thoughts are counted apart.
Usage usage_of(const json::object& metadata) {
  const auto count = [&](std::string_view key) { return sdk::integer_member(metadata, key).value_or(0); };
  Usage usage;
  usage.cache_read = count("cachedContentTokenCount");
  usage.input = std::max<std::int64_t>(0, count("promptTokenCount") - usage.cache_read);
  usage.input += count("toolUsePromptTokenCount");
  usage.output = count("candidatesTokenCount");
  usage.reasoning = count("thoughtsTokenCount");
  return usage;
}

Failure blocked(const json::object& feedback) {
  Failure failure;
  failure.kind = sdk::text_member(feedback, "blockReason");
  failure.message = "the prompt was blocked (" + failure.kind + ")";
  const std::string_view more = sdk::text_member(feedback, "blockReasonMessage");
  if (!more.empty()) failure.message += ": " + std::string(more);
  return failure;
}

Failure cut() {
  Failure failure;
  failure.status = ASMGR_E_PROVIDER_UNAVAILABLE;
  failure.kind = "stream_cut";
  failure.message = "the stream ended before the answer was complete: no finishReason came";
  failure.retryable = true;
  return failure;
}

bool is_one_of(const std::string& reason, std::initializer_list<std::string_view> known) {
  return std::find(known.begin(), known.end(), reason) != known.end();
}

// The model tried to call a tool in a way that the API could not read: nothing to go on with.
bool is_failure(const std::string& reason) {
  return is_one_of(reason, {"MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL", "MALFORMED_RESPONSE",
                            "TOO_MANY_TOOL_CALLS", "MISSING_THOUGHT_SIGNATURE"});
}

std::string stop_reason_of(const std::string& reason) {
  if (is_one_of(reason, {"STOP", "FUNCTION_CALL", "FINISH_REASON_UNSPECIFIED"})) return "end_turn";
  if (reason == "MAX_TOKENS") return "max_tokens";
  if (is_one_of(reason, {"SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY",
                         "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION", "MODEL_ARMOR"})) {
    return "content_filter";
  }
  std::string lower = reason;
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lower;
}

bool is_plain_text(const json::value& part) {
  if (!part.is_object() || part.get_object().size() != 1) return false;
  const json::value* text = sdk::find_member(part.get_object(), "text");
  return text != nullptr && text->is_string();
}

}  // namespace

GeminiReader::GeminiReader(const model_api::Prompt& prompt)
    : wants_structured_(prompt.output_schema.has_value()),
      made_up_ids_("call_" + prompt.run_id + "_" + std::to_string(prompt.turn) + "_") {}

Reading GeminiReader::on_event(std::string_view, std::string_view data, Output& out) {
  const std::optional<json::object> event = sdk::parse_object(data, mender_);
  if (!event) {
    out.unknown();
    return More{};
  }
  if (const json::object& error = sdk::object_of(*event, "error"); !error.empty()) return failure_in_stream(error);
  const json::object& feedback = sdk::object_of(*event, "promptFeedback");
  if (!sdk::text_member(feedback, "blockReason").empty()) return blocked(feedback);

  if (model_.empty()) model_ = sdk::text_member(*event, "modelVersion");
  const std::string_view id = sdk::text_member(*event, "responseId");
  if (!id.empty()) out.started(id, model_);
  for (const json::value& candidate : sdk::array_of(*event, "candidates")) {
    if (!candidate.is_object() || sdk::integer_member(candidate.get_object(), "index").value_or(0) != 0) continue;
    const json::object& choice = candidate.get_object();
    for (const json::value& part : sdk::array_of(sdk::object_of(choice, "content"), "parts")) {
      if (part.is_object()) read_part(part.get_object(), out);
    }
    if (const std::string_view reason = sdk::text_member(choice, "finishReason"); !reason.empty())
      finish_reason_ = reason;
    if (const std::string_view more = sdk::text_member(choice, "finishMessage"); !more.empty()) finish_message_ = more;
  }
  const json::object& usage = sdk::object_of(*event, "usageMetadata");
  if (!usage.empty()) out.usage(usage_of(usage));
  return More{};
}

void GeminiReader::read_part(const json::object& part, Output& out) {
  if (part.contains("functionCall")) return read_call(part, out);
  const std::string_view said = sdk::text_member(part, "text");
  if (sdk::flag_member(part, "thought")) {
    out.reasoning(said);
  } else if (part.contains("text")) {
    text_ += said;
    out.text(said);
  } else if (!part.contains("thoughtSignature")) {
    out.unknown();
  }
  keep(part);
}

void GeminiReader::read_call(json::object part, Output& out) {
  json::object call = sdk::object_of(part, "functionCall");
  if (sdk::text_member(call, "id").empty()) call["id"] = made_up_ids_ + std::to_string(calls_.size() + 1);
  const json::object& args = sdk::object_of(call, "args");
  model_api::ToolCall made{std::string(sdk::text_member(call, "id")), std::string(sdk::text_member(call, "name")),
                           args};
  out.tool_input(made.id, made.name, json::serialize(args));
  calls_.push_back(std::move(made));
  // With its id, so that the result's can be the same.
  part["functionCall"] = std::move(call);
  keep(part);
}

void GeminiReader::keep(const json::object& part) {
  // Thoughts are shown to people only; the signature that the model wants back may come with one.
  if (sdk::flag_member(part, "thought") && !part.contains("thoughtSignature")) return;
  if (!parts_.empty() && is_plain_text(part) && is_plain_text(parts_.back())) {
    json::string& text = parts_.back().get_object()["text"].get_string();
    const std::string_view more = sdk::text_member(part, "text");
    text.append(sdk::as_json(more));
    return;
  }
  parts_.push_back(part);
}

std::variant<Answer, Failure> GeminiReader::end(Output& out) {
  if (finish_reason_.empty()) return cut();
  out.message(text_);
  if (is_failure(finish_reason_)) {
    Failure failure;
    failure.kind = finish_reason_;
    failure.message = finish_message_.empty() ? "the answer ended with " + finish_reason_ : finish_message_;
    failure.retryable = true;
    return failure;
  }
  for (const model_api::ToolCall& call : calls_) {
    if (!call.name.empty()) continue;
    Failure failure;
    failure.kind = "invalid_tool_call";
    failure.message = "the model asked for a tool without a name";
    return failure;
  }
  Answer answer;
  answer.stop_reason = calls_.empty() ? stop_reason_of(finish_reason_) : "tool_use";
  if (!calls_.empty()) {
    json::object content;
    content["role"] = "model";
    content["parts"] = std::move(parts_);
    answer.verbatim = json::serialize(content);
  }
  answer.calls = std::move(calls_);
  if (wants_structured_) {
    boost::system::error_code error;
    json::value value = json::parse(text_, error);
    if (!error) answer.structured = std::move(value);
  }
  answer.content = std::move(text_);
  answer.model = std::move(model_);
  return answer;
}

}  // namespace asmgr::gemini
