#include "opencode_provider.hpp"

#include <algorithm>
#include <asmgr/toolkit/config.hpp>

#include "opencode_talk.hpp"

namespace asmgr::opencode {
namespace {

// Without an answer from the network it says nothing at all, for ever.
constexpr std::chrono::milliseconds kFirstLine{120'000};

agent::AgentConfig read_opencode_config(std::string_view text) {
  const boost::json::object parsed = sdk::parse_config(text);
  agent::AgentConfig config = agent::read_agent_config(
      sdk::Config(parsed), {"opencode"}, {"OPENCODE_*", "ANTHROPIC_*", "OPENAI_*", "GEMINI_*", "GOOGLE_*", "AWS_*"});
  static_cast<void>(agent::option_arguments(config.options));  // refuses what no command line can carry
  if (config.timeouts.first_line.count() == 0) config.timeouts.first_line = kFirstLine;
  return config;
}

}  // namespace

OpencodeProvider::OpencodeProvider(const sdk::Create& create)
    : agent::TalkProvider(kOpencode, read_opencode_config(create.config)),
      max_tries_(sdk::Config(sdk::parse_config(create.config)).integer_or("max_tries", 5, 1)) {}

std::string OpencodeProvider::describe() {
  return description("opencode", R"([{"name":"tool_use","type":"tool"},{"name":"mcp","type":"tool"},)"
                                 R"({"name":"file_operations","type":"tool"},{"name":"bash","type":"tool"},)"
                                 R"({"name":"command_execution","type":"code_execution"}])");
}

// The prompt goes in by stdin: an argument is bounded and shows in the process table.
agent::Call OpencodeProvider::call(const agent::AgentConfig& config, const sdk::RunContext& context) const {
  agent::Call call;
  call.arguments = {"run", "--format", "json"};
  const auto add = [&](const char* flag, std::string_view value) {
    if (!value.empty()) call.arguments.insert(call.arguments.end(), {flag, std::string(value)});
  };
  add("--model", config.model);
  add("--session", context.resume_token());
  const bool all_allowed = config.permission_mode == agent::PermissionMode::kFullAuto ||
                           config.permission_mode == agent::PermissionMode::kDangerouslySkipPermissions;
  if (all_allowed) call.arguments.emplace_back("--auto");
  if (config.permission_mode == agent::PermissionMode::kPlan) add("--agent", "plan");
  const std::vector<std::string> options = agent::option_arguments(config.options);
  call.arguments.insert(call.arguments.end(), options.begin(), options.end());
  call.stdin_text = agent::whole_prompt(context, config.system_prompt);
  return call;
}

std::unique_ptr<agent::Talk> OpencodeProvider::talk(const agent::AgentConfig& config,
                                                    agent::AgentEvents& events) const {
  return std::make_unique<OpencodeTalk>(events, config.model, max_tries_);
}

}  // namespace asmgr::opencode
