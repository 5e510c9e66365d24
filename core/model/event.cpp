#include "core/model/event.hpp"

#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {

EventView view_of(const Event& event) noexcept {
  EventView view;
  view.id = event.id;
  view.type = event.type;
  view.type_name = event.type_name;
  view.timestamp = event.timestamp;
  view.session_id = event.session_id;
  view.run_id = event.run_id;
  view.sequence_number = event.sequence_number;
  view.schema_version = event.schema_version;
  view.pruned = event.pruned;
  view.caller_id = event.caller_id;
  view.provider = event.provider;
  view.correlation_id = event.correlation_id;
  view.data = event.data;
  view.metadata = event.metadata;
  view.hash = event.hash;
  view.body_hash = event.body_hash;
  return view;
}

Event to_event(const EventView& view) {
  Event event;
  event.id = view.id;
  event.type = view.type;
  event.type_name = view.type_name;
  event.timestamp = view.timestamp;
  event.session_id = view.session_id;
  event.run_id = view.run_id;
  event.sequence_number = view.sequence_number;
  event.schema_version = view.schema_version;
  event.pruned = view.pruned;
  event.caller_id = view.caller_id;
  event.provider = view.provider;
  event.correlation_id = view.correlation_id;
  event.data = view.data;
  event.metadata = view.metadata;
  event.hash = view.hash;
  event.body_hash = view.body_hash;
  return event;
}

Result<Event> make_event(NewEvent fields, Timestamp now) {
  if (type_name(fields.type) == type_name(EventType::unknown)) {
    return Error(ErrorCode::invalid_event_type, "cannot make an event of type number " +
                                                    std::to_string(static_cast<std::uint32_t>(fields.type)) +
                                                    "; use one of the types this version knows");
  }
  if (!is_valid_id(fields.session_id)) {
    return Error(ErrorCode::validation_error, "cannot make an event without the id of its session",
                 {{"field", "session_id"}});
  }
  if (!fields.run_id.empty() && !is_valid_id(fields.run_id)) {
    return Error(ErrorCode::validation_error, "cannot make an event: its run_id is not a run's id",
                 {{"field", "run_id"}});
  }
  if (!fields.id.empty() && !is_valid_id(fields.id)) {
    return Error(ErrorCode::validation_error,
                 "cannot make an event: its id must be 1 to 128 characters out of A-Z a-z 0-9 _ . : -",
                 {{"field", "id"}});
  }
  Event event;
  event.caller_id = !fields.id.empty();
  event.id = event.caller_id ? std::move(fields.id) : new_event_id(now);
  event.type = fields.type;
  event.type_name = type_name(fields.type);
  event.timestamp = now;
  event.session_id = std::move(fields.session_id);
  event.run_id = std::move(fields.run_id);
  event.data = to_text(fields.data);
  event.metadata = to_text(fields.metadata);
  return event;
}

}  // namespace asmgr
