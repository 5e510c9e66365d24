#include "packed_id.hpp"

#include <cstdint>

namespace asmgr::sqlite_store {
namespace {

constexpr std::size_t kPrefix = 3;

// 16 for everything that is not a lower-case hexadecimal digit.
constexpr std::array<std::uint8_t, 256> make_digit_values() {
  std::array<std::uint8_t, 256> values{};
  for (auto& value : values) value = 16;
  for (std::uint8_t i = 0; i < 10; ++i) values[static_cast<std::size_t>('0' + i)] = i;
  for (std::uint8_t i = 0; i < 6; ++i) values[static_cast<std::size_t>('a' + i)] = static_cast<std::uint8_t>(10 + i);
  return values;
}

constexpr std::array<std::uint8_t, 256> kDigitValues = make_digit_values();
constexpr std::string_view kDigits = "0123456789abcdef";

std::uint8_t value_of(char digit) {
  return kDigitValues[static_cast<unsigned char>(digit)];
}

}  // namespace

PackedId::PackedId(std::string_view id) noexcept : text_(id) {
  if (id.size() != kUsualIdBytes || id[kPrefix] != '_') return;
  for (std::size_t i = 0; i < kPrefix; ++i) bytes_[i] = id[i];
  for (std::size_t i = 0; i < kPackedIdBytes - kPrefix; ++i) {
    const std::uint8_t high = value_of(id[kPrefix + 1 + 2 * i]);
    const std::uint8_t low = value_of(id[kPrefix + 2 + 2 * i]);
    if (high > 15 || low > 15) return;
    bytes_[kPrefix + i] = static_cast<char>(high << 4 | low);
  }
  packed_ = true;
}

std::string_view unpack_id(std::string_view stored, bool packed, std::array<char, kUsualIdBytes>& room) noexcept {
  if (!packed || stored.size() != kPackedIdBytes) return stored;
  for (std::size_t i = 0; i < kPrefix; ++i) room[i] = stored[i];
  room[kPrefix] = '_';
  for (std::size_t i = 0; i < kPackedIdBytes - kPrefix; ++i) {
    const auto byte = static_cast<unsigned char>(stored[kPrefix + i]);
    room[kPrefix + 1 + 2 * i] = kDigits[byte >> 4];
    room[kPrefix + 2 + 2 * i] = kDigits[byte & 15];
  }
  return {room.data(), room.size()};
}

}  // namespace asmgr::sqlite_store
