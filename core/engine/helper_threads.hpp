// Threads for calls that may take long or never return: a call that hangs costs one thread, and nobody waits for it.
#pragma once

#include <functional>
#include <memory>

namespace asmgr {

class HelperThreads {
 public:
  HelperThreads();
  ~HelperThreads();
  // Runs what is queued; waits a moment for threads to end and leaves stuck ones behind. What comes later runs on the
  // thread that brings it.
  void end();
  HelperThreads(const HelperThreads&) = delete;
  HelperThreads& operator=(const HelperThreads&) = delete;
  // From any thread; starts another thread when all are busy.
  void run(std::function<void()> work);

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace asmgr
