// The JSON Schema of the `config:` block.
#pragma once

#include <string_view>

namespace asmgr::shell {

inline constexpr std::string_view kConfigSchemaText = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "cwd": {"type": "string", "default": "",
      "description": "Folder in which commands run; empty or relative: starting at the working directory of the host"},
    "env": {"type": "object", "additionalProperties": {"type": "string", "x-secret": true}, "default": {},
      "description": "Environment variables set for every command"},
    "env_allow": {"type": "array", "items": {"type": "string"},
      "default": ["PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LANGUAGE", "LC_*", "TERM", "COLORTERM",
        "NO_COLOR", "TZ", "TMPDIR", "XDG_*", "SSH_AUTH_SOCK", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY",
        "http_proxy", "https_proxy", "no_proxy", "all_proxy", "SSL_CERT_FILE", "SSL_CERT_DIR"],
      "description": "Variables of the host's own environment that commands see; NAME, PREFIX* or *"},
    "shell": {"type": "string", "minLength": 1, "default": "/bin/sh",
      "description": "Program that runs a command line given as text, with -c; not used while a command list is set"},
    "timeout": {"type": "string", "x-unit": "duration", "default": "30s",
      "description": "How long a command may run before it is ended, with everything it started"},
    "max_output_bytes": {"type": "string", "x-unit": "size", "default": "1MiB",
      "description": "How much of each of stdout and stderr is kept; the rest is read and dropped"},
    "limits": {"type": "object", "additionalProperties": false, "default": {},
      "description": "What a command may use, with everything it starts; more ends it. 0 = no limit",
      "properties": {
        "memory": {"type": "string", "x-unit": "size", "default": "0", "description": "Resident memory of all together"},
        "cpu": {"type": "string", "x-unit": "duration", "default": "0s", "description": "CPU time of all together"},
        "open_files": {"type": "integer", "minimum": 0, "default": 0, "description": "Open files of each process"},
        "file_size": {"type": "string", "x-unit": "size", "default": "0", "description": "Of each file that is written"},
        "output": {"type": "string", "x-unit": "size", "default": "0",
          "description": "stdout and stderr together; max_output_bytes drops what is more instead"}}},
    "allowed_commands": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
      "description": "When not empty, only these programs run (names, or full paths), one simple command at a time"},
    "denied_commands": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
      "description": "Programs that never run, also when allowed; one simple command at a time"},
    "success_exit_codes": {"type": "array", "minItems": 1,
      "items": {"type": "integer", "minimum": 0, "maximum": 255}, "default": [0],
      "description": "Exit codes with which a run counts as completed"},
    "model": {"type": "string", "default": "", "description": "Every provider has this key; commands have no model"},
    "system_prompt": {"type": "string", "default": "",
      "description": "Every provider has this key; commands have no prompt"},
    "max_turns": {"type": "integer", "minimum": 0, "default": 0,
      "description": "Every provider has this key; a command is one turn"},
    "permission_mode": {"type": "string", "default": "default",
      "enum": ["default", "accept_edits", "plan", "full_auto", "dangerously_skip_permissions"],
      "x-meanings": {},
      "description": "Every provider has this key; policies decide here whether a command may run"},
    "timeouts": {"type": "object", "additionalProperties": false, "default": {},
      "description": "Every provider has this key; for commands only `total` means something",
      "properties": {
        "connect": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Without meaning here"},
        "first_byte": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Without meaning here"},
        "idle": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Without meaning here"},
        "total": {"type": "string", "x-unit": "duration", "default": "0s",
          "description": "Ends a command after this time too; 0s = only `timeout` does"}}},
    "options": {"type": "object", "additionalProperties": true, "default": {},
      "description": "Every provider has this key; commands take none"}
  }
})json";

}  // namespace asmgr::shell
