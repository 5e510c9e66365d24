// The watchdog: calls into plugins that must return soon are stamped in their thread's slot; one thread looks at the
// slots and reports a call that is overdue, once.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "core/model/time.hpp"
#include "core/ports/observer.hpp"

namespace asmgr {

// Who is called, for whom. `plugin` and `function` are views that outlive the call; `subject` is given to the report.
struct WatchedCall {
  std::string_view plugin;
  std::string_view function;
  void* subject = nullptr;
  // no: its parts are measured one by one.
  enum class Measured : std::uint8_t { yes, no } measured = Measured::yes;
};

class CallWatch {
 public:
  // `overdue` runs on the watch's thread while the call is still in progress (its Scope cannot end before it returns),
  // so everything the call refers to is alive. It must not block.
  using Overdue = std::function<void(const WatchedCall&)>;
  // `observer` (may be null) is told of every measured call that came back; it outlives the watch.
  CallWatch(const Clock& clock, std::chrono::milliseconds limit, Overdue overdue, Observer* observer = nullptr);
  ~CallWatch();

  class Scope;
  // True when every reported call has come back, at the latest after `patience`.
  [[nodiscard]] bool all_back_within(std::chrono::milliseconds patience);

 private:
  friend class Scope;
  enum State : std::uint32_t { kIdle, kRunning, kReporting, kReported };
  struct Slot {
    std::atomic<std::uint32_t> state{kIdle};
    std::atomic<std::int64_t> since_ns{0};
    WatchedCall call;
    std::thread::id thread;
  };
  Slot& slot_of_this_thread();
  void watch();

  const Clock& clock_;
  std::chrono::milliseconds limit_;
  Overdue overdue_;
  Observer* observer_;
  const std::uint64_t id_;  // tells the watches of one process apart in the threads' caches
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable back_;
  bool stopping_ = false;
  std::vector<std::unique_ptr<Slot>> slots_;
  std::thread thread_;
};

// Alive while the call is in progress. One per thread at a time; an inner one on the same thread is not watched apart.
class CallWatch::Scope {
 public:
  Scope(CallWatch& watch, WatchedCall call);
  ~Scope() { end(); }
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;
  // Ends the stamp; true when the call was reported as overdue, so that its caller is no longer believed.
  bool end() noexcept;

 private:
  void observe(const Slot& slot) const noexcept;

  CallWatch& watch_;
  Slot* slot_ = nullptr;  // null: nested, or ended
};

}  // namespace asmgr
