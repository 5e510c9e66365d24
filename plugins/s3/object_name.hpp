// Under what name the artifact of a key is kept: any key as harmless ASCII, so that names have the order of their keys.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::s3_store {

inline constexpr std::size_t kLongestName = 1024;  // S3's limit, prefix included

// Letters, digits and '-' stand for themselves; every other byte is one of , . = _ ~ (the one that has its place in the
// order) and two hexadecimal digits. A '/' follows as soon as 200 characters are without one, and a '$' is the end. So
// there is no empty step, none that is "." or "..", and no name is another one with something behind it, also for
// servers that keep objects as files and add to their names.
[[nodiscard]] std::string name_of_key(std::string_view key);
// What the names of all keys begin with that begin so, and no others.
[[nodiscard]] std::string name_of_beginning(std::string_view beginning);
// None: no key has this name, so it is somebody else's object.
[[nodiscard]] std::optional<std::string> key_of_name(std::string_view name);

// Throws INVALID_INPUT for a key that is empty, not UTF-8, or too long behind a prefix of that size.
void check_key(std::string_view key, std::size_t prefix_size);
[[nodiscard]] bool is_utf8(std::string_view text) noexcept;
// Somebody else's text for a message: in quotes, without control characters, not too long.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace asmgr::s3_store
