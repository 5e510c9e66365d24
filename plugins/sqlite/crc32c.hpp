// CRC-32C (Castagnoli), the checksum of the session, run and record rows.
#pragma once

#include <cstdint>
#include <string_view>

namespace asmgr::sqlite_store {

// Feeds values one after the other; texts are preceded by their length, so that no two different rows feed the same
// bytes.
class Crc32c {
 public:
  Crc32c& add(std::string_view text) noexcept;
  Crc32c& add(std::uint64_t number) noexcept;
  Crc32c& add(std::int64_t number) noexcept { return add(static_cast<std::uint64_t>(number)); }
  [[nodiscard]] std::uint32_t value() const noexcept { return ~state_; }

 private:
  std::uint32_t state_ = ~std::uint32_t{0};
};

// Of plain bytes, as in RFC 3720.
std::uint32_t crc32c(std::string_view bytes) noexcept;
// The same without the processor's instruction: for machines that lack it, and for tests.
std::uint32_t crc32c_by_table(std::string_view bytes) noexcept;

}  // namespace asmgr::sqlite_store
