#include "core/transcript/transcript.hpp"

#include <algorithm>

#include "core/model/json.hpp"
#include "core/model/json_reader.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kRoleNames[] = {"system", "user", "assistant", "tool"};

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::ranges::equal(a, b, [&](char x, char y) { return lower(x) == lower(y); });
}

std::optional<Role> known_role(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kRoleNames); ++i) {
    if (equal_ignoring_case(name, kRoleNames[i])) return static_cast<Role>(i);
  }
  return std::nullopt;
}

boost::json::object to_json(const TranscriptMessage& message) {
  boost::json::object json;
  json.reserve(7);
  json["role"] = role_name(message.role);
  json["content"] = message.content ? boost::json::value(*message.content) : boost::json::value(nullptr);
  if (!message.parts.empty()) json["parts"] = message.parts;
  json["tool_call_id"] = text_or_null(message.tool_call_id);
  json["tool_name"] = text_or_null(message.tool_name);
  json["tool_input"] = message.tool_input ? boost::json::value(*message.tool_input) : boost::json::value(nullptr);
  json["tool_output"] = message.tool_output;
  json["metadata"] = message.metadata;
  return json;
}

Result<TranscriptMessage> message_from_json(const boost::json::value& json) {
  auto in = ObjectReader::open(json, "message", ErrorCode::validation_error);
  if (!in) return in.error();
  auto role = in->required_string("role");
  if (!role) return role.error();
  const std::optional<Role> known = known_role(*role);
  if (!known) return in->mismatch("role", "system, user, assistant or tool");
  auto content = in->optional_string("content");
  auto call = in->optional_string("tool_call_id");
  auto name = in->optional_string("tool_name");
  auto input = in->optional_object("tool_input");
  auto metadata = in->optional_object("metadata");
  if (!content) return content.error();
  if (!call) return call.error();
  if (!name) return name.error();
  if (!input) return input.error();
  if (!metadata) return metadata.error();

  TranscriptMessage message;
  message.role = *known;
  if (find_string(in->object(), "content")) message.content = *content;
  if (const auto* parts = find_array(in->object(), "parts")) message.parts = *parts;
  message.tool_call_id = *call;
  message.tool_name = *name;
  if (find_object(in->object(), "tool_input")) message.tool_input = std::move(*input);
  if (const auto* output = find(in->object(), "tool_output")) message.tool_output = *output;
  message.metadata = std::move(*metadata);
  return message;
}

}  // namespace

std::string_view role_name(Role role) noexcept {
  const auto index = static_cast<std::size_t>(role);
  return index < std::size(kRoleNames) ? kRoleNames[index] : "user";
}

Role role_of(std::string_view name, Role fallback) noexcept {
  return known_role(name).value_or(fallback);
}

bool TranscriptMessage::is_tool_call() const noexcept {
  return role == Role::assistant && !content && (!tool_call_id.empty() || !tool_name.empty() || tool_input);
}

boost::json::object to_json(const Transcript& transcript) {
  boost::json::object json;
  json["session_id"] = transcript.session_id;
  boost::json::array& messages = json["messages"].emplace_array();
  messages.reserve(transcript.messages.size());
  for (const TranscriptMessage& message : transcript.messages) messages.push_back(to_json(message));
  json["last_sequence"] = transcript.last_sequence == 0
                              ? boost::json::value(nullptr)
                              : boost::json::value(static_cast<std::int64_t>(transcript.last_sequence));
  json["last_timestamp"] = time_or_null(transcript.last_timestamp);
  json["metadata"] = transcript.metadata;
  return json;
}

Result<Transcript> transcript_from_json(const boost::json::value& json) {
  auto in = ObjectReader::open(json, "transcript", ErrorCode::validation_error);
  if (!in) return in.error();
  auto session = in->required_string("session_id");
  auto sequence = in->optional_int("last_sequence", 0, 0);
  auto timestamp = in->optional_time("last_timestamp");
  auto metadata = in->optional_object("metadata");
  if (!session) return session.error();
  if (!sequence) return sequence.error();
  if (!timestamp) return timestamp.error();
  if (!metadata) return metadata.error();
  const boost::json::array* messages = find_array(in->object(), "messages");
  if (messages == nullptr) return in->mismatch("messages", "an array");

  Transcript transcript;
  transcript.session_id = *session;
  transcript.last_sequence = static_cast<std::uint64_t>(*sequence);
  transcript.last_timestamp = *timestamp;
  transcript.metadata = std::move(*metadata);
  transcript.messages.reserve(messages->size());
  for (const boost::json::value& message : *messages) {
    auto read = message_from_json(message);
    if (!read) {
      return Error(read.error())
          .with_context("cannot read transcript: message " + std::to_string(transcript.messages.size() + 1));
    }
    transcript.messages.push_back(std::move(*read));
  }
  return transcript;
}

boost::json::array to_prompt_json(const Transcript& transcript) {
  boost::json::array messages;
  messages.reserve(transcript.messages.size());
  for (const TranscriptMessage& message : transcript.messages) {
    boost::json::object json;
    json["role"] = role_name(message.role);
    if (message.content) json["content"] = *message.content;
    if (!message.parts.empty()) json["content"] = message.parts;
    if (!message.tool_call_id.empty()) json["tool_call_id"] = message.tool_call_id;
    if (!message.tool_name.empty()) json["tool_name"] = message.tool_name;
    if (message.tool_input) json["tool_input"] = *message.tool_input;
    if (!message.tool_output.is_null()) json["tool_output"] = message.tool_output;
    if (message.is_tool_result() && find_bool(message.metadata, "is_error").value_or(false)) json["is_error"] = true;
    messages.push_back(std::move(json));
  }
  return messages;
}

}  // namespace asmgr
