#include "core/engine/query_cursor.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "core/model/hash_chain.hpp"

namespace asmgr {
namespace {

constexpr std::size_t kSealBytes = 9;  // twelve characters
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string seal_of(std::string_view search, std::string_view position) {
  const Hash hash = EventHasher().body(search, position);
  return {hash.begin(), hash.begin() + kSealBytes};
}

// base64url without padding.
std::string to_base64url(std::string_view bytes) {
  std::string text;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char byte : bytes) {
    held = (held << 8) | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 6; bits -= 6) text += kAlphabet[(held >> (bits - 6)) & 63];
  }
  if (bits != 0) text += kAlphabet[(held << (6 - bits)) & 63];
  return text;
}

// Only what to_base64url writes.
std::optional<std::string> from_base64url(std::string_view text) {
  std::string bytes;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto at = kAlphabet.find(c);
    if (at == std::string_view::npos) return std::nullopt;
    held = (held << 6) | static_cast<std::uint32_t>(at);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes += static_cast<char>((held >> bits) & 255);
  }
  if (to_base64url(bytes) != text) return std::nullopt;
  return bytes;
}

}  // namespace

std::string seal_cursor(std::string_view search, std::string_view position) {
  return to_base64url(seal_of(search, position) + std::string(position));
}

Result<std::string> open_cursor(std::string_view search, std::string_view cursor) {
  const auto bytes = from_base64url(cursor);
  if (bytes && bytes->size() > kSealBytes) {
    std::string position = bytes->substr(kSealBytes);
    if (seal_of(search, position) == bytes->substr(0, kSealBytes)) return position;
  }
  return Error(ErrorCode::invalid_cursor,
               "the cursor is none of this search: it was changed, or belongs to other filters or another order; give "
               "the next_cursor of the page before with the same filters, or begin again without one");
}

}  // namespace asmgr
