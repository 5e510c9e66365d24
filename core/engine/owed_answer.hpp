// The handler of an asynchronous verb, which is called once whatever happens to the verb.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "core/model/error.hpp"

namespace asmgr {

// What a host that ends drops on its way, unasked in a queue or unread in a reader, answers by being dropped: then the
// handler is called on the thread that drops it, with `cancelled`.
template <typename T>
class OwedAnswer {
 public:
  explicit OwedAnswer(std::function<void(Result<T>)> handler) : handler_(std::move(handler)) {}
  ~OwedAnswer() {
    if (!answered_) handler_(Error(ErrorCode::cancelled, "this host is shutting down"));
  }
  OwedAnswer(const OwedAnswer&) = delete;
  OwedAnswer& operator=(const OwedAnswer&) = delete;

  void give(Result<T> result) {
    if (!answered_.exchange(true)) std::exchange(handler_, {})(std::move(result));
  }

 private:
  std::function<void(Result<T>)> handler_;
  std::atomic<bool> answered_{false};
};

template <typename T>
[[nodiscard]] std::function<void(Result<T>)> owed(std::function<void(Result<T>)> handler) {
  auto answer = std::make_shared<OwedAnswer<T>>(std::move(handler));
  return [answer](Result<T> result) { answer->give(std::move(result)); };
}

}  // namespace asmgr
