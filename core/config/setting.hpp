// --set PATH=VALUE: one value of the tree, replaced from the command line.
#pragma once

#include <string_view>

#include "core/config/diagnostic.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

// PATH is keys with dots between them and [N] for items ("pipelines.default.policies[0]"); a key that holds a dot is
// quoted. Missing maps on the way are made; [N] may be one past the end. VALUE that begins with a bracket or a quote is
// YAML, anything else a plain scalar whose type the schema decides. Relative paths in it are the working directory's.
void apply_setting(ConfigTree& tree, std::string_view setting, const std::string& working_directory,
                   Diagnostics& diagnostics);

}  // namespace asmgr
