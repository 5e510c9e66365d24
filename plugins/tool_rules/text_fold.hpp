// Names as they look, so that a name written with other characters of the same look is recognised.
#pragma once

#include <string>
#include <string_view>

namespace asmgr::tool_rules {

// The code points of UTF-8 text; what is not UTF-8 becomes U+FFFD.
[[nodiscard]] std::u32string decode(std::string_view utf8);

// Small letters of ASCII, Latin-1, Greek and Cyrillic capitals; everything else as it is.
[[nodiscard]] char32_t lower(char32_t c) noexcept;
inline constexpr char32_t kLastCapital = 0x042F;  // none beyond it has a small letter
[[nodiscard]] std::u32string lowered(std::u32string text);

// What the code point looks like: invisible characters and combining marks vanish (U+0000), compatibility forms (full
// width, mathematical, enclosed) and look-alikes of other scripts become ASCII.
[[nodiscard]] char32_t folded(char32_t c) noexcept;
// Folds every code point and trims blanks at both ends.
[[nodiscard]] std::u32string folded(std::u32string_view text);

}  // namespace asmgr::tool_rules
