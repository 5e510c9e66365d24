// Cursors of searches as callers see them: where a page ended, sealed together with what was searched.
//
// The seal is no secret: it finds texts that are cut, changed or of another search. Who forges one moves within what
// the search may show anyway.
#pragma once

#include <string>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

// URL-safe text. `search` says what was searched, with all its filters and its order.
[[nodiscard]] std::string seal_cursor(std::string_view search, std::string_view position);
// Errors: invalid_cursor.
[[nodiscard]] Result<std::string> open_cursor(std::string_view search, std::string_view cursor);

}  // namespace asmgr
