// The editor of whoever sits at the terminal.
#pragma once

#include <string>

#include "core/model/error.hpp"

namespace asmgr::cli {

// $VISUAL, else $EDITOR: a command line for the shell, to which a file is added. Empty when neither is set.
[[nodiscard]] std::string editor_command();

// Lets it change a text in a file that only this user can read (NAME.json in a folder of its own, removed afterwards),
// and waits for it; it has the terminal meanwhile, with its interrupt keys. Returns the text as it left it. Errors:
// storage_error, command_failed when it ended with another code than 0.
[[nodiscard]] Result<std::string> edit_text(const std::string& command, const std::string& name,
                                            const std::string& text);

}  // namespace asmgr::cli
