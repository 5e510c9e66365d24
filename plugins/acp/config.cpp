#include "config.hpp"

#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <system_error>

namespace asmgr::acp {
namespace {

namespace json = boost::json;

// What known agents read keys and settings from.
const std::vector<std::string>& agents_environment() {
  static const std::vector<std::string> names{"ANTHROPIC_*", "CLAUDE_*",           "OPENAI_*",   "CODEX_*",
                                              "GEMINI_*",    "GOOGLE_*",           "OPENCODE_*", "AWS_*",
                                              "AZURE_*",     "NODE_EXTRA_CA_CERTS"};
  return names;
}

std::string absolute_folder(const std::string& cwd) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path folder = fs::absolute(cwd.empty() ? fs::path(".") : fs::path(cwd), error).lexically_normal();
  if (error || !fs::is_directory(folder, error)) {
    throw sdk::StatusError(
        ASMGR_E_CONFIG_INVALID,
        "cwd: the folder '" + cwd + "' in which the agent is to work does not exist; create it or name another one");
  }
  std::string text = folder.string();
  while (text.size() > 1 && text.back() == '/') text.pop_back();
  return text;
}

json::array pairs(const std::map<std::string, std::string>& from) {
  json::array list;
  for (const auto& [name, value] : from) {
    json::object pair;
    pair["name"] = name;
    pair["value"] = value;
    list.push_back(std::move(pair));
  }
  return list;
}

json::object read_mcp_server(const std::string& name, const sdk::Config& server) {
  json::object made;
  const std::vector<std::string> command = server.texts("command");
  if (!command.empty()) {
    made["name"] = name;
    made["command"] = command.front();
    made["args"] = json::array(command.begin() + 1, command.end());
    made["env"] = pairs(server.text_map("env"));
    return made;
  }
  made["type"] = server.text_or("transport", "http");
  made["name"] = name;
  made["url"] = server.text_or("url", "");
  made["headers"] = pairs(server.text_map("headers"));
  return made;
}

json::array read_mcp_servers(const sdk::Config& config) {
  json::array servers;
  if (!config.has("mcp_servers")) return servers;
  const sdk::Config listed = config.object("mcp_servers");
  for (const auto& entry : listed.json()) {
    const std::string name(entry.key());
    servers.push_back(read_mcp_server(name, listed.object(name)));
  }
  return servers;
}

}  // namespace

Config read_config(std::string_view text) {
  const json::object block = sdk::parse_config(text);
  const sdk::Config from(block);
  Config config;
  config.agent = agent::read_agent_config(from, {}, agents_environment());
  config.agent.cwd = absolute_folder(config.agent.cwd);
  config.auth_method = from.text_or("auth_method", "");
  for (auto& [mode, id] : from.text_map("modes")) {
    if (!id.empty()) config.modes[mode] = id;
  }
  config.fs = from.flag_or("fs", false);
  config.terminal = from.flag_or("terminal", false);
  config.mcp_servers = read_mcp_servers(from);
  return config;
}

std::string_view name_of(agent::PermissionMode mode) noexcept {
  switch (mode) {
    case agent::PermissionMode::kAcceptEdits:
      return "accept_edits";
    case agent::PermissionMode::kPlan:
      return "plan";
    case agent::PermissionMode::kFullAuto:
      return "full_auto";
    case agent::PermissionMode::kDangerouslySkipPermissions:
      return "dangerously_skip_permissions";
    case agent::PermissionMode::kDefault:
      break;
  }
  return "default";
}

void validate_config(const sdk::Host& host, std::string_view text, sdk::Problems& problems) {
  static_cast<void>(host);
  const json::object block = sdk::parse_config(text);
  const sdk::Config config(block);
  const json::array* command = config.array("command");
  if (command == nullptr || command->empty()) {
    problems.add("/command",
                 "names no program: an agent of this protocol can be any program, so say which, such as "
                 "[gemini, --acp] or [npx, \"@agentclientprotocol/claude-agent-acp\"]");
  }
  if (!config.has("mcp_servers")) return;
  const sdk::Config servers = config.object("mcp_servers");
  for (const auto& entry : servers.json()) {
    const std::string name(entry.key());
    const sdk::Config server = servers.object(name);
    const bool has_url = !server.text_or("url", "").empty();
    if (has_url == !server.texts("command").empty()) {
      problems.add(servers.at(name), "needs either `command` or `url`, and not both");
    }
  }
}

}  // namespace asmgr::acp
