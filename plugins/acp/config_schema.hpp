// The JSON Schema of the `config:` block.
#pragma once

#include <asmgr/toolkit/agent_config.hpp>
#include <string_view>

namespace asmgr::acp {

inline constexpr std::string_view kOwnSchema = R"json(
    "auth_method": {"type": "string", "default": "",
      "description": "Id of the method to authenticate with before a session begins; empty: none"},
    "fs": {"type": "boolean", "default": false,
      "description": "Offers the agent to read and write text files of `cwd` through the host"},
    "terminal": {"type": "boolean", "default": false,
      "description": "Offers the agent to run commands in `cwd` through the host"},
    "mcp_servers": {"type": "object", "default": {},
      "description": "MCP servers the agent is told of, by name; each has either `command` or `url`",
      "additionalProperties": {"type": "object", "additionalProperties": false,
        "properties": {
          "command": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
            "description": "Program and arguments of a server that speaks over its standard streams"},
          "env": {"type": "object", "additionalProperties": {"type": "string", "x-secret": true}, "default": {},
            "description": "Environment variables of that program"},
          "url": {"type": "string", "default": "", "description": "Address of a server that is reached over HTTP"},
          "transport": {"type": "string", "enum": ["http", "sse"], "default": "http",
            "description": "How the server at `url` is spoken to"},
          "headers": {"type": "object", "additionalProperties": {"type": "string", "x-secret": true}, "default": {},
            "description": "Headers of requests to `url`"}}}},
    "modes": {"type": "object", "default": {}, "additionalProperties": false,
      "description": "The agent's own mode for a permission mode; what is left out is looked for among common names",
      "properties": {
        "default": {"type": "string", "default": "", "description": "Id of a mode; empty: the agent's first one"},
        "accept_edits": {"type": "string", "default": "", "description": "Id of a mode"},
        "plan": {"type": "string", "default": "", "description": "Id of a mode"},
        "full_auto": {"type": "string", "default": "", "description": "Id of a mode"},
        "dangerously_skip_permissions": {"type": "string", "default": "", "description": "Id of a mode"}}},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {
        "accept_edits": "sets the agent's mode acceptEdits or autoEdit, where it has one",
        "plan": "sets the agent's mode plan or read-only; the run fails where it has none",
        "full_auto": "sets the agent's mode that asks for nothing, where it has one; policies are not asked then",
        "dangerously_skip_permissions": "as full_auto"},
      "description": "How much the agent may do without asking"},
)json";

inline constexpr std::string_view kConfigSchema =
    agent::joined<agent::kAgentSchemaBegin, kOwnSchema, agent::kAgentSchemaEnd>;

}  // namespace asmgr::acp
