#include "host/cli/command_line.hpp"

#include <algorithm>
#include <iterator>

#include "core/config/suggest.hpp"
#include "host/cli/version.hpp"

namespace asmgr::cli {
namespace {

// Commands of the whole product that this version does not have.
constexpr std::string_view kLaterCommands[] = {
    "serve", "plugin check", "plugin new", "config init",
};

std::string path_of(const CLI::App& app) {
  std::string path;
  for (const CLI::App* step = &app; step->get_parent() != nullptr; step = step->get_parent()) {
    path = path.empty() ? step->get_name() : step->get_name() + " " + path;
  }
  return path;
}

std::string help_hint(const CLI::App& app) {
  const std::string path = path_of(app);
  return "`asmgr " + path + (path.empty() ? "" : " ") + "--help` shows how it is used";
}

std::vector<std::string> names_of_commands(const CLI::App& group) {
  std::vector<std::string> names;
  for (const CLI::App* sub : group.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); })) {
    names.push_back(sub->get_name());
  }
  return names;
}

std::string listed(const std::vector<std::string>& names) {
  std::string out;
  for (const auto& name : names) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

bool is_option(std::string_view word) {
  return word.size() > 1 && word.front() == '-';
}

CommandLine::Misuse unknown_command(const CLI::App& group, const std::string& word) {
  const std::string prefix = path_of(group);
  const std::string wanted = prefix.empty() ? word : prefix + " " + word;
  if (std::find(std::begin(kLaterCommands), std::end(kLaterCommands), wanted) != std::end(kLaterCommands)) {
    return {usage_error("this version does not have 'asmgr " + wanted + "' yet"), help_hint(group)};
  }
  const auto names = names_of_commands(group);
  const std::string near = nearest(word, names);
  std::string hint =
      near.empty() ? help_hint(group) : "did you mean 'asmgr " + (prefix.empty() ? near : prefix + " " + near) + "'?";
  return {usage_error("unknown command 'asmgr " + wanted + "'"), std::move(hint)};
}

CommandLine::Misuse missing_command(const CLI::App& group) {
  const std::string prefix = path_of(group);
  return {Error(ErrorCode::missing_required_field, "'asmgr" + (prefix.empty() ? "" : " " + prefix) +
                                                       "' needs a command: " + listed(names_of_commands(group))),
          help_hint(group)};
}

CommandLine::Misuse unknown_option(const CLI::App& command, const std::string& word) {
  const std::string name = word.substr(0, word.find('='));
  std::vector<std::string> known;
  for (const CLI::App* app = &command; app != nullptr; app = app->get_parent()) {
    for (const CLI::Option* option : app->get_options()) {
      for (const auto& long_name : option->get_lnames()) known.push_back("--" + long_name);
    }
  }
  const std::string near = nearest(name, known);
  return {usage_error("unknown option '" + name + "' of 'asmgr " + path_of(command) + "'"),
          near.empty() ? help_hint(command) : "did you mean '" + near + "'?"};
}

CommandLine::Misuse unexpected_word(const CLI::App& command, const std::string& word) {
  std::string hint = help_hint(command);
  if (command.get_name() == "run") hint = "a prompt of several words is put in quotes: asmgr run \"...\"";
  return {usage_error("unexpected argument '" + word + "' of 'asmgr " + path_of(command) + "'"), std::move(hint)};
}

// The deepest command that was named.
const CLI::App& named_command(const CLI::App& root) {
  const CLI::App* app = &root;
  while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
  return *app;
}

// CLI11's sentence, without its capital and full stop.
std::string sentence_of(const CLI::ParseError& error) {
  std::string text = error.what();
  while (!text.empty() && (text.back() == '\n' || text.back() == '.')) text.pop_back();
  return text;
}

}  // namespace

CommandLine::CommandLine()
    : root_("asmgr runs AI-agent sessions through plugins and keeps a durable log of everything they do.", "asmgr"),
      commands_(root_) {
  root_.require_subcommand(0, 1);
  root_.allow_extras();
  root_.set_help_flag("-h,--help", "Print this help");
  root_.footer("Example:\n  asmgr run \"Summarise the README in this folder\"\n  asmgr session list --output json");
  add_global_options(root_, global_);
  add_run_command(commands_);
  add_step_command(commands_);
  add_session_commands(commands_);
  add_run_commands(commands_);
  add_approval_commands(commands_);
  add_events_command(commands_);
  add_usage_command(commands_);
  add_audit_command(commands_);
  add_work_command(commands_);
  add_reload_command(commands_);
  add_policy_commands(commands_);
  add_route_commands(commands_);
  add_plugin_commands(commands_);
  add_config_commands(commands_);
  add_store_commands(commands_);
  add_doctor_command(commands_);
  add_completion_command(commands_);
}

CommandLine::~CommandLine() = default;

CommandLine::Parsed CommandLine::parse(const std::vector<std::string>& arguments) {
  try {
    root_.parse(std::vector<std::string>(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    return Answer{root_.help()};
  } catch (const CLI::RequiredError& error) {
    if (global_.version) return Answer{version_text()};
    const CLI::App& command = named_command(root_);
    return Misuse{Error(ErrorCode::missing_required_field, "'asmgr " + path_of(command) + "': " + sentence_of(error)),
                  help_hint(command)};
  } catch (const CLI::ParseError& error) {
    return Misuse{usage_error(sentence_of(error)), help_hint(named_command(root_))};
  }
  return resolve();
}

CommandLine::Parsed CommandLine::resolve() {
  if (global_.version) return Answer{version_text()};
  const CLI::App& named = named_command(root_);
  for (const std::string& word : root_.remaining(true)) {
    if (word == "--") continue;
    if (is_option(word)) return unknown_option(named, word);
    return commands_.find(&named) == nullptr ? unknown_command(named, word) : unexpected_word(named, word);
  }
  if (Command* command = commands_.find(&named)) return command;
  return missing_command(named);
}

std::vector<NamedCommand> all_commands(const CLI::App& root) {
  std::vector<NamedCommand> found;
  for (const CLI::App* sub : root.get_subcommands([](const CLI::App* app) { return !app->get_group().empty(); })) {
    found.push_back({path_of(*sub), sub});
    for (auto& deeper : all_commands(*sub)) found.push_back(std::move(deeper));
  }
  return found;
}

}  // namespace asmgr::cli
