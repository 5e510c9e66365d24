// The verbs on runs that were left with a question: what they need, and going on with them here.
#include <algorithm>

#include "core/engine/approval_record.hpp"
#include "core/engine/execution.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

Error was_not_left(const Run& run) {
  const std::string status(status_name(run.status));
  return Error(ErrorCode::invalid_operation,
               "run " + run.id + " is " + status + " and was not left waiting by its host")
      .with_detail("status", boost::json::value(status));
}

struct FoundLeft {
  Engine::FoundRun found;
  LeftRun left;
};

Result<FoundLeft> find_left(Engine& engine, const std::string& run_id, const std::string& tenant) {
  auto found = engine.find_run(run_id, tenant);
  if (!found) return found.error();
  Store& store = found->host->store();
  auto run = store.get_run(tenant, run_id);
  if (!run) return run.error();
  auto head = store.head(found->session_id);
  if (!head) return head.error();
  const bool lives = !head->owner.empty() && head->owner_alive && head->owner != engine.context().host_id;
  if (run->status != RunStatus::running || run->waiting_on.empty() || lives) return was_not_left(*run);
  auto open = open_approvals(store, found->session_id);
  if (!open) return open.error();
  FoundLeft answer{*found, {}};
  LeftRun& left = answer.left;
  left.session_id = found->session_id;
  left.is_decided = true;
  left.is_served = engine.is_served(*found->host);
  for (const ApprovalRecord& asked : *open) {
    if (asked.approval.run_id != run_id) continue;
    left.is_decided = left.is_decided && asked.approval.status != ApprovalStatus::pending;
    if (!asked.plan) continue;
    left.pipeline = find_string(*asked.plan, "pipeline").value_or("");
    left.provider = find_string(*asked.plan, "provider").value_or("");
    const boost::json::array* policies = find_array(*asked.plan, "policies");
    left.policies.clear();
    for (const boost::json::value& policy : policies == nullptr ? boost::json::array() : *policies) {
      if (policy.is_string()) left.policies.emplace_back(policy.get_string());
    }
  }
  return answer;
}

Error cannot_go_on(const std::string& run_id) {
  return Error(ErrorCode::invalid_operation,
               "run " + run_id +
                   " cannot go on here: what it waits for is not all decided, its session is paused, or "
                   "this host has not got what it was begun with");
}

void resume_in(Engine& engine, const FoundLeft& left, const std::string& run_id, const Handler<RunResult>& ended) {
  engine.send<RunResult>(
      *left.found.host, left.found.session_id, Inline::yes,
      [&engine, run_id, ended](SessionRuntime& session, const SessionOp::Ptr& op) {
        if (!session.finish(op)) return;
        session.look_at_approvals(CarryOn::yes, [&engine, &session, run_id, ended] {
          const auto parked = session.parked().find(run_id);
          if (parked != session.parked().end() && !parked->second.may_go_on()) return ended(cannot_go_on(run_id));
          engine.context().outcomes.get(run_id)->when_settled(ended);
        });
      },
      ended, std::nullopt);
}

}  // namespace

Result<LeftRun> SessionManager::get_left_run(const std::string& run_id, const std::string& tenant) {
  if (EngineThread::here()) return blocking_here();
  auto found = find_left(*engine_, run_id, tenant);
  if (!found) return found.error();
  return std::move(found->left);
}

Result<RunResult> SessionManager::resume_run(ResumeRunOptions options) {
  if (EngineThread::here()) return blocking_here();
  auto left = find_left(*engine_, options.run_id, options.tenant);
  if (!left) return left.error();
  return deliver_until_ended(*engine_, left->found, options.run_id, {options.event_callback, options.events},
                             [&](Handler<RunResult> ended) { resume_in(*engine_, *left, options.run_id, ended); });
}

}  // namespace asmgr
