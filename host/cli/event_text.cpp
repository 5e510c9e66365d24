#include "host/cli/event_text.hpp"

#include "core/model/json.hpp"
#include "core/transcript/transcript_builder.hpp"
#include "host/cli/number_text.hpp"
#include "host/cli/terminal_text.hpp"

namespace asmgr::cli {
namespace {

constexpr std::size_t kSummaryColumns = 120;

std::string_view text_member(const boost::json::object& object, std::string_view key) {
  return find_string(object, key).value_or(std::string_view{});
}

// A member as text: strings as they are, anything else as JSON, nothing when missing.
std::string shown_member(const boost::json::object& object, std::string_view key) {
  const auto* value = find(object, key);
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) return std::string(value->get_string());
  return to_text(*value);
}

// What a tool answered: its text where it has one, without the line feed at its end.
std::string output_text(const boost::json::object& data) {
  const auto* object = find_object(data, "tool_output");
  const auto content = object == nullptr ? std::nullopt : find_string(*object, "content");
  std::string text = content ? std::string(*content) : shown_member(data, "tool_output");
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// What a message says: a string, or the text parts of a list of blocks.
std::string content_text(const boost::json::object& data) {
  const auto* content = find(data, "content");
  if (content == nullptr) return {};
  if (content->is_string()) return std::string(content->get_string());
  std::string text;
  if (const auto* blocks = content->if_array()) {
    for (const auto& block : *blocks) {
      if (const auto* object = block.if_object()) text += text_member(*object, "text");
    }
  }
  return text;
}

// The one argument of a tool call that says most, else all of them.
std::string input_summary(const boost::json::object& data) {
  const auto* input = find_object(data, "tool_input");
  if (input == nullptr || input->empty()) return {};
  for (const std::string_view key : {"command", "file_path", "path", "pattern", "url", "query"}) {
    if (const auto text = find_string(*input, key)) return std::string(*text);
  }
  return to_text(*input);
}

std::string error_summary(const boost::json::object& data) {
  const std::string code(text_member(data, "error_code"));
  const std::string message(text_member(data, "error_message"));
  if (code.empty()) return message;
  return message.empty() ? code : code + ": " + message;
}

std::string decision_summary(const boost::json::object& data) {
  std::string text = shown_member(data, "tool_name");
  if (const auto by = text_member(data, "decided_by"); !by.empty()) text.append(" (by ").append(by).append(")");
  if (const auto reason = text_member(data, "reason"); !reason.empty()) text.append(", ").append(reason);
  return text;
}

std::string violation_summary(const boost::json::object& data) {
  const std::string said = shown_member(data, "message");
  return shown_member(data, "policy") + ": " + (said.empty() ? shown_member(data, "kind") : said);
}

std::string summary_of(EventType type, const boost::json::object& data, std::string_view raw) {
  switch (type) {
    case EventType::message_streamed:
    case EventType::reasoning_streamed:
    case EventType::tool_input_streamed: {
      const std::string delta(text_member(data, "delta"));
      return delta.empty() ? content_text(data) : delta;
    }
    case EventType::message_sent:
    case EventType::message_received:
      return std::string(text_member(data, "role")) + ": " + content_text(data);
    case EventType::tool_call_started:
      return std::string(text_member(data, "tool_name")) + " " + input_summary(data);
    case EventType::tool_call_completed:
    case EventType::tool_call_failed:
      return std::string(text_member(data, "tool_name")) + " -> " + output_text(data);
    case EventType::error_occurred:
    case EventType::run_failed:
    case EventType::session_failed:
    case EventType::run_timeout:
      return error_summary(data);
    case EventType::policy_violation:
      return violation_summary(data);
    case EventType::tool_approval_requested:
      return shown_member(data, "tool_name") + " " + input_summary(data) + ", approval " +
             shown_member(data, "approval_id");
    case EventType::tool_approval_granted:
    case EventType::tool_approval_denied:
      return decision_summary(data);
    default:
      return raw == "{}" ? std::string() : std::string(raw);
  }
}

}  // namespace

void EventText::show(const EventView& event) {
  const auto parsed = parse_json(event.data, "event data");
  const boost::json::object* object = parsed.has_value() ? parsed->if_object() : nullptr;
  const boost::json::object nothing;
  const boost::json::object& data = object != nullptr ? *object : nothing;
  switch (event.type) {
    case EventType::message_streamed:
      return show_text(summary_of(event.type, data, event.data));
    case EventType::message_received:
      return show_message(data);
    case EventType::tool_call_started:
      new_message_ = true;
      return console_.note("> " + one_line(summary_of(event.type, data, event.data), kSummaryColumns), Style::dim);
    case EventType::tool_call_completed:
      return show_tool_end(data, false);
    case EventType::tool_call_failed:
      return show_tool_end(data, true);
    case EventType::error_occurred:
      return console_.note("! " + one_line(error_summary(data), kSummaryColumns), Style::bad);
    case EventType::policy_violation:
      return console_.note("! policy " + one_line(violation_summary(data), kSummaryColumns), Style::bad);
    case EventType::tool_approval_requested:
      return console_.note("? approval asked for: " +
                               one_line(shown_member(data, "tool_name") + " " + input_summary(data), kSummaryColumns),
                           Style::strong);
    case EventType::tool_approval_granted:
    case EventType::tool_approval_denied:
      return show_decision(data, event.type == EventType::tool_approval_granted);
    case EventType::step_reset:
      end_message();
      if (text_member(data, "reason") == kAttemptContinues) return;
      return console_.note("~ tried again: what was said since the last attempt began does not count", Style::dim);
    default:
      if (console_.verbose()) console_.note(". " + event_line(event), Style::dim);
  }
}

void EventText::show_decision(const boost::json::object& data, bool granted) {
  const std::string line = (granted ? "? approved: " : "? not approved: ") + decision_summary(data);
  console_.note(one_line(line, kSummaryColumns), granted ? Style::dim : Style::strong);
}

void EventText::show_text(std::string_view text) {
  if (text.empty()) return;
  if (new_message_ && console_.in_line()) console_.write("\n");
  new_message_ = false;
  streamed_ = true;
  console_.write_foreign(text);
  console_.flush();
}

void EventText::show_message(const boost::json::object& data) {
  if (!streamed_) show_text(content_text(data));
  end_message();
}

void EventText::show_tool_end(const boost::json::object& data, bool failed) {
  new_message_ = true;
  const std::string output = output_text(data);
  const std::string name(text_member(data, "tool_name"));
  const std::string line = (failed ? "x " : "< ") + name + (output.empty() ? "" : ": " + output);
  console_.note(one_line(line, kSummaryColumns), failed ? Style::bad : Style::dim);
}

void EventText::end_message() noexcept {
  streamed_ = false;
  new_message_ = true;
}

void EventText::finish() {
  if (console_.in_line()) console_.write("\n");
  console_.flush();
}

std::string event_line(const EventView& event) {
  const auto parsed = parse_json(event.data, "event data");
  const boost::json::object* object = parsed.has_value() ? parsed->if_object() : nullptr;
  const boost::json::object nothing;
  std::string number = std::to_string(event.sequence_number);
  number.insert(0, number.size() < 5 ? 5 - number.size() : 0, ' ');
  const std::string_view type = event.type == EventType::unknown ? event.type_name : type_name(event.type);
  std::string line = number + "  " + time_text(event.timestamp) + "  " + harmless(type, LineBreaks::escape);
  const std::string summary =
      event.pruned ? "(pruned)" : summary_of(event.type, object != nullptr ? *object : nothing, event.data);
  if (summary.empty()) return line;
  line.append(line.size() < 52 ? 52 - line.size() : 2, ' ');
  return line + one_line(summary, kSummaryColumns);
}

}  // namespace asmgr::cli
