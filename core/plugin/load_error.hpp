// The sentences for "this plugin cannot be loaded": what and which file, why, and what to do.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

// Which plugin a load error speaks of.
struct PluginSubject {
  std::string name;            // as the configuration names it
  std::filesystem::path file;  // empty while no file is known
};

// Message: "plugin 'NAME' cannot be loaded: FILE: WHY; TRY". Details: {"plugin", "file", "why", "try"}.
[[nodiscard]] Error load_error(ErrorCode code, const PluginSubject& subject, std::string_view why,
                               std::string_view what_to_do);

// At most `limit` of `candidates` within a small edit distance of `wanted`, nearest first: "did you mean".
[[nodiscard]] std::vector<std::string> near_names(std::string_view wanted, const std::vector<std::string>& candidates,
                                                  std::size_t limit = 3);

// "'a'", "'a' or 'b'", "'a', 'b' or 'c'"; `last` is the word before the last one.
[[nodiscard]] std::string quoted_list(const std::vector<std::string>& names, std::string_view last);

}  // namespace asmgr
