#include "core/render/text_width.hpp"

#include <utf8proc.h>

#include <algorithm>

namespace asmgr {
namespace {

constexpr utf8proc_int32_t kEmojiPresentation = 0xfe0f;
constexpr utf8proc_int32_t kFirstRegionalIndicator = 0x1f1e6;
constexpr utf8proc_int32_t kLastRegionalIndicator = 0x1f1ff;

bool is_printable_ascii(char c) noexcept {
  return c >= 0x20 && c < 0x7f;
}

// The character at the start of `text`; `bytes` 0 when that is no UTF-8.
struct Character {
  utf8proc_int32_t value = -1;
  std::size_t bytes = 0;
};

Character first_character(std::string_view text) noexcept {
  Character character;
  const auto* data = reinterpret_cast<const utf8proc_uint8_t*>(text.data());
  const auto length = static_cast<utf8proc_ssize_t>(std::min<std::size_t>(text.size(), 4));
  const utf8proc_ssize_t taken = utf8proc_iterate(data, length, &character.value);
  if (taken > 0) character.bytes = static_cast<std::size_t>(taken);
  return character;
}

bool is_pictograph(utf8proc_int32_t value) noexcept {
  return utf8proc_get_property(value)->boundclass == UTF8PROC_BOUNDCLASS_EXTENDED_PICTOGRAPHIC;
}

std::size_t columns_of(utf8proc_int32_t value) noexcept {
  if (utf8proc_category(value) == UTF8PROC_CATEGORY_CN) return 1;
  return static_cast<std::size_t>(std::max(0, utf8proc_charwidth(value)));
}

}  // namespace

Grapheme first_grapheme(std::string_view text) noexcept {
  if (is_printable_ascii(text[0]) && (text.size() == 1 || is_printable_ascii(text[1]))) return {1, 1};
  Character before = first_character(text);
  if (before.bytes == 0) return {1, 1};
  Grapheme grapheme{before.bytes, columns_of(before.value)};
  utf8proc_int32_t state = 0;
  while (grapheme.bytes < text.size()) {
    const Character next = first_character(text.substr(grapheme.bytes));
    if (next.bytes == 0 || utf8proc_grapheme_break_stateful(before.value, next.value, &state)) break;
    const bool flag = next.value >= kFirstRegionalIndicator && next.value <= kLastRegionalIndicator;
    const bool emoji = next.value == kEmojiPresentation && is_pictograph(before.value);
    const std::size_t columns = flag || emoji ? 2 : columns_of(next.value);
    grapheme.columns = std::max(grapheme.columns, columns);
    grapheme.bytes += next.bytes;
    before = next;
  }
  return grapheme;
}

std::size_t text_width(std::string_view text) noexcept {
  std::size_t columns = 0;
  while (!text.empty()) {
    const Grapheme grapheme = first_grapheme(text);
    columns += grapheme.columns;
    text.remove_prefix(grapheme.bytes);
  }
  return columns;
}

std::string_view fitting_prefix(std::string_view text, std::size_t columns) noexcept {
  std::size_t taken = 0;
  while (taken < text.size()) {
    const Grapheme grapheme = first_grapheme(text.substr(taken));
    if (grapheme.columns > columns) break;
    columns -= grapheme.columns;
    taken += grapheme.bytes;
  }
  return text.substr(0, taken);
}

std::string cut_to_width(std::string_view text, std::size_t columns, std::string_view mark) {
  if (fitting_prefix(text, columns).size() == text.size()) return std::string(text);
  const std::string_view shown_mark = fitting_prefix(mark, columns);
  return std::string(fitting_prefix(text, columns - text_width(shown_mark))).append(shown_mark);
}

}  // namespace asmgr
