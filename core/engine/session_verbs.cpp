#include "core/engine/session_verbs.hpp"
#include "core/engine/closed_record.hpp"

#include <algorithm>

#include "core/engine/session_directory.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

// Deleted sessions and those of another tenant are as if they were not there.
std::optional<Error> check_visible(SessionRuntime& session, const std::string& tenant) {
  const bool hidden = !session.exists() || session.session().deleted_at.is_set() ||
                      (!tenant.empty() && session.session().tenant != tenant);
  if (hidden) return no_session(session.id());
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

EventType event_of(SessionStatus from, SessionStatus to) {
  switch (to) {
    case SessionStatus::active:
      return from == SessionStatus::paused ? EventType::session_resumed : EventType::session_started;
    case SessionStatus::paused:
      return EventType::session_paused;
    case SessionStatus::completed:
      return EventType::session_completed;
    case SessionStatus::failed:
      return EventType::session_failed;
    default:
      return EventType::session_cancelled;
  }
}

// Answers with `value` once what is staged is durable.
template <typename T, typename Make>
void answer_when_durable(SessionRuntime& session, const SessionOp::Ptr& op, const Answer<T>& answer, Make make) {
  session.writer().when_durable([&session, op, answer, make](const Result<void>& durable) {
    if (!durable) {
      session.failed(op, durable.error());
    } else if (session.finish(op)) {
      answer(make());
    }
  });
}

void close_command_done(SessionRuntime& session, const SessionOp::Ptr& op, boost::json::value result) {
  if (op->command) session.close_command(*op->command, true, command_answer(result));
}

void refuse(SessionRuntime& session, const SessionOp::Ptr& op, const Error& error) {
  session.failed(op, error);
}

RunResult cancelled_result(const Run& run) {
  RunResult result;
  result.session_id = run.session_id;
  result.run_id = run.id;
  result.status = RunStatus::cancelled;
  result.error = run.error;
  return result;
}

// Ends a run that nobody carries out: pending, queued or parked.
void cancel_idle_run(SessionRuntime& session, const std::shared_ptr<RunRow>& row, const std::string& reason,
                     const std::optional<ApprovalRequest>& approval, const std::string& approval_id) {
  auto names = std::make_shared<EventNames>();
  names->session_id = session.id();
  names->run_id = row->run.id;
  names->provider = row->run.provider;
  row->run.status = RunStatus::cancelled;
  row->run.ended_at = session.engine().clock.now();
  row->run.error = Error(ErrorCode::cancelled, "run " + row->run.id + " was cancelled before it was carried out");
  boost::json::object data;
  if (!reason.empty()) data["reason"] = reason;
  session.writer().stage(EventType::run_cancelled, data, names);
  if (approval) stage_approval(session.writer(), session.engine().clock.now(), *approval, approval_id, names);
  session.writer().stage_run(row);
}

void cancel_queue(SessionRuntime& session) {
  for (SessionRuntime::QueuedRun& queued : std::exchange(session.queue(), {})) {
    cancel_idle_run(session, queued.row, "session_ended", std::nullopt, {});
    session.writer().stage_record(
        close_record(queued.entry, "cancelled", {}, kVersionAny, session.engine().clock.now()));
    session.writer().when_durable([&session, row = queued.row](const Result<void>& durable) {
      session.engine().outcomes.settle(
          row->run.id, durable ? Result<RunResult>(cancelled_result(row->run)) : Result<RunResult>(durable.error()));
    });
  }
}

void stage_status(SessionRuntime& session, SessionStatus to, const std::optional<Error>& error) {
  boost::json::object data;
  if (to == SessionStatus::failed) {
    const Error& cause = *error;
    data = error_event_data(cause);
    boost::json::object& last_error = session.session().metadata["last_error"].emplace_object();
    last_error["code"] = code_name(cause.code());
    last_error["message"] = cause.message();
    last_error["at"] = format_timestamp(session.engine().clock.now());
  }
  session.writer().stage(event_of(session.session().status, to), data, session.names());
  session.session().status = to;
  session.writer().stage_session(session.row());
}

}  // namespace

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

