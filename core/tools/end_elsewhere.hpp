// Objects with threads of their own, whose last user may be one of those threads.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <system_error>
#include <thread>

namespace asmgr {

// The objects that are being destroyed elsewhere, for whoever has to outlive them. Any thread.
class Endings {
 public:
  void begun() {
    const std::lock_guard lock(mutex_);
    ++count_;
  }
  void ended() {
    const std::lock_guard lock(mutex_);
    --count_;
    changed_.notify_all();
  }
  // Returns when there are none, or the time has passed.
  void wait_for(std::chrono::milliseconds time) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, time, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t count_ = 0;
};

// Shared, and destroyed on a thread of its own: what joins its threads in its destructor must not be destroyed on one
// of them, and whoever lets go of it last cannot know.
template <typename T>
[[nodiscard]] std::shared_ptr<T> end_elsewhere(std::unique_ptr<T> object, std::shared_ptr<Endings> endings) {
  return std::shared_ptr<T>(object.release(), [endings = std::move(endings)](T* ending) {
    endings->begun();
    try {
      std::thread([ending, endings] {
        delete ending;
        endings->ended();
      }).detach();
    } catch (const std::system_error&) {  // no thread to be had: it stays as it is until the process ends
      endings->ended();
    }
  });
}

}  // namespace asmgr
