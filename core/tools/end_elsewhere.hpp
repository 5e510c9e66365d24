// Objects with threads of their own, whose last user may be one of those threads.
#pragma once

#include <memory>
#include <system_error>
#include <thread>

namespace asmgr {

// Shared, and destroyed on a thread of its own: what joins its threads in its destructor must not be destroyed on one
// of them, and whoever lets go of it last cannot know.
template <typename T>
[[nodiscard]] std::shared_ptr<T> end_elsewhere(std::unique_ptr<T> object) {
  return std::shared_ptr<T>(object.release(), [](T* ending) {
    try {
      std::thread([ending] { delete ending; }).detach();
    } catch (const std::system_error&) {  // no thread to be had: it stays as it is until the process ends
    }
  });
}

}  // namespace asmgr
