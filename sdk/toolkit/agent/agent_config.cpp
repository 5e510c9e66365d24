#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/json_view.hpp>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <filesystem>

namespace asmgr::agent {
namespace {

namespace json = boost::json;

PermissionMode permission_mode_of(const std::string& name) {
  if (name == "accept_edits") return PermissionMode::kAcceptEdits;
  if (name == "plan") return PermissionMode::kPlan;
  if (name == "full_auto") return PermissionMode::kFullAuto;
  if (name == "dangerously_skip_permissions") return PermissionMode::kDangerouslySkipPermissions;
  if (name == "default") return PermissionMode::kDefault;
  throw sdk::StatusError(ASMGR_E_VALIDATION,
                         "there is no permission mode '" + name +
                             "'; use default, accept_edits, plan, full_auto or dangerously_skip_permissions");
}

std::chrono::milliseconds time_at(const sdk::Config& timeouts, std::string_view key) {
  return std::chrono::milliseconds(timeouts.integer_or(key, 0, 0));
}

AgentTimeouts read_timeouts(const sdk::Config& config) {
  if (!config.has("timeouts")) return {};
  const sdk::Config timeouts = config.object("timeouts");
  return {time_at(timeouts, "first_byte"), time_at(timeouts, "idle"), time_at(timeouts, "total")};
}

std::uint64_t amount_at(const sdk::Config& limits, std::string_view key) {
  return static_cast<std::uint64_t>(limits.integer_or(key, 0, 0));
}

void read_limits(const sdk::Config& config, AgentConfig& read) {
  if (!config.has("limits")) return;
  const sdk::Config limits = config.object("limits");
  read.tree_limits.memory_bytes = amount_at(limits, "memory");
  read.tree_limits.cpu = time_at(limits, "cpu");
  read.tree_limits.output_bytes = amount_at(limits, "output");
  read.process_limits.open_files = amount_at(limits, "open_files");
  read.process_limits.file_size_bytes = amount_at(limits, "file_size");
}

std::string flag_name(std::string_view key) {
  return key.substr(0, 1) == "-" ? std::string(key) : "--" + std::string(key);
}

void append_option(std::vector<std::string>& arguments, const std::string& flag, const json::value& value) {
  if (value.is_null() || (value.is_bool() && !value.get_bool())) return;
  if (value.is_object()) {
    throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, "config /options: '" + flag +
                                                       "' is an object, which no command line can carry; give a "
                                                       "string, a number, true or a list of them");
  }
  if (value.is_array()) {
    for (const json::value& element : value.get_array()) append_option(arguments, flag, element);
    return;
  }
  arguments.push_back(flag);
  if (value.is_string()) {
    arguments.emplace_back(value.get_string());
  } else if (!value.is_bool()) {
    arguments.push_back(json::serialize(value));
  }
}

}  // namespace

AgentConfig read_agent_config(const sdk::Config& config, const std::vector<std::string>& default_command,
                              const std::vector<std::string>& own_environment) {
  AgentConfig read;
  read.command = config.texts("command");
  if (read.command.empty()) read.command = default_command;
  read.cwd = config.text_or("cwd", "");
  for (auto& [name, value] : config.text_map("env")) read.env.emplace_back(name, value);
  read.env_allow = exec::common_environment_names();
  read.env_allow.insert(read.env_allow.end(), own_environment.begin(), own_environment.end());
  const std::vector<std::string> configured = config.texts("env_allow");
  read.env_allow.insert(read.env_allow.end(), configured.begin(), configured.end());
  read.model = config.text_or("model", "");
  read.system_prompt = config.text_or("system_prompt", "");
  read.max_turns = config.integer_or("max_turns", 0, 0);
  read.permission_mode = permission_mode_of(config.text_or("permission_mode", "default"));
  read.timeouts = read_timeouts(config);
  read_limits(config, read);
  if (config.has("options")) read.options = config.object("options").json();
  return read;
}

AgentConfig with_run_options(AgentConfig config, std::string_view options_json) {
  if (options_json.empty()) return config;
  boost::system::error_code error;
  const json::value parsed = json::parse(sdk::as_json(options_json), error);
  if (error || !parsed.is_object()) {
    throw sdk::StatusError(ASMGR_E_VALIDATION, "the run's options are no JSON object");
  }
  try {
    const sdk::Config options(parsed.get_object());
    config.model = options.text_or("model", config.model);
    config.system_prompt = options.text_or("system_prompt", config.system_prompt);
    config.max_turns = options.integer_or("max_turns", config.max_turns, 0);
    if (options.has("permission_mode")) config.permission_mode = permission_mode_of(options.text("permission_mode"));
  } catch (const sdk::StatusError& wrong) {
    throw sdk::StatusError(ASMGR_E_VALIDATION, "the run's options cannot be used: " + wrong.message());
  }
  return config;
}

exec::Command make_command(const AgentConfig& config, const std::vector<std::string>& arguments,
                           exec::StdinSource stdin_source,
                           const std::vector<std::pair<std::string, std::string>>& extra_env) {
  exec::Command command;
  command.argv = config.command;
  command.argv.insert(command.argv.end(), arguments.begin(), arguments.end());
  if (!config.cwd.empty()) command.cwd = std::filesystem::absolute(config.cwd).lexically_normal().string();
  std::vector<std::pair<std::string, std::string>> set = config.env;
  for (const auto& [name, value] : extra_env) {
    set.erase(std::remove_if(set.begin(), set.end(), [&, &key = name](const auto& old) { return old.first == key; }),
              set.end());
    set.emplace_back(name, value);
  }
  command.env = exec::environment(config.env_allow, set);
  command.stdin_source = stdin_source;
  command.limits = config.process_limits;
  command.tree_limits = config.tree_limits;
  return command;
}

std::vector<std::string> option_arguments(const json::object& options) {
  std::vector<std::pair<std::string_view, const json::value*>> sorted;
  for (const auto& option : options) sorted.emplace_back(sdk::as_view(option.key()), &option.value());
  std::sort(sorted.begin(), sorted.end());
  std::vector<std::string> arguments;
  for (const auto& [key, value] : sorted) append_option(arguments, flag_name(key), *value);
  return arguments;
}

}  // namespace asmgr::agent
