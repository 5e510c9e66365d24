// The whole command line: from the words to the command that was meant, or to what was wrong with them.
#pragma once

#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "host/cli/command.hpp"

namespace asmgr::cli {

class CommandLine {
 public:
  CommandLine();
  ~CommandLine();

  // --help or --version: text for standard output, exit code 0.
  struct Answer {
    std::string text;
  };
  struct Misuse {
    Error error;
    std::string hint;
  };
  using Parsed = std::variant<Command*, Answer, Misuse>;
  // `arguments` without the program's name. Call once.
  [[nodiscard]] Parsed parse(const std::vector<std::string>& arguments);

  [[nodiscard]] const GlobalOptions& global() const noexcept { return global_; }
  [[nodiscard]] CLI::App& root() noexcept { return root_; }

 private:
  [[nodiscard]] Parsed resolve();

  GlobalOptions global_;
  CLI::App root_;
  CommandSet commands_;
};

// Commands with the groups they stand in ("session list"), groups included, hidden ones left out.
struct NamedCommand {
  std::string path;  // without the program's name; empty = the program itself
  const CLI::App* app = nullptr;
};
[[nodiscard]] std::vector<NamedCommand> all_commands(const CLI::App& root);

}  // namespace asmgr::cli
