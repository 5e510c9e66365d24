// SIGINT, SIGTERM and SIGHUP: the first asks the command to stop in good order, the second leaves at once. A command
// that reloads hears of SIGHUP apart.
#pragma once

#include <functional>
#include <mutex>
#include <thread>

namespace asmgr::cli {

// Blocks them in the calling thread and thereby in every thread started later, those of plugins too. To be called
// before any other thread exists. Also makes writing to a closed pipe an error instead of the end (with a handler, not
// SIG_IGN: that would be inherited by every program a plugin starts).
void block_stop_signals();

// Waits for them on a thread of its own.
class StopSignals {
 public:
  StopSignals();
  ~StopSignals();
  StopSignals(const StopSignals&) = delete;
  StopSignals& operator=(const StopSignals&) = delete;

  // What the first signal does, on the waiting thread; at once when it has already come. Without one, a signal ends the
  // process with the exit code for "cancelled". `stop` must return soon: it asks, it does not wait.
  void on_first(std::function<void()> stop);
  // What each SIGHUP does instead of asking to stop; as soon as `stop` must it return.
  void on_hangup(std::function<void()> reload);
  // Back to ending the process. When it returns, neither function is running and never will.
  void clear();
  [[nodiscard]] bool stopped() const;

 private:
  void wait_for_signals();
  void handle_signal(int number);

  int signals_ = -1;  // signalfd
  int quit_ = -1;     // eventfd
  mutable std::mutex mutex_;
  std::function<void()> stop_;
  std::function<void()> reload_;
  int seen_ = 0;
  std::thread thread_;
};

}  // namespace asmgr::cli
