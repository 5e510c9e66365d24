// A file descriptor that closes itself, and the few system calls on a folder's descriptor that every file here needs.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/model/error.hpp"

namespace asmgr::workspace {

// Owns a file descriptor; -1 is none.
class Descriptor {
 public:
  Descriptor() = default;
  explicit Descriptor(int fd) noexcept : fd_(fd) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept;
  ~Descriptor();

  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] bool is_open() const noexcept { return fd_ >= 0; }

 private:
  int fd_ = -1;
};

// storage_error (storage_full where the disk is): "cannot ACT 'PATH': REASON".
[[nodiscard]] Error file_error(std::string_view act, std::string_view path, int error_number);

// Opens below `folder` and nowhere else: no component may be a symbolic link, and `..` does not lead out. Empty path =
// the folder itself. -1 with errno.
[[nodiscard]] Descriptor open_beneath(int folder, const std::string& path, int flags, std::uint32_t mode) noexcept;

// The folder of a path and its last component; "" for one without a slash.
[[nodiscard]] std::pair<std::string, std::string> split_path(std::string_view path);

// A text that another program can be shown: what is no UTF-8, a quote, a backslash or a control character makes it a
// C string in double quotes with octal escapes, as git prints such names.
[[nodiscard]] std::string shown_path(std::string_view path);

// All that can be read, which is likely to be `expected` bytes long.
[[nodiscard]] Result<std::string> read_all(int fd, std::uint64_t expected, std::string_view path);
[[nodiscard]] Result<void> write_all(int fd, std::string_view bytes, std::string_view path);
// The whole file at an absolute path; empty when there is none.
[[nodiscard]] Result<std::string> read_file_if_any(const std::string& path);
// Replaces the file at an absolute path by way of a temporary file beside it.
[[nodiscard]] Result<void> replace_file(const std::string& path, std::string_view bytes);
// Makes a folder and those above it, for this user alone.
[[nodiscard]] Result<void> make_folders(const std::string& path);

}  // namespace asmgr::workspace
