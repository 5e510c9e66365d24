// The JSON Schema of the `config:` block.
#pragma once

#include <string_view>

namespace asmgr::openai {

inline constexpr std::string_view kConfigSchemaText = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "api": {"type": "string", "default": "responses", "enum": ["responses", "chat"],
      "description": "Which API the server speaks: Responses, or Chat Completions as nearly every other server does"},
    "api_key": {"type": "string", "default": "", "x-secret": true,
      "description": "Sent as a bearer token; may be empty where base_url names a server that needs none"},
    "base_url": {"type": "string", "default": "https://api.openai.com/v1", "pattern": "^https?://[^/]+",
      "description": "What comes before /responses or /chat/completions; a query at its end is kept"},
    "headers": {"type": "object", "additionalProperties": {"type": "string", "x-secret": true}, "default": {},
      "description": "Headers sent with every request, over the plugin's own"},
    "model": {"type": "string", "default": "",
      "description": "The model of runs that name none; needed unless every run names one"},
    "max_output_tokens": {"type": "integer", "minimum": 0, "default": 0,
      "description": "The most that one answer may have, with reasoning; 0 = what the server allows"},
    "system_prompt": {"type": "string", "default": "", "description": "Instructions put before every conversation"},
    "max_turns": {"type": "integer", "minimum": 0, "default": 0,
      "description": "How many model calls a run may take; 0 = as many as it needs"},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {},
      "description": "Every provider has this key; the host runs the tools here, and its policies decide about them"},
    "timeouts": {"type": "object", "additionalProperties": false, "default": {},
      "description": "How long a request may take",
      "properties": {
        "connect": {"type": "string", "x-unit": "duration", "default": "10s",
          "description": "Until the connection stands, its encryption included; 0s = for ever"},
        "first_byte": {"type": "string", "x-unit": "duration", "default": "5m",
          "description": "From the request to the head of the answer; 0s = for ever"},
        "idle": {"type": "string", "x-unit": "duration", "default": "5m",
          "description": "Between two pieces of the answer; 0s = for ever"},
        "total": {"type": "string", "x-unit": "duration", "default": "0s",
          "description": "From the request to the end of the answer; 0s = for ever"}}},
    "proxy": {"type": "string", "default": "",
      "description": "http://HOST:PORT through which requests go; empty = straight"},
    "ca_file": {"type": "string", "default": "", "x-path": true,
      "description": "Certificates to trust instead of the system's, PEM"},
    "options": {"type": "object", "additionalProperties": true, "default": {},
      "description": "Merged into every request's body; a null takes a member out"}
  }
})json";

}  // namespace asmgr::openai
