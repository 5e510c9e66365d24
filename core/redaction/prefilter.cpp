#include "core/redaction/prefilter.hpp"

#include <bit>
#include <cstring>

#include "core/redaction/char_class.hpp"

namespace asmgr::redaction {
namespace {

std::uint32_t pair_of(char first, char second) noexcept {
  return static_cast<std::uint32_t>(static_cast<unsigned char>(first)) |
         static_cast<std::uint32_t>(static_cast<unsigned char>(second)) << 8;
}

char to_upper(char c) noexcept {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

}  // namespace

void Prefilter::add_pair(char first, char second) noexcept {
  const std::uint32_t pair = pair_of(first, second);
  bits_[pair >> 5] |= 1U << (pair & 31);
}

void Prefilter::add(std::string_view literal, bool fold) noexcept {
  if (!fold) return add_pair(literal[0], literal[1]);
  for (const char first : {to_lower(literal[0]), to_upper(literal[0])}) {
    for (const char second : {to_lower(literal[1]), to_upper(literal[1])}) add_pair(first, second);
  }
}

void Prefilter::add_first(unsigned char byte) noexcept {
  for (unsigned second = 0; second < 256; ++second) add_pair(static_cast<char>(byte), static_cast<char>(second));
}

std::size_t Prefilter::find(std::string_view text, std::size_t from) const noexcept {
  // Seven pairs of one load: the look-ups do not wait for one another.
  if constexpr (std::endian::native == std::endian::little) {
    while (from + 8 <= text.size()) {
      std::uint64_t word = 0;
      std::memcpy(&word, text.data() + from, sizeof word);
      const auto at = [&](unsigned i) {
        return has(static_cast<std::uint32_t>(word >> (8 * i)) & 0xffff) ? 1U << i : 0U;
      };
      const unsigned places = at(0) | at(1) | at(2) | at(3) | at(4) | at(5) | at(6);
      if (places != 0) return from + static_cast<std::size_t>(std::countr_zero(places));
      from += 7;
    }
  }
  for (; from + 1 < text.size(); ++from) {
    if (has(pair_of(text[from], text[from + 1]))) return from;
  }
  return std::string_view::npos;
}

}  // namespace asmgr::redaction
