// Ids of the usual form, three letters, an underscore and 32 lower-case hexadecimal digits (evt_0190...), as 19 bytes
// instead of 36.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "database.hpp"

namespace asmgr::sqlite_store {

inline constexpr std::size_t kPackedIdBytes = 19;
inline constexpr std::size_t kUsualIdBytes = 36;

// An id as it is stored: a blob of kPackedIdBytes when it has the usual form, else the text itself. So a column tells
// by its type which of both it holds, and every id comes back as it was.
class PackedId {
 public:
  // Borrows `id`.
  explicit PackedId(std::string_view id) noexcept;
  // Borrowed from this object and from the id.
  [[nodiscard]] TextOrBlob stored() const noexcept {
    return packed_ ? TextOrBlob{{bytes_.data(), bytes_.size()}, true} : TextOrBlob{text_, false};
  }

 private:
  std::string_view text_;
  bool packed_ = false;
  std::array<char, kPackedIdBytes> bytes_{};
};

// The way back. `stored` is borrowed, `room` is where an unpacked id is written.
std::string_view unpack_id(std::string_view stored, bool packed, std::array<char, kUsualIdBytes>& room) noexcept;

}  // namespace asmgr::sqlite_store
