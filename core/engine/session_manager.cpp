// The verbs: what is checked before a session is asked, and which session that is.
#include "core/engine/session_manager.hpp"
#include "core/engine/owed_answer.hpp"

#include "core/engine/engine.hpp"
#include "core/engine/execution.hpp"
#include "core/engine/waiting.hpp"
#include "core/model/id.hpp"
#include "core/model/json.hpp"
#include "core/ports/leave_behind.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

std::string name_of_store(const Store& store) {
  return store.info().name.empty() ? "default" : store.info().name;
}

std::shared_ptr<const Redactor> default_redactor() {
  auto redactor = Redactor::make({});  // the built-in rules are always good
  return redactor ? std::make_shared<const Redactor>(std::move(*redactor)) : nullptr;
}

Wiring wire(std::shared_ptr<Store> store, std::shared_ptr<Provider> provider) {
  Wiring wiring;
  Pipeline pipeline;
  pipeline.name = "default";
  pipeline.store = name_of_store(*store);
  pipeline.provider = provider->info().name;
  wiring.stores[pipeline.store] = std::move(store);
  wiring.providers[pipeline.provider] = std::move(provider);
  wiring.redactor = default_redactor();
  pipeline.redactor = wiring.redactor;
  wiring.pipelines["default"] = std::move(pipeline);
  wiring.prices = std::make_shared<const PriceTable>(PriceTable::shipped());
  return wiring;
}

Engine::Remote<Session> remote_session(const std::string& session_id, const std::string& verb, const Caller& caller,
                                       const RemoteWait& wait, boost::json::object args = {}) {
  return Engine::Remote<Session>{verb, std::move(args), caller, wait,
                                 [session_id](StoreHost& host) { return host.store().get_session({}, session_id); }};
}

void start_session_at(Engine& engine, Inline where, StartSessionOptions options, Handler<Session> handler) {
  const auto wiring = engine.wiring();
  auto pipeline = find_pipeline(*wiring, options.pipeline);
  if (!pipeline) return handler(pipeline.error());
  auto host = engine.store_of_pipeline(options.pipeline);
  if (!host) return handler(host.error());
  const std::string provider = options.provider.empty() ? (*pipeline)->provider : options.provider;
  if (wiring->takes_runs != TakesRuns::none) {
    if (auto known = find_provider(*wiring, provider); !known) return handler(known.error());
  }
  if (options.id.empty()) options.id = new_session_id(engine.clock().now());
  if (!is_valid_id(options.id)) {
    return handler(Error(ErrorCode::validation_error,
                         "'" + options.id + "' is no session id: use 1 to 128 of A-Z a-z 0-9 _ . : -"));
  }
  const std::string id = options.id;
  engine.send<Session>(
      **host, id, where,
      [options = std::move(options), provider, handler](SessionRuntime& session, const SessionOp::Ptr& op) {
        create_session(session, op, options, provider, handler);
      },
      handler, std::nullopt);
}

void change_status_at(Engine& engine, Inline where, const SessionVerbOptions& options, SessionStatus to,
                      const std::string& verb, std::optional<Error> error, Handler<Session> handler) {
  engine.look_up<StoreHost*>(
      where, [&engine, id = options.session_id] { return engine.store_of_session(id); },
      [&engine, where, options, to, verb, error, handler](Result<StoreHost*> host) {
        if (!host) return handler(host.error());
        boost::json::object args;
        if (error) args["error"] = error->to_json();
        engine.send<Session>(
            **host, options.session_id, where,
            [options, to, error, handler](SessionRuntime& session, const SessionOp::Ptr& op) {
              change_status(session, op, options.tenant, to, error, handler);
            },
            handler, remote_session(options.session_id, verb, options.caller, options.remote, std::move(args)));
      });
}

