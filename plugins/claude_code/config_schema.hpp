// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string_view>

namespace asmgr::claude_code {

inline constexpr std::string_view kOwnProperties = R"json(
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {
        "default": "every tool call is put to the pipeline's policies, which decide alone",
        "accept_edits": "passes --permission-mode acceptEdits; policies are asked all the same",
        "plan": "passes --permission-mode plan; what Claude Code itself would ask a person for is denied",
        "full_auto": "passes --permission-mode bypassPermissions; policies are asked all the same",
        "dangerously_skip_permissions": "passes --permission-mode bypassPermissions; policies are asked all the same"},
      "description": "How much Claude Code may do without asking"},
)json";

inline constexpr std::string_view kConfigSchemaText =
    agent::joined<agent::kAgentSchemaBegin, kOwnProperties, agent::kAgentSchemaEnd>;

}  // namespace asmgr::claude_code
