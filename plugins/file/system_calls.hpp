// The system calls by which the store reads and changes its folder. They are one file of their own so that tests can
// put another one in its place, which fails or ends the process at a call of their choice.
#pragma once

#include <sys/types.h>

#include <cstddef>

namespace asmgr::file_store::sys {

// All as their namesakes: -1 and errno. Names are single steps, never paths.
int open_at(int folder, const char* name, int flags, mode_t mode) noexcept;
int make_folder_at(int folder, const char* name) noexcept;  // mode 0700
ssize_t read_some(int fd, void* buffer, std::size_t size) noexcept;
ssize_t write_some(int fd, const void* buffer, std::size_t size) noexcept;
int sync(int fd) noexcept;
int rename_at(int from_folder, const char* from, int to_folder, const char* to) noexcept;
int remove_at(int folder, const char* name, int flags) noexcept;

}  // namespace asmgr::file_store::sys
