// Integers and texts one after the other, for the files that this folder keeps: little-endian, lengths before texts, a
// SHA-256 of everything before it at the end.
#pragma once

#include <array>
#include <concepts>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace asmgr::workspace {

[[nodiscard]] std::array<std::uint8_t, 32> sha256_of(std::string_view bytes);

class BinaryWriter {
 public:
  template <std::integral T>
  void number(T value) {
    const auto wide = static_cast<std::uint64_t>(value);
    for (std::size_t i = 0; i < sizeof(T); ++i) out_ += static_cast<char>(wide >> (8 * i));
  }
  void text(std::string_view value) {
    number(static_cast<std::uint32_t>(value.size()));
    out_ += value;
  }
  void bytes(const std::array<std::uint8_t, 32>& value) {
    out_.append(reinterpret_cast<const char*>(value.data()), value.size());
  }
  void reserve(std::size_t size) { out_.reserve(size); }
  // With the checksum.
  [[nodiscard]] std::string finish();

 private:
  std::string out_;
};

// After the first thing that is not there everything reads as zero, and ok() is false.
class BinaryReader {
 public:
  // Nothing when the checksum is not that of the bytes.
  [[nodiscard]] static std::optional<BinaryReader> open(std::string_view bytes);

  template <std::integral T>
  [[nodiscard]] T number() {
    std::uint64_t wide = 0;
    const std::string_view part = take(sizeof(T));
    for (std::size_t i = 0; i < part.size(); ++i) {
      wide |= static_cast<std::uint64_t>(static_cast<unsigned char>(part[i])) << (8 * i);
    }
    return static_cast<T>(wide);
  }
  [[nodiscard]] std::string text() { return std::string(take(number<std::uint32_t>())); }
  [[nodiscard]] std::array<std::uint8_t, 32> bytes() {
    std::array<std::uint8_t, 32> value{};
    const std::string_view part = take(value.size());
    std::memcpy(value.data(), part.data(), part.size());
    return value;
  }
  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

 private:
  explicit BinaryReader(std::string_view bytes) : rest_(bytes) {}
  [[nodiscard]] std::string_view take(std::size_t size) {
    if (size > rest_.size()) ok_ = false;
    if (!ok_) return {};
    const std::string_view part = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return part;
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace asmgr::workspace
