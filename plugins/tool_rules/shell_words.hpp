// The words of a command as a shell takes them from a line.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::tool_rules {

struct SimpleCommand {
  std::vector<std::string> words;  // without redirections and their files; assignments are words
  std::size_t read = 0;            // bytes of the text that were looked at
};

// The command at the start of the text, up to where the next one begins: quotes and continued lines taken out, what
// stands in quotes one word. Whatever the shell puts in by itself ($x, $(...), `...`, {a,b}) shows as a '$'.
[[nodiscard]] SimpleCommand first_command(std::string_view text);

}  // namespace asmgr::tool_rules
