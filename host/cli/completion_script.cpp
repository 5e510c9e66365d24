#include "host/cli/completion_script.hpp"

#include <sstream>

#include "host/cli/command_line.hpp"

namespace asmgr::cli {
namespace {

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, separator);) parts.push_back(part);
  return parts;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) out.append(out.empty() ? "" : " ").append(word);
  return out;
}

OptionDescription describe_option(const CLI::Option& option) {
  OptionDescription description;
  for (const auto& name : option.get_snames()) description.names.push_back("-" + name);
  for (const auto& name : option.get_lnames()) description.names.push_back("--" + name);
  description.summary = option.get_description();
  if (option.get_items_expected_max() == 0) return description;
  const std::string type = option.get_type_name();
  description.value = ValueKind::other;
  if (type == "FILE") description.value = ValueKind::file;
  if (type.find('|') != std::string::npos) {
    description.value = ValueKind::words;
    description.words = split(type, '|');
  }
  return description;
}

CommandDescription describe(const CLI::App& app, std::string path) {
  CommandDescription description;
  description.path = std::move(path);
  description.summary = app.get_description();
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); })) {
    description.subcommands.push_back(sub->get_name());
  }
  for (const CLI::Option* option : app.get_options()) description.options.push_back(describe_option(*option));
  return description;
}

// In single quotes for a shell.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::string option_names(const CommandDescription& command) {
  std::vector<std::string> names;
  for (const auto& option : command.options) names.insert(names.end(), option.names.begin(), option.names.end());
  return joined(names);
}

std::string positional_words(const CommandDescription& command) {
  for (const auto& option : command.options) {
    if (option.names.empty() && option.value == ValueKind::words) return joined(option.words);
  }
  return {};
}

// The lines `PATH) choices="..." options="..." ;;` that bash and zsh share.
std::string command_cases(const std::vector<CommandDescription>& commands) {
  std::string out;
  for (const auto& command : commands) {
    out += "    " + quoted(command.path) +
           ") choices=" + quoted(joined(command.subcommands) + positional_words(command)) +
           " options=" + quoted(option_names(command)) + " ;;\n";
  }
  return out;
}

// The lines `COMMAND:OPTION) value=words choices="text json" ;;`: what follows an option. Those of every command stand
// under any.
std::string value_cases(const std::vector<CommandDescription>& commands) {
  std::string out;
  for (const auto& command : commands) {
    for (const auto& option : command.options) {
      if (option.value == ValueKind::none || option.names.empty()) continue;
      const std::string prefix = command.path.empty() ? "*:" : quoted(command.path + ":");
      std::string patterns;
      for (const auto& name : option.names) patterns.append(patterns.empty() ? "" : "|").append(prefix + name);
      const std::string kind = option.value == ValueKind::file ? "value=file"
                               : option.value == ValueKind::words
                                   ? "value=words choices=" + quoted(joined(option.words))
                                   : "value=other";
      out += "    " + patterns + ") " + kind + " ;;\n";
    }
  }
  return out;
}

// Finds the command a line names; shared by bash and zsh, `line` being an array of its words without the program's name
// and without the one being completed.
std::string find_command_lines(const std::vector<CommandDescription>& commands) {
  std::string known;
  for (const auto& command : commands) {
    if (!command.path.empty()) known.append(known.empty() ? "" : "|").append(quoted(command.path));
  }
  return "  local named='' word\n"
         "  for word in \"${line[@]}\"; do\n"
         "    case \"${named:+$named }$word\" in\n"
         "      " +
         known +
         ") named=\"${named:+$named }$word\" ;;\n"
         "    esac\n"
         "  done\n";
}

}  // namespace

std::vector<CommandDescription> describe_commands(const CLI::App& root) {
  std::vector<CommandDescription> found{describe(root, "")};
  for (const auto& [path, app] : all_commands(root)) found.push_back(describe(*app, path));
  return found;
}

