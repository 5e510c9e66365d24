// One change at a time, among all threads and processes that use a root.
#pragma once

#include <chrono>
#include <mutex>

#include "folder.hpp"

namespace asmgr::file_store {

// Held as long as it lives. The kernel lets go of it for a process that ends, however it ends.
class StoreLock {
 public:
  // Waits at most so long. `threads` is one per instance: threads line up there and need not ask the kernel in turn.
  // Throws BUSY, or std::system_error when the lock's file cannot be opened.
  StoreLock(const Folder& root, std::timed_mutex& threads, std::chrono::milliseconds patience);
  StoreLock(const StoreLock&) = delete;
  StoreLock& operator=(const StoreLock&) = delete;

 private:
  std::unique_lock<std::timed_mutex> turn_;
  Descriptor file_;  // closing it lets go
};

}  // namespace asmgr::file_store
