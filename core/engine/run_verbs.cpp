// What the verbs on runs do to their session: make one, execute it or let it wait, cancel it.
#include <algorithm>

#include "core/engine/closed_record.hpp"
#include "core/engine/kept_input.hpp"
#include "core/engine/session_directory.hpp"
#include "core/engine/verb_answers.hpp"
#include "core/model/json.hpp"

namespace asmgr {

namespace {

bool is_queued(SessionRuntime& session, const std::string& run_id) {
  return std::any_of(session.queue().begin(), session.queue().end(),
                     [&](const auto& waiting) { return waiting.row->run.id == run_id; });
}

}  // namespace

void create_run(SessionRuntime& session, const SessionOp::Ptr& op, const RunCreation& creation,
                const Answer<Run>& answer) {
  const StartRunOptions& options = creation.options;
  if (auto hidden = check_visible(session, options.tenant)) return refuse(session, op, *hidden);
  if (session.session().status == SessionStatus::pending && options.auto_activate) {
    stage_status(session, SessionStatus::active, std::nullopt);
  }
  if (auto inactive = check_active(session, "a new run")) return refuse(session, op, *inactive);
  NewRun fields{options.id, session.id(), options.input, options.metadata};
  if (creation.negotiation) fields.metadata["capabilities"] = to_json(*creation.negotiation);
  auto run = make_run(std::move(fields), session.engine().clock.now());
  if (!run) return refuse(session, op, run.error());
  auto row = std::make_shared<RunRow>();
  row->run = std::move(*run);
  // An id that a caller brings may be taken: then this run is refused, and nothing else with it.
  const bool may_be_refused = !options.id.empty();
  if (may_be_refused) session.writer().seal();
  if (creation.redactor != nullptr && redact_input(*creation.redactor, row->run)) {
    if (creation.keep_input) {
      session.writer().stage_record(keep_input(row->run, session.session().tenant, options.input));
    } else {
      row->verbatim_input = options.input;
    }
  }
  session.writer().stage_run(row);
  session.writer().when_durable([&session, op, answer, row](const Result<void>& durable) {
    if (!durable && durable.error().code() == ErrorCode::version_conflict) {
      return refuse(session, op, Error(ErrorCode::already_exists, "run " + row->run.id + " exists already"));
    }
    if (!durable) return session.failed(op, durable.error());
    session.remember(row);
    if (session.finish(op)) answer(row->run);
  });
  if (may_be_refused) session.writer().seal();
}

void execute_run(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& run_id,
                 const std::string& tenant, const RunPlan& plan, const std::function<void()>& accepted) {
  if (auto hidden = check_visible(session, tenant)) return refuse(session, op, *hidden);
  // Its entry stands, and waits as all others do.
  if (op->resumed && may_go_on(session.session().status)) return op->ask_owner(session, op);
  if (auto inactive = check_active(session, "executing a run")) return refuse(session, op, *inactive);
  session.claim_queue();  // what waited before comes first
  const bool queued = is_queued(session, run_id);
  if (op->resumed && (queued || session.runs().contains(run_id))) {
    if (session.finish(op)) accepted();
    return;
  }
  if (queued) {
    return refuse(session, op, Error(ErrorCode::invalid_operation, "run " + run_id + " is queued already"));
  }
  session.with_run(run_id, op->where, [&session, op, run_id, plan, accepted](Result<std::shared_ptr<RunRow>> found) {
    if (!found) return refuse(session, op, found.error());
    // While the row was being read, others may have come first.
    if (auto inactive = check_active(session, "executing a run")) return refuse(session, op, *inactive);
    if (is_queued(session, run_id)) {
      return refuse(session, op, Error(ErrorCode::invalid_operation, "run " + run_id + " is queued already"));
    }
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
    std::optional<HostSlots::Lease> slot = slot_free ? session.host_slot() : std::nullopt;
    if (!slot) {
      if (session.queue().size() >= limits.max_queued_runs) {
        return refuse(
            session, op,
            Error(ErrorCode::max_runs_exceeded,
                  "session " + session.id() + " has " + std::to_string(session.queue().size()) +
                      " queued runs already (max_queued_runs " + std::to_string(limits.max_queued_runs) + ")"));
      }
      Record entry =
          make_queue_entry(session.id(), session.session().tenant, run_id, plan.entry, session.engine().clock.now());
      session.writer().stage_record(RecordWrite{entry, kVersionAny, RecordWrite::Kind::put, 0, 0});
      session.queue().push_back({row, plan, std::move(entry), CountedAsQueued(session.engine().counters)});
      session.directory().run_lives(run_id, session.shared_from_this());
      // Accepted is what waits durably.
      session.writer().when_durable([&session, op, accepted](const Result<void>& durable) {
        if (!durable) {
          session.failed(op, durable.error());
        } else if (session.finish(op)) {
          accepted();
        }
      });
      return;
    }
    auto run = std::make_shared<RunExecution>(session, row, plan, std::nullopt, std::move(*slot));
    session.runs()[run_id] = run;
    session.directory().run_lives(run_id, session.shared_from_this());
    run->begin([&session, op, run_id, accepted](const Result<void>& begun) {
      if (begun) {
        if (session.finish(op)) accepted();
        return;
      }
      session.run_ended(run_id);
      session.failed(op, begun.error());
    });
  });
}

namespace {

void cancel_parked(SessionRuntime& session, const SessionOp::Ptr& op, const RunCancel& cancel,
                   const Answer<Run>& answer) {
  const std::string& run_id = cancel.run_id;
  const std::shared_ptr<RunRow> row = session.parked().at(run_id).row;
  if (cancel.approval || cancel.only_running) {
    return refuse(
        session, op,
        Error(ErrorCode::invalid_operation, "run " + run_id + " waits for approval " + row->run.waiting_on.front() +
                                                " and nobody carries it out; decide that, or cancel the run"));
  }
  const ParkedEnd end{RunStatus::cancelled,
                      Error(ErrorCode::cancelled, "run " + run_id + " was cancelled while it waited for approval"),
                      cancel.reason};
  session.withdraw_parked(run_id, end, [&session, hold = session.shared_from_this(), op, cancel, answer, row] {
    if (row->run.status != RunStatus::cancelled) return cancel_run(session, op, cancel, answer);
    close_command_done(session, op, to_json(row->run));
    answer_when_durable(session, op, answer, [row] { return row->run; });
  });
}

}  // namespace

void cancel_run(SessionRuntime& session, const SessionOp::Ptr& op, const RunCancel& cancel, const Answer<Run>& answer) {
  if (auto hidden = check_visible(session, cancel.tenant)) return refuse(session, op, *hidden);
  const std::string& run_id = cancel.run_id;
  if (auto at = session.runs().find(run_id); at != session.runs().end()) {
    const std::shared_ptr<RunExecution> run = at->second;
    if (op->command) run->close_with_cancellation(*op->command);
    run->when_ended([&session, op, cancel, answer](const Result<Run>& ended) {
      if (!ended) {
        session.failed(op, ended.error());
      } else if (ended->status != RunStatus::cancelled) {  // its end was on the way: the answer is that of an ended run
        session.post([&session, hold = session.shared_from_this(), op, cancel, answer] {
          cancel_run(session, op, cancel, answer);
        });
      } else if (session.finish(op)) {
        answer(ended);
      }
    });
    run->end(EndCause{cancel.approval ? EndCause::Kind::for_approval : EndCause::Kind::cancelled, std::nullopt,
                      cancel.approval, cancel.approval_id, cancel.reason});
    return;
  }
  if (session.parked().contains(run_id)) return cancel_parked(session, op, cancel, answer);
  auto finish_idle = [&session, op, answer, cancel](const std::shared_ptr<RunRow>& row) {
    end_idle_run(session, row, cancel);
    if (const auto entry = session.take_unclaimed(row->run.id)) {
      session.writer().stage_record(close_record(*entry, "cancelled", {}, kVersionAny, session.engine().clock.now()));
    }
    close_command_done(session, op, to_json(row->run));
    session.writer().when_durable([&session, row](const Result<void>& durable) {
      session.forget_run(row->run.id);
      if (!durable) return session.left_to_owner(row->run.id);
      session.engine().outcomes.settle(row->run.id, result_of_idle_run(row->run));
    });
    answer_when_durable(session, op, answer, [row] { return row->run; });
  };
  auto& queue = session.queue();
  auto queued = std::find_if(queue.begin(), queue.end(), [&](const auto& item) { return item.row->run.id == run_id; });
  if (queued != queue.end() && !cancel.only_running) {
    SessionRuntime::QueuedRun removed = std::move(*queued);
    queue.erase(queued);
    session.writer().stage_record(
        close_record(removed.entry, "cancelled", {}, kVersionAny, session.engine().clock.now()));
    session.directory().run_ended(run_id);
    session.start_queued();
    return finish_idle(removed.row);
  }
  session.with_run(
      run_id, op->where, [&session, op, run_id, cancel, answer, finish_idle](Result<std::shared_ptr<RunRow>> found) {
        if (!found) return refuse(session, op, found.error());
        // While the row was being read, somebody may have begun or queued the run.
        if (session.runs().contains(run_id) || (is_queued(session, run_id) && !cancel.only_running)) {
          return cancel_run(session, op, cancel, answer);
        }
        const Run& run = (*found)->run;
        if (run.status == RunStatus::cancelled) {
          close_command_done(session, op, to_json(run));
          return answer_when_durable(session, op, answer, [row = *found] { return row->run; });
        }
        if (is_terminal(run.status)) {
          return refuse(
              session, op,
              Error(ErrorCode::invalid_operation, "run " + run.id + " is " + std::string(status_name(run.status)) +
                                                      " already and cannot be cancelled")
                  .with_detail("status", boost::json::value(status_name(run.status))));
        }
        if (cancel.only_running) {
          return refuse(session, op,
                        Error(ErrorCode::invalid_operation, "run " + run.id + " is not running; cancel it instead")
                            .with_detail("status", boost::json::value(status_name(run.status))));
        }
        finish_idle(*found);
      });
}

}  // namespace asmgr
