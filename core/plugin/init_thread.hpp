// The one thread on which every [init] function of every plugin runs, with a limit on each.
//
// Plugins are promised that init, create, destroy and deinit never run at the same time; a thread of its own keeps that
// promise whoever asks, stays alive as long as what the plugins started on it, and can be left behind when a plugin
// hangs.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>

namespace asmgr {

class InitThread {
 public:
  InitThread() = default;
  ~InitThread();  // waits for the thread unless it was left behind
  InitThread(const InitThread&) = delete;
  InitThread& operator=(const InitThread&) = delete;

  // Runs `job` there and waits for it, from any thread. False: it was not back in time; the thread is left behind with
  // it, so `job` must own, or share, everything it touches. A job that asks for another job runs it inline.
  [[nodiscard]] bool run(std::function<void()> job, std::chrono::milliseconds limit);
  // Whether any job was ever left behind: then what jobs touched must live for ever.
  [[nodiscard]] bool left_one_behind() const;

 private:
  struct Worker;
  mutable std::mutex turn_;  // one caller at a time
  std::shared_ptr<Worker> worker_;
  bool left_one_behind_ = false;
  std::atomic<std::thread::id> worker_id_{};  // tells a job's own requests from everybody else's
};

}  // namespace asmgr
