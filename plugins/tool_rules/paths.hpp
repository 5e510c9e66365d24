// Paths: what they say, and where they lead.
#pragma once

#include <string>
#include <string_view>

#include "certainty.hpp"
#include "links.hpp"

namespace asmgr::tool_rules {

// Without ".", "//" and, as far as they can be resolved, "..". A relative path keeps those that lead out of it; "." is
// the empty one.
[[nodiscard]] std::string normalised(std::string_view path);
// `path` seen from the directory `base` (empty = not known): with all its "..", since what they mean depends on links.
[[nodiscard]] std::string appended(std::string_view base, std::string_view path);
// The same, normalised.
[[nodiscard]] std::string joined(std::string_view base, std::string_view path);

// Whether `path`, seen from `base`, is `root` (normalised) or lies under it, by its text and, where `links` says so,
// also by where the file system leads. Maybe: the two differ, or where one of them starts from is not known, or the
// path is of a kind that something else will change (~, file:, backslashes, blanks at its ends).
[[nodiscard]] Certainty lies_under(std::string_view path, std::string_view base, std::string_view root, Links links);

}  // namespace asmgr::tool_rules
