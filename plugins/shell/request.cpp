#include "request.hpp"

#include <algorithm>
#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/exec.hpp>
#include <asmgr/toolkit/json_view.hpp>
#include <boost/json/parse.hpp>
#include <filesystem>
#include <optional>

#include "command_line.hpp"

namespace asmgr::shell {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

[[noreturn]] void refuse(std::string message) {
  throw sdk::StatusError(ASMGR_E_VALIDATION, std::move(message));
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n\f\v";
  const std::size_t from = text.find_first_not_of(kSpace);
  if (from == std::string_view::npos) return {};
  return std::string(text.substr(from, text.find_last_not_of(kSpace) - from + 1));
}

// A message's content: a string, or blocks of which the text ones count.
std::string content_text(const json::value& content) {
  if (content.is_string()) return std::string(content.get_string());
  if (!content.is_array()) refuse("the input's messages must have a string or a list of blocks as their content");
  std::string text;
  for (const json::value& block : content.get_array()) {
    const json::object* object = block.if_object();
    const json::value* part = object == nullptr ? nullptr : object->if_contains("text");
    if (part != nullptr && part->is_string()) text += part->get_string();
  }
  return text;
}

std::string user_text(const json::value& messages) {
  if (!messages.is_array()) refuse("the input's 'messages' must be a list");
  std::string text;
  bool any = false;
  for (const json::value& message : messages.get_array()) {
    const json::object* object = message.if_object();
    if (object == nullptr) refuse("the input's 'messages' must be a list of objects");
    const json::value* role = object->if_contains("role");
    const json::value* content = object->if_contains("content");
    if (role == nullptr || !role->is_string() || role->get_string() != "user" || content == nullptr) continue;
    if (any) text += '\n';
    text += content_text(*content);
    any = true;
  }
  return text;
}

std::vector<std::string> read_args(const json::value& args) {
  if (!args.is_array()) refuse("the input's 'args' must be a list of strings");
  std::vector<std::string> result;
  for (const json::value& argument : args.get_array()) {
    if (!argument.is_string()) refuse("the input's 'args' must be a list of strings");
    result.emplace_back(argument.get_string());
  }
  return result;
}

std::string read_cwd(const json::value& cwd, const std::string& base) {
  if (!cwd.is_string() || cwd.get_string().empty()) {
    refuse("the input's 'cwd' must be the name of a folder; leave it out to use the configured one");
  }
  const fs::path folder = (fs::path(base) / std::string(cwd.get_string())).lexically_normal();
  std::error_code error;
  if (!fs::is_directory(folder, error)) {
    refuse("the input's 'cwd' names '" + folder.string() + "', which is no folder; create it or name another one");
  }
  return folder.string();
}

std::chrono::milliseconds read_timeout(const json::value& value) {
  boost::system::error_code error;
  const auto ms = value.to_number<std::int64_t>(error);
  constexpr std::int64_t kWeek = 7LL * 24 * 3600 * 1000;
  if (error || ms <= 0) refuse("the input's 'timeout_ms' must be a positive integer");
  return std::chrono::milliseconds(std::min(ms, kWeek));
}

void read_command_object(const json::object& input, Request& request) {
  const json::value* command = input.if_contains("command");
  if (!command->is_string()) refuse("the input's 'command' must be a string");
  request.command = trimmed(command->get_string());
  if (const json::value* args = input.if_contains("args"); args != nullptr && !args->is_null()) {
    request.form = Request::Form::kProgram;
    request.args = read_args(*args);
  }
  if (const json::value* cwd = input.if_contains("cwd"); cwd != nullptr && !cwd->is_null()) {
    request.cwd = read_cwd(*cwd, request.cwd);
  }
  if (const json::value* env = input.if_contains("env"); env != nullptr && !env->is_null()) {
    request.env = read_environment(*env, "the input's 'env'");
  }
  if (const json::value* timeout = input.if_contains("timeout_ms"); timeout != nullptr && !timeout->is_null()) {
    request.timeout = read_timeout(*timeout);
  }
  const json::value* streaming = input.if_contains("streaming");
  if (streaming != nullptr && !streaming->is_bool() && !streaming->is_null()) {
    refuse("the input's 'streaming' must be true or false");
  }
}

void read_input(const json::value& input, Request& request) {
  if (const json::string* text = input.if_string()) {
    request.command = trimmed(*text);
    return;
  }
  const json::object* object = input.if_object();
  if (object != nullptr && object->contains("command")) return read_command_object(*object, request);
  if (const json::value* prompt = object == nullptr ? nullptr : object->if_contains("prompt")) {
    if (!prompt->is_string()) refuse("the input's 'prompt' must be a string");
    request.command = trimmed(prompt->get_string());
    return;
  }
  if (const json::value* messages = object == nullptr ? nullptr : object->if_contains("messages")) {
    request.command = trimmed(user_text(*messages));
    return;
  }
  refuse("the input names no command: give a string, {\"prompt\"}, {\"messages\"} or {\"command\", \"args\"}");
}

json::value parse(std::string_view text, const char* what) {
  boost::system::error_code error;
  json::value value = json::parse(sdk::as_json(text), error);
  if (error) refuse(std::string(what) + " is not valid JSON: " + error.message());
  return value;
}

void require_command(const Request& request) {
  if (request.command.empty()) refuse("the input's command is empty");
  if (request.command.find('\0') != std::string::npos) refuse("the input's command has a NUL character in it");
}

[[noreturn]] void forbid(const std::string& command, const std::string& why) {
  throw sdk::StatusError(ASMGR_E_POLICY_VIOLATION, "the command '" + command.substr(0, 200) + "' may not run: " + why);
}

}  // namespace

