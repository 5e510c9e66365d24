// One step of a workflow that something else drives: a run, and its result in the shape that such engines want.
#pragma once

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <optional>
#include <string>

#include "core/engine/session_manager.hpp"
#include "core/workflow/error_class.hpp"

namespace asmgr {

inline constexpr std::string_view kWorkflowAgent = "workflow-agent";

// All that run_once takes. With a session_id the step runs in that session, which stays open; else in one of its own,
// whose agent is kWorkflowAgent when none is named.
using StepParams = RunOnceOptions;

// From JSON: {"input" (required), "session_id", "agent_id", "pipeline", "provider", "context", "metadata", "tags",
// "continuation", "continuation_opts", "adapter_opts", "policy", "policies", "workspace", "required_capabilities",
// "optional_capabilities", "timeouts": {"run", "idle", "tool", "cancel_grace"}, "approver", "events"}. Errors:
// validation_error, naming the key and what it takes; an unknown key is one.
[[nodiscard]] Result<StepParams> step_params_from_json(const boost::json::object& json);

struct StepResult {
  RunResult run;
  boost::json::object output;                // {} when there is none
  std::optional<std::string> content;        // of the output, when it is a text
  std::optional<std::string> stop_reason;    // of the output, else of run_completed
  boost::json::array tool_calls;             // of the output, else those of the log: {id, name, input}
  std::optional<ErrorClass> classification;  // of run.error
  [[nodiscard]] bool retryable() const noexcept { return classification && classification->retryable; }
};
// {"status", "output", "content", "token_usage", "cost_usd", "session_id", "run_id", "events", "stop_reason",
// "tool_calls", "has_tool_calls", "persistence_failures", "workspace", "policy", "routing", "waiting_on", "warnings",
// "error", "retryable", "category", "recommended_action"}; the last three null without an error.
[[nodiscard]] boost::json::object to_json(const StepResult& result);
[[nodiscard]] StepResult step_result_of(RunResult run);

// Blocks like run_once, and refuses as it does. A failed run is a value.
[[nodiscard]] Result<StepResult> execute_step(SessionManager& manager, StepParams params);

// A session for several steps: started and active.
[[nodiscard]] Result<Session> set_up_workflow_session(SessionManager& manager, StartSessionOptions options);

enum class WorkflowEnd : std::uint8_t { completed, failed };
// `error` is of a failed one; without it internal_error "workflow failed".
[[nodiscard]] Result<Session> complete_workflow_session(SessionManager& manager, const std::string& session_id,
                                                        WorkflowEnd end, std::optional<Error> error);

}  // namespace asmgr