void delete_session_at(Engine& engine, Inline where, const DeleteSessionOptions& options, Handler<Session> handler) {
  engine.look_up<StoreHost*>(
      where, [&engine, id = options.session_id] { return engine.store_of_session(id); },
      [&engine, where, options, handler](Result<StoreHost*> host) {
        if (!host) return handler(host.error());
        boost::json::object args;
        args["force"] = options.force;
        engine.send<Session>(
            **host, options.session_id, where,
            [options, handler](SessionRuntime& session, const SessionOp::Ptr& op) {
              delete_session(session, op, options.tenant, options.force, handler);
            },
            handler, remote_session(options.session_id, "delete", options.caller, options.remote, std::move(args)));
      });
}

void start_run_at(Engine& engine, Inline where, const StartRunOptions& options, Handler<Run> handler) {
  const auto wiring = engine.wiring();
  auto pipeline = find_pipeline(*wiring, options.pipeline);
  if (!pipeline) return handler(pipeline.error());
  RunCreation creation{options, std::nullopt, (*pipeline)->redactor, (*pipeline)->keep_pending};
  if (!options.required_capabilities.empty() || !options.optional_capabilities.empty()) {
    auto provider = find_provider(*wiring, options.provider.empty() ? (*pipeline)->provider : options.provider);
    if (!provider) return handler(provider.error());
    auto negotiated =
        negotiate((*provider)->info().capabilities, options.required_capabilities, options.optional_capabilities);
    if (!negotiated) {
      return handler(std::move(negotiated).error().with_context("provider '" + (*provider)->info().name + "'"));
    }
    creation.negotiation = std::move(*negotiated);
  }
  engine.look_up<StoreHost*>(
      where, [&engine, id = options.session_id] { return engine.store_of_session(id); },
      [&engine, where, creation, handler](Result<StoreHost*> host) {
        if (!host) return handler(host.error());
        // Without a remote form: a pending run may be made from anywhere.
        engine.send<Run>(
            **host, creation.options.session_id, where,
            [creation, handler](SessionRuntime& session, const SessionOp::Ptr& op) {
              create_run(session, op, creation, handler);
            },
            handler, std::nullopt);
      });
}

void cancel_run_at(Engine& engine, Inline where, const RunCancel& cancel, const Caller& caller, const RemoteWait& wait,
                   Handler<Run> handler) {
  engine.look_up<Engine::FoundRun>(
      where, [&engine, cancel] { return engine.find_run(cancel.run_id, cancel.tenant); },
      [&engine, where, cancel, caller, wait, handler](Result<Engine::FoundRun> found) {
        if (!found) return handler(found.error());
        boost::json::object args;
        args["run_id"] = cancel.run_id;
        args["reason"] = cancel.reason;
        if (const auto& approval = cancel.approval) {
          args["tool_name"] = approval->tool_name;
          args["tool_call_id"] = approval->tool_call_id;
          args["tool_input"] = approval->tool_input;
          args["policy_name"] = approval->policy_name;
          args["violation_kind"] = approval->violation_kind;
          args["approval_id"] = cancel.approval_id;
        }
        const std::string verb = cancel.approval ? "cancel_for_approval" : cancel.only_running ? "interrupt" : "cancel";
        engine.send<Run>(
            *found->host, found->session_id, where,
            [cancel, handler](SessionRuntime& session, const SessionOp::Ptr& op) {
              cancel_run(session, op, cancel, handler);
            },
            handler,
            Engine::Remote<Run>{verb, std::move(args), caller, wait, [run_id = cancel.run_id](StoreHost& host) {
                                  return host.store().get_run({}, run_id);
                                }});
      });
}

RunCancel cancel_of(const CancelRunOptions& options) {
  return {.run_id = options.run_id, .tenant = options.tenant, .reason = options.reason};
}
RunCancel interrupt_of(const CancelRunOptions& options) {
  return {.run_id = options.run_id,
          .tenant = options.tenant,
          .reason = options.reason.empty() ? "interrupted" : options.reason,
          .only_running = true};
}

