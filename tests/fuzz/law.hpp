// What every fuzzer here says when a law does not hold.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace asmgr::fuzz {

// Ends the process with SIGABRT and the law on standard error when it does not hold; the driver keeps the input.
// `shown` is what it was asked of.
inline void require(bool holds, std::string_view law, std::string_view shown = {}) {
  if (holds) return;
  constexpr std::size_t kMaxShown = 2000;
  std::string text;
  for (const char c : shown.substr(0, kMaxShown)) {
    const auto byte = static_cast<unsigned char>(c);
    char escaped[8];
    std::snprintf(escaped, sizeof(escaped), byte >= 0x20 && byte < 0x7f ? "%c" : "\\x%02x", byte);
    text += escaped;
  }
  std::fprintf(stderr, "broken law: %.*s\n  for: %s\n", static_cast<int>(law.size()), law.data(), text.c_str());
  std::abort();
}

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) noexcept {
  return {reinterpret_cast<const char*>(data), size};
}

// Takes the first line off `text`, without its line feed.
inline std::string_view take_line(std::string_view& text) noexcept {
  const std::size_t end = text.find('\n');
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  return line;
}

}  // namespace asmgr::fuzz
