// A configuration tree written as YAML, without its secrets.
#pragma once

#include <string>
#include <vector>

#include "core/config/tree.hpp"

namespace asmgr {

// `secrets` (and all below them) are written as ***, like every value that came from the environment or a file. The
// text reads back as the same configuration but for those.
[[nodiscard]] std::string show_tree(const ConfigNode& root, const std::vector<const ConfigNode*>& secrets);

// The values below whose keys sound like secrets: password, api_key, token, dsn, ...
[[nodiscard]] std::vector<const ConfigNode*> values_that_sound_secret(const ConfigNode& block);

}  // namespace asmgr
