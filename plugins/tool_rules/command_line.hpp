// Command lines by their text alone: nothing is expanded or run.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "certainty.hpp"

namespace asmgr::tool_rules {

// The words of a text, at blanks and tabs.
[[nodiscard]] std::vector<std::string> words_of(std::string_view text);

// Whether a command starts with the words of a prefix. Yes: it does so literally, and has no character by which a shell
// would run another command, expand something or write elsewhere. No: none of the commands in it does, also not behind
// an assignment, a path, quotes, sudo, sh -c and the like. Maybe: everything between.
[[nodiscard]] Certainty starts_with(std::string_view command, const std::vector<std::string>& prefix);
// The same for a command given as a list of arguments.
[[nodiscard]] Certainty starts_with(const std::vector<std::string>& arguments, const std::vector<std::string>& prefix);

}  // namespace asmgr::tool_rules
