// Commands of other processes, carried out by the owner of the session.
#include "core/engine/closed_record.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/session_verbs.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

std::string text(const boost::json::object& object, std::string_view key) {
  return std::string(find_string(object, key).value_or(""));
}

ApprovalRequest approval_of(const boost::json::object& args) {
  ApprovalRequest approval;
  approval.tool_name = text(args, "tool_name");
  approval.tool_call_id = text(args, "tool_call_id");
  approval.policy_name = text(args, "policy_name");
  approval.violation_kind = text(args, "violation_kind");
  if (const auto* input = find_object(args, "tool_input")) approval.tool_input = *input;
  return approval;
}

std::optional<SessionStatus> status_of_verb(std::string_view verb) {
  if (verb == "activate" || verb == "resume") return SessionStatus::active;
  if (verb == "pause") return SessionStatus::paused;
  if (verb == "complete") return SessionStatus::completed;
  if (verb == "fail") return SessionStatus::failed;
  if (verb == "cancel") return SessionStatus::cancelled;
  return std::nullopt;
}

std::optional<Error> error_of(const boost::json::object& args) {
  const boost::json::value* given = find(args, "error");
  if (given == nullptr) return std::nullopt;
  auto error = Error::from_json(*given);
  return error ? std::optional<Error>(*error) : std::nullopt;
}

}  // namespace

void carry_out_command(SessionRuntime& session, Record command) {
  auto op = std::make_shared<SessionOp>();
  op->command = command;
  op->fail = [&session, command](const Error& error) { session.close_command(command, false, command_refusal(error)); };
  auto body = parse_json_object(command.body, "command " + command.id);
  if (!body) return op->fail(body.error());
  const boost::json::object args = find_object(*body, "args") ? *find_object(*body, "args") : boost::json::object{};
  const std::string verb = text(*body, "verb");
  const std::string run_id = text(args, "run_id");
  op->caller = {text(*body, "actor"), text(*body, "request_id")};
  const auto ignore_session = [](const Result<Session>&) {};
  const auto ignore_run = [](const Result<Run>&) {};
  if (verb == "steer") return steer_run(session, op, {run_id, {}, text(args, "text")}, ignore_run);
  if (!run_id.empty()) {
    RunCancel cancel{.run_id = run_id, .reason = text(args, "reason"), .only_running = verb == "interrupt"};
    if (verb == "cancel_for_approval") {
      cancel.approval = approval_of(args);
      cancel.approval_id = text(args, "approval_id");
    } else if (verb != "cancel" && verb != "interrupt") {
      return op->fail(
          Error(ErrorCode::capability_not_supported, "this host does not know the run command '" + verb + "'"));
    }
    return cancel_run(session, op, cancel, ignore_run);
  }
  if (verb == "delete") {
    return delete_session(session, op, {}, find_bool(args, "force").value_or(false), ignore_session);
  }
  if (auto status = status_of_verb(verb)) {
    return change_status(session, op, {}, *status, error_of(args), ignore_session);
  }
  op->fail(Error(ErrorCode::capability_not_supported, "this host does not know the session command '" + verb + "'"));
}

bool enqueue_from_entry(SessionRuntime& session, QueuedEntry& queued) {
  const std::string run_id = queued.run.id;
  // A unit of its own: the entry may have been read twice, or have ended since it was read.
  const auto refuse = [&session, &queued](const Error& error) {
    session.writer().seal();
    session.writer().stage_record(close_record(queued.entry, "refused", to_text(command_refusal(error)),
                                               queued.entry.version, session.engine().clock.now()));
    session.writer().seal();
    return true;
  };
  if (const auto live = session.runs().find(run_id); live != session.runs().end()) {
    // Begun for a caller of this host: whoever wrote the entry came too late, and waits for an answer.
    if (!live->second->from_queue()) {
      return refuse(Error(ErrorCode::invalid_operation, "run " + run_id + " is running already"));
    }
    return true;
  }
  for (const auto& known : session.queue()) {
    if (known.row->run.id == run_id) return true;
  }
  const SessionStatus status = session.session().status;
  const bool deleted = session.session().deleted_at.is_set();
  if (is_terminal(status) || deleted) {
    const std::string what(deleted ? "deleted" : status_name(status));
    return refuse(Error(ErrorCode::invalid_operation, "session " + session.id() + " is " + what + " already"));
  }
  const std::shared_ptr<RunRow> known = session.known_row(run_id);
  const RunStatus run_status = known != nullptr ? known->run.status : queued.run.status;
  if (run_status != RunStatus::pending) {
    return refuse(Error(ErrorCode::invalid_operation,
                        "run " + run_id + " is " + std::string(status_name(run_status)) + " already"));
  }
  auto body = parse_json_object(queued.entry.body, "queue entry " + queued.entry.id);
  if (!body) return refuse(body.error());
  auto plan = session.directory().plan_from_entry(*body);
  if (!plan && session.engine().takes_runs == TakesRuns::known) return false;
  if (!plan) return refuse(plan.error());
  if (session.queue().size() >= plan->pipeline.queue.max_queued_runs) {
    return refuse(Error(ErrorCode::max_runs_exceeded, "session " + session.id() + " has too many queued runs"));
  }
  // The entry says when it was written, by the clock of whoever wrote it.
  const std::int64_t waited_us = std::max<std::int64_t>(0, session.engine().clock.now().us - queued.entry.value);
  plan->submitted_ns = session.engine().clock.monotonic_ns() - waited_us * 1000;
  std::shared_ptr<RunRow> row = known;
  if (row == nullptr) {
    row = std::make_shared<RunRow>();
    row->committed_version = queued.run.version;
    row->run = std::move(queued.run);
    session.remember(row);
  }
  session.queue().push_back(
      {std::move(row), std::move(*plan), std::move(queued.entry), CountedAsQueued(session.engine().counters)});
  session.directory().run_lives(run_id, session.shared_from_this());
  return true;
}

}  // namespace asmgr
