#include "host/cli/run_stopper.hpp"

namespace asmgr::cli {

void RunStopper::started(const std::string& run_id) {
  const std::lock_guard lock(mutex_);
  run_id_ = run_id;
  if (stopped_) cancel_run();
}

void RunStopper::stop() {
  const std::lock_guard lock(mutex_);
  if (stopped_) return;
  stopped_ = true;
  if (!run_id_.empty()) cancel_run();
}

void RunStopper::cancel_run() const {
  CancelRunOptions options;
  options.run_id = run_id_;
  options.caller.actor = "asmgr run";
  // Whether it was cancelled or had just ended is seen by whoever waits for the run.
  manager_.begin_cancel_run(std::move(options), [](const Result<Run>&) {});
}

}  // namespace asmgr::cli
