#include "core/engine/logged_calls.hpp"

#include <cmath>

#include "core/model/json.hpp"

namespace asmgr {

LoggedCalls read_calls(const std::vector<Event>& tool_events) {
  LoggedCalls calls;
  for (const Event& event : tool_events) {
    if (event.type == EventType::tool_call_started) ++calls.started;
    auto data = parse_json_object(event.data, "event " + event.id);
    if (!data) continue;
    const std::string call(find_string(*data, "tool_call_id").value_or(""));
    if (event.type == EventType::tool_call_started) {
      calls.open[call] = std::move(*data);
    } else {
      calls.open.erase(call);
    }
  }
  return calls;
}

void stage_calls_in_doubt(UnitWriter& writer, const LoggedCalls& calls,
                          const std::shared_ptr<const EventNames>& names) {
  for (const auto& [call, started] : calls.open) {
    boost::json::object data;
    data["tool_call_id"] = call;
    data["is_error"] = true;
    data["error_code"] = "in_doubt";
    for (const std::string_view key : {"tool_name", "tool_input"}) {
      if (const boost::json::value* value = find(started, key)) data[key] = *value;
    }
    data["tool_output"].emplace_object()["error"] =
        "the host ended while this call was open; whether it had an effect is not known";
    writer.stage(EventType::tool_call_failed, data, names);
  }
}

RunUsage usage_of(const Run& run, const LoggedCalls& calls, std::int64_t elapsed_ms) {
  RunUsage used;
  used.tokens = run.token_usage;
  if (run.cost_usd) used.cost_micro_usd = std::llround(*run.cost_usd * 1e6);
  used.elapsed_ms = elapsed_ms;
  used.tool_calls = calls.started;
  used.turns = run.turn_count;
  return used;
}

}  // namespace asmgr
