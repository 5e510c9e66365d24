#include "core/engine/run_redaction.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Inputs of tool calls that are streamed at the same time; what a provider leaves open beyond that is forgotten.
constexpr std::size_t kMaxToolInputs = 256;

// {"content":"..."} or {"delta":"..."} without an escape, which pieces nearly always are: no need to parse them.
struct PlainPiece {
  std::string_view before;
  std::string_view text;
};
std::optional<PlainPiece> plain_piece(std::string_view data) {
  for (const std::string_view before : {R"({"content":")", R"({"delta":")"}) {
    if (!data.starts_with(before) || !data.ends_with("\"}") || data.size() < before.size() + 2) continue;
    const std::string_view text = data.substr(before.size(), data.size() - before.size() - 2);
    if (text.find_first_of("\"\\") != std::string_view::npos) return std::nullopt;
    return PlainPiece{before, text};
  }
  return std::nullopt;
}

std::string tool_call_of(std::string_view data) {
  auto object = parse_json_object(data, "event data");
  return object ? std::string(find_string(*object, "tool_call_id").value_or("")) : std::string();
}

}  // namespace

Error without_secrets(const Redactor& redactor, const Error& error) {
  boost::json::object json = error.to_json();
  if (redactor.redact_json(json) == 0) return error;
  auto clean = Error::from_json(json);
  return clean ? std::move(*clean) : Error(error.code(), redactor.redact_text(error.message()).text);
}

RunRedaction::RunRedaction(std::shared_ptr<const Redactor> redactor)
    : redactor_(redactor != nullptr && redactor->enabled() ? std::move(redactor) : nullptr) {
  if (redactor_ == nullptr) return;
  message_.emplace(*redactor_);
  reasoning_.emplace(*redactor_);
}

RunRedaction::Passage RunRedaction::redact(EventView& event, EventBatch& batch) {
  if (redactor_ == nullptr) return Passage::goes_out;
  if (redactor_->scans_metadata()) {
    if (auto clean = redactor_->redact_json_text(event.metadata)) event.metadata = batch.keep(std::move(clean->text));
  }
  switch (event.type) {
    case EventType::message_streamed:
      return redact_piece(*message_, event, batch);
    case EventType::reasoning_streamed:
      return redact_piece(*reasoning_, event, batch);
    case EventType::tool_input_streamed:
      return redact_tool_input(event, batch);
    default:
      redact_whole(event, batch);
      return Passage::goes_out;
  }
}

void RunRedaction::redact_whole(EventView& event, EventBatch& batch) const {
  if (auto clean = redactor_->redact_event_data(event.type, event.data)) {
    event.data = batch.keep(std::move(clean->text));
  }
}

RunRedaction::Passage RunRedaction::redact_tool_input(EventView& event, EventBatch& batch) {
  const std::string call = tool_call_of(event.data);
  if (tool_inputs_.size() >= kMaxToolInputs && !tool_inputs_.contains(call)) tool_inputs_.clear();
  return redact_piece(tool_inputs_.try_emplace(call, *redactor_).first->second, event, batch);
}

RunRedaction::Passage RunRedaction::redact_piece(Text& text, EventView& event, EventBatch& batch) {
  if (const auto plain = plain_piece(event.data)) {
    text.is_open = true;
    const std::string out = text.stream.feed(plain->text);
    if (out == plain->text) return Passage::goes_out;
    if (out.empty()) return Passage::held_back;
    std::string data(plain->before.substr(0, plain->before.size() - 1));
    append_json_string(data, out);
    event.data = batch.keep(data += '}');
    return Passage::goes_out;
  }
  auto object = parse_json_object(event.data, "event data");
  boost::json::value* delta = object ? object->if_contains("delta") : nullptr;
  boost::json::value* content = object ? object->if_contains("content") : nullptr;
  boost::json::value* piece = delta != nullptr && delta->is_string() ? delta : content;
  if (piece == nullptr || !piece->is_string()) {
    redact_whole(event, batch);
    return Passage::goes_out;
  }
  text.is_open = true;
  const std::string in(piece->get_string());
  const std::string out = text.stream.feed(in);
  if (out.empty() && !in.empty()) return Passage::held_back;
  // What else is in the event is looked at without the piece, whose secrets the stream knows better.
  for (boost::json::value* field : {delta, content}) {
    if (field != nullptr && field->is_string()) field->emplace_string();
  }
  const std::size_t others = redactor_->redact_json(*object);
  if (others == 0 && out == in) return Passage::goes_out;
  for (boost::json::value* field : {delta, content}) {
    if (field != nullptr && field->is_string()) *field = out;
  }
  event.data = batch.keep(to_text(*object));
  return Passage::goes_out;
}

std::vector<RunRedaction::Piece> RunRedaction::ended_by(const EventView& event) {
  std::vector<Piece> out;
  if (redactor_ == nullptr) return out;
  switch (event.type) {
    case EventType::message_received:
    case EventType::turn_completed:
    case EventType::step_started:
    case EventType::step_reset:
      end_message(out);
      break;
    case EventType::tool_call_started:
      return ended_by_call(tool_inputs_.empty() ? std::string() : tool_call_of(event.data));
    case EventType::tool_call_completed:
    case EventType::tool_call_failed:
      if (!tool_inputs_.empty()) end_tool_input(tool_call_of(event.data), out);
      break;
    default:
      break;
  }
  return out;
}

std::vector<RunRedaction::Piece> RunRedaction::ended_by_call(const std::string& tool_call) {
  std::vector<Piece> out;
  if (redactor_ == nullptr) return out;
  end_message(out);  // a model has said its text when it calls a tool
  end_tool_input(tool_call, out);
  return out;
}

std::vector<RunRedaction::Piece> RunRedaction::ended() {
  std::vector<Piece> out;
  if (redactor_ == nullptr) return out;
  end_message(out);
  while (!tool_inputs_.empty()) end_tool_input(std::string(tool_inputs_.begin()->first), out);
  return out;
}

void RunRedaction::end(Text& text, Piece piece, std::vector<Piece>& out) {
  if (!std::exchange(text.is_open, false)) return;
  const std::string rest = text.stream.finish();
  if (rest.empty()) return;
  piece.data["delta"] = rest;
  out.push_back(std::move(piece));
}

void RunRedaction::end_message(std::vector<Piece>& out) {
  end(*reasoning_, {EventType::reasoning_streamed, {}}, out);
  const std::size_t before = out.size();
  end(*message_, {EventType::message_streamed, {}}, out);
  if (out.size() > before) out.back().data["content"] = out.back().data["delta"];
}

void RunRedaction::end_tool_input(const std::string& call, std::vector<Piece>& out) {
  const auto at = tool_inputs_.find(call);
  if (at == tool_inputs_.end()) return;
  Piece piece{EventType::tool_input_streamed, {}};
  piece.data["tool_call_id"] = call;
  end(at->second, std::move(piece), out);
  tool_inputs_.erase(at);
}

void RunRedaction::redact(boost::json::object& object) const {
  if (redactor_ != nullptr) redactor_->redact_json(object);
}

void RunRedaction::redact(std::optional<Error>& error) const {
  if (redactor_ != nullptr && error) error = without_secrets(*redactor_, *error);
}

}  // namespace asmgr
