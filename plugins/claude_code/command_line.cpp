#include "command_line.hpp"

namespace asmgr::claude_code {
namespace {

std::string_view mode_name(agent::PermissionMode mode) {
  switch (mode) {
    case agent::PermissionMode::kAcceptEdits:
      return "acceptEdits";
    case agent::PermissionMode::kPlan:
      return "plan";
    case agent::PermissionMode::kFullAuto:
    case agent::PermissionMode::kDangerouslySkipPermissions:
      return "bypassPermissions";
    case agent::PermissionMode::kDefault:
      break;
  }
  return {};
}

}  // namespace

std::vector<std::string> command_arguments(const agent::AgentConfig& config, std::string_view resume_token,
                                           std::string_view output_schema) {
  // With --replay-user-messages the program says which messages it has begun to work on.
  std::vector<std::string> arguments = {"--print",
                                        "--input-format",
                                        "stream-json",
                                        "--output-format",
                                        "stream-json",
                                        "--verbose",
                                        "--include-partial-messages",
                                        "--replay-user-messages",
                                        "--permission-prompt-tool",
                                        "stdio"};
  const auto add = [&](const char* flag, std::string_view value) {
    if (value.empty()) return;
    arguments.emplace_back(flag);
    arguments.emplace_back(value);
  };
  add("--model", config.model);
  add("--append-system-prompt", config.system_prompt);
  if (config.max_turns > 0) add("--max-turns", std::to_string(config.max_turns));
  add("--permission-mode", mode_name(config.permission_mode));
  add("--resume", resume_token);
  add("--json-schema", output_schema);
  const std::vector<std::string> options = agent::option_arguments(config.options);
  arguments.insert(arguments.end(), options.begin(), options.end());
  return arguments;
}

}  // namespace asmgr::claude_code
