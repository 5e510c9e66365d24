// Finds the places of a text where something may begin, by two bytes: ordinary text is passed over at a byte a cycle.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace asmgr::redaction {

class Prefilter {
 public:
  // At least two bytes; `fold`: in upper and lower case.
  void add(std::string_view literal, bool fold) noexcept;
  // Whatever follows it.
  void add_first(unsigned char byte) noexcept;
  void add_pair(char first, char second) noexcept;

  // The first place at or after `from` whose byte and the next one were added; npos when there is none. The last byte
  // of the text is never such a place.
  [[nodiscard]] std::size_t find(std::string_view text, std::size_t from) const noexcept;

 private:
  [[nodiscard]] bool has(std::uint32_t pair) const noexcept { return (bits_[pair >> 5] >> (pair & 31) & 1) != 0; }

  std::array<std::uint32_t, 65536 / 32> bits_{};
};

}  // namespace asmgr::redaction
