// Time that passes without an event: policies are told, and what is held of a budget of time grows.
#include <algorithm>
#include <limits>

#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"

namespace asmgr {
namespace {

constexpr std::int64_t kNeverTold = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kNsOfAMs = 1'000'000;

}  // namespace

// A duration is passed by the first millisecond beyond it, and told of once: what was passed when policies were last
// told is not looked at again. While only a person is waited for, no time of the run's passes.
std::int64_t RunExecution::next_telling_ns() const {
  if (phase_ != Phase::running || cause_ || policy_busy_ || !awaited_.empty()) return kNeverTold;
  const std::int64_t to_now = engine_.clock.monotonic_ns() - worked_ns();
  const std::int64_t never = (kNeverTold - to_now) / kNsOfAMs - 1;
  std::int64_t next = never;
  if (judge_ != nullptr) {
    const std::vector<std::int64_t>& durations = judge_->durations();
    const auto at = std::lower_bound(durations.begin(), durations.end(), told_ms_);
    if (at != durations.end()) next = std::min(next, *at);
  }
  for (const HeldBudget& held : holds_) {
    if (held.hold.metric == "elapsed_ms" && held.hold.amount >= told_ms_) next = std::min(next, held.hold.amount);
  }
  return next == never ? kNeverTold : to_now + (next + 1) * kNsOfAMs;
}

bool RunExecution::tell_time() {
  const RunUsage used = usage_so_far();
  told_ms_ = used.elapsed_ms;
  if (judge_ != nullptr) {
    EventView moment;
    moment.type_name = kTimePassed;
    moment.timestamp = engine_.clock.now();
    moment.session_id = names_->session_id;
    moment.run_id = names_->run_id;
    CallWatch::Scope watched(engine_.watch, {"policies", "observe", &session_, WatchedCall::Measured::no});
    act_on(judge_->time_passed(moment, used), moment);
    if (session_.abandoned()) return false;
    if (watched.end()) {
      drop();
      return false;
    }
  }
  hold_more();
  return phase_ == Phase::running && !finished_;
}

}  // namespace asmgr
