#include "key_path.hpp"

#include <asmgr/cpp/error.hpp>
#include <cstdint>

namespace asmgr::file_store {
namespace {

constexpr std::size_t kStep = 64;  // every byte may take three in the name, and a name has at most 255
constexpr char kFolderMark = '+';
constexpr char kFileMark = '=';
constexpr std::string_view kHexDigits = "0123456789abcdef";

// Capitals are not plain: on some file systems they are the same as small letters.
bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
}

std::string encode(std::string_view step, char mark) {
  std::string name;
  for (const char c : step) {
    if (is_plain(c)) {
      name += c;
    } else {
      name += '%';
      name += kHexDigits[static_cast<unsigned char>(c) >> 4];
      name += kHexDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return name += mark;
}

std::optional<std::string> decode(std::string_view name) {
  std::string bytes;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (name[i] != '%') {
      if (!is_plain(name[i])) return std::nullopt;
      bytes += name[i];
      continue;
    }
    if (name.size() - i < 3) return std::nullopt;
    const std::size_t high = kHexDigits.find(name[i + 1]);
    const std::size_t low = kHexDigits.find(name[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    bytes += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return bytes;
}

// How many bytes the character that begins here has by its first one, 0 = none begins so.
std::size_t length_of_character(unsigned char first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

// The second byte says whether a character is written too long, half of a surrogate pair or past the last one.
bool second_byte_fits(unsigned char first, unsigned char second) noexcept {
  const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most;
}

[[noreturn]] void refuse(const std::string& why) {
  throw sdk::StatusError(ASMGR_E_INVALID_INPUT, why);
}

}  // namespace

KeyPath path_of_key(std::string_view key) {
  KeyPath path;
  while (key.size() > kStep) {
    path.folders.push_back(encode(key.substr(0, kStep), kFolderMark));
    key.remove_prefix(kStep);
  }
  path.file = encode(key, kFileMark);
  return path;
}

std::optional<KeyStep> step_of_name(std::string_view name) {
  if (name.empty() || (name.back() != kFolderMark && name.back() != kFileMark)) return std::nullopt;
  const bool is_folder = name.back() == kFolderMark;
  auto bytes = decode(name.substr(0, name.size() - 1));
  if (!bytes || bytes->empty() || bytes->size() > kStep || (is_folder && bytes->size() != kStep)) return std::nullopt;
  // "%61" is not how an a is written: two names must not stand for one key.
  if (encode(*bytes, name.back()) != name) return std::nullopt;
  return KeyStep{std::move(*bytes), is_folder};
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = length_of_character(first);
    if (length == 0 || length > text.size() - at) return false;
    for (std::size_t i = 1; i < length; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xc0) != 0x80 || (i == 1 && !second_byte_fits(first, next))) return false;
    }
    at += length;
  }
  return true;
}

void check_key(std::string_view key) {
  if (key.empty()) refuse("the key of an artifact is empty; give it at least one character");
  if (key.size() > kLongestKey)
    refuse("the artifact's key " + shown_key(key) + " has " + std::to_string(key.size()) + " bytes; at most " +
           std::to_string(kLongestKey) + " are possible");
  if (!is_utf8(key)) refuse("the artifact's key " + shown_key(key) + " is not UTF-8");
}

std::string shown_key(std::string_view key) {
  constexpr std::size_t kShown = 200;
  std::string text = "'";
  bool cut = false;
  for (std::size_t at = 0; at < key.size();) {
    const std::size_t length = length_of_character(static_cast<unsigned char>(key[at]));
    if (text.size() > kShown) {
      cut = true;
      break;
    }
    const std::string_view character = key.substr(at, length == 0 ? 1 : length);
    const auto first = static_cast<unsigned char>(character.front());
    text += first < 0x20 || first == 0x7f || !is_utf8(character) ? std::string_view("?") : character;
    at += character.size();
  }
  return text + (cut ? "...'" : "'");
}

}  // namespace asmgr::file_store
