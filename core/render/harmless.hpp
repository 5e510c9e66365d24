// Text of others made fit for a person's screen: what a terminal would obey is shown instead.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr {

enum class LineBreaks : std::uint8_t { keep, escape };

// Control characters (C0 without tab, DEL, C1), bidirectional overrides and bytes that are no UTF-8 are written as \xNN
// or \u{NNNN}; \r as \r. Line feeds stay or become \n as told; a tab becomes \t where they do.
[[nodiscard]] std::string harmless(std::string_view text, LineBreaks breaks);

}  // namespace asmgr
