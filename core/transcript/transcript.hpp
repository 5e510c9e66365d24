// A session's conversation as messages.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/time.hpp"

namespace asmgr {

enum class Role : std::uint8_t { system, user, assistant, tool };

[[nodiscard]] std::string_view role_name(Role role) noexcept;
// Whatever the case of its letters; `fallback` for a name that is none.
[[nodiscard]] Role role_of(std::string_view name, Role fallback) noexcept;

// A tool call is an assistant message without content and with a tool; its result a tool message with the same
// tool_call_id.
struct TranscriptMessage {
  Role role = Role::user;
  std::optional<std::string> content;
  boost::json::array parts;  // of a message that is more than text: all of it, as the input had it; else empty
  std::string tool_call_id;
  std::string tool_name;
  std::optional<boost::json::object> tool_input;
  boost::json::value tool_output;  // null = none
  // event_id, run_id, timestamp, sequence_number of the event it comes from, and that event's own metadata.
  boost::json::object metadata;

  [[nodiscard]] bool is_tool_call() const noexcept;
  [[nodiscard]] bool is_tool_result() const noexcept { return role == Role::tool; }
  bool operator==(const TranscriptMessage&) const = default;
};

struct Transcript {
  std::string session_id;
  std::vector<TranscriptMessage> messages;
  std::uint64_t last_sequence = 0;  // of all events it was built from, also those that say nothing; 0 = none
  Timestamp last_timestamp;
  boost::json::object metadata;

  bool operator==(const Transcript&) const = default;
};

// {"session_id","messages":[{"role","content","tool_call_id","tool_name","tool_input","tool_output","metadata":{}}],
//  "last_sequence","last_timestamp","metadata":{}}; what is absent is null. A message of parts has "parts" too.
[[nodiscard]] boost::json::object to_json(const Transcript& transcript);
// The inverse. session_id and messages are required, and a role in each message; unknown keys are ignored.
// Errors: validation_error.
[[nodiscard]] Result<Transcript> transcript_from_json(const boost::json::value& json);

// The messages as a provider gets them: without metadata and without what is absent. The content of a message of parts
// is its parts.
[[nodiscard]] boost::json::array to_prompt_json(const Transcript& transcript);

}  // namespace asmgr
