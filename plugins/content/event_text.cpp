#include "event_text.hpp"

#include <asmgr/plugin.hpp>
#include <cstdint>
#include <optional>

namespace asmgr::content {
namespace {

constexpr std::string_view kBlanks = " \t\r\n";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

[[noreturn]] void fail() {
  throw asmgr::sdk::StatusError(ASMGR_E_INVALID_FORMAT,
                                "a text to be judged is not in a JSON object; this is a fault of the provider or the "
                                "host");
}

// The place of the quote that ends the string which begins at `quote`.
std::size_t end_of_string(std::string_view text, std::size_t quote) {
  for (std::size_t at = text.find('"', quote + 1); at != std::string_view::npos; at = text.find('"', at + 1)) {
    std::size_t escapes = 0;
    while (text[at - 1 - escapes] == '\\') ++escapes;  // ends at the opening quote
    if (escapes % 2 == 0) return at;
  }
  fail();
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && kBlanks.find(text[at]) != std::string_view::npos) ++at;
  return at;
}

// Behind the value that begins at `at`.
std::size_t end_of_value(std::string_view text, std::size_t at) {
  std::size_t depth = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    if (c == '"') {
      at = end_of_string(text, at);
      if (depth == 0) return at + 1;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      if (depth == 0) return at;
      if (--depth == 0) return at + 1;
    } else if (c == ',' && depth == 0) {
      return at;
    }
  }
  fail();
}

std::optional<std::uint32_t> hex4(std::string_view text, std::size_t at) noexcept {
  if (at + 4 > text.size()) return std::nullopt;
  std::uint32_t value = 0;
  for (const char c : text.substr(at, 4)) {
    const std::size_t digit = std::string_view("0123456789abcdefABCDEF").find(c);
    if (digit == std::string_view::npos) return std::nullopt;
    value = value * 16 + static_cast<std::uint32_t>(digit < 16 ? digit : digit - 6);
  }
  return value;
}

void append_utf8(std::uint32_t character, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((character >> shift) & 0x3FU)); };
  if (character < 0x80U) {
    out += static_cast<char>(character);
  } else if (character < 0x800U) {
    out += static_cast<char>(0xC0U | (character >> 6U));
    tail(0);
  } else if (character < 0x10000U) {
    out += static_cast<char>(0xE0U | (character >> 12U));
    tail(6), tail(0);
  } else {
    out += static_cast<char>(0xF0U | (character >> 18U));
    tail(12), tail(6), tail(0);
  }
}

// `at` is behind \u; returns the place behind the escape, which may be two of them.
std::size_t append_unicode_escape(std::string_view raw, std::size_t at, std::string& out) {
  const std::optional<std::uint32_t> first = hex4(raw, at);
  if (!first) fail();
  at += 4;
  if (*first < 0xD800U || *first > 0xDFFFU) {
    append_utf8(*first, out);
    return at;
  }
  const std::optional<std::uint32_t> second =
      raw.substr(at, 2) == "\\u" ? hex4(raw, at + 2) : std::optional<std::uint32_t>();
  if (*first < 0xDC00U && second && *second >= 0xDC00U && *second <= 0xDFFFU) {
    append_utf8(0x10000U + ((*first - 0xD800U) << 10U) + (*second - 0xDC00U), out);
    return at + 6;
  }
  out += kReplacement;  // half a pair
  return at;
}

// `raw` is what stands between the quotes.
void append_unescaped(std::string_view raw, std::string& out) {
  std::size_t at = 0;
  for (std::size_t escape = raw.find('\\'); escape != std::string_view::npos; escape = raw.find('\\', at)) {
    out.append(raw, at, escape - at);
    const char kind = raw[escape + 1];  // end_of_string saw to it that there is one
    at = escape + 2;
    if (kind == 'u') {
      at = append_unicode_escape(raw, at, out);
      continue;
    }
    const std::size_t known = std::string_view("bfnrt").find(kind);
    out += known == std::string_view::npos ? kind : "\b\f\n\r\t"[known];
  }
  out.append(raw, at, raw.size() - at);
}

// A string without escapes as it stands, else in `unescaped`.
std::string_view unescape(std::string_view raw, std::string& unescaped) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  unescaped.clear();
  append_unescaped(raw, unescaped);
  return unescaped;
}

bool is_string(std::string_view value) noexcept {
  return value.size() >= 2 && value.front() == '"';
}

std::string_view inside(std::string_view string) noexcept {
  return string.substr(1, string.size() - 2);
}

}  // namespace

Members members_of(std::string_view object) {
  Members members;
  if (object.empty()) return members;
  std::string unescaped;
  std::size_t at = skip_blanks(object, 0);
  if (at == object.size() || object[at] != '{') fail();
  at = skip_blanks(object, at + 1);
  while (at < object.size() && object[at] == '"') {
    const std::size_t quote = end_of_string(object, at);
    const std::string_view key = unescape(object.substr(at + 1, quote - at - 1), unescaped);
    at = skip_blanks(object, quote + 1);
    if (at == object.size() || object[at] != ':') fail();
    const std::size_t begin = skip_blanks(object, at + 1);
    const std::size_t end = end_of_value(object, begin);
    const std::string_view value = object.substr(begin, end - begin);
    if (key == "delta") members.delta = value;
    if (key == "content") members.content = value;
    if (key == "input") members.input = value;
    at = skip_blanks(object, end);
    if (at < object.size() && object[at] == ',') at = skip_blanks(object, at + 1);
  }
  if (at == object.size() || object[at] != '}') fail();
  return members;
}

void each_string(std::string_view value, const std::function<void(std::string_view text)>& visit) {
  std::string unescaped;
  for (std::size_t quote = value.find('"'); quote != std::string_view::npos;) {
    const std::size_t end = end_of_string(value, quote);
    const std::size_t next = skip_blanks(value, end + 1);
    const bool is_key = next < value.size() && value[next] == ':';
    if (!is_key) visit(unescape(value.substr(quote + 1, end - quote - 1), unescaped));
    quote = value.find('"', end + 1);
  }
}

std::string_view streamed_text(std::string_view data, std::string& text) {
  const Members members = members_of(data);
  if (is_string(members.delta) && members.delta.size() > 2) return unescape(inside(members.delta), text);
  return is_string(members.content) ? unescape(inside(members.content), text) : std::string_view();
}

}  // namespace asmgr::content
