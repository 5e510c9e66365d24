// A configuration file with everything it includes, its settings from the command line and its substitutions.
#pragma once

#include <string>
#include <vector>

#include "core/config/diagnostic.hpp"
#include "core/config/environment.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

inline constexpr std::size_t kMaxIncludeDepth = 16;
inline constexpr std::size_t kMaxIncludedFiles = 64;

struct ReadOptions {
  std::vector<std::string> settings;  // PATH=VALUE, in order
  EnvironmentLookup environment = process_environment();
  std::string working_directory = ".";  // of relative paths from settings and the environment
};

// Reads `path` and merges what `include:` names: the included files in their order, then the file itself; maps merge,
// everything else is replaced. The `include` key is gone from the result. Check the diagnostics before using the tree:
// it holds what could be read.
[[nodiscard]] ConfigTree read_config(const std::string& path, const ReadOptions& options, Diagnostics& diagnostics);

// The same for text that is in no file (the built-in deployment); `name` is shown in diagnostics and relative paths are
// the working directory's.
[[nodiscard]] ConfigTree read_config_text(std::string text, const std::string& name, const ReadOptions& options,
                                          Diagnostics& diagnostics);

}  // namespace asmgr
