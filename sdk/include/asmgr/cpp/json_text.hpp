// JSON text without a JSON library: enough to write the small objects that this layer makes itself.
#pragma once

#include <asmgr/cpp/error.hpp>
#include <asmgr/cpp/status.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace asmgr::sdk {

namespace detail {
// How many bytes the well-formed UTF-8 character at `text` has; 0 when it is none.
inline std::size_t utf8_length(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80u) return 1;
  if (lead >= 0xC2u && lead <= 0xDFu) return tail(1) ? 2 : 0;
  if (lead >= 0xE0u && lead <= 0xEFu) {
    if (!tail(1) || !tail(2) || (lead == 0xE0u && byte(1) < 0xA0u) || (lead == 0xEDu && byte(1) > 0x9Fu)) return 0;
    return 3;
  }
  if (lead >= 0xF0u && lead <= 0xF4u) {
    if (!tail(1) || !tail(2) || !tail(3) || (lead == 0xF0u && byte(1) < 0x90u) || (lead == 0xF4u && byte(1) > 0x8Fu))
      return 0;
    return 4;
  }
  return 0;
}
}  // namespace detail

// The text as a JSON string, quotes included. What is not UTF-8 becomes U+FFFD: the result always parses.
[[nodiscard]] inline std::string json_quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out = "\"";
  out.reserve(text.size() + 2);
  while (!text.empty()) {
    const char c = text.front();
    const std::size_t length = detail::utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (length == 1 && static_cast<unsigned char>(c) < 0x20u) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4];
      out += kHex[static_cast<unsigned char>(c) & 0xFu];
    } else {
      out.append(text.substr(0, length));
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out += '"';
}

// {"code","message","details"}, as finish wants it under "error".
[[nodiscard]] inline std::string error_json(const StatusError& error) {
  std::string out = "{\"code\":";
  out += json_quote(status_name(error.status()));
  out += ",\"message\":";
  out += json_quote(error.message());
  out += ",\"details\":";
  out += error.details().empty() ? "{}" : error.details();
  return out += '}';
}

}  // namespace asmgr::sdk
