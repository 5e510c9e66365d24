// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string_view>

namespace asmgr::opencode {

inline constexpr std::string_view kOwnProperties = R"json(
    "max_tries": {"type": "integer", "minimum": 1, "default": 5,
      "description": "How often opencode may ask the model for one step before the run fails; by itself it tries for ever"},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {
        "default": "opencode's own configuration decides; what it would ask a person is refused",
        "plan": "passes --agent plan",
        "full_auto": "passes --auto",
        "dangerously_skip_permissions": "passes --auto"},
      "description": "How much opencode may do without asking"},
)json";

inline constexpr std::string_view kConfigSchemaText =
    agent::joined<agent::kAgentSchemaBegin, kOwnProperties, agent::kAgentSchemaEnd>;

}  // namespace asmgr::opencode
