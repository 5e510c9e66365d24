#include "host/cli/terminal_text.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdio>

namespace asmgr::cli {
namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 0;  // 0 = not UTF-8
};

CodePoint decode(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1};
  const std::size_t length = first >= 0xf0 && first < 0xf5 ? 4 : first >= 0xe0 ? 3 : first >= 0xc2 ? 2 : 0;
  if (length == 0 || first >= 0xf5 || text.size() < length) return {};
  char32_t value = first & (0xffU >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0U) != 0x80U) return {};
    value = (value << 6) | (byte(i) & 0x3fU);
  }
  const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  const bool surrogate = value >= 0xd800 && value < 0xe000;
  if (overlong || surrogate || value > 0x10ffff) return {};
  return {value, length};
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

void append_escaped(std::string& out, char32_t c) {
  if (c == '\r') {
    out += "\\r";
    return;
  }
  if (c < 0x80) return append_byte(out, static_cast<unsigned char>(c));
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "\\u{%x}", static_cast<unsigned>(c));
  out += buffer;
}

}  // namespace

std::string harmless(std::string_view text, LineBreaks breaks) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto [value, bytes] = decode(text);
    if (bytes == 0) {
      append_byte(out, static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    if (value == '\n') {
      out += breaks == LineBreaks::keep ? "\n" : "\\n";
    } else if (value == '\t' && breaks == LineBreaks::escape) {
      out += "\\t";
    } else if (is_obeyed(value)) {
      append_escaped(out, value);
    } else {
      out.append(text.substr(0, bytes));
    }
    text.remove_prefix(bytes);
  }
  return out;
}

std::string one_line(std::string_view text, std::size_t columns) {
  std::string line = harmless(text, LineBreaks::escape);
  if (width_of(line) <= columns) return line;
  std::size_t kept = 0;
  std::size_t position = 0;
  while (position < line.size() && kept + 3 < columns) {
    position += std::max<std::size_t>(1, decode(std::string_view(line).substr(position)).bytes);
    ++kept;
  }
  line.resize(position);
  return line + "...";
}

std::size_t width_of(std::string_view text) noexcept {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string field_line(std::string_view name, std::string_view value) {
  constexpr std::size_t kColumn = 14;
  if (value.empty()) return {};
  std::string line(name);
  line.append(line.size() < kColumn ? kColumn - line.size() : 1, ' ');
  return line + harmless(value, LineBreaks::escape) + "\n";
}

std::string table(const std::vector<std::string>& head, const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::vector<std::string>> lines;
  lines.reserve(rows.size() + 1);
  lines.push_back(head);
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& cell : row) line.push_back(harmless(cell, LineBreaks::escape));
  }
  std::vector<std::size_t> widths(head.size(), 0);
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      widths[i] = std::max(widths[i], width_of(line[i]));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    const std::size_t begin = out.size();
    for (std::size_t i = 0; i < line.size() && i < widths.size(); ++i) {
      out += line[i];
      out.append(widths[i] - width_of(line[i]) + 2, ' ');
    }
    while (out.size() > begin && out.back() == ' ') out.pop_back();
    out += '\n';
  }
  return out;
}

}  // namespace asmgr::cli
