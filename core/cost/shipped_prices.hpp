// The text of prices.json as it was when the library was built.
#pragma once

#include <string_view>

namespace asmgr {

[[nodiscard]] std::string_view shipped_prices_text() noexcept;

}  // namespace asmgr
