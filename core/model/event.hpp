// An event: one immutable entry of a session's log.
//
// Two forms. EventView is a flat set of string views, what travels on the hot path and over the plugin boundary; its
// bytes belong to somebody else (an EventBatch, a plugin's call). Event owns its text and is what queries return.
// `data` and `metadata` are the exact text that is stored and hashed: nobody re-serialises them.
#pragma once

#include <boost/json/object.hpp>
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/model/time.hpp"

namespace asmgr {

using Hash = std::array<std::uint8_t, 32>;

// The numbers are the plugin boundary's. `unknown`: only type_name says what it is; such an event is stored and shown
// under its own name and means nothing to the engine.
enum class EventType : std::uint32_t {
  unknown = 0,
  session_created, session_started, session_paused, session_resumed, session_completed, session_failed,
  session_cancelled,
  run_started, run_completed, run_failed, run_cancelled, run_timeout,
  message_sent, message_received, message_streamed,
  tool_call_started, tool_call_completed, tool_call_failed,
  error_occurred, error_recovered,
  token_usage_updated, turn_completed,
  workspace_snapshot_taken, workspace_diff_computed,
  policy_violation,
  tool_approval_requested, tool_approval_granted, tool_approval_denied,
  provider_started, step_started, reasoning_streamed, tool_input_streamed, step_reset,
};

enum class EventCategory : std::uint8_t {
  session, run, message, tool, error, usage, workspace, policy, approval, provider, unknown,
};

[[nodiscard]] std::span<const EventType> all_event_types() noexcept;  // without unknown
[[nodiscard]] std::string_view type_name(EventType type) noexcept;    // "unknown" for unknown
// unknown for a name this version does not know.
[[nodiscard]] EventType event_type_of(std::string_view name) noexcept;
[[nodiscard]] EventCategory category_of(EventType type) noexcept;
[[nodiscard]] bool is_run_terminal(EventType type) noexcept;
[[nodiscard]] bool is_session_terminal(EventType type) noexcept;

struct EventView {
  std::string_view id;
  EventType type = EventType::unknown;
  std::string_view type_name;
  Timestamp timestamp;
  std::string_view session_id;
  std::string_view run_id;  // empty = of the session itself
  std::uint64_t sequence_number = 0;
  std::uint16_t schema_version = 1;
  bool pruned = false;
  bool caller_id = false;  // the id came from outside the engine
  std::string_view provider;
  std::string_view correlation_id;
  std::string_view data = "{}";
  std::string_view metadata = "{}";
  Hash hash{};
  Hash body_hash{};
};

struct Event {
  std::string id;
  EventType type = EventType::unknown;
  std::string type_name;
  Timestamp timestamp;
  std::string session_id;
  std::string run_id;
  std::uint64_t sequence_number = 0;
  std::uint16_t schema_version = 1;
  bool pruned = false;
  bool caller_id = false;
  std::string provider;
  std::string correlation_id;
  std::string data = "{}";
  std::string metadata = "{}";
  Hash hash{};
  Hash body_hash{};

  bool operator==(const Event&) const = default;
};

[[nodiscard]] EventView view_of(const Event& event) noexcept;
[[nodiscard]] Event to_event(const EventView& view);

struct NewEvent {
  EventType type = EventType::unknown;
  std::string session_id;
  std::string run_id;
  boost::json::object data;
  boost::json::object metadata;
  std::string id;  // empty = make one; else the event is flagged caller_id
};
// For code that makes events. Errors: invalid_event_type for unknown, validation_error for an empty session id or a bad
// id.
[[nodiscard]] Result<Event> make_event(NewEvent fields, Timestamp now);

// One line of JSON in the shape users see; data and metadata byte for byte as stored. Pruned: data null, pruned true,
// body_sha256.
void append_event_json(std::string& out, const EventView& event);
[[nodiscard]] std::string event_json(const EventView& event);
// The inverse (for imports): reads data and metadata verbatim from `text`. An unknown type keeps its name. Errors:
// validation_error (missing or ill-typed id, type, session_id, timestamp, schema_version >= 1), invalid_format.
[[nodiscard]] Result<Event> event_from_json(std::string_view text);

}  // namespace asmgr
