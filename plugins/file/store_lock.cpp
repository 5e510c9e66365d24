#include "store_lock.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <algorithm>
#include <asmgr/cpp/error.hpp>
#include <cerrno>
#include <thread>

#include "system_calls.hpp"

namespace asmgr::file_store {
namespace {

constexpr char kLockFile[] = "lock";

[[noreturn]] void throw_busy(const Folder& root) {
  throw sdk::StatusError(ASMGR_E_BUSY, "another process or thread has been changing the artifacts in '" + root.shown() +
                                           "' for too long; nothing was changed, try again");
}

Descriptor open_lock(const Folder& root) {
  constexpr int kFlags = O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  Descriptor file(sys::open_at(root.fd(), kLockFile, O_RDWR | O_CREAT | kFlags, S_IRUSR | S_IWUSR));
  // Where nothing may be written, there is still something to read.
  if (file.get() < 0 && (errno == EROFS || errno == EACCES))
    file = Descriptor(sys::open_at(root.fd(), kLockFile, O_RDONLY | kFlags, 0));
  if (file.get() < 0) throw_errno("cannot open the lock file '" + root.shown() + "/" + kLockFile + "'");
  return file;
}

}  // namespace

StoreLock::StoreLock(const Folder& root, Turnstile& threads, std::chrono::milliseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  if (!threads.enter(until)) throw_busy(root);
  turn_.reset(&threads);
  file_ = open_lock(root);
  std::chrono::microseconds pause(200);
  while (flock(file_.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) throw_errno("cannot lock '" + root.shown() + "/" + kLockFile + "'");
    if (std::chrono::steady_clock::now() >= until) throw_busy(root);
    std::this_thread::sleep_for(pause);
    pause = std::min(pause * 2, std::chrono::microseconds(5000));
  }
}

}  // namespace asmgr::file_store