boost::json::object error_event_data(const Error& error) {
  boost::json::object data;
  data["error_code"] = code_name(error.code());
  data["error_message"] = error.message();
  data["details"] = error.details();
  if (error.provider_error() != nullptr) data["provider_error"] = error.to_json().at("provider_error");
  return data;
}

void stage_approval(UnitWriter& writer, Timestamp now, const ApprovalRequest& approval, const std::string& approval_id,
                    const std::shared_ptr<const EventNames>& names) {
  boost::json::object data;
  data["approval_id"] = approval_id;
  data["tool_name"] = approval.tool_name;
  data["tool_call_id"] = approval.tool_call_id;
  data["tool_input"] = approval.tool_input;
  data["policy_name"] = approval.policy_name;
  data["violation_kind"] = approval.violation_kind;
  writer.stage(EventType::tool_approval_requested, data, names);
  boost::json::object body = data;
  body["run_id"] = names->run_id;
  body["requested_at"] = format_timestamp(now);
  Record record;
  record.kind = record_kind::kApproval;
  record.id = approval_id;
  record.session_id = names->session_id;
  record.version = 1;
  record.status = "pending";
  record.body = to_text(body);
  writer.stage_record(RecordWrite{std::move(record), kVersionAbsent, RecordWrite::Kind::put, 0, 0});
}

void create_session(SessionRuntime& session, const SessionOp::Ptr& op, const StartSessionOptions& options,
                    const std::string& provider, const Answer<Session>& answer) {
  if (session.exists()) {
    return refuse(session, op, Error(ErrorCode::already_exists, "session " + session.id() + " exists already"));
  }
  NewSession fields{options.id,   options.agent_id, options.parent_session_id, options.metadata, options.context,
                    options.tags, options.tenant};
  fields.metadata["provider"] = provider;
  auto made = make_session(std::move(fields), session.engine().clock.now());
  if (!made) return refuse(session, op, made.error());
  session.create(std::move(*made), provider);
  boost::json::object data;
  data["provider"] = provider;
  session.writer().stage(EventType::session_created, data, session.names());
  session.writer().stage_session(session.row());
  session.writer().when_durable([&session, op, answer](const Result<void>& durable) {
    if (!durable) {
      session.uncreate();
      session.failed(op, durable.error());
    } else if (session.finish(op)) {
      answer(session.session());
    }
  });
}

void change_status(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& tenant, SessionStatus to,
                   const std::optional<Error>& error, const Answer<Session>& answer) {
  if (auto hidden = check_visible(session, tenant)) return refuse(session, op, *hidden);
  const SessionStatus from = session.session().status;
  switch (check_transition(from, to)) {
    case Transition::refused:
      return refuse(session, op, invalid_transition(from, to, session.id()));
    case Transition::same:
      close_command_done(session, op, to_json(session.session(), session.writer().last_sequence()));
      return answer_when_durable(session, op, answer, [&session] { return session.session(); });
    case Transition::allowed:
      break;
  }
  const bool ends_runs = to == SessionStatus::failed || to == SessionStatus::cancelled;
  if (ends_runs && !session.runs().empty()) {
    for (const auto& [run_id, run] : std::map(session.runs())) {
      run->end(EndCause{EndCause::Kind::cancelled, std::nullopt, std::nullopt, {}});
    }
    return session.when_no_run_lives(
        [&session, op, tenant, to, error, answer] { change_status(session, op, tenant, to, error, answer); });
  }
  if (is_terminal(to)) cancel_queue(session);
  stage_status(session, to,
               to == SessionStatus::failed && !error
                   ? std::optional<Error>(Error(ErrorCode::internal_error, "the session was failed"))
                   : error);
  close_command_done(session, op, to_json(session.session(), session.writer().last_sequence()));
  answer_when_durable(session, op, answer, [&session] {
    session.start_queued();
    return session.session();
  });
}

