// System calls that fail when a FaultPlan says so, in the place of the C library's: linked into a program, or preloaded
// into one that is not ours. They go to the kernel directly, because asking for the C library's own would allocate.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>

#include "tests/faults/fault_plan.hpp"

namespace {

using asmgr::faults::FailingCalls;
using asmgr::faults::FaultPlan;

// Null: nothing was ordered. The page is never unmapped.
FaultPlan* map_plan() {
  const char* path = std::getenv(asmgr::faults::kPlanVariable);
  if (path == nullptr) return nullptr;
  const int file = open(path, O_RDWR | O_CLOEXEC);
  if (file < 0) return nullptr;
  void* page = mmap(nullptr, sizeof(FaultPlan), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return page == MAP_FAILED ? nullptr : static_cast<FaultPlan*>(page);
}

FaultPlan* plan() {
  static FaultPlan* const kPlan = map_plan();
  return kPlan;
}

bool concerns(const FaultPlan& of, int fd) {
  char link[32];
  char path[512];
  // By hand: nothing here may call what it stands in for.
  std::memcpy(link, "/proc/self/fd/", 15);
  char* end = link + 14;
  char digits[12];
  int count = 0;
  for (int rest = fd; count == 0 || rest > 0; rest /= 10) digits[count++] = static_cast<char>('0' + rest % 10);
  while (count > 0) *end++ = digits[--count];
  *end = '\0';
  const ssize_t length = readlink(link, path, sizeof(path) - 1);
  if (length <= 0) return false;
  path[length] = '\0';
  return std::strstr(path, of.files) != nullptr;
}

// Sets errno when it says so.
bool fails(FailingCalls FaultPlan::*kind, int fd) {
  FaultPlan* const ordered = plan();
  if (ordered == nullptr) return false;
  FailingCalls& calls = ordered->*kind;
  if (calls.fail <= 0 || !concerns(*ordered, fd)) return false;
  if (calls.pass.fetch_sub(1) > 0) return false;
  if (calls.fail.fetch_sub(1) <= 0) return false;
  ++ordered->failed;
  errno = ordered->error;
  return true;
}

std::int64_t clock_offset_us() {
  FaultPlan* const ordered = plan();
  return ordered == nullptr ? 0 : ordered->clock_us.load();
}

}  // namespace

extern "C" {

ssize_t write(int fd, const void* bytes, std::size_t count) {
  return fails(&FaultPlan::writes, fd) ? -1 : syscall(SYS_write, fd, bytes, count);
}
ssize_t pwrite64(int fd, const void* bytes, std::size_t count, off64_t at) {
  return fails(&FaultPlan::writes, fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, count, at);
}
ssize_t pwrite(int fd, const void* bytes, std::size_t count, off_t at) {
  return pwrite64(fd, bytes, count, at);
}
ssize_t pwritev(int fd, const iovec* parts, int count, off_t at) {
  return fails(&FaultPlan::writes, fd) ? -1 : syscall(SYS_pwritev, fd, parts, count, at, 0);
}
int fsync(int fd) {
  return fails(&FaultPlan::syncs, fd) ? -1 : static_cast<int>(syscall(SYS_fsync, fd));
}
int fdatasync(int fd) {
  return fails(&FaultPlan::syncs, fd) ? -1 : static_cast<int>(syscall(SYS_fdatasync, fd));
}
int ftruncate64(int fd, off64_t length) noexcept {
  return fails(&FaultPlan::truncates, fd) ? -1 : static_cast<int>(syscall(SYS_ftruncate, fd, length));
}
int ftruncate(int fd, off_t length) noexcept {
  return ftruncate64(fd, length);
}

int clock_gettime(clockid_t clock, timespec* now) noexcept {
  const int result = static_cast<int>(syscall(SYS_clock_gettime, clock, now));
  if (result != 0 || clock != CLOCK_REALTIME) return result;
  const std::int64_t us = static_cast<std::int64_t>(now->tv_sec) * 1'000'000 + now->tv_nsec / 1000 + clock_offset_us();
  now->tv_sec = us / 1'000'000;
  now->tv_nsec = us % 1'000'000 * 1000 + now->tv_nsec % 1000;
  return result;
}
int gettimeofday(timeval* __restrict now, void* __restrict) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  *now = {exact.tv_sec, exact.tv_nsec / 1000};
  return 0;
}
time_t time(time_t* now) noexcept {
  timespec exact{};
  clock_gettime(CLOCK_REALTIME, &exact);
  if (now != nullptr) *now = exact.tv_sec;
  return exact.tv_sec;
}

}  // extern "C"
