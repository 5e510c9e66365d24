// The configuration that providers which run an agent program share: which program, where, with what environment, and
// the keys that every provider has.
//
// Link asmgr::toolkit_agent.
#pragma once

#include <asmgr/toolkit/agent_process.hpp>
#include <asmgr/toolkit/config.hpp>
#include <boost/json/object.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace asmgr::agent {

enum class PermissionMode { kDefault, kAcceptEdits, kPlan, kFullAuto, kDangerouslySkipPermissions };

struct AgentConfig {
  std::vector<std::string> command;  // the program and its leading arguments; not empty
  std::string cwd;                   // empty = the working directory of the host
  std::vector<std::pair<std::string, std::string>> env;
  std::vector<std::string> env_allow;  // as exec::environment takes it: common names, the program's own, the configured
  std::string model;                   // empty = the program's own choice
  std::string system_prompt;           // empty = none
  std::int64_t max_turns = 0;          // 0 = no limit
  PermissionMode permission_mode = PermissionMode::kDefault;
  AgentTimeouts timeouts;
  exec::ResourceLimits process_limits;  // of each process of the program
  exec::TreeLimits tree_limits;         // of all of them together
  boost::json::object options;          // for the program's own request or command line
};

// Reads the keys above. `default_command` is used when `command` is empty; `own_environment` are the names (or
// prefixes with a `*`) that the program reads keys and settings from. Throws StatusError (CONFIG_INVALID).
[[nodiscard]] AgentConfig read_agent_config(const sdk::Config& config, const std::vector<std::string>& default_command,
                                            const std::vector<std::string>& own_environment);

// A run's own choice where it has one: `options_json` is RunContext::options(), of which model, system_prompt,
// max_turns and permission_mode are looked at. Throws StatusError (VALIDATION) on values of a wrong type.
[[nodiscard]] AgentConfig with_run_options(AgentConfig config, std::string_view options_json);

// The command for exec: `arguments` follow the configured ones, `extra_env` goes over the configured variables.
[[nodiscard]] exec::Command make_command(const AgentConfig& config, const std::vector<std::string>& arguments,
                                         exec::StdinSource stdin_source,
                                         const std::vector<std::pair<std::string, std::string>>& extra_env = {});

// Config `options` as arguments of a command line, in the order of their keys: {"flag": "value"} is --flag value, true
// is the bare --flag, false and null leave it out, numbers are printed, a list repeats the flag. A key that begins with
// a dash is taken as it is. Throws StatusError (CONFIG_INVALID) on objects.
[[nodiscard]] std::vector<std::string> option_arguments(const boost::json::object& options);

// How the schema of an agent's config begins and ends; between them stand the plugin's own properties, each with a
// comma at its end, among them `command`'s neighbours that differ: "permission_mode" with its x-meanings. Compose with
// `joined`.
inline constexpr std::string_view kAgentSchemaBegin = R"json({
  "type": "object",
  "additionalProperties": false,
  "properties": {
    "command": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
      "description": "Program and leading arguments; empty: the program's usual name, searched for in PATH"},
    "cwd": {"type": "string", "default": "",
      "description": "Folder the agent works in; empty or relative: starting at the working directory of the host"},
    "env": {"type": "object", "additionalProperties": {"type": "string", "x-secret": true}, "default": {},
      "description": "Environment variables set for the program"},
    "env_allow": {"type": "array", "items": {"type": "string", "minLength": 1}, "default": [],
      "description": "Further variables of the host's own environment that the program sees; NAME, PREFIX* or *"},
)json";
inline constexpr std::string_view kAgentSchemaEnd = R"json(
    "model": {"type": "string", "default": "", "description": "Model to ask for; empty: the program's own choice"},
    "system_prompt": {"type": "string", "default": "", "description": "Instructions beside the program's own"},
    "max_turns": {"type": "integer", "minimum": 0, "default": 0,
      "description": "How often the model may be asked in one run; 0 = no limit"},
    "timeouts": {"type": "object", "additionalProperties": false, "default": {},
      "description": "When a silent program is ended; 0s = never",
      "properties": {
        "connect": {"type": "string", "x-unit": "duration", "default": "0s",
          "description": "Every provider has this key; a program is started, not connected to"},
        "first_byte": {"type": "string", "x-unit": "duration", "default": "0s",
          "description": "From the start of the program to its first line"},
        "idle": {"type": "string", "x-unit": "duration", "default": "0s",
          "description": "From one line to the next, unless a tool runs or a person is asked"},
        "total": {"type": "string", "x-unit": "duration", "default": "0s", "description": "Of the whole run"}}},
    "limits": {"type": "object", "additionalProperties": false, "default": {},
      "description": "What the program may use, with everything it starts; more ends it. 0 = no limit",
      "properties": {
        "memory": {"type": "string", "x-unit": "size", "default": "0", "description": "Resident memory of all together"},
        "cpu": {"type": "string", "x-unit": "duration", "default": "0s", "description": "CPU time of all together"},
        "open_files": {"type": "integer", "minimum": 0, "default": 0, "description": "Open files of each process"},
        "file_size": {"type": "string", "x-unit": "size", "default": "0", "description": "Of each file that is written"},
        "output": {"type": "string", "x-unit": "size", "default": "0",
          "description": "What the program writes to stdout and stderr together"}}},
    "options": {"type": "object", "additionalProperties": true, "default": {},
      "description": "Further options of the program, by name"}
  }
})json";

// Texts put together at compile time, for schemas: joined<kBegin, kOwn, kEnd>. Each is a constexpr std::string_view.
template <const std::string_view&... Parts>
class Joined {
  static constexpr std::size_t kSize = (Parts.size() + ... + 0);
  struct Text {
    char bytes[kSize + 1] = {};
  };
  static constexpr Text join() {
    Text text;
    std::size_t at = 0;
    const auto append = [&](std::string_view part) {
      for (const char c : part) text.bytes[at++] = c;
    };
    (append(Parts), ...);
    return text;
  }
  static constexpr Text kText = join();

 public:
  static constexpr std::string_view kView{kText.bytes, kSize};
};
template <const std::string_view&... Parts>
inline constexpr std::string_view joined = Joined<Parts...>::kView;

}  // namespace asmgr::agent
