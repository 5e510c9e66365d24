// The tool calls of a run as its log has them, for whoever takes the run over.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/unit_writer.hpp"
#include "core/model/event.hpp"
#include "core/model/run.hpp"
#include "core/ports/policy.hpp"

namespace asmgr {

struct LoggedCalls {
  std::map<std::string, boost::json::object> open;  // by id: the data of their start
  std::int64_t started = 0;
};
// From the events tool_call_started, tool_call_completed and tool_call_failed of one run, in their order.
[[nodiscard]] LoggedCalls read_calls(const std::vector<Event>& tool_events);

// Closes the open ones, in whose midst the host ended: tool_call_failed with error_code in_doubt.
void stage_calls_in_doubt(UnitWriter& writer, const LoggedCalls& calls, const std::shared_ptr<const EventNames>& names);

// What the run had used, as far as its log and its row say.
[[nodiscard]] RunUsage usage_of(const Run& run, const LoggedCalls& calls, std::int64_t elapsed_ms);

}  // namespace asmgr
