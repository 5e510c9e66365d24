// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string_view>

namespace asmgr::amp {

inline constexpr std::string_view kOwnProperties = R"json(
    "mode": {"type": "string", "default": "smart",
      "description": "Amp's agent mode, which chooses the model; `model` is only noted"},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {
        "default": "Amp's own permission rules decide; what they would ask a person is refused",
        "full_auto": "passes --dangerously-allow-all",
        "dangerously_skip_permissions": "passes --dangerously-allow-all"},
      "description": "How much Amp may do without asking"},
)json";

inline constexpr std::string_view kConfigSchemaText =
    agent::joined<agent::kAgentSchemaBegin, kOwnProperties, agent::kAgentSchemaEnd>;

}  // namespace asmgr::amp
