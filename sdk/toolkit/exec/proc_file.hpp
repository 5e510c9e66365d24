// Reads files of /proc. Async-signal-safe: no allocation, no locks, system calls only.
#ifndef ASMGR_TOOLKIT_EXEC_PROC_FILE_HPP_
#define ASMGR_TOOLKIT_EXEC_PROC_FILE_HPP_

#include <sys/types.h>

#include <cstddef>

namespace asmgr::exec {

// Builds short /proc paths without the formatting functions, which may allocate or lock.
class ProcPath {
 public:
  ProcPath& text(const char* part) noexcept {
    while (*part != '\0' && length_ + 1 < sizeof buffer_) buffer_[length_++] = *part++;
    buffer_[length_] = '\0';
    return *this;
  }
  ProcPath& number(pid_t value) noexcept {
    char digits[16];
    std::size_t count = 0;
    do {
      digits[count++] = static_cast<char>('0' + value % 10);
      value /= 10;
    } while (value > 0 && count < sizeof digits);
    while (count > 0 && length_ + 1 < sizeof buffer_) buffer_[length_++] = digits[--count];
    buffer_[length_] = '\0';
    return *this;
  }
  [[nodiscard]] const char* c_str() const noexcept { return buffer_; }

 private:
  char buffer_[96] = {};
  std::size_t length_ = 0;
};

// Keeps errno-style results of read free of EINTR.
ssize_t read_some(int fd, char* buffer, std::size_t capacity) noexcept;

// The beginning of a file, with a NUL at its end; false when there is none or nothing in it.
bool read_beginning(const char* path, char* buffer, std::size_t capacity) noexcept;

}  // namespace asmgr::exec

#endif  // ASMGR_TOOLKIT_EXEC_PROC_FILE_HPP_
