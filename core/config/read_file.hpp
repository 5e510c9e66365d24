// A whole file as text, within a limit.
#pragma once

#include <string>

#include "core/model/error.hpp"

namespace asmgr {

// Errors: not_found when there is no such file, else storage_read_failed; the message is the reason alone ("Permission
// denied", "larger than 4194304 bytes"), since the caller knows what it was reading.
[[nodiscard]] Result<std::string> read_whole_file(const std::string& path, std::size_t max_bytes);

}  // namespace asmgr
