// Lines and tables of harmless text (core/render/harmless.hpp) for the commands.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/render/harmless.hpp"

namespace asmgr::cli {

// At most `columns` columns on one line, everything harmless, "..." where it was cut.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t columns);

// A head and rows of as many cells; cells are made harmless, columns aligned, two spaces between them, no trailing
// blanks; each line ends with a line feed.
[[nodiscard]] std::string table(const std::vector<std::string>& head,
                                const std::vector<std::vector<std::string>>& rows);

// "name        value", harmless and with its line end; empty for an empty value.
[[nodiscard]] std::string field_line(std::string_view name, std::string_view value);

}  // namespace asmgr::cli
