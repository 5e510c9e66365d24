#include "core/transcript/transcript_builder.hpp"

#include <algorithm>
#include <tuple>

#include "core/model/cut_text.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

enum class Meaning : std::uint8_t { none, by_type, by_data };

Meaning meaning_of(EventType type) noexcept {
  switch (type) {
    case EventType::message_sent:
    case EventType::message_received:
    case EventType::message_streamed:
    case EventType::tool_call_started:
    case EventType::tool_call_completed:
    case EventType::tool_call_failed:
    case EventType::tool_approval_requested:
    case EventType::tool_approval_granted:
    case EventType::tool_approval_denied:
    case EventType::step_reset:
      return Meaning::by_data;
    case EventType::run_failed:
    case EventType::run_cancelled:
    case EventType::run_timeout:
      return Meaning::by_type;
    default:
      return Meaning::none;
  }
}

// A member as text: a string as it is, anything else as JSON, nothing when it is missing or null.
std::string text_of(const boost::json::object& data, std::string_view key) {
  const boost::json::value* value = find(data, key);
  if (value == nullptr || value->is_null()) return {};
  if (const auto* text = value->if_string()) return std::string(text->data(), text->size());
  return to_text(*value);
}

std::string string_of(const boost::json::object& data, std::string_view key) {
  return std::string(find_string(data, key).value_or(""));
}

bool holds_cut_text(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return is_cut_text({text->data(), text->size()});
  if (const auto* list = value.if_array()) return std::any_of(list->begin(), list->end(), holds_cut_text);
  const auto* object = value.if_object();
  return object != nullptr &&
         std::any_of(object->begin(), object->end(), [](const auto& member) { return holds_cut_text(member.value()); });
}

// What is no text is worth nothing once it was cut for the log: half an image, which a model API refuses.
void replace_cut_parts(boost::json::array& parts, const boost::json::object& data) {
  if (!data.contains(kTruncatedMember)) return;
  for (boost::json::value& part : parts) {
    const auto* object = part.if_object();
    const std::string type = object == nullptr ? std::string() : string_of(*object, "type");
    if (type.empty() || type == "text" || !holds_cut_text(part)) continue;
    part = boost::json::object{{"type", "text"}, {"text", "[left out, too large for the log: " + type + "]"}};
  }
}

boost::json::array parts_of(const boost::json::object& data) {
  const boost::json::array* found = find_array(data, "parts");
  boost::json::array parts = found == nullptr ? boost::json::array() : *found;
  replace_cut_parts(parts, data);
  return parts;
}

ToolCall call_of(const boost::json::object& data) {
  ToolCall call{string_of(data, "tool_call_id"), string_of(data, "tool_name"), std::nullopt};
  if (const boost::json::object* input = find_object(data, "tool_input")) call.input = *input;
  return call;
}

Result<boost::json::object> read(std::string_view text, std::string_view what, const EventView& event) {
  if (text.empty() || text == "{}") return boost::json::object();
  auto object = parse_json_object(text, what);
  if (object) return object;
  return Error(object.error()).with_context("event " + std::string(event.id));
}

Result<boost::json::object> metadata_of(const EventView& event) {
  auto own = read(event.metadata, "metadata", event);
  if (!own) return own;
  boost::json::object metadata;
  metadata["event_id"] = event.id;
  metadata["run_id"] = text_or_null(event.run_id);
  metadata["timestamp"] = time_or_null(event.timestamp);
  if (event.sequence_number != 0) metadata["sequence_number"] = static_cast<std::int64_t>(event.sequence_number);
  for (auto& member : *own) metadata[member.key()] = std::move(member.value());
  return metadata;
}

}  // namespace

Result<void> TranscriptBuilder::append(const EventView& event) {
  if (!session_id_.empty() && !event.session_id.empty() && event.session_id != session_id_) {
    return Error(ErrorCode::session_mismatch, "event " + std::string(event.id) + " belongs to session " +
                                                  std::string(event.session_id) + ", but this is the transcript of " +
                                                  session_id_);
  }
  if (event.sequence_number != 0 && event.sequence_number <= last_sequence_) return {};
  switch (meaning_of(event.type)) {
    case Meaning::none:
      break;
    case Meaning::by_type:
      apply(event, {}, {});
      break;
    case Meaning::by_data: {
      if (event.pruned) {
        ++pruned_;
        break;
      }
      auto data = read(event.data, "data", event);
      if (!data) return data.error();
      auto metadata = metadata_of(event);
      if (!metadata) return metadata.error();
      apply(event, *data, std::move(*metadata));
      break;
    }
  }
  if (session_id_.empty()) session_id_ = event.session_id;
  last_sequence_ = std::max(last_sequence_, event.sequence_number);
  if (event.timestamp.is_set()) last_timestamp_ = event.timestamp;
  return {};
}

