// How many columns of a terminal a text takes.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace asmgr {

// What a reader takes for one character: a base with its combining marks, an emoji with what is joined to it, a flag.
struct Grapheme {
  std::size_t bytes = 0;
  std::size_t columns = 0;
};

// The first one of a text that is not empty. A byte that is no UTF-8 is one of one column; so is a character that this
// version of Unicode does not know. A pictograph that is to be an emoji (U+FE0F) and a flag take two.
[[nodiscard]] Grapheme first_grapheme(std::string_view text) noexcept;

// The sum over its graphemes; control characters count nothing.
[[nodiscard]] std::size_t text_width(std::string_view text) noexcept;

// The longest beginning, in whole graphemes, that takes at most `columns`.
[[nodiscard]] std::string_view fitting_prefix(std::string_view text, std::size_t columns) noexcept;

// The text where it fits; else its beginning and `mark`, together at most `columns` (a mark wider than that is cut).
[[nodiscard]] std::string cut_to_width(std::string_view text, std::size_t columns, std::string_view mark);

}  // namespace asmgr
