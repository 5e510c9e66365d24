// A run's input as the content blocks of session/prompt.
#pragma once

#include <boost/json/array.hpp>
#include <string_view>

#include "config.hpp"
#include "opening.hpp"

namespace asmgr::acp {

// What a session that was not resumed has not heard yet comes first: the system prompt and what was said so far.
// Throws sdk::StatusError: VALIDATION for an input that is none, UNSUPPORTED for pictures the agent does not take.
[[nodiscard]] boost::json::array prompt_blocks(std::string_view run_doc_json, std::string_view transcript_json,
                                               const Config& config, const AgentSession& session);

}  // namespace asmgr::acp
