#include "object_name.hpp"

#include <asmgr/cpp/error.hpp>

namespace asmgr::s3_store {
namespace {

constexpr std::size_t kStep = 200;  // file names have at most 255, and servers that keep files add to them
constexpr char kEnd = '$';          // less than all that a name has otherwise
constexpr std::string_view kDigits = "0123456789abcdef";

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-';
}

// The character by which a byte that is not plain has its place between those that are.
char leader_of(unsigned char byte) {
  if (byte < '-') return ',';
  if (byte < '0') return '.';
  if (byte < 'A') return '=';
  return byte < 'a' ? '_' : '~';
}

bool is_leader(char c) {
  return std::string_view(",.=_~").find(c) != std::string_view::npos;
}

// How many bytes the character that begins here has by its first one, 0 = none begins so.
std::size_t character_size(unsigned char first) noexcept {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

// Not written too long, no half of a surrogate pair, not past the last character.
bool fits_behind(unsigned char first, unsigned char second) noexcept {
  const unsigned char least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned char most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  return second >= least && second <= most;
}

[[noreturn]] void refuse_key(const std::string& why) {
  throw sdk::StatusError(ASMGR_E_INVALID_INPUT, why);
}

}  // namespace

std::string name_of_beginning(std::string_view beginning) {
  std::string name;
  std::size_t step = 0;
  for (const char c : beginning) {
    if (is_plain(c)) {
      name += c;
      step += 1;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      name += leader_of(byte);
      name += kDigits[byte >> 4];
      name += kDigits[byte & 15];
      step += 3;
    }
    if (step < kStep) continue;
    name += '/';
    step = 0;
  }
  return name;
}

std::string name_of_key(std::string_view key) {
  return name_of_beginning(key) + kEnd;
}

std::optional<std::string> key_of_name(std::string_view name) {
  std::string key;
  for (std::size_t i = 0; i < name.size(); ++i) {
    if (is_plain(name[i])) {
      key += name[i];
      continue;
    }
    if (name[i] == '/' || name[i] == kEnd) continue;
    if (!is_leader(name[i]) || name.size() - i < 3) return std::nullopt;
    const std::size_t high = kDigits.find(name[i + 1]);
    const std::size_t low = kDigits.find(name[i + 2]);
    if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
    key += static_cast<char>(high * 16 + low);
    i += 2;
  }
  // Each key has one name: what was read more loosely than it is written is no name.
  if (key.empty() || !is_utf8(key) || name_of_key(key) != name) return std::nullopt;
  return key;
}

bool is_utf8(std::string_view text) noexcept {
  for (std::size_t at = 0; at < text.size();) {
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t size = character_size(first);
    if (size == 0 || size > text.size() - at) return false;
    for (std::size_t i = 1; i < size; ++i) {
      const auto next = static_cast<unsigned char>(text[at + i]);
      if ((next & 0xc0) != 0x80 || (i == 1 && !fits_behind(first, next))) return false;
    }
    at += size;
  }
  return true;
}

void check_key(std::string_view key, std::size_t prefix_size) {
  if (key.empty()) refuse_key("the key of an artifact is empty; give it at least one character");
  const std::size_t size = key.size() > kLongestName ? key.size() : name_of_key(key).size();
  if (size > kLongestName - prefix_size)
    refuse_key("the artifact's key " + shown(key) + " takes " + std::to_string(size) +
               " characters as the name of an " + "object; " + std::to_string(kLongestName - prefix_size) +
               " are possible behind the prefix (letters, digits and '-' take one, every other byte three)");
  if (!is_utf8(key)) refuse_key("the artifact's key " + shown(key) + " is not UTF-8");
}

std::string shown(std::string_view text) {
  constexpr std::size_t kLongest = 200;
  std::string out = "'";
  for (std::size_t at = 0; at < text.size();) {
    if (out.size() > kLongest) return out + "...'";
    const std::size_t size = character_size(static_cast<unsigned char>(text[at]));
    const std::string_view character = text.substr(at, size == 0 ? 1 : size);
    const auto first = static_cast<unsigned char>(character.front());
    out += first < 0x20 || first == 0x7f || !is_utf8(character) ? std::string_view("?") : character;
    at += character.size();
  }
  return out + "'";
}

}  // namespace asmgr::s3_store
