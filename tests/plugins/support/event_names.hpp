// Events and endings by name, for lines that people read.
#pragma once

#include <asmgr/plugin.h>

#include <cstdint>
#include <string>

namespace asmgr_test {

// The number where there is no name for it.
inline std::string event_name(std::uint32_t type) {
  switch (type) {
    case ASMGR_EV_RUN_STARTED:
      return "run_started";
    case ASMGR_EV_MESSAGE_RECEIVED:
      return "message_received";
    case ASMGR_EV_MESSAGE_STREAMED:
      return "message_streamed";
    case ASMGR_EV_TOOL_CALL_STARTED:
      return "tool_call_started";
    case ASMGR_EV_TOOL_CALL_COMPLETED:
      return "tool_call_completed";
    case ASMGR_EV_TOOL_CALL_FAILED:
      return "tool_call_failed";
    case ASMGR_EV_ERROR_OCCURRED:
      return "error_occurred";
    case ASMGR_EV_TOKEN_USAGE_UPDATED:
      return "token_usage_updated";
    case ASMGR_EV_TURN_COMPLETED:
      return "turn_completed";
    case ASMGR_EV_REASONING_STREAMED:
      return "reasoning_streamed";
    case ASMGR_EV_TOOL_INPUT_STREAMED:
      return "tool_input_streamed";
    default:
      return std::to_string(type);
  }
}

// How a run was finished.
inline std::string finish_name(std::uint32_t status) {
  switch (status) {
    case ASMGR_FINISH_COMPLETED:
      return "completed";
    case ASMGR_FINISH_FAILED:
      return "failed";
    case ASMGR_FINISH_CANCELLED:
      return "cancelled";
    case ASMGR_FINISH_TOOL_CALLS:
      return "tool_calls";
    default:
      return std::to_string(status);
  }
}

}  // namespace asmgr_test
