// The bytes of a put before they are sent: their size and digest have to be known first, since an object's metadata is
// said when it is begun. A few are kept in memory, more in a file without a name.
#pragma once

#include <asmgr/cpp/artifacts.hpp>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sha256.hpp"

namespace asmgr::s3_store {

class Spool {
 public:
  // Takes all that the source has. Up to `in_memory` bytes stay there; what is more goes to a file in $TMPDIR or /tmp,
  // which nobody else can open and which is gone with the process. Throws what the source throws, STORAGE_FULL, or
  // STORAGE_WRITE.
  Spool(sdk::ByteSource& source, std::size_t in_memory);
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;
  ~Spool();

  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }
  [[nodiscard]] const Digest& sha256() const noexcept { return sha256_; }
  // Whether they are in memory, and then they.
  [[nodiscard]] bool is_in_memory() const noexcept { return fd_ < 0; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  // `size` bytes of the file from `offset`. Throws STORAGE_READ.
  [[nodiscard]] std::string piece(std::uint64_t offset, std::size_t size) const;

 private:
  void take(sdk::ByteSource& source, std::size_t in_memory);
  void open_file();
  void append(std::string_view bytes);

  std::string text_;
  int fd_ = -1;
  std::string folder_;
  std::uint64_t bytes_ = 0;
  Digest sha256_{};
};

}  // namespace asmgr::s3_store