void cancel_for_approval_at(Engine& engine, Inline where, const CancelForApprovalOptions& options,
                            Handler<std::string> handler) {
  for (const auto& [field, value] : {std::pair<std::string, std::string>{"tool_name", options.approval.tool_name},
                                     {"policy_name", options.approval.policy_name}}) {
    if (value.empty()) {
      return handler(Error(ErrorCode::validation_error, "cancel_for_approval needs a " + field));
    }
  }
  const std::string approval_id = new_approval_id(engine.clock().now());
  RunCancel cancel{.run_id = options.run_id, .tenant = options.tenant, .reason = "approval_requested"};
  cancel.approval = options.approval;
  cancel.approval_id = approval_id;
  cancel_run_at(engine, where, cancel, options.caller, options.remote, [handler, approval_id](const Result<Run>& run) {
    if (run) {
      handler(approval_id);
    } else {
      handler(run.error());
    }
  });
}

SessionVerbOptions verb_options(const FailSessionOptions& options) {
  return {options.session_id, options.tenant, options.caller, options.remote};
}

Error failure_of(const FailSessionOptions& options) {
  return options.error.value_or(Error(ErrorCode::internal_error, "the session was failed without a reason"));
}

}  // namespace

SessionManager::SessionManager(const Wiring& wiring, ManagerOptions options)
    : engine_(std::make_unique<Engine>(wiring, std::move(options))) {}

SessionManager::SessionManager(std::shared_ptr<Store> store, std::shared_ptr<Provider> provider, ManagerOptions options)
    : SessionManager(wire(std::move(store), std::move(provider)), std::move(options)) {}

SessionManager::~SessionManager() {
  if (!engine_->shut_down()) leave_behind(std::move(engine_));
}

const std::string& SessionManager::host_id() const noexcept {
  return engine_->context().host_id;
}

bool SessionManager::ready(std::string& why) const {
  for (StoreHost* host : engine_->stores()) {
    if (!host->healthy(why)) return false;
  }
  return true;
}

Result<Session> SessionManager::start_session(StartSessionOptions options) {
  return block<Session>(
      [&](Handler<Session> done) { start_session_at(*engine_, Inline::yes, std::move(options), std::move(done)); });
}
void SessionManager::begin_start_session(StartSessionOptions options, Handler<Session> handler) {
  start_session_at(*engine_, Inline::no, std::move(options), owed(std::move(handler)));
}

Result<Session> SessionManager::activate_session(SessionVerbOptions options) {
  return block<Session>([&](Handler<Session> done) {
    change_status_at(*engine_, Inline::yes, options, SessionStatus::active, "activate", std::nullopt, std::move(done));
  });
}
void SessionManager::begin_activate_session(SessionVerbOptions options, Handler<Session> handler) {
  change_status_at(*engine_, Inline::no, options, SessionStatus::active, "activate", std::nullopt,
                   owed(std::move(handler)));
}

Result<Session> SessionManager::pause_session(SessionVerbOptions options) {
  return block<Session>([&](Handler<Session> done) {
    change_status_at(*engine_, Inline::yes, options, SessionStatus::paused, "pause", std::nullopt, std::move(done));
  });
}
void SessionManager::begin_pause_session(SessionVerbOptions options, Handler<Session> handler) {
  change_status_at(*engine_, Inline::no, options, SessionStatus::paused, "pause", std::nullopt,
                   owed(std::move(handler)));
}

Result<Session> SessionManager::resume_session(SessionVerbOptions options) {
  return block<Session>([&](Handler<Session> done) {
    change_status_at(*engine_, Inline::yes, options, SessionStatus::active, "resume", std::nullopt, std::move(done));
  });
}
void SessionManager::begin_resume_session(SessionVerbOptions options, Handler<Session> handler) {
  change_status_at(*engine_, Inline::no, options, SessionStatus::active, "resume", std::nullopt,
                   owed(std::move(handler)));
}

