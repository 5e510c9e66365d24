// The configuration of one `shell` provider.
#pragma once

#include <asmgr/toolkit/exec.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "command_rules.hpp"

namespace asmgr::shell {

using Environment = std::vector<std::pair<std::string, std::string>>;

struct Config {
  std::string cwd;  // absolute
  Environment env;
  std::vector<std::string> env_allow;
  std::string shell = "/bin/sh";
  std::chrono::milliseconds timeout{30'000};
  std::uint64_t max_output_bytes = std::uint64_t{1} << 20;
  exec::ResourceLimits process_limits;
  exec::TreeLimits tree_limits;
  CommandRules rules;
  std::vector<int> success_exit_codes{0};
};

// Reads a config block that the schema has accepted. Throws sdk::StatusError (CONFIG_INVALID) when the folder does not
// exist.
[[nodiscard]] Config read_config(std::string_view json);

// Members of a JSON object that are strings; throws sdk::StatusError (VALIDATION) naming `what` for any other.
[[nodiscard]] Environment read_environment(const boost::json::value& value, std::string_view what);

}  // namespace asmgr::shell
