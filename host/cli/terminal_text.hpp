// Text of others made fit for a person's screen: what a terminal would obey is shown instead.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace asmgr::cli {

enum class LineBreaks : std::uint8_t { keep, escape };

// Control characters (C0 without tab, DEL, C1), bidirectional overrides and bytes that are no UTF-8 are written as \xNN
// or \u{NNNN}; \r as \r. Line feeds stay or become \n as told.
[[nodiscard]] std::string harmless(std::string_view text, LineBreaks breaks);

// At most `columns` characters on one line, everything harmless, "..." where it was cut.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t columns);

// Characters, as far as that can be known without a width table: code points.
[[nodiscard]] std::size_t width_of(std::string_view text) noexcept;

// A head and rows of as many cells; cells are made harmless, columns aligned, two spaces between them, no trailing
// blanks; each line ends with a line feed.
[[nodiscard]] std::string table(const std::vector<std::string>& head,
                                const std::vector<std::vector<std::string>>& rows);

// "name        value", harmless and with its line end; empty for an empty value.
[[nodiscard]] std::string field_line(std::string_view name, std::string_view value);

}  // namespace asmgr::cli
