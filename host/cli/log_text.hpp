// One log line as it is written: for people, or one JSON object.
#pragma once

#include <string>
#include <string_view>

#include "core/engine/log_line.hpp"
#include "core/model/time.hpp"

namespace asmgr::cli {

// PLUGIN: MESSAGE FIELDS (session S, run R, request Q). Ids that the message names already are not said twice; control
// characters in what others say are escaped, so that a line is a line.
[[nodiscard]] std::string log_text(const LogLine& line, std::string_view fields_json);
// {"time","level","message"} and of session_id, run_id, request_id, plugin, fields those that are known.
[[nodiscard]] std::string log_json(const LogLine& line, std::string_view fields_json, Timestamp now);

}  // namespace asmgr::cli
