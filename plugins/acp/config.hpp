// The configuration of one `acp` provider.
#pragma once

#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/agent_config.hpp>
#include <boost/json/array.hpp>
#include <map>
#include <string>
#include <string_view>

namespace asmgr::acp {

struct Config {
  agent::AgentConfig agent;                  // cwd is absolute
  std::string auth_method;                   // empty = none
  std::map<std::string, std::string> modes;  // permission mode -> id of the agent's mode
  bool fs = false;
  bool terminal = false;
  boost::json::array mcp_servers;  // as session/new takes them
};

// Reads a config block that the schema has accepted. Throws sdk::StatusError (CONFIG_INVALID).
[[nodiscard]] Config read_config(std::string_view json);

// The name a permission mode has in a configuration.
[[nodiscard]] std::string_view name_of(agent::PermissionMode mode) noexcept;

// What the schema cannot say.
void validate_config(const sdk::Host& host, std::string_view config, sdk::Problems& problems);

}  // namespace asmgr::acp
