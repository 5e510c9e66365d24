// What a provider said in a run, as lines to compare.
#pragma once

#include <asmgr/plugin.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <string>

#include "tests/plugins/support/fake_run.hpp"

namespace asmgr_test {

inline std::string event_name(const SeenEvent& event) {
  switch (event.type) {
    case ASMGR_EV_RUN_STARTED:
      return "run_started";
    case ASMGR_EV_MESSAGE_RECEIVED:
      return "message_received";
    case ASMGR_EV_MESSAGE_STREAMED:
      return "message_streamed";
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
      return event.type_name.empty() ? std::to_string(event.type) : event.type_name;
  }
}

// One JSON object a line: {"type","data"} per event, then {"finish":"completed|failed|cancelled|tool_calls","result"}.
inline std::string said_by(FakeRun& run) {
  constexpr const char* kStatus[] = {"?", "completed", "failed", "cancelled", "tool_calls"};
  std::string lines;
  for (const SeenEvent& event : run.events()) {
    boost::json::object line;
    line["type"] = event_name(event);
    line["data"] = event.data;
    lines += boost::json::serialize(line) + "\n";
  }
  for (const SeenFinish& finish : run.finishes()) {
    boost::json::object line;
    line["finish"] = kStatus[finish.status < 5 ? finish.status : 0];
    line["result"] = finish.result;
    lines += boost::json::serialize(line) + "\n";
  }
  return lines;
}

}  // namespace asmgr_test
