// Characters that look like an ASCII character.
#pragma once

#include <cstddef>

namespace asmgr::tool_rules {

struct LookAlike {
  char32_t from;
  char to;
};

// In ascending order of `from`.
extern const LookAlike kLookAlikes[];
extern const std::size_t kLookAlikeCount;

}  // namespace asmgr::tool_rules
