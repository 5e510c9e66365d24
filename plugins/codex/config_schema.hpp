// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string_view>

namespace asmgr::codex {

inline constexpr std::string_view kOwnProperties = R"json(
    "mode": {"type": "string", "enum": ["app_server", "exec"], "default": "app_server",
      "description": "app_server asks before commands and file changes and streams; exec is `codex exec --json`, which does neither"},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {
        "default": "sandbox workspace-write; in mode app_server the pipeline's policies are asked before commands and file changes",
        "plan": "sandbox read-only; policies are asked as in default",
        "full_auto": "sandbox workspace-write; policies are asked as in default",
        "dangerously_skip_permissions": "no sandbox; policies are asked as in default"},
      "description": "How much Codex may do without asking"},
)json";

inline constexpr std::string_view kConfigSchemaText =
    agent::joined<agent::kAgentSchemaBegin, kOwnProperties, agent::kAgentSchemaEnd>;

}  // namespace asmgr::codex
