// Completion scripts for shells, made from the command line's own description.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

namespace asmgr::cli {

enum class ValueKind : std::uint8_t { none, words, file, other };

struct OptionDescription {
  std::vector<std::string> names;  // with their dashes; empty = a positional argument
  std::string summary;
  ValueKind value = ValueKind::none;
  std::vector<std::string> words;  // for ValueKind::words
};

struct CommandDescription {
  std::string path;  // "session list"; empty = the program itself
  std::string summary;
  std::vector<std::string> subcommands;
  std::vector<OptionDescription> options;  // without those of every command, except in the program's own
};

// The program itself first, then every command that is not hidden.
[[nodiscard]] std::vector<CommandDescription> describe_commands(const CLI::App& root);

[[nodiscard]] std::string bash_completion(const std::vector<CommandDescription>& commands);
[[nodiscard]] std::string zsh_completion(const std::vector<CommandDescription>& commands);
[[nodiscard]] std::string fish_completion(const std::vector<CommandDescription>& commands);

}  // namespace asmgr::cli
