// One line of what a dry run reads: an event of a log, a line of a recording, or a tool call by itself.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/event.hpp"

namespace asmgr {

struct RecordedLine {
  enum class Kind : std::uint8_t {
    nothing,    // blank, of no run, or said to people: {"result": ...}
    header,     // of a recording: {"replay": 1, ...}
    logged,     // an event as the log has it, of a run
    played,     // an event as a provider said it: {"t", "type", "data"}
    tool_call,  // {"tool_name", "tool_input", "tool_call_id"?}
    finish,     // of a recording: {"t", "finish": {...}}
  };
  Kind kind = Kind::nothing;
  EventType type = EventType::unknown;
  std::string type_name;
  std::string session_id;    // logged
  std::string run_id;        // logged
  std::int64_t at_us = 0;    // of a clock that all lines of the run share
  boost::json::object data;  // of the event; the tool call, the header or the finish itself
};

// Errors: invalid_format and validation_error, for what is none of these.
[[nodiscard]] Result<RecordedLine> read_recorded_line(std::string_view text);

}  // namespace asmgr
