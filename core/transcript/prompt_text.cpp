#include "core/transcript/prompt_text.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

void append_indented(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    // A lone carriage return is a new line to some readers.
    const bool lone_return = text[i] == '\r' && text.substr(i + 1, 1) != "\n";
    if (text[i] == '\n' || lone_return) out += "  ";
  }
}

std::string text_of(const boost::json::value& value) {
  if (const auto* text = value.if_string()) return std::string(text->data(), text->size());
  return value.is_null() ? std::string() : to_text(value);
}

void append_part(std::string& out, std::string_view part) {
  if (part.empty()) return;
  out += ' ';
  append_indented(out, part);
}

void append_message(std::string& out, const TranscriptMessage& message) {
  const std::string_view id = message.tool_call_id.empty() ? "unknown" : std::string_view(message.tool_call_id);
  if (message.is_tool_call()) {
    out += "assistant_tool_call(";
    append_indented(out, id);
    out += "):";
    append_part(out, message.tool_name);
    append_part(out, message.tool_input ? to_text(*message.tool_input) : "{}");
  } else if (message.is_tool_result()) {
    out += "tool_result(";
    append_indented(out, id);
    out += "):";
    append_part(out, message.tool_name);
    append_part(out, message.content.value_or(""));
    append_part(out, text_of(message.tool_output));
  } else {
    out += role_name(message.role);
    out += ':';
    append_part(out, message.content.value_or(""));
  }
}

}  // namespace

std::string to_prompt_text(const Transcript& transcript) {
  std::string out;
  for (const TranscriptMessage& message : transcript.messages) {
    if (!out.empty()) out += '\n';
    append_message(out, message);
  }
  return out;
}

std::string to_prompt_text(const Transcript& transcript, std::string_view prompt) {
  std::string out = to_prompt_text(transcript);
  if (!out.empty()) out += "\n\n";
  out += prompt;
  return out;
}

}  // namespace asmgr
