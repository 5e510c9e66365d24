#include "gemini_cli_provider.hpp"

#include <asmgr/toolkit/config.hpp>

#include "gemini_cli_talk.hpp"

namespace asmgr::gemini_cli {
namespace {

agent::AgentConfig read_gemini_config(std::string_view text) {
  const boost::json::object parsed = sdk::parse_config(text);
  agent::AgentConfig config =
      agent::read_agent_config(sdk::Config(parsed), {"gemini"}, {"GEMINI_*", "GOOGLE_*", "CLOUDSDK_*"});
  static_cast<void>(agent::option_arguments(config.options));  // refuses what no command line can carry
  return config;
}

std::string_view approval_mode(agent::PermissionMode mode) {
  switch (mode) {
    case agent::PermissionMode::kAcceptEdits:
      return "auto_edit";
    case agent::PermissionMode::kPlan:
      return "plan";
    case agent::PermissionMode::kFullAuto:
    case agent::PermissionMode::kDangerouslySkipPermissions:
      return "yolo";
    case agent::PermissionMode::kDefault:
      break;
  }
  return {};
}

}  // namespace

GeminiCliProvider::GeminiCliProvider(const sdk::Create& create)
    : agent::TalkProvider(kGeminiCli, read_gemini_config(create.config)) {}

std::string GeminiCliProvider::describe() {
  return description("google",
                     R"([{"name":"streaming","type":"sampling"},{"name":"tool_use","type":"tool"},)"
                     R"({"name":"mcp","type":"tool"},{"name":"file_operations","type":"tool"},)"
                     R"({"name":"bash","type":"tool"},{"name":"command_execution","type":"code_execution"}])");
}

// The prompt goes in by stdin: an argument is bounded and shows in the process table.
agent::Call GeminiCliProvider::call(const agent::AgentConfig& config, const sdk::RunContext& context) const {
  agent::Call call;
  call.arguments = {"--output-format", "stream-json"};
  const auto add = [&](const char* flag, std::string_view value) {
    if (!value.empty()) call.arguments.insert(call.arguments.end(), {flag, std::string(value)});
  };
  add("--model", config.model);
  add("--approval-mode", approval_mode(config.permission_mode));
  add("--resume", context.resume_token());
  const std::vector<std::string> options = agent::option_arguments(config.options);
  call.arguments.insert(call.arguments.end(), options.begin(), options.end());
  call.env = {{"GEMINI_CLI_NO_RELAUNCH", "1"}};  // one process, which does not start itself again
  call.stdin_text = agent::whole_prompt(context, config.system_prompt);
  return call;
}

std::unique_ptr<agent::Talk> GeminiCliProvider::talk(const agent::AgentConfig& config,
                                                     agent::AgentEvents& events) const {
  static_cast<void>(config);
  return std::make_unique<GeminiTalk>(events);
}

}  // namespace asmgr::gemini_cli
