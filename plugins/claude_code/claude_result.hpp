// The `result` line that ends a turn of Claude Code.
#pragma once

#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace asmgr::claude_code {

struct ClaudeResult {
  boost::json::object output;                // {"content","stop_reason",...} as finish wants it
  std::string stop_reason;                   // empty = not said
  std::optional<double> cost_usd;            // of this process so far
  std::optional<boost::json::object> error;  // as finish wants it; none = the turn went well
};

// Reads the line. It says "success" also for some failures, so that `is_error` decides.
[[nodiscard]] ClaudeResult read_result(const boost::json::object& line);

}  // namespace asmgr::claude_code
