// Paths by their text alone: nothing is looked up, links are not followed.
#pragma once

#include <string>
#include <string_view>

#include "certainty.hpp"

namespace asmgr::tool_rules {

// Without ".", "//" and, as far as they can be resolved, "..". A relative path keeps those that lead out of it; "." is
// the empty one.
[[nodiscard]] std::string normalised(std::string_view path);
// `path` seen from the directory `base` (empty = not known), normalised.
[[nodiscard]] std::string joined(std::string_view base, std::string_view path);

// Whether `path`, seen from `base`, is `root` or lies under it. Maybe: where one of them starts from is not known, or
// the path is of a kind that something else will expand (~, file:, backslashes).
[[nodiscard]] Certainty lies_under(std::string_view path, std::string_view base, std::string_view root);

}  // namespace asmgr::tool_rules
