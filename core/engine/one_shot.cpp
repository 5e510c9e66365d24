// run_once and StreamSession: a session of its own for one run, from its start to its end.
#include "core/engine/one_shot.hpp"

#include "core/engine/owed_answer.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

Error error_of(const Result<RunResult>& result) {
  if (!result) return result.error();
  return result->error.value_or(Error(ErrorCode::internal_error, "the run failed"));
}

Result<std::string> own_session(SessionManager& manager, const RunOnceOptions& options, const std::string& provider) {
  StartSessionOptions start;
  start.pipeline = options.execution.pipeline;
  start.provider = options.execution.provider;
  start.agent_id = options.agent_id.empty() ? provider : options.agent_id;
  start.metadata = options.metadata;
  start.context = options.context;
  start.tags = options.tags;
  start.tenant = options.tenant;
  start.caller = options.caller;
  auto session = manager.start_session(std::move(start));
  if (!session) return session.error();
  SessionVerbOptions activate;
  activate.session_id = session->id;
  activate.caller = options.caller;
  auto active = manager.activate_session(activate);
  if (!active) return active.error();
  return session->id;
}

}  // namespace

std::optional<std::string> finish_session(SessionManager& manager, const std::string& session_id,
                                          const RunOnceOptions& options, const Result<RunResult>& result) {
  SessionVerbOptions verb;
  verb.session_id = session_id;
  verb.tenant = options.tenant;
  verb.caller = options.caller;
  Result<Session> finished = Error(ErrorCode::internal_error);
  if (result && result->status == RunStatus::completed) {
    finished = manager.complete_session(verb);
  } else if (result && result->status == RunStatus::cancelled) {
    finished = manager.cancel_session(verb);
  } else {
    finished = manager.fail_session({session_id, options.tenant, error_of(result), options.caller, {}});
  }
  if (finished) return std::nullopt;
  return "session " + session_id + " could not be closed: " + finished.error().message();
}

Result<std::string> session_for(SessionManager& manager, const Wiring& wiring, const RunOnceOptions& options) {
  auto plan = plan_run(wiring, options.execution, options.caller);
  // A missing capability fails the session it was asked in; any other mistake of the caller's leaves no trace.
  if (!plan && plan.error().code() != ErrorCode::missing_required_capability) return plan.error();
  if (!options.session_id.empty()) return options.session_id;
  auto pipeline = find_pipeline(wiring, options.execution.pipeline);
  if (!pipeline) return pipeline.error();
  return own_session(manager, options,
                     options.execution.provider.empty() ? (*pipeline)->provider : options.execution.provider);
}

Result<Run> start_run_in(SessionManager& manager, const std::string& session_id, const RunOnceOptions& options) {
  StartRunOptions start;
  start.session_id = session_id;
  start.tenant = options.tenant;
  start.pipeline = options.execution.pipeline;
  start.provider = options.execution.provider;
  start.input = options.input;
  start.required_capabilities = options.execution.required_capabilities;
  start.optional_capabilities = options.execution.optional_capabilities;
  start.auto_activate = true;
  start.caller = options.caller;
  auto run = manager.start_run(std::move(start));
  if (!run) return run.error();
  if (options.on_started) options.on_started(session_id, run->id);
  return run;
}

ExecuteRunOptions execution_of(const RunOnceOptions& options, const std::string& run_id) {
  ExecuteRunOptions execute;
  execute.run_id = run_id;
  execute.tenant = options.tenant;
  execute.execution = options.execution;
  execute.execution.ends_session = options.session_id.empty();
  execute.caller = options.caller;
  return execute;
}

namespace {

Result<RunResult> run_in(SessionManager& manager, const std::string& session_id, const RunOnceOptions& options) {
  auto run = start_run_in(manager, session_id, options);
  if (!run) return run.error();
  return manager.execute_run(execution_of(options, run->id));
}

}  // namespace

Result<RunResult> SessionManager::run_once(RunOnceOptions options) {
  if (EngineThread::here()) return blocking_here();
  auto session_id = session_for(*this, *engine_->wiring(), options);
  if (!session_id) return session_id.error();
  auto result = run_in(*this, *session_id, options);
  const bool is_parked = result && !is_terminal(result->status);
  if (!options.session_id.empty() || is_parked) return result;
  auto warning = finish_session(*this, *session_id, options, result);
  if (result && warning) result->warnings.push_back(*warning);
  return result;
}

void SessionManager::begin_run_once(RunOnceOptions options, Handler<RunResult> handler) {
  engine_->context().helpers.run([this, options = std::move(options), handler = owed(std::move(handler))]() mutable {
    handler(run_once(std::move(options)));
  });
}

}  // namespace asmgr
