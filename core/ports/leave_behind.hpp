// For objects that a thread inside a plugin may still look at: they are never destroyed, and that is meant.
#pragma once

#include <memory>

// There only where the leak sanitizer is.
extern "C" __attribute__((weak)) void __lsan_ignore_object(const void* object);

namespace asmgr {

// The sanitizer does not report `object`, nor what it holds.
template <typename T>
void leave_behind(std::unique_ptr<T> object) noexcept {
  const T* left = object.release();
  if (__lsan_ignore_object != nullptr) __lsan_ignore_object(left);
}

}  // namespace asmgr
