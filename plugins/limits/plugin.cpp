#include <asmgr/plugin.hpp>

#include "limits_policy.hpp"
#include "settings.hpp"

namespace {

// A bound has no default: what is not written is not bounded.
constexpr std::string_view kSchema = R"({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "max_total_tokens": {"type": "integer", "minimum": 0,
      "description": "All tokens of a run: input, cached input, output, reasoning"},
    "max_input_tokens": {"type": "integer", "minimum": 0,
      "description": "Input tokens of a run, cached ones included"},
    "max_output_tokens": {"type": "integer", "minimum": 0,
      "description": "Output tokens of a run, reasoning included"},
    "max_cost_usd": {"type": "number", "minimum": 0,
      "description": "Price of a run in USD; needs a known price, see on_missing_price"},
    "max_duration": {"type": "string", "x-unit": "duration", "minimum": 0,
      "description": "How long a run may take, such as 10m"},
    "max_tool_calls": {"type": "integer", "minimum": 0, "description": "Tool calls of a run"},
    "max_turns": {"type": "integer", "minimum": 0, "description": "Model calls of a run"},
    "estimate": {"type": "object", "additionalProperties": false,
      "description": "What a run is expected to use; judged before it starts, and held of a budget, in place of the host's own estimate",
      "properties": {
        "tokens": {"type": "integer", "minimum": 0, "description": "All tokens of a run"},
        "cost_usd": {"type": "number", "minimum": 0, "description": "Price of a run in USD"}}},
    "window": {"type": "object", "additionalProperties": false, "required": ["per"],
      "description": "Makes every bound one of many runs together, which share its budget",
      "properties": {
        "per": {"type": "string", "enum": ["session", "agent", "tag", "tenant"],
          "description": "Whose runs count together; with tag, a run counts for every tag of its session"},
        "every": {"type": "string", "x-unit": "duration", "minimum": 1000,
          "description": "How long a budget lasts before a new one begins, such as 1h, counted from 1970-01-01T00:00Z; for ever when absent"}}},
    "on_violation": {"type": "string", "enum": ["cancel", "request_approval", "warn"], "default": "cancel",
      "description": "What happens to a run above a bound; with a window only cancel"},
    "on_missing_price": {"type": "string", "enum": ["refuse", "warn"], "default": "refuse",
      "description": "What happens to a run with max_cost_usd when nobody knows the model's price"}
  }
})";

constexpr asmgr_component kComponents[] = {
    asmgr::sdk::component<asmgr::limits::LimitsPolicy, &asmgr::sdk::make_instance<asmgr::limits::LimitsPolicy>,
                          &asmgr::limits::check_config>(
        "limits", "Bounds what a run, or many together, may use: tokens, cost, time, tool calls, turns", kSchema)};

constexpr asmgr_plugin kPlugin = asmgr::sdk::plugin({"com.asmgr.limits", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
