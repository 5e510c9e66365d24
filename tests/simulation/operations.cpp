#include "tests/simulation/operations.hpp"

#include <thread>

namespace asmgr::simulation {
namespace {

using std::chrono::milliseconds;

// How long a verb waits for the owner of a session.
const RemoteWait kRemote{milliseconds(100), true};

std::string status_of(const Session& session) {
  return std::string(status_name(session.status));
}

}  // namespace

SimulatedHost* Operations::living(std::size_t wanted) {
  for (std::size_t i = 0; i < hosts_.size(); ++i) {
    SimulatedHost& host = *hosts_[(wanted + i) % hosts_.size()];
    if (!host.dead()) return &host;
  }
  return nullptr;
}

void Operations::perform(const Operation& operation) {
  if (operation.pause_us != 0) std::this_thread::sleep_for(std::chrono::microseconds(operation.pause_us));
  SimulatedHost* host = living(operation.host);
  if (host == nullptr) return;
  story_.tell(host->name(), "is asked: " + describe(operation));
  carry_out(*host, operation);
  story_.tell(host->name(), "has answered: " + describe(operation));
}

void Operations::carry_out(SimulatedHost& host, const Operation& operation) {
  switch (operation.verb) {
    case Verb::kill_host:
      return host.store().cut_off();
    case Verb::forget_host:
      return host.store().forget_host();
    case Verb::execute:
    case Verb::begin_execute:
      return execute(host, operation);
    case Verb::run_once:
      return run_once(host.manager(), operation);
    case Verb::read_session:
    case Verb::read_run:
    case Verb::read_log:
      return read(host.manager(), operation);
    case Verb::start_run:
    case Verb::submit:
    case Verb::await:
    case Verb::cancel:
    case Verb::interrupt:
    case Verb::cancel_for_approval:
      return of_run(host.manager(), operation);
    default:
      return of_session(host.manager(), operation);
  }
}

void Operations::refused(const Operation& operation, const Error& error) {
  story_.tell(describe(operation), error.message());
}

void Operations::of_session(SessionManager& manager, const Operation& operation) {
  const std::string id = plan_.session_id(operation.session);
  const SessionVerbOptions options{id, "", {}, kRemote};
  Result<Session> answer = Error(ErrorCode::internal_error);
  std::string status;  // what it has been if the answer is yes
  switch (operation.verb) {
    case Verb::start_session: {
      StartSessionOptions start;
      start.id = id;
      start.agent_id = "tester";
      answer = manager.start_session(start);
      status = "created";
      break;
    }
    case Verb::activate:
      answer = manager.activate_session(options);
      break;
    case Verb::pause:
      answer = manager.pause_session(options);
      status = "paused";
      break;
    case Verb::resume:
      answer = manager.resume_session(options);
      break;
    case Verb::complete:
      answer = manager.complete_session(options);
      status = "completed";
      break;
    case Verb::fail:
      answer = manager.fail_session({id, "", Error(ErrorCode::provider_error, "given up"), {}, kRemote});
      status = "failed";
      break;
    case Verb::cancel_session:
      answer = manager.cancel_session(options);
      status = "cancelled";
      break;
    case Verb::delete_session:
      answer = manager.delete_session({id, "", operation.second_try, {}, kRemote});
      break;
    default:
      return;
  }
  if (!answer) return refused(operation, answer.error());
  const std::string who = name_of(operation.verb);
  witness_->promise(Promise::Kind::session_exists, who, id);
  witness_->promise(Promise::Kind::session_was, who, id, status.empty() ? status_of(*answer) : status);
}

void Operations::of_run(SessionManager& manager, const Operation& operation) {
  const std::string id = plan_.run_id(operation.run);
  const std::string who = name_of(operation.verb);
  const auto cancelled = [&](const Result<Run>& run) {
    if (!run) return refused(operation, run.error());
    witness_->promise(Promise::Kind::run_is, who, id, "cancelled");
  };
  switch (operation.verb) {
    case Verb::start_run: {
      StartRunOptions start;
      start.session_id = plan_.session_id(operation.session);
      start.id = id;
      start.input = boost::json::object{{"prompt", "go"}};
      start.auto_activate = operation.second_try;
      if (manager.start_run(start)) witness_->promise(Promise::Kind::run_exists, who, id);
      return;
    }
    case Verb::submit: {
      ExecuteRunOptions options;
      options.run_id = id;
      if (const auto run = manager.submit_run(options)) {
        witness_->promise(Promise::Kind::run_accepted, who, id);
      } else {
        refused(operation, run.error());
      }
      return;
    }
    case Verb::await:
      return witness_->result(who, manager.await_run({id, "", milliseconds(8), ResultEvents::lifecycle}));
    case Verb::cancel:
      return cancelled(manager.cancel_run({id, "", {}, kRemote}));
    case Verb::interrupt:
      return cancelled(manager.interrupt_run({id, "", {}, kRemote}));
    case Verb::cancel_for_approval: {
      const ApprovalRequest approval{"hammer", "call", {}, "somebody", ""};
      if (manager.cancel_for_approval({id, "", approval, {}, kRemote})) {
        witness_->promise(Promise::Kind::run_is, who, id, "cancelled");
      }
      return;
    }
    default:
      return;
  }
}

void Operations::execute(SimulatedHost& host, const Operation& operation) {
  SessionManager& manager = host.manager();
  const std::string who = std::string(name_of(operation.verb)) + " of " + plan_.run_id(operation.run);
  ExecuteRunOptions options;
  options.run_id = plan_.run_id(operation.run);
  std::shared_ptr<Eyes> eyes;
  if (operation.callback) {
    eyes = witness_->watch("callback of " + who, plan_.session_id(operation.session), options.run_id);
    options.execution.event_callback = [eyes](const EventView& event) { eyes->see(event); };
  }
  const auto ended = [this, witness = witness_, store = &host.store(), who, eyes,
                      operation](const Result<RunResult>& result) {
    if (result) {
      story_.tell(describe(operation), "run " + result->run_id + " is " + std::string(status_name(result->status)));
    } else {
      refused(operation, result.error());
    }
    witness->result(who, result);
    if (eyes != nullptr) eyes->told(result, !store->reads_fail());
  };
  if (operation.verb == Verb::execute) return ended(manager.execute_run(options));
  witness_->asked();
  manager.begin_execute_run(options, [witness = witness_, ended](const Result<RunResult>& result) {
    ended(result);
    witness->answered();
  });
}

void Operations::run_once(SessionManager& manager, const Operation& operation) {
  RunOnceOptions options;
  options.input = boost::json::object{{"prompt", "once"}};
  if (operation.second_try) options.session_id = plan_.session_id(operation.session);
  options.on_started = [this](const std::string& session, const std::string& run) {
    witness_->promise(Promise::Kind::session_exists, "run_once", session);
    witness_->promise(Promise::Kind::run_exists, "run_once", run);
  };
  witness_->result("run_once", manager.run_once(options));
}

void Operations::read(SessionManager& manager, const Operation& operation) {
  const std::string session = plan_.session_id(operation.session);
  if (operation.verb == Verb::read_session) {
    if (manager.get_session(session)) witness_->promise(Promise::Kind::session_exists, "read_session", session);
  } else if (operation.verb == Verb::read_run) {
    const auto run = manager.get_run(plan_.run_id(operation.run));
    if (!run) return;
    witness_->promise(Promise::Kind::run_exists, "read_run", run->id);
    if (is_terminal(run->status)) {
      witness_->promise(Promise::Kind::run_is, "read_run", run->id, std::string(status_name(run->status)));
    }
  } else {
    GetEventsOptions options;
    options.session_id = session;
    const auto events = manager.get_session_events(options);
    if (!events) return;
    const auto eyes = witness_->watch("read_log of " + session, session);
    for (const Event& event : *events) eyes->see(view_of(event));
  }
}

}  // namespace asmgr::simulation
