// Where paths lead in this host's file system.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::tool_rules {

// Whether symbolic links count. To follow them is I/O, which may hang: only where a deadline stands over the call.
enum class Links : std::uint8_t { ignored, followed };

// The place of an absolute path once every symbolic link in it is followed, also one whose target does not exist;
// without ".", ".." and "//". What does not exist stays as it is written. Nullopt when that cannot be told: a folder
// that may not be looked into, links in a circle, a path that no system call takes.
[[nodiscard]] std::optional<std::string> followed(std::string_view absolute_path);

}  // namespace asmgr::tool_rules
