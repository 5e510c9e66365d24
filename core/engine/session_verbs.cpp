#include "core/engine/session_verbs.hpp"

#include <algorithm>

#include "core/engine/closed_record.hpp"
#include "core/engine/run_redaction.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"

namespace asmgr {
namespace {

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

void cancel_queue(SessionRuntime& session) {
  for (SessionRuntime::QueuedRun& queued : std::exchange(session.queue(), {})) {
    end_idle_run(session, queued.row, RunCancel{.run_id = queued.row->run.id, .reason = "session_ended"});
    session.writer().stage_record(
        close_record(queued.entry, "cancelled", {}, kVersionAny, session.engine().clock.now()));
    session.writer().when_durable([&session, row = queued.row](const Result<void>& durable) {
      session.engine().outcomes.settle(
          row->run.id, durable ? Result<RunResult>(result_of_idle_run(row->run)) : Result<RunResult>(durable.error()));
    });
  }
  session.start_queued();  // leaves the line for a slot
}

// Ends the parked runs, one after the other, and then goes on with the verb.
void withdraw_all_parked(SessionRuntime& session, const SessionOp::Ptr& op, std::function<void()> then) {
  const std::string run_id = session.parked().begin()->first;
  const ParkedEnd end{RunStatus::cancelled,
                      Error(ErrorCode::cancelled, "run " + run_id + " was cancelled with its session"),
                      "session_ended"};
  session.withdraw_parked(run_id, end, [&session, hold = session.shared_from_this(), op, then = std::move(then)] {
    if (!op->is_done()) then();
  });
}

// As it is once what is staged is durable: by then memory may show what others have staged since.
void answer_with_session(SessionRuntime& session, const SessionOp::Ptr& op, const Answer<Session>& answer) {
  answer_when_durable(session, op, answer, [&session, staged = session.session()] {
    const Session* written = session.writer().session_just_written();
    Session told = written != nullptr ? *written : staged;
    session.claim_queue();
    return told;
  });
}

}  // namespace

void stage_status(SessionRuntime& session, SessionStatus to, const std::optional<Error>& error) {
  boost::json::object data;
  if (to == SessionStatus::failed) {
    const std::shared_ptr<const Redactor> redactor = session.engine().redactor();
    const Error cause = redactor == nullptr ? *error : without_secrets(*redactor, *error);
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

void create_session(SessionRuntime& session, const SessionOp::Ptr& op, const StartSessionOptions& options,
                    const std::string& provider, const Answer<Session>& answer) {
  if (options.agent_id == kAuditAgent) {
    return refuse(session, op,
                  Error(ErrorCode::validation_error,
                        "agent_id '" + options.agent_id + "' belongs to the audit streams of hosts; use another one"));
  }
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
      return answer_with_session(session, op, answer);
    case Transition::allowed:
      break;
  }
  const bool ends_runs = to == SessionStatus::failed || to == SessionStatus::cancelled;
  if (ends_runs && !session.runs().empty()) {
    for (const auto& [run_id, run] : std::map(session.runs())) {
      run->end(EndCause{EndCause::Kind::cancelled, std::nullopt, std::nullopt, {}});
    }
    return session.when_no_run_lives(
        op, [&session, op, tenant, to, error, answer] { change_status(session, op, tenant, to, error, answer); });
  }
  if (ends_runs && !session.parked().empty()) {
    return withdraw_all_parked(session, op, [&session, op, tenant, to, error, answer] {
      change_status(session, op, tenant, to, error, answer);
    });
  }
  if (is_terminal(to)) cancel_queue(session);
  stage_status(session, to,
               to == SessionStatus::failed && !error
                   ? std::optional<Error>(Error(ErrorCode::internal_error, "the session was failed"))
                   : error);
  close_command_done(session, op, to_json(session.session(), session.writer().last_sequence()));
  answer_with_session(session, op, answer);
}

void delete_session(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& tenant, bool force,
                    const Answer<Session>& answer) {
  if (auto hidden = check_visible(session, tenant)) return refuse(session, op, *hidden);
  if (!force && !(session.runs().empty() && session.parked().empty())) {
    const std::string& run_id =
        session.runs().empty() ? session.parked().begin()->first : session.runs().begin()->first;
    return refuse(session, op,
                  Error(ErrorCode::invalid_operation, "session " + session.id() + " has a running run (" + run_id +
                                                          "); cancel it first or delete with force"));
  }
  if (!session.runs().empty()) {
    for (const auto& [run_id, run] : std::map(session.runs())) {
      run->end(EndCause{EndCause::Kind::cancelled, std::nullopt, std::nullopt, {}});
    }
    return session.when_no_run_lives(
        op, [&session, op, tenant, force, answer] { delete_session(session, op, tenant, force, answer); });
  }
  if (!session.parked().empty()) {
    return withdraw_all_parked(
        session, op, [&session, op, tenant, force, answer] { delete_session(session, op, tenant, force, answer); });
  }
  cancel_queue(session);
  session.session().deleted_at = session.engine().clock.now();
  AuditAct act{.what = "session_deleted", .by = op->caller, .session_id = session.id()};
  act.details["agent_id"] = session.session().agent_id;
  act.details["last_sequence"] = session.writer().last_sequence();
  act.details["last_hash"] = to_hex(session.writer().last_hash());
  session.writer().account_for(act);
  session.writer().stage_session(session.row());
  close_command_done(session, op, to_json(session.session(), session.writer().last_sequence()));
  answer_with_session(session, op, answer);
}

}  // namespace asmgr
