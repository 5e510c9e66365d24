#include "system_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>

namespace asmgr::file_store::sys {

int open_at(int folder, const char* name, int flags, mode_t mode) noexcept {
  return ::openat(folder, name, flags, mode);
}

int make_folder_at(int folder, const char* name) noexcept {
  return ::mkdirat(folder, name, S_IRWXU);
}

ssize_t read_some(int fd, void* buffer, std::size_t size) noexcept {
  return ::read(fd, buffer, size);
}

ssize_t write_some(int fd, const void* buffer, std::size_t size) noexcept {
  return ::write(fd, buffer, size);
}

int sync(int fd) noexcept {
  return ::fsync(fd);
}

int rename_at(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return ::renameat(from_folder, from, to_folder, to);
}

int remove_at(int folder, const char* name, int flags) noexcept {
  return ::unlinkat(folder, name, flags);
}

}  // namespace asmgr::file_store::sys
