// Takes a command line apart without a shell.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asmgr::shell {

struct NotSimple {
  std::string why;  // the end of a sentence: what is in it that only a shell could carry out
};

// The words of one simple command: blanks separate, quotes and backslashes work as in sh. Everything that would make a
// shell do more than start this one program with these words is refused: operators, expansions, substitutions,
// redirections, assignments, comments, further lines.
[[nodiscard]] std::variant<std::vector<std::string>, NotSimple> parse_simple_command(std::string_view text);

}  // namespace asmgr::shell
