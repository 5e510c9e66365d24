// Which commands may run, decided on a command that has been taken apart already.
//
// Lists name programs, and programs run other programs. So under a list there are three kinds of program:
//   - those that only run another command (env, nohup, xargs, ...): always refused, name the command itself;
//   - shells: refused unless allowed by name, and always while something is denied;
//   - interpreters and tools with a language or a shell escape of their own: with only a deny list, refused; with an
//     allow list, they are commands like any other.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::shell {

struct CommandRules {
  std::vector<std::string> allowed;  // empty = every command that is not denied
  std::vector<std::string> denied;

  [[nodiscard]] bool active() const noexcept { return !allowed.empty() || !denied.empty(); }
};

// Why the command may not run, as the end of a sentence; nothing when it may. `path` is the PATH that it would be
// searched in, `cwd` what a relative name starts at. Looks at the file system: a command named by a path must be the
// file that its plain name stands for.
[[nodiscard]] std::optional<std::string> refusal(const CommandRules& rules, const std::vector<std::string>& argv,
                                                 std::string_view path, const std::string& cwd);

// A program that exists to run another command: useless, and misleading, in a list of allowed commands.
[[nodiscard]] bool only_runs_another_command(std::string_view name);

}  // namespace asmgr::shell
