#include "core/engine/verb_answers.hpp"

#include "core/engine/approval_events.hpp"
#include "core/engine/kept_input.hpp"
#include "core/model/json.hpp"

namespace asmgr {

std::optional<Error> check_visible(SessionRuntime& session, const std::string& tenant) {
  const bool hidden = !session.exists() || session.session().deleted_at.is_set() ||
                      (!tenant.empty() && session.session().tenant != tenant);
  if (hidden) return no_session(session.id());
  if (session.session().agent_id == kAuditAgent) {
    return Error(ErrorCode::invalid_operation,
                 "session " + session.id() + " is the audit stream of a host, which only that host writes");
  }
  return std::nullopt;
}

std::optional<Error> check_active(SessionRuntime& session, std::string_view what) {
  const SessionStatus status = session.session().status;
  if (status == SessionStatus::active) return std::nullopt;
  std::string next = "start a new session";
  if (status == SessionStatus::pending) next = "activate it first";
  if (status == SessionStatus::paused) next = "resume it first";
  return Error(ErrorCode::invalid_operation, "session " + session.id() + " is " + std::string(status_name(status)) +
                                                 ", so " + std::string(what) + " is refused; " + next)
      .with_detail("status", boost::json::value(status_name(status)));
}

void close_command_done(SessionRuntime& session, const SessionOp::Ptr& op, const boost::json::value& result) {
  if (op->command) session.close_command(*op->command, true, command_answer(result));
}

void refuse(SessionRuntime& session, const SessionOp::Ptr& op, const Error& error) {
  session.failed(op, error);
}

RunResult result_of_idle_run(const Run& run) {
  RunResult result;
  result.session_id = run.session_id;
  result.run_id = run.id;
  result.status = run.status;
  result.error = run.error;
  return result;
}

void point_at_end(RunResult& result, std::span<const EventView> unit) {
  for (const EventView& event : unit) {
    if (event.run_id != result.run_id || !is_run_terminal(event.type)) continue;
    result.last_sequence = event.sequence_number;
    result.last_hash = event.hash;
  }
}

std::shared_ptr<const EventNames> names_of_idle(SessionRuntime& session, const Run& run) {
  auto names = std::make_shared<EventNames>();
  names->session_id = session.id();
  names->run_id = run.id;
  names->provider = run.provider;
  return names;
}

namespace {

void stage_idle_end(SessionRuntime& session, const std::shared_ptr<RunRow>& row, RunStatus status, Error error) {
  row->run.status = status;
  row->run.ended_at = session.engine().clock.now();
  row->run.error = std::move(error);
  session.writer().stage_run(row);
  if (input_is_redacted(row->run)) session.writer().stage_record(forget_input(row->run, session.session().tenant));
}

}  // namespace

void end_idle_run(SessionRuntime& session, const std::shared_ptr<RunRow>& row, const RunCancel& cancel) {
  const auto names = names_of_idle(session, row->run);
  boost::json::object data;
  if (!cancel.reason.empty()) data["reason"] = cancel.reason;
  session.writer().stage(EventType::run_cancelled, data, names);
  if (cancel.approval) {
    stage_question(session.writer(),
                   ask_about({cancel.approval_id, *cancel.approval, {}, cancel.approval_timeout}, *names,
                             session.session().tenant, session.engine().redactor().get(), session.engine().clock.now()),
                   names);
  }
  stage_idle_end(session, row, RunStatus::cancelled,
                 Error(ErrorCode::cancelled, "run " + row->run.id + " was cancelled before it was carried out"));
}

void fail_idle_run(SessionRuntime& session, const std::shared_ptr<RunRow>& row, const Error& error) {
  session.writer().stage(EventType::run_failed, error_event_data(error), names_of_idle(session, row->run));
  stage_idle_end(session, row, RunStatus::failed, error);
}

Error no_session(const std::string& id) {
  return Error(ErrorCode::session_not_found, "there is no session " + id);
}

boost::json::object command_answer(const boost::json::value& result) {
  boost::json::object body;
  body["result"] = result;
  return body;
}

boost::json::object command_refusal(const Error& error) {
  boost::json::object body;
  body["error"] = error.to_json();
  return body;
}

Error refusal_in(const Record& command) {
  auto body = parse_json_object(command.body, "answer to a command");
  if (body) {
    if (const boost::json::value* error = find(*body, "error")) {
      auto read = Error::from_json(*error);
      if (read) return *read;
    }
  }
  return Error(ErrorCode::invalid_operation, "the host that was asked refused and did not say why");
}

boost::json::object error_event_data(const Error& error) {
  boost::json::object data;
  data["error_code"] = code_name(error.code());
  data["error_message"] = error.message();
  data["details"] = error.details();
  if (error.provider_error() != nullptr) data["provider_error"] = error.to_json().at("provider_error");
  return data;
}

}  // namespace asmgr
