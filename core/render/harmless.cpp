#include "core/render/harmless.hpp"

#include <cstdio>

#include "core/model/utf8.hpp"

namespace asmgr {
namespace {

// Of a well-formed character of this length.
char32_t code_point(std::string_view text, std::size_t length) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  if (length == 1) return byte(0);
  char32_t value = byte(0) & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) value = (value << 6) | (byte(i) & 0x3fU);
  return value;
}

bool is_obeyed(char32_t c) noexcept {
  if (c == '\t') return false;
  if (c < 0x20 || (c >= 0x7f && c < 0xa0)) return true;
  return c == 0x061c || c == 0x200e || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

void append_byte(std::string& out, unsigned char byte) {
  constexpr char kDigits[] = "0123456789abcdef";
  out += "\\x";
  out += kDigits[byte >> 4U];
  out += kDigits[byte & 0xfU];
}

void append_shown(std::string& out, char32_t c) {
  if (c == '\r') {
    out += "\\r";
    return;
  }
  if (c < 0x80) return append_byte(out, static_cast<unsigned char>(c));
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "\\u{%x}", static_cast<unsigned>(c));
  out += buffer;
}

// How much of the text can be taken as it is without a closer look.
std::size_t ordinary_prefix(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && text[length] >= 0x20 && text[length] < 0x7f) ++length;
  return length;
}

}  // namespace

std::string harmless(std::string_view text, LineBreaks breaks) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t ordinary = ordinary_prefix(text);
    out.append(text.substr(0, ordinary));
    text.remove_prefix(ordinary);
    if (text.empty()) break;
    const std::size_t bytes = utf8_length(text.data(), text.data() + text.size());
    if (bytes == 0) {
      append_byte(out, static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    const char32_t value = code_point(text, bytes);
    if (value == '\n') {
      out += breaks == LineBreaks::keep ? "\n" : "\\n";
    } else if (value == '\t' && breaks == LineBreaks::escape) {
      out += "\\t";
    } else if (is_obeyed(value)) {
      append_shown(out, value);
    } else {
      out.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return out;
}

}  // namespace asmgr
