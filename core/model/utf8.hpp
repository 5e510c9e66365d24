// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing beyond U+10FFFF.
#pragma once

#include <cstddef>

namespace asmgr {

// The length in bytes of the well-formed character at `at` (before `end`), 0 when there is none.
[[nodiscard]] std::size_t utf8_length(const char* at, const char* end) noexcept;

}  // namespace asmgr
