#include "core/workflow/step.hpp"

#include "core/model/json.hpp"

namespace asmgr {
namespace {

boost::json::object data_of_event(const Event& event) {
  auto data = parse_json_object(event.data.empty() ? "{}" : event.data, "data");
  return data ? std::move(*data) : boost::json::object();
}

std::optional<std::string> stop_reason_of(const RunResult& run, const boost::json::object& output) {
  if (const auto said = find_string(output, "stop_reason")) return std::string(*said);
  for (const Event& event : run.events) {
    if (event.type != EventType::run_completed) continue;
    const boost::json::object data = data_of_event(event);
    if (const auto said = find_string(data, "stop_reason")) return std::string(*said);
  }
  return std::nullopt;
}

// What the log says, where the provider's own output does not.
boost::json::array calls_of(const RunResult& run, const boost::json::object& output) {
  if (const boost::json::array* said = find_array(output, "tool_calls"); said != nullptr && !said->empty())
    return *said;
  boost::json::array calls;
  for (const Event& event : run.events) {
    if (event.type != EventType::tool_call_started) continue;
    boost::json::object data = data_of_event(event);
    boost::json::object& call = calls.emplace_back(boost::json::object()).get_object();
    for (const auto& [key, from] : {std::pair{"id", "tool_call_id"}, {"name", "tool_name"}, {"input", "tool_input"}}) {
      const boost::json::value* value = find(data, from);
      call[key] = value == nullptr ? boost::json::value(nullptr) : *value;
    }
  }
  return calls;
}

}  // namespace

StepResult step_result_of(RunResult run) {
  StepResult step;
  if (run.output) step.output = *run.output;
  if (const auto content = find_string(step.output, "content")) step.content = std::string(*content);
  step.stop_reason = stop_reason_of(run, step.output);
  step.tool_calls = calls_of(run, step.output);
  if (run.error) step.classification = classify_error(*run.error);
  step.run = std::move(run);
  return step;
}

boost::json::object to_json(const StepResult& result) {
  boost::json::object json = to_json(result.run);
  json["output"] = result.output;
  json["content"] = result.content ? boost::json::value(*result.content) : boost::json::value(nullptr);
  json["stop_reason"] = result.stop_reason ? boost::json::value(*result.stop_reason) : boost::json::value(nullptr);
  json["tool_calls"] = result.tool_calls;
  json["has_tool_calls"] = !result.tool_calls.empty();
  json["retryable"] = result.retryable();
  json["category"] = nullptr;
  json["recommended_action"] = nullptr;
  if (result.classification) {
    json["category"] = category_name(result.classification->category);
    json["recommended_action"] = action_name(result.classification->action);
  }
  return json;
}

Result<StepResult> execute_step(SessionManager& manager, StepParams params) {
  if (params.session_id.empty() && params.agent_id.empty()) params.agent_id = kWorkflowAgent;
  auto run = manager.run_once(std::move(params));
  if (!run) return run.error();
  return step_result_of(std::move(*run));
}

Result<Session> set_up_workflow_session(SessionManager& manager, StartSessionOptions options) {
  if (options.agent_id.empty()) options.agent_id = kWorkflowAgent;
  SessionVerbOptions activate;
  activate.tenant = options.tenant;
  activate.caller = options.caller;
  auto session = manager.start_session(std::move(options));
  if (!session) return session.error();
  activate.session_id = session->id;
  return manager.activate_session(std::move(activate));
}

Result<Session> complete_workflow_session(SessionManager& manager, const std::string& session_id, WorkflowEnd end,
                                          std::optional<Error> error) {
  if (end == WorkflowEnd::completed) {
    SessionVerbOptions complete;
    complete.session_id = session_id;
    return manager.complete_session(std::move(complete));
  }
  FailSessionOptions fail;
  fail.session_id = session_id;
  fail.error = error ? std::move(*error) : Error(ErrorCode::internal_error, "workflow failed");
  return manager.fail_session(std::move(fail));
}

}  // namespace asmgr
