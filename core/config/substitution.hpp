// ${env:NAME}, ${env:NAME:-default}, ${file:PATH} and $$ in string values. Works on the parsed tree and its result is
// never parsed as YAML again, so a value can hold any character.
#pragma once

#include "core/config/environment.hpp"
#include "core/config/tree.hpp"

namespace asmgr {

inline constexpr std::size_t kMaxSubstitutedBytes = std::size_t{1} << 20U;

// Replaces every reference in the tree's values; keys are left alone. A reference that cannot be replaced leaves its
// scalar as written, with `problem` set: whoever uses the value reports it, so that one file can hold what is not used
// here. A scalar that is one reference and nothing else gets its type from the schema, like a plain one.
void substitute(ConfigNode& root, const Sources& sources, const EnvironmentLookup& environment);

}  // namespace asmgr
