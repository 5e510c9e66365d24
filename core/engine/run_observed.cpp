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

// A policy has stopped something: the run, or a call of a tool. What was said stays in the session's own log.
void RunExecution::account_for(const Judgement& judgement) {
  if (judgement.action <= PolicyAction::warn || judgement.violations.empty()) return;
  AuditAct act{.what = "policy_stopped", .by = plan_.caller, .session_id = session_.id(), .run_id = row_->run.id};
  act.details["action"] = action_name(judgement.action);
  boost::json::array& violations = act.details["violations"].emplace_array();
  for (const JudgedViolation& found : judgement.violations) {
    boost::json::object violation;
    violation["policy"] = found.policy;
    violation["rule"] = found.violation.rule;
    violation["action"] = action_name(found.action);
    violations.push_back(std::move(violation));
  }
  writer_.account_for(act);
}

LogLine RunExecution::log_line(int level, std::string_view message, std::string_view plugin) const {
  return {level, message, names_->session_id, names_->run_id, plan_.caller.request_id, plugin};
}

}  // namespace asmgr
