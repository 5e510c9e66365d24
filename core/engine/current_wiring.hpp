// What a manager runs on at present: one value, exchanged as a whole by a reload.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "core/engine/wiring.hpp"

namespace asmgr {

// Thread-safe; asked per verb, never per event. Who works with a wiring keeps it: runs in flight finish on what they
// started with.
class CurrentWiring {
 public:
  explicit CurrentWiring(Wiring wiring) : wiring_(std::make_shared<const Wiring>(std::move(wiring))) {}
  [[nodiscard]] std::shared_ptr<const Wiring> get() const {
    const std::lock_guard lock(mutex_);
    return wiring_;
  }
  void set(Wiring wiring) {
    auto next = std::make_shared<const Wiring>(std::move(wiring));
    const std::lock_guard lock(mutex_);
    wiring_.swap(next);  // the old one goes after the lock
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Wiring> wiring_;
};

}  // namespace asmgr