Result<Session> SessionManager::complete_session(SessionVerbOptions options) {
  return block<Session>([&](Handler<Session> done) {
    change_status_at(*engine_, Inline::yes, options, SessionStatus::completed, "complete", std::nullopt,
                     std::move(done));
  });
}
void SessionManager::begin_complete_session(SessionVerbOptions options, Handler<Session> handler) {
  change_status_at(*engine_, Inline::no, options, SessionStatus::completed, "complete", std::nullopt,
                   owed(std::move(handler)));
}

Result<Session> SessionManager::fail_session(FailSessionOptions options) {
  return block<Session>([&](Handler<Session> done) {
    change_status_at(*engine_, Inline::yes, verb_options(options), SessionStatus::failed, "fail", failure_of(options),
                     std::move(done));
  });
}
void SessionManager::begin_fail_session(FailSessionOptions options, Handler<Session> handler) {
  change_status_at(*engine_, Inline::no, verb_options(options), SessionStatus::failed, "fail", failure_of(options),
                   owed(std::move(handler)));
}

Result<Session> SessionManager::cancel_session(SessionVerbOptions options) {
  return block<Session>([&](Handler<Session> done) {
    change_status_at(*engine_, Inline::yes, options, SessionStatus::cancelled, "cancel", std::nullopt, std::move(done));
  });
}
void SessionManager::begin_cancel_session(SessionVerbOptions options, Handler<Session> handler) {
  change_status_at(*engine_, Inline::no, options, SessionStatus::cancelled, "cancel", std::nullopt,
                   owed(std::move(handler)));
}

Result<Session> SessionManager::delete_session(DeleteSessionOptions options) {
  return block<Session>(
      [&](Handler<Session> done) { delete_session_at(*engine_, Inline::yes, options, std::move(done)); });
}
void SessionManager::begin_delete_session(DeleteSessionOptions options, Handler<Session> handler) {
  delete_session_at(*engine_, Inline::no, options, owed(std::move(handler)));
}

Result<Run> SessionManager::start_run(StartRunOptions options) {
  return block<Run>(
      [&](Handler<Run> done) { start_run_at(*engine_, Inline::yes, std::move(options), std::move(done)); });
}
void SessionManager::begin_start_run(StartRunOptions options, Handler<Run> handler) {
  start_run_at(*engine_, Inline::no, std::move(options), owed(std::move(handler)));
}

Result<Run> SessionManager::cancel_run(CancelRunOptions options) {
  return block<Run>([&](Handler<Run> done) {
    cancel_run_at(*engine_, Inline::yes, cancel_of(options), options.caller, options.remote, std::move(done));
  });
}
void SessionManager::begin_cancel_run(CancelRunOptions options, Handler<Run> handler) {
  cancel_run_at(*engine_, Inline::no, cancel_of(options), options.caller, options.remote, owed(std::move(handler)));
}

Result<Run> SessionManager::interrupt_run(CancelRunOptions options) {
  return block<Run>([&](Handler<Run> done) {
    cancel_run_at(*engine_, Inline::yes, interrupt_of(options), options.caller, options.remote, std::move(done));
  });
}
void SessionManager::begin_interrupt_run(CancelRunOptions options, Handler<Run> handler) {
  cancel_run_at(*engine_, Inline::no, interrupt_of(options), options.caller, options.remote, owed(std::move(handler)));
}

Result<std::string> SessionManager::cancel_for_approval(CancelForApprovalOptions options) {
  return block<std::string>(
      [&](Handler<std::string> done) { cancel_for_approval_at(*engine_, Inline::yes, options, std::move(done)); });
}
void SessionManager::begin_cancel_for_approval(CancelForApprovalOptions options, Handler<std::string> handler) {
  cancel_for_approval_at(*engine_, Inline::no, options, owed(std::move(handler)));
}

}  // namespace asmgr