void TranscriptBuilder::apply(const EventView& event, const boost::json::object& data, boost::json::object metadata) {
  RunMessages& run = messages_of(event.run_id);
  const auto role = [&](Role fallback) { return role_of(string_of(data, "role"), fallback); };
  switch (event.type) {
    case EventType::message_sent:
      return run.sent(role(Role::user), text_of(data, "content"), parts_of(data), std::move(metadata));
    case EventType::message_received:
      return run.received(role(Role::assistant), text_of(data, "content"), std::move(metadata));
    case EventType::message_streamed: {
      std::string text = text_of(data, "delta");
      if (text.empty()) text = text_of(data, "content");
      return run.streamed(text, std::move(metadata));
    }
    case EventType::tool_call_started:
      return run.call_started(call_of(data), std::move(metadata));
    case EventType::tool_call_completed:
    case EventType::tool_call_failed: {
      const boost::json::value* output = find(data, "tool_output");
      ToolResult result;
      if (output != nullptr) result.output = *output;
      if (auto* parts = result.output.if_array()) replace_cut_parts(*parts, data);
      result.failed = event.type == EventType::tool_call_failed;
      result.error_code = string_of(data, "error_code");
      return run.call_ended(call_of(data), std::move(result), std::move(metadata));
    }
    case EventType::tool_approval_requested:
      return run.approval_requested(call_of(data), string_of(data, "approval_id"), std::move(metadata));
    case EventType::tool_approval_granted:
      return run.approval_decided(string_of(data, "approval_id"), string_of(data, "tool_call_id"), true, {});
    case EventType::tool_approval_denied:
      return run.approval_decided(string_of(data, "approval_id"), string_of(data, "tool_call_id"), false,
                                  string_of(data, "reason"));
    case EventType::step_reset:
      return string_of(data, "reason") == kAttemptContinues ? run.attempt_continues() : run.attempt_superseded();
    default:
      return run.ended_without_success();
  }
}

RunMessages& TranscriptBuilder::messages_of(std::string_view run_id) {
  if (run_id.empty()) {
    if (!between_runs_) {
      between_runs_ = runs_.size();
      runs_.emplace_back();
    }
    return runs_[*between_runs_];
  }
  const auto known = run_index_.find(run_id);
  if (known != run_index_.end()) return runs_[known->second];
  // What comes without a run after this one began stands after it, unless it goes on with what came before.
  if (between_runs_ && runs_[*between_runs_].is_settled()) between_runs_.reset();
  run_index_.emplace(run_id, runs_.size());
  return runs_.emplace_back();
}

Result<Transcript> TranscriptBuilder::transcript() const {
  if (session_id_.empty()) {
    return Error(ErrorCode::validation_error,
                 "cannot build a transcript: no session is known; give its id or an event of it");
  }
  Transcript transcript;
  transcript.session_id = session_id_;
  for (const RunMessages& run : runs_) run.append_to(transcript.messages);
  transcript.last_sequence = last_sequence_;
  transcript.last_timestamp = last_timestamp_;
  if (pruned_ > 0) transcript.metadata["pruned_events"] = pruned_;
  return transcript;
}

Result<Transcript> build_transcript(std::span<const EventView> events, std::string session_id) {
  std::vector<const EventView*> ordered;
  ordered.reserve(events.size());
  for (const EventView& event : events) ordered.push_back(&event);
  const auto key = [](const EventView* event) {
    const bool numbered = event->sequence_number != 0;
    return std::tuple(!numbered, event->sequence_number, !numbered && !event->timestamp.is_set(),
                      numbered ? Timestamp() : event->timestamp, numbered ? std::string_view() : event->id);
  };
  std::ranges::stable_sort(ordered, {}, key);
  if (session_id.empty() && !ordered.empty()) session_id = ordered.front()->session_id;
  TranscriptBuilder builder(std::move(session_id));
  for (const EventView* event : ordered) {
    if (auto taken = builder.append(*event); !taken) return taken.error();
  }
  return builder.transcript();
}

}  // namespace asmgr