std::string bash_completion(const std::vector<CommandDescription>& commands) {
  const std::string& every = option_names(commands.front());
  return "# bash completion for asmgr; source it, or put it into a folder that bash-completion reads.\n"
         "_asmgr() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
         "  local line=(\"${COMP_WORDS[@]:1:COMP_CWORD-1}\")\n"
         "  local choices='' options='' value=''\n"
         "  COMPREPLY=()\n" +
         find_command_lines(commands) + "  case \"$named:$previous\" in\n" + value_cases(commands) +
         "  esac\n"
         "  case \"$value\" in\n"
         "    file) compopt -o default 2>/dev/null; return ;;\n"
         "    words) COMPREPLY=($(compgen -W \"$choices\" -- \"$current\")); return ;;\n"
         "    other) return ;;\n"
         "  esac\n"
         "  case \"$named\" in\n" +
         command_cases(commands) +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    COMPREPLY=($(compgen -W \"$options " +
         every +
         "\" -- \"$current\"))\n"
         "  else\n"
         "    COMPREPLY=($(compgen -W \"$choices\" -- \"$current\"))\n"
         "  fi\n"
         "}\n"
         "complete -F _asmgr asmgr\n";
}

std::string zsh_completion(const std::vector<CommandDescription>& commands) {
  const std::string& every = option_names(commands.front());
  return "#compdef asmgr\n"
         "# zsh completion for asmgr; source it after compinit, or put it as _asmgr into a folder of $fpath.\n"
         "_asmgr() {\n"
         "  local current=\"${words[CURRENT]}\" previous=\"${words[CURRENT-1]}\"\n"
         "  local -a line; line=(\"${(@)words[2,CURRENT-1]}\")\n"
         "  local choices='' options='' value=''\n" +
         find_command_lines(commands) + "  case \"$named:$previous\" in\n" + value_cases(commands) +
         "  esac\n"
         "  case \"$value\" in\n"
         "    file) _files; return ;;\n"
         "    words) compadd -- ${=choices}; return ;;\n"
         "    other) return ;;\n"
         "  esac\n"
         "  case \"$named\" in\n" +
         command_cases(commands) +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    compadd -- ${=options} " +
         every +
         "\n"
         "  else\n"
         "    compadd -- ${=choices}\n"
         "  fi\n"
         "}\n"
         "(( $+functions[compdef] )) && compdef _asmgr asmgr\n";
}

std::string fish_completion(const std::vector<CommandDescription>& commands) {
  std::string out =
      "# fish completion for asmgr; put it into ~/.config/fish/completions/asmgr.fish.\n"
      "complete -c asmgr -f\n";
  for (const auto& command : commands) {
    // `session list` holds when both words stand on the line; a group offers its commands while none of them does.
    std::string seen;
    for (const auto& word : split(command.path, ' ')) seen += "__fish_seen_subcommand_from " + word + "; and ";
    const std::string inside = seen.empty() ? std::string() : seen.substr(0, seen.size() - 6);
    const std::string none_yet =
        command.subcommands.empty() ? inside : seen + "not __fish_seen_subcommand_from " + joined(command.subcommands);
    for (const auto& sub : commands) {
      const std::string prefix = command.path.empty() ? "" : command.path + " ";
      const bool direct = sub.path.size() > prefix.size() && sub.path.compare(0, prefix.size(), prefix) == 0 &&
                          sub.path.find(' ', prefix.size()) == std::string::npos;
      if (!direct) continue;
      out += "complete -c asmgr -n " + quoted(none_yet) + " -a " + quoted(sub.path.substr(prefix.size())) + " -d " +
             quoted(sub.summary) + "\n";
    }
    for (const auto& option : command.options) {
      std::string line = "complete -c asmgr" + (inside.empty() ? std::string() : " -n " + quoted(inside));
      if (option.names.empty()) {
        if (option.value != ValueKind::words) continue;
        out += line + " -a " + quoted(joined(option.words)) + "\n";
        continue;
      }
      for (const auto& name : option.names)
        line += name.size() == 2 ? " -s " + name.substr(1) : " -l " + name.substr(2);
      if (option.value != ValueKind::none) line += option.value == ValueKind::file ? " -r -F" : " -x";
      if (option.value == ValueKind::words) line += " -a " + quoted(joined(option.words));
      out += line + " -d " + quoted(option.summary) + "\n";
    }
  }
  return out;
}

}  // namespace asmgr::cli
