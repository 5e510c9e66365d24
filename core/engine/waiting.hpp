// How a caller's thread waits for a verb.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>

#include "core/engine/engine_thread.hpp"
#include "core/model/error.hpp"

namespace asmgr {

[[nodiscard]] inline Error blocking_here() {
  return Error(
      ErrorCode::invalid_operation,
      "a blocking verb was called on a thread of the engine or inside a callback, where it would wait for itself; "
      "use its async form");
}

// The answer of a verb and the thread that waits for it.
template <typename T>
class Waiting {
 public:
  void answer(Result<T> result) {
    {
      std::lock_guard lock(mutex_);
      if (result_) return;
      result_.emplace(std::move(result));
    }
    answered_.notify_all();
  }
  [[nodiscard]] bool is_answered() {
    std::lock_guard lock(mutex_);
    return result_.has_value();
  }
  [[nodiscard]] Result<T> wait() {
    std::unique_lock lock(mutex_);
    answered_.wait(lock, [this] { return result_.has_value(); });
    return std::move(*result_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable answered_;
  std::optional<Result<T>> result_;
};

template <typename T>
[[nodiscard]] Result<T> block(const std::function<void(std::function<void(Result<T>)>)>& begin) {
  if (EngineThread::here()) return blocking_here();
  auto waiting = std::make_shared<Waiting<T>>();
  begin([waiting](Result<T> result) { waiting->answer(std::move(result)); });
  return waiting->wait();
}

}  // namespace asmgr
