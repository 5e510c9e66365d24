// Stops a run that somebody else waits for, also when asked before the run exists.
#pragma once

#include <mutex>
#include <string>

#include "core/engine/session_manager.hpp"

namespace asmgr::cli {

// Any thread. Must outlive the run, not its cancellation's answer.
class RunStopper {
 public:
  explicit RunStopper(SessionManager& manager) : manager_(manager) {}
  // The run exists now.
  void started(const std::string& run_id);
  // Asks for its cancellation, once; returns at once.
  void stop();

 private:
  void cancel_run() const;

  SessionManager& manager_;
  std::mutex mutex_;
  std::string run_id_;
  bool stopped_ = false;
};

}  // namespace asmgr::cli
