#include "amp_provider.hpp"

#include <asmgr/toolkit/config.hpp>

#include "amp_talk.hpp"

namespace asmgr::amp {
namespace {

agent::AgentConfig read_amp_config(std::string_view text) {
  const boost::json::object parsed = sdk::parse_config(text);
  agent::AgentConfig config = agent::read_agent_config(sdk::Config(parsed), {"amp"}, {"AMP_*"});
  static_cast<void>(agent::option_arguments(config.options));  // refuses what no command line can carry
  return config;
}

}  // namespace

AmpProvider::AmpProvider(const sdk::Create& create)
    : agent::TalkProvider(kAmp, read_amp_config(create.config)),
      mode_(sdk::Config(sdk::parse_config(create.config)).text_or("mode", "smart")) {}

std::string AmpProvider::describe() {
  return description("amp", R"([{"name":"streaming","type":"sampling"},{"name":"tool_use","type":"tool"},)"
                            R"({"name":"interrupt","type":"sampling"},{"name":"mcp","type":"tool"},)"
                            R"({"name":"file_operations","type":"tool"},{"name":"bash","type":"tool"},)"
                            R"({"name":"command_execution","type":"code_execution"}])");
}

// The prompt goes in by stdin: an argument is bounded and shows in the process table.
agent::Call AmpProvider::call(const agent::AgentConfig& config, const sdk::RunContext& context) const {
  agent::Call call;
  if (!context.resume_token().empty()) call.arguments = {"threads", "continue", std::string(context.resume_token())};
  call.arguments.insert(call.arguments.end(), {"--execute", "--stream-json"});
  if (!mode_.empty()) call.arguments.insert(call.arguments.end(), {"--mode", mode_});
  const bool all_allowed = config.permission_mode == agent::PermissionMode::kFullAuto ||
                           config.permission_mode == agent::PermissionMode::kDangerouslySkipPermissions;
  if (all_allowed) call.arguments.emplace_back("--dangerously-allow-all");
  const std::vector<std::string> options = agent::option_arguments(config.options);
  call.arguments.insert(call.arguments.end(), options.begin(), options.end());
  call.stdin_text = agent::whole_prompt(context, config.system_prompt);
  return call;
}

std::unique_ptr<agent::Talk> AmpProvider::talk(const agent::AgentConfig& config, agent::AgentEvents& events) const {
  return std::make_unique<AmpTalk>(events, config.model);
}

}  // namespace asmgr::amp
