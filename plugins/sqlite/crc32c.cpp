#include "crc32c.hpp"

#include <array>
#include <cstddef>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace asmgr::sqlite_store {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // reflected

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t crc = i;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    table[i] = crc;
  }
  return table;
}

constexpr std::array<std::uint32_t, 256> kTable = make_table();

std::uint32_t update_by_table(std::uint32_t state, std::string_view bytes) noexcept {
  for (const char byte : bytes) state = (state >> 8) ^ kTable[(state ^ static_cast<unsigned char>(byte)) & 0xff];
  return state;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t update_by_instruction(std::uint32_t state,
                                                                      std::string_view bytes) noexcept {
  std::uint64_t wide = state;
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data() + at, 8);
    wide = _mm_crc32_u64(wide, word);
  }
  auto narrow = static_cast<std::uint32_t>(wide);
  for (; at < bytes.size(); ++at) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(bytes[at]));
  return narrow;
}

std::uint32_t update(std::uint32_t state, std::string_view bytes) noexcept {
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  return has_instruction ? update_by_instruction(state, bytes) : update_by_table(state, bytes);
}
#else
std::uint32_t update(std::uint32_t state, std::string_view bytes) noexcept {
  return update_by_table(state, bytes);
}
#endif

}  // namespace

Crc32c& Crc32c::add(std::uint64_t number) noexcept {
  std::array<char, 8> bytes{};
  for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(number >> (8 * i));
  state_ = update(state_, std::string_view(bytes.data(), bytes.size()));
  return *this;
}

Crc32c& Crc32c::add(std::string_view text) noexcept {
  add(static_cast<std::uint64_t>(text.size()));
  state_ = update(state_, text);
  return *this;
}

std::uint32_t crc32c(std::string_view bytes) noexcept {
  return ~update(~std::uint32_t{0}, bytes);
}
std::uint32_t crc32c_by_table(std::string_view bytes) noexcept {
  return ~update_by_table(~std::uint32_t{0}, bytes);
}

}  // namespace asmgr::sqlite_store