void delete_session(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& tenant, bool force,
                    const Answer<Session>& answer) {
  if (auto hidden = check_visible(session, tenant)) return refuse(session, op, *hidden);
  if (!session.runs().empty() && !force) {
    return refuse(session, op,
                  Error(ErrorCode::invalid_operation, "session " + session.id() + " has a running run (" +
                                                          session.runs().begin()->first +
                                                          "); cancel it first or delete with force"));
  }
  if (!session.runs().empty()) {
    for (const auto& [run_id, run] : std::map(session.runs())) {
      run->end(EndCause{EndCause::Kind::cancelled, std::nullopt, std::nullopt, {}});
    }
    return session.when_no_run_lives(
        [&session, op, tenant, force, answer] { delete_session(session, op, tenant, force, answer); });
  }
  cancel_queue(session);
  session.session().deleted_at = session.engine().clock.now();
  session.writer().stage_session(session.row());
  close_command_done(session, op, to_json(session.session(), session.writer().last_sequence()));
  answer_when_durable(session, op, answer, [&session] { return session.session(); });
}

void create_run(SessionRuntime& session, const SessionOp::Ptr& op, const StartRunOptions& options,
                const std::optional<Negotiation>& negotiation, const Answer<Run>& answer) {
  if (auto hidden = check_visible(session, options.tenant)) return refuse(session, op, *hidden);
  if (session.session().status == SessionStatus::pending && options.auto_activate) {
    stage_status(session, SessionStatus::active, std::nullopt);
  }
  if (auto inactive = check_active(session, "a new run")) return refuse(session, op, *inactive);
  NewRun fields{options.id, session.id(), options.input, options.metadata};
  if (negotiation) fields.metadata["capabilities"] = to_json(*negotiation);
  auto run = make_run(std::move(fields), session.engine().clock.now());
  if (!run) return refuse(session, op, run.error());
  auto row = std::make_shared<RunRow>();
  row->run = std::move(*run);
  session.writer().stage_run(row);
  answer_when_durable(session, op, answer, [&session, row] {
    session.remember(row);
    return row->run;
  });
}

void execute_run(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& run_id,
                 const std::string& tenant, const RunPlan& plan, const std::function<void()>& accepted) {
  if (auto hidden = check_visible(session, tenant)) return refuse(session, op, *hidden);
  if (auto inactive = check_active(session, "executing a run")) return refuse(session, op, *inactive);
  const auto queued = std::find_if(session.queue().begin(), session.queue().end(),
                                   [&](const auto& waiting) { return waiting.row->run.id == run_id; });
  if (queued != session.queue().end()) {
    return refuse(session, op, Error(ErrorCode::invalid_operation, "run " + run_id + " is queued already"));
  }
  session.with_run(run_id, op->where, [&session, op, run_id, plan, accepted](Result<std::shared_ptr<RunRow>> found) {
    if (!found) return refuse(session, op, found.error());
    const std::shared_ptr<RunRow> row = std::move(*found);
    if (session.runs().contains(run_id) || row->run.status != RunStatus::pending) {
      return refuse(
          session, op,
          Error(ErrorCode::invalid_operation, "run " + run_id + " is " + std::string(status_name(row->run.status)) +
                                                  "; only a pending run can be executed")
              .with_detail("status", boost::json::value(status_name(row->run.status))));
    }
    if (row->run.session_id != session.id()) {
      return refuse(session, op, Error(ErrorCode::run_mismatch, "run " + run_id + " belongs to another session"));
    }
    const QueueOptions& limits = plan.pipeline.queue;
    const bool slot_free = session.runs().size() < limits.max_concurrent_runs && session.queue().empty();
    if (!slot_free) {
      if (session.queue().size() >= limits.max_queued_runs) {
        return refuse(
            session, op,
            Error(ErrorCode::max_runs_exceeded,
                  "session " + session.id() + " has " + std::to_string(session.queue().size()) +
                      " queued runs already (max_queued_runs " + std::to_string(limits.max_queued_runs) + ")"));
      }
      boost::json::object body = plan.entry;
      body["run_id"] = run_id;
      Record entry;
      entry.kind = record_kind::kQueue;
      entry.id = new_id("", session.engine().clock.now());
      entry.session_id = session.id();
      entry.tenant = session.session().tenant;
      entry.version = 1;
      entry.status = "queued";
      entry.body = to_text(body);
      session.writer().stage_record(RecordWrite{entry, kVersionAbsent, RecordWrite::Kind::put, 0, 0});
      session.queue().push_back({row, plan, std::move(entry)});
      session.directory().run_lives(run_id, session.shared_from_this());
      if (session.finish(op)) accepted();
      return;
    }
    auto run = std::make_shared<RunExecution>(session, row, plan, std::nullopt);
    session.runs()[run_id] = run;
    session.directory().run_lives(run_id, session.shared_from_this());
    run->begin([&session, op, run_id, accepted](const Result<void>& begun) {
      if (begun) {
        if (session.finish(op)) accepted();
        return;
      }
      session.runs().erase(run_id);
      session.directory().run_ended(run_id);
      session.forget_run(run_id);
      session.failed(op, begun.error());
    });
  });
}

