// What of some bytes is text.
#pragma once

#include <string>
#include <string_view>

namespace asmgr::acp {

[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

// The bytes as UTF-8: each byte that belongs to no character becomes U+FFFD.
[[nodiscard]] std::string to_utf8(std::string_view bytes);

// The end of the bytes, at most `limit` of them, from the beginning of a character on.
[[nodiscard]] std::string_view tail_of(std::string_view bytes, std::size_t limit) noexcept;

}  // namespace asmgr::acp
