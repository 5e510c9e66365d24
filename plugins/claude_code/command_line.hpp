// How Claude Code is called for one run.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::claude_code {

// The arguments after the program. `resume_token` may be empty; `output_schema` is a JSON Schema as text or empty. The
// configured options come last, so that they win.
[[nodiscard]] std::vector<std::string> command_arguments(const agent::AgentConfig& config,
                                                         std::string_view resume_token, std::string_view output_schema);

}  // namespace asmgr::claude_code
