// The numbers of the event types, by name.
#pragma once

#include <asmgr/abi/data.h>

#include <cstdint>
#include <string_view>

namespace asmgr::replay {

// 0 for a name that has no number.
[[nodiscard]] constexpr std::uint32_t event_number(std::string_view name) noexcept {
  // In order of the numbers, which begin at 1.
  constexpr std::string_view kNames[] = {"session_created",
                                         "session_started",
                                         "session_paused",
                                         "session_resumed",
                                         "session_completed",
                                         "session_failed",
                                         "session_cancelled",
                                         "run_started",
                                         "run_completed",
                                         "run_failed",
                                         "run_cancelled",
                                         "run_timeout",
                                         "message_sent",
                                         "message_received",
                                         "message_streamed",
                                         "tool_call_started",
                                         "tool_call_completed",
                                         "tool_call_failed",
                                         "error_occurred",
                                         "error_recovered",
                                         "token_usage_updated",
                                         "turn_completed",
                                         "workspace_snapshot_taken",
                                         "workspace_diff_computed",
                                         "policy_violation",
                                         "tool_approval_requested",
                                         "tool_approval_granted",
                                         "tool_approval_denied",
                                         "provider_started",
                                         "step_started",
                                         "reasoning_streamed",
                                         "tool_input_streamed",
                                         "step_reset"};
  std::uint32_t number = 0;
  for (const std::string_view known : kNames) {
    ++number;
    if (known == name) return number;
  }
  return ASMGR_EV_UNKNOWN;
}
static_assert(event_number("step_reset") == ASMGR_EV_STEP_RESET);
static_assert(event_number("tool_call_started") == ASMGR_EV_TOOL_CALL_STARTED);

}  // namespace asmgr::replay
