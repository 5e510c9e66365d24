// The sets of bytes that tokens and values are made of.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace asmgr::redaction {

enum class CharClass : std::uint16_t {
  upper_digit = 1 << 0,       // A-Z 0-9
  alnum = 1 << 1,             // A-Z a-z 0-9
  word = 1 << 2,              // and _
  base64url = 1 << 3,         // and -
  jwt = 1 << 4,               // and .
  token68 = 1 << 5,           // what HTTP allows after "Bearer "
  value = 1 << 6,             // an unquoted value: all but blanks, control characters and quotes
  structured_value = 1 << 7,  // one after a quoted key: also not , } ]
  line = 1 << 8,         // the rest of a header line: all but line ends, control characters, quotes and backslashes
  authority = 1 << 9,    // of a URL, up to / ? # and what cannot be in a URL
  connection = 1 << 10,  // a whole URL
  base64 = 1 << 11,      // A-Z a-z 0-9 + / =
};

namespace detail {

constexpr bool is_in(unsigned char c, CharClass set) {
  const bool upper_digit = (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  const bool alnum = upper_digit || (c >= 'a' && c <= 'z');
  const bool quote = c == '"' || c == '\'' || c == '`';
  const bool value = c > ' ' && c != 0x7f && !quote;
  const bool connection = value && c != '<' && c != '>' && c != '\\';
  const auto one_of = [c](std::string_view set_of) { return set_of.find(static_cast<char>(c)) != set_of.npos; };
  switch (set) {
    case CharClass::upper_digit:
      return upper_digit;
    case CharClass::alnum:
      return alnum;
    case CharClass::word:
      return alnum || c == '_';
    case CharClass::base64url:
      return alnum || one_of("_-");
    case CharClass::jwt:
      return alnum || one_of("_-.");
    case CharClass::token68:
      return alnum || one_of("._~+/=-");
    case CharClass::value:
      return value;
    case CharClass::structured_value:
      return value && !one_of(",}]");
    case CharClass::line:
      return c == '\t' || (c >= ' ' && c != 0x7f && !quote && c != '\\');
    case CharClass::authority:
      return connection && !one_of("/?#");
    case CharClass::connection:
      return connection;
    case CharClass::base64:
      return alnum || one_of("+/=");
  }
  return false;
}

constexpr auto kSets = [] {
  std::array<std::uint16_t, 256> sets{};
  for (unsigned c = 0; c < 256; ++c) {
    for (unsigned bit = 0; bit < 12; ++bit) {
      const auto set = static_cast<CharClass>(1U << bit);
      if (is_in(static_cast<unsigned char>(c), set)) sets[c] = static_cast<std::uint16_t>(sets[c] | (1U << bit));
    }
  }
  return sets;
}();

}  // namespace detail

[[nodiscard]] constexpr bool is_in(char c, CharClass set) noexcept {
  return (detail::kSets[static_cast<unsigned char>(c)] & static_cast<std::uint16_t>(set)) != 0;
}
// How many bytes from the start are in the set, at most `most`.
[[nodiscard]] constexpr std::size_t count_in(std::string_view text, CharClass set,
                                             std::size_t most = std::string_view::npos) noexcept {
  std::size_t count = 0;
  while (count < text.size() && count < most && is_in(text[count], set)) ++count;
  return count;
}

[[nodiscard]] constexpr bool is_blank(char c) noexcept {
  return c == ' ' || c == '\t';
}
[[nodiscard]] constexpr bool is_quote(char c) noexcept {
  return c == '"' || c == '\'' || c == '`';
}
[[nodiscard]] constexpr char to_lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace asmgr::redaction
