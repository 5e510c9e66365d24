#include "tests/plugins/file/faulty_system_calls.hpp"

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstdio>

#include "plugins/file/system_calls.hpp"

namespace asmgr::file_store::sys {
namespace {

std::atomic<int> calls_left{0};     // until the one that is to fail; 0 = none is
std::atomic<int> error_to_give{0};  // 0 = SIGKILL
std::atomic<int> error_of_changes{0};
std::atomic<bool> has_failed{false};

bool fails(bool changes) {
  if (changes && error_of_changes != 0) {
    errno = error_of_changes;
    return true;
  }
  if (calls_left == 0 || --calls_left != 0) return false;
  if (error_to_give == 0) raise(SIGKILL);
  errno = error_to_give;
  has_failed = true;
  return true;
}

}  // namespace

void fail_call(int number, int error) {
  has_failed = false;
  error_to_give = error;
  calls_left = number;
}
void fail_changes(int error) {
  error_of_changes = error;
}
void end_at_call(int number) {
  error_to_give = 0;
  calls_left = number;
}
bool heal() {
  calls_left = 0;
  error_of_changes = 0;
  return has_failed.exchange(false);
}

int open_at(int folder, const char* name, int flags, mode_t mode) noexcept {
  return fails((flags & (O_CREAT | O_WRONLY | O_RDWR)) != 0) ? -1 : ::openat(folder, name, flags, mode);
}
int make_folder_at(int folder, const char* name) noexcept {
  return fails(true) ? -1 : ::mkdirat(folder, name, S_IRWXU);
}
ssize_t read_some(int fd, void* buffer, std::size_t size) noexcept {
  return fails(false) ? -1 : ::read(fd, buffer, size);
}
// In two calls what the store would write in one: a disk may take less than it is given.
ssize_t write_some(int fd, const void* buffer, std::size_t size) noexcept {
  return fails(true) ? -1 : ::write(fd, buffer, (size + 1) / 2);
}
int sync(int) noexcept {
  return fails(true) ? -1 : 0;  // these tests end processes, not machines
}
int rename_at(int from_folder, const char* from, int to_folder, const char* to) noexcept {
  return fails(true) ? -1 : ::renameat(from_folder, from, to_folder, to);
}
int remove_at(int folder, const char* name, int flags) noexcept {
  return fails(true) ? -1 : ::unlinkat(folder, name, flags);
}

}  // namespace asmgr::file_store::sys
