// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string_view>

namespace asmgr::gemini_cli {

inline constexpr std::string_view kOwnProperties = R"json(
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {
        "default": "tools that would ask a person are not offered to the model",
        "accept_edits": "passes --approval-mode auto_edit",
        "plan": "passes --approval-mode plan",
        "full_auto": "passes --approval-mode yolo",
        "dangerously_skip_permissions": "passes --approval-mode yolo"},
      "description": "How much Gemini CLI may do without asking"},
)json";

inline constexpr std::string_view kConfigSchemaText =
    agent::joined<agent::kAgentSchemaBegin, kOwnProperties, agent::kAgentSchemaEnd>;

}  // namespace asmgr::gemini_cli
