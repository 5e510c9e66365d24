// "did you mean": the known name nearest to one that is not known.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr {

// Insertions, deletions, replacements and swaps of neighbours that lead from one to the other.
[[nodiscard]] std::size_t edit_distance(std::string_view a, std::string_view b);

// The nearest name, when it is near enough to be a slip of the hand; else empty.
[[nodiscard]] std::string nearest(std::string_view name, std::span<const std::string> known);

// "did you mean 'x'?", else "known: a, b, c", else empty.
[[nodiscard]] std::string suggest(std::string_view name, std::span<const std::string> known);

}  // namespace asmgr
