// The JSON Schema of the `config:` block.
#pragma once

#include <string_view>

namespace asmgr::replay {

inline constexpr std::string_view kConfigSchemaText = R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["file"],
  "properties": {
    "file": {"type": "string", "x-path": true, "minLength": 1,
      "description": "The recording to play: JSON lines, see the plugin's README"},
    "speed": {"type": "number", "minimum": 0, "default": 1,
      "description": "1 = as recorded, 2 = twice as fast, 0 = at once"},
    "faults": {"type": "array", "default": [],
      "description": "What goes wrong on purpose, and where",
      "items": {"type": "object", "additionalProperties": false, "required": ["at", "kind"], "properties": {
        "at": {"type": "integer", "minimum": 1,
          "description": "Before which event of a start, counted from 1; one more than there are: before the finish"},
        "kind": {"type": "string", "enum": ["disconnect", "hang", "error", "duplicate_finish", "garbage"],
          "description": "What happens there"},
        "code": {"type": "string", "minLength": 1, "default": "provider_error",
          "description": "The error code of kind `error`"},
        "start": {"type": "integer", "minimum": 0, "default": 0,
          "description": "Only in this start of the instance, counted from 1; 0 = in every one"}}}},
    "model": {"type": "string", "default": "", "description": "Every provider has this key; a recording knows its own"},
    "system_prompt": {"type": "string", "default": "",
      "description": "Every provider has this key; a recording is deaf to it"},
    "max_turns": {"type": "integer", "minimum": 0, "default": 0,
      "description": "Every provider has this key; a recording has the turns it has"},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {},
      "description": "Every provider has this key; a recording of grade intercept always asks"},
    "timeouts": {"type": "object", "additionalProperties": false, "default": {},
      "description": "Every provider has this key; nothing is waited for here",
      "properties": {
        "connect": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Without meaning here"},
        "first_byte": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Without meaning here"},
        "idle": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Without meaning here"},
        "total": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Without meaning here"}}},
    "options": {"type": "object", "additionalProperties": true, "default": {},
      "description": "Every provider has this key; a recording takes none"}
  }
})json";

}  // namespace asmgr::replay