void cancel_run(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& run_id, const std::string& tenant,
                const std::optional<ApprovalRequest>& approval, const std::string& approval_id,
                const Answer<Run>& answer) {
  if (auto hidden = check_visible(session, tenant)) return refuse(session, op, *hidden);
  if (auto at = session.runs().find(run_id); at != session.runs().end()) {
    const std::shared_ptr<RunExecution> run = at->second;
    if (op->command) run->close_with_cancellation(*op->command);
    run->when_ended([&session, op, run_id, tenant, approval, approval_id, answer](const Result<Run>& ended) {
      if (!ended) {
        session.failed(op, ended.error());
      } else if (ended->status != RunStatus::cancelled) {  // its end was on the way: the answer is that of an ended run
        session.post([&session, hold = session.shared_from_this(), op, run_id, tenant, approval, approval_id, answer] {
          cancel_run(session, op, run_id, tenant, approval, approval_id, answer);
        });
      } else if (session.finish(op)) {
        answer(ended);
      }
    });
    run->end(EndCause{approval ? EndCause::Kind::for_approval : EndCause::Kind::cancelled, std::nullopt, approval,
                      approval_id});
    return;
  }
  const std::string reason = approval ? "approval_requested" : "";
  auto finish_idle = [&session, op, answer, approval, approval_id, reason](const std::shared_ptr<RunRow>& row) {
    cancel_idle_run(session, row, reason, approval, approval_id);
    close_command_done(session, op, to_json(row->run));
    session.writer().when_durable([&session, row](const Result<void>& durable) {
      session.forget_run(row->run.id);
      if (durable) session.engine().outcomes.settle(row->run.id, cancelled_result(row->run));
    });
    answer_when_durable(session, op, answer, [row] { return row->run; });
  };
  auto& queue = session.queue();
  auto queued = std::find_if(queue.begin(), queue.end(), [&](const auto& item) { return item.row->run.id == run_id; });
  if (queued != queue.end()) {
    SessionRuntime::QueuedRun removed = std::move(*queued);
    queue.erase(queued);
    session.writer().stage_record(
        close_record(removed.entry, "cancelled", {}, kVersionAny, session.engine().clock.now()));
    session.directory().run_ended(run_id);
    return finish_idle(removed.row);
  }
  session.with_run(run_id, op->where, [&session, op, answer, finish_idle](Result<std::shared_ptr<RunRow>> found) {
    if (!found) return refuse(session, op, found.error());
    const Run& run = (*found)->run;
    if (run.status == RunStatus::cancelled) {
      close_command_done(session, op, to_json(run));
      return answer_when_durable(session, op, answer, [row = *found] { return row->run; });
    }
    if (is_terminal(run.status)) {
      return refuse(
          session, op,
          Error(ErrorCode::invalid_operation,
                "run " + run.id + " is " + std::string(status_name(run.status)) + " already and cannot be cancelled")
              .with_detail("status", boost::json::value(status_name(run.status))));
    }
    finish_idle(*found);
  });
}

}  // namespace asmgr
