#include "core/config/config_search.hpp"

#include <filesystem>

namespace asmgr {
namespace {

namespace fs = std::filesystem;

std::string variable(const EnvironmentLookup& environment, std::string_view name) {
  return environment ? environment(name).value_or(std::string()) : std::string();
}

// A folder of the XDG kind: an absolute path in the variable, else below the home folder; empty when there is neither.
fs::path user_folder(const EnvironmentLookup& environment, std::string_view name, std::string_view below_home) {
  const fs::path given = variable(environment, name);
  if (given.is_absolute()) return given;
  const fs::path home = variable(environment, "HOME");
  return home.is_absolute() ? home / below_home : fs::path();
}

bool is_there(const fs::path& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

Result<FoundConfig> built_in(const EnvironmentLookup& environment) {
  const fs::path state = user_folder(environment, "XDG_STATE_HOME", ".local/state");
  if (state.empty()) {
    return Error(ErrorCode::config_invalid,
                 "no configuration file was found, and the built-in deployment has nowhere to keep its store: neither "
                 "XDG_STATE_HOME nor HOME is set; name a file with --config");
  }
  FoundConfig found;
  found.state_folder = (state / "asmgr").string();
  return found;
}

}  // namespace

Result<FoundConfig> find_config(const std::string& given, const EnvironmentLookup& environment,
                                const std::string& working_directory) {
  if (!given.empty()) {
    if (is_there(given)) return FoundConfig{given, {}};
    return Error(ErrorCode::config_invalid, given + ": there is no such file; name another one with --config");
  }
  if (const std::string named = variable(environment, "ASMGR_CONFIG"); !named.empty()) {
    if (is_there(named)) return FoundConfig{named, {}};
    return Error(ErrorCode::config_invalid,
                 named + ": there is no such file; ASMGR_CONFIG names it, so correct or unset the variable");
  }
  const fs::path local = working_directory == "." ? fs::path("asmgr.yaml") : fs::path(working_directory) / "asmgr.yaml";
  const fs::path user = user_folder(environment, "XDG_CONFIG_HOME", ".config");
  if (is_there(local)) return FoundConfig{local.string(), {}};
  if (!user.empty() && is_there(user / "asmgr/asmgr.yaml"))
    return FoundConfig{(user / "asmgr/asmgr.yaml").string(), {}};
  if (is_there("/etc/asmgr/asmgr.yaml")) return FoundConfig{"/etc/asmgr/asmgr.yaml", {}};
  return built_in(environment);
}

}  // namespace asmgr
