#include "core/policy/recorded_line.hpp"

#include <algorithm>
#include <utility>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

constexpr double kMicroseconds = 1e6;
constexpr double kLongestRecording = 1e9;  // seconds

std::int64_t time_of(const boost::json::object& line) {
  const double seconds = find_number(line, "t").value_or(0);
  return static_cast<std::int64_t>(std::clamp(seconds, 0.0, kLongestRecording) * kMicroseconds);
}

Result<RecordedLine> read_logged(std::string_view text) {
  RecordedLine line;
  const Result<Event> event = event_from_json(text);
  if (event.has_error()) return event.error();
  if (event->run_id.empty() || event->pruned) return line;
  Result<boost::json::object> data = parse_json_object(event->data, "event data");
  if (data.has_error()) return data.error();
  line.kind = RecordedLine::Kind::logged;
  line.type = event->type;
  line.type_name = event->type_name;
  line.session_id = event->session_id;
  line.run_id = event->run_id;
  line.at_us = event->timestamp.us;
  line.data = std::move(*data);
  return line;
}

Result<RecordedLine> read_played(const boost::json::object& object, std::string_view type) {
  RecordedLine line;
  line.kind = RecordedLine::Kind::played;
  line.type_name = type;
  line.type = event_type_of(type);
  line.at_us = time_of(object);
  if (const boost::json::value* data = find(object, "data"); data != nullptr && !data->is_null()) {
    if (!data->is_object()) return Error(ErrorCode::validation_error, "'data' of an event must be an object");
    line.data = data->get_object();
  }
  return line;
}

Result<RecordedLine> read_tool_call(boost::json::object object) {
  const boost::json::value* input = find(object, "tool_input");
  if (input == nullptr || input->is_null()) {
    object["tool_input"] = boost::json::object{};
  } else if (!input->is_object()) {
    return Error(ErrorCode::validation_error, "'tool_input' of a tool call must be an object");
  }
  if (const boost::json::value* id = find(object, "tool_call_id"); id != nullptr && !id->is_string()) {
    return Error(ErrorCode::validation_error, "'tool_call_id' of a tool call must be a string");
  }
  RecordedLine line;
  line.kind = RecordedLine::Kind::tool_call;
  line.type = EventType::tool_call_started;
  line.type_name = type_name(line.type);
  line.data = std::move(object);
  return line;
}

RecordedLine of_kind(RecordedLine::Kind kind, const boost::json::object& data) {
  RecordedLine line;
  line.kind = kind;
  line.data = data;
  return line;
}

}  // namespace

Result<RecordedLine> read_recorded_line(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return RecordedLine{};
  Result<boost::json::object> object = parse_json_object(text, "the line");
  if (object.has_error()) return object.error();
  if (const auto type = find_string(*object, "type")) {
    return object->contains("session_id") ? read_logged(text) : read_played(*object, *type);
  }
  if (const auto tool = find_string(*object, "tool_name"); tool && !tool->empty()) {
    return read_tool_call(std::move(*object));
  }
  if (object->contains("replay")) return of_kind(RecordedLine::Kind::header, *object);
  if (const boost::json::object* finish = find_object(*object, "finish")) {
    return of_kind(RecordedLine::Kind::finish, *finish);
  }
  if (find_object(*object, "result") != nullptr) return RecordedLine{};
  return Error(ErrorCode::validation_error,
               "is neither an event (it has no 'type') nor a tool call (it has no 'tool_name')");
}

}  // namespace asmgr
