#include "config.hpp"

#include <algorithm>
#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/exec.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>

namespace asmgr::shell {

namespace {

namespace json = boost::json;

std::vector<std::string> strings(const json::object& config, std::string_view key, std::vector<std::string> otherwise) {
  const json::value* value = config.if_contains(key);
  if (value == nullptr || !value->is_array()) return otherwise;
  std::vector<std::string> result;
  for (const json::value& item : value->get_array()) {
    if (item.is_string()) result.emplace_back(item.get_string());
  }
  return result;
}

std::string string(const json::object& config, std::string_view key, std::string otherwise) {
  const json::value* value = config.if_contains(key);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : otherwise;
}

std::int64_t integer(const json::object& config, std::string_view key, std::int64_t otherwise) {
  const json::value* value = config.if_contains(key);
  if (value == nullptr) return otherwise;
  boost::system::error_code error;
  const auto number = value->to_number<std::int64_t>(error);
  return error ? otherwise : number;
}

std::string absolute_folder(const std::string& cwd) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path folder = fs::absolute(cwd.empty() ? fs::path(".") : fs::path(cwd), error).lexically_normal();
  if (!error && fs::is_directory(folder, error)) {
    std::string text = folder.string();
    while (text.size() > 1 && text.back() == '/') text.pop_back();
    return text;
  }
  throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, "cwd: the folder '" + cwd +
                                                     "' in which commands are to run does not exist; create it or "
                                                     "name another one");
}

std::chrono::milliseconds read_timeout(const json::object& config) {
  std::int64_t limit = integer(config, "timeout", 30'000);
  const json::value* timeouts = config.if_contains("timeouts");
  const std::int64_t total =
      timeouts != nullptr && timeouts->is_object() ? integer(timeouts->get_object(), "total", 0) : 0;
  if (total > 0 && (limit <= 0 || total < limit)) limit = total;
  return std::chrono::milliseconds(limit);
}

std::uint64_t amount(const json::object& limits, std::string_view key) {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(0, integer(limits, key, 0)));
}

void read_limits(const json::object& from, Config& config) {
  const json::value* value = from.if_contains("limits");
  if (value == nullptr || !value->is_object()) return;
  const json::object& limits = value->get_object();
  config.tree_limits.memory_bytes = amount(limits, "memory");
  config.tree_limits.cpu = std::chrono::milliseconds(amount(limits, "cpu"));
  config.tree_limits.output_bytes = amount(limits, "output");
  config.process_limits.open_files = amount(limits, "open_files");
  config.process_limits.file_size_bytes = amount(limits, "file_size");
}

}  // namespace

Environment read_environment(const json::value& value, std::string_view what) {
  if (!value.is_object()) {
    throw sdk::StatusError(ASMGR_E_VALIDATION, std::string(what) + " must be an object of strings");
  }
  Environment result;
  for (const auto& [name, text] : value.get_object()) {
    const bool good_name = !name.empty() && std::string_view(name).find('=') == std::string_view::npos &&
                           std::string_view(name).find('\0') == std::string_view::npos;
    if (!good_name || !text.is_string() || std::string_view(text.get_string()).find('\0') != std::string_view::npos) {
      throw sdk::StatusError(ASMGR_E_VALIDATION, std::string(what) + ": '" + std::string(name) +
                                                     "' must be a variable name with a string as its value");
    }
    result.emplace_back(std::string(name), std::string(text.get_string()));
  }
  return result;
}

Config read_config(std::string_view text) {
  const json::value parsed = json::parse(sdk::as_json(text));
  if (!parsed.is_object()) throw sdk::StatusError(ASMGR_E_CONFIG_INVALID, "the config block must be an object");
  const json::object& object = parsed.get_object();
  Config config;
  config.cwd = absolute_folder(string(object, "cwd", ""));
  if (const json::value* env = object.if_contains("env")) config.env = read_environment(*env, "env");
  config.env_allow = strings(object, "env_allow", exec::common_environment_names());
  config.shell = string(object, "shell", config.shell);
  config.timeout = read_timeout(object);
  config.max_output_bytes = static_cast<std::uint64_t>(integer(object, "max_output_bytes", 1 << 20));
  read_limits(object, config);
  config.rules.allowed = strings(object, "allowed_commands", {});
  config.rules.denied = strings(object, "denied_commands", {});
  if (const json::value* codes = object.if_contains("success_exit_codes"); codes != nullptr && codes->is_array()) {
    config.success_exit_codes.clear();
    for (const json::value& code : codes->get_array()) {
      if (code.is_int64()) config.success_exit_codes.push_back(static_cast<int>(code.get_int64()));
    }
  }
  return config;
}

}  // namespace asmgr::shell
