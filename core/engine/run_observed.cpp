// What a run tells those who watch the engine.
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"

namespace asmgr {

void RunExecution::observe_begin() {
  if (engine_.observer == nullptr) return;
  const std::int64_t submitted = plan_.submitted_ns == 0 ? started_ns_ : plan_.submitted_ns;
  engine_.observer->run_begun({session_.id(), row_->run.id, names_->provider,
                               std::chrono::nanoseconds(std::max<std::int64_t>(0, started_ns_ - submitted))});
}

void RunExecution::observe_first_event() {
  spoke_ = true;
  if (engine_.observer == nullptr) return;
  engine_.observer->run_spoke({names_->provider, std::chrono::nanoseconds(activity_ns_ - provider_started_ns_)});
}

void RunExecution::observe_end() {
  if (engine_.observer == nullptr) return;
  const std::int64_t now = engine_.clock.monotonic_ns();
  engine_.observer->run_ended({row_->run, names_->provider, model_, std::chrono::nanoseconds(now - started_ns_)});
}

LogLine RunExecution::log_line(int level, std::string_view message, std::string_view plugin) const {
  return {level, message, names_->session_id, names_->run_id, plan_.caller.request_id, plugin};
}

}  // namespace asmgr