Request read_request(std::string_view run_doc_json, const Config& config) {
  const json::value doc = parse(run_doc_json, "the run's document");
  const json::object* object = doc.if_object();
  const json::value* input = object == nullptr ? nullptr : object->if_contains("input");
  if (input == nullptr || input->is_null()) refuse("the run has no input: give the command to run");
  Request request;
  request.cwd = config.cwd;
  request.timeout = config.timeout;
  read_input(*input, request);
  require_command(request);
  return request;
}

void apply_edit(Request& request, std::string_view edited_input_json) {
  if (edited_input_json.empty()) return;
  const json::value edited = parse(edited_input_json, "the edited tool input");
  const json::object* object = edited.if_object();
  const json::value* command = object == nullptr ? nullptr : object->if_contains("command");
  if (command == nullptr || !command->is_string()) refuse("the edited tool input has no 'command'");
  Request changed = request;
  changed.command = trimmed(command->get_string());
  changed.args.clear();
  if (const json::value* args = object->if_contains("args"); args != nullptr && !args->is_null()) {
    changed.args = read_args(*args);
  }
  // A command line has no arguments of its own: with some, it has become a program with arguments.
  if (!changed.args.empty()) changed.form = Request::Form::kProgram;
  if (const json::value* cwd = object->if_contains("cwd"); cwd != nullptr && !cwd->is_null()) {
    changed.cwd = read_cwd(*cwd, request.cwd);
  }
  require_command(changed);
  request = std::move(changed);
}

std::vector<std::string> resolve_argv(const Request& request, const Config& config) {
  std::vector<std::string> argv{request.command};
  argv.insert(argv.end(), request.args.begin(), request.args.end());
  if (!config.rules.active()) {
    if (request.form == Request::Form::kText) return {config.shell, "-c", request.command};
    return argv;
  }
  if (!request.env.empty()) forbid(request.command, "while a command list is set, an input may not set variables");
  if (request.form == Request::Form::kText) {
    auto parsed = parse_simple_command(request.command);
    if (const auto* problem = std::get_if<NotSimple>(&parsed)) {
      forbid(request.command, problem->why + "; while a command list is set, give one simple command");
    }
    argv = std::get<std::vector<std::string>>(std::move(parsed));
  }
  std::string path = "/usr/local/bin:/usr/bin:/bin";
  for (const std::string& variable : command_environment(request, config)) {
    if (variable.compare(0, 5, "PATH=") == 0) path = variable.substr(5);
  }
  if (auto why = refusal(config.rules, argv, path, request.cwd)) forbid(request.command, *why);
  return argv;
}

std::vector<std::string> command_environment(const Request& request, const Config& config) {
  Environment set = config.env;
  for (const auto& [name, value] : request.env) {
    set.erase(
        std::remove_if(set.begin(), set.end(), [&, &key = name](const auto& entry) { return entry.first == key; }),
        set.end());
    set.emplace_back(name, value);
  }
  return exec::environment(config.env_allow, set);
}

}  // namespace asmgr::shell
