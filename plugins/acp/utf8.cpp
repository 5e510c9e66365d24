#include "utf8.hpp"

#include <cstddef>

namespace asmgr::acp {
namespace {

bool continues(unsigned char byte) {
  return (byte & 0xC0U) == 0x80U;
}

// Length of the character that the text begins with; 0 = none. The bounds of the second byte exclude overlong forms,
// surrogates and what is above U+10FFFF.
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead < 0xC2 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : lead < 0xF5 ? 4 : 0;
  if (length == 0 || text.size() < length) return 0;
  const unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
  const unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (!continues(byte(i))) return 0;
  }
  return length;
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    if (length == 0) return false;
    bytes.remove_prefix(length);
  }
  return true;
}

std::string to_utf8(std::string_view bytes) {
  std::string text;
  text.reserve(bytes.size());
  while (!bytes.empty()) {
    const std::size_t length = character_length(bytes);
    if (length == 0) {
      text += "\xEF\xBF\xBD";
    } else {
      text += bytes.substr(0, length);
    }
    bytes.remove_prefix(length == 0 ? 1 : length);
  }
  return text;
}

std::string_view tail_of(std::string_view bytes, std::size_t limit) noexcept {
  if (bytes.size() <= limit) return bytes;
  bytes.remove_prefix(bytes.size() - limit);
  while (!bytes.empty() && continues(static_cast<unsigned char>(bytes.front()))) bytes.remove_prefix(1);
  return bytes;
}

}  // namespace asmgr::acp
