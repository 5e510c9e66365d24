// SessionManager: the verbs on sessions and runs. The one public face of the engine.
//
// Threads: every verb may be called from any thread. `x(...)` blocks and is refused (invalid_operation) on the engine's
// own threads and inside callbacks; `async_x(manager, ..., token)` (asmgr/session_manager.hpp) takes any Asio
// completion token and may be called from anywhere, also from a callback of the very run it acts on. Event callbacks of
// a blocking call run on the caller's own thread while it waits. Errors: every verb returns its error as a value; a
// store that does not answer is storage_connection_failed. Sessions owned by another process: verbs go to it by a
// command record and wait for the answer (RemoteWait).
#pragma once

#include <boost/system/result.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/engine/audit_act.hpp"
#include "core/engine/log_line.hpp"
#include "core/engine/log_options.hpp"
#include "core/engine/options.hpp"
#include "core/engine/search_options.hpp"
#include "core/engine/stream_session.hpp"
#include "core/engine/upkeep_options.hpp"
#include "core/model/time.hpp"
#include "core/ports/observer.hpp"

namespace asmgr {

class EventStream;

// Called once: with the verb's answer, or with `cancelled` when the host ends before there is one.
template <typename T>
using Handler = std::function<void(Result<T>)>;

struct ManagerOptions {
  const Clock* clock = nullptr;  // null = the system's
  unsigned threads = 0;          // 0 = cores + 1
  // A host that looks for work: it recovers the sessions of dead hosts, carries out what is queued and takes commands,
  // at start and whenever something changes. Else only sessions that are named are touched.
  bool serves = false;
  // Carries out what reload_hosts asks for, on a thread of its own: reads the configuration and calls reload(). An
  // error refuses. Only for hosts that serve; may be empty.
  std::function<Result<void>()> on_reload;
  // One line per thing an operator may want to know; may be empty. Called from any thread.
  LogSink log;
  // Told what the engine does; may be null. Shared, because a thread that hangs in a plugin may come back to it later
  // than everything else has ended.
  std::shared_ptr<Observer> observer;
};

class SessionManager {
 public:
  explicit SessionManager(const Wiring& wiring, ManagerOptions options = {});
  // A store and a provider from code, one pipeline "default" over them.
  SessionManager(std::shared_ptr<Store> store, std::shared_ptr<Provider> provider, ManagerOptions options = {});
  // Cancels what still runs, waits at most drain_timeout for it, and ends this host's rows.
  ~SessionManager();
  SessionManager(const SessionManager&) = delete;
  SessionManager& operator=(const SessionManager&) = delete;

  // -- sessions: each returns the session as it is after the verb ---------------------------------------------------
  // A pending session with its session_created event.
  [[nodiscard]] Result<Session> start_session(StartSessionOptions options);
  // A request for the status it already has is fine and leaves no event; what the state machine refuses is
  // invalid_transition.
  [[nodiscard]] Result<Session> activate_session(SessionVerbOptions options);
  [[nodiscard]] Result<Session> pause_session(SessionVerbOptions options);
  [[nodiscard]] Result<Session> resume_session(SessionVerbOptions options);
  // Lets running runs finish, cancels queued ones, refuses new ones.
  [[nodiscard]] Result<Session> complete_session(SessionVerbOptions options);
  // Cancel the running runs first. The error of fail is kept in session.metadata.last_error and in the event.
  [[nodiscard]] Result<Session> fail_session(FailSessionOptions options);
  [[nodiscard]] Result<Session> cancel_session(SessionVerbOptions options);
  // Hides the session at once; its rows go later.
  [[nodiscard]] Result<Session> delete_session(DeleteSessionOptions options);

  // -- whole logs: a copy is one unit, so a crash leaves all of it or nothing --------------------------------------
  // A pending session whose log is the first `at` events of another one, byte for byte and with their hashes, then
  // session_created {forked_from, at}. No runs are copied: the copied events name the original's. The original may be
  // in use. Errors: validation_error (at 0), invalid_cursor (beyond the head), already_exists,
  // storage_read_failed when the log does not verify, invalid_operation when it is longer than a unit may be.
  [[nodiscard]] Result<Session> fork_session(ForkSessionOptions options);
  // Writes an exported session as it was, status included. Everything is checked first; what is wrong names its line
  // and nothing is written. Runs that had not ended are left out, as are those whose id exists. Errors:
  // validation_error, already_exists (without new_id), context_mismatch, and what `read` says.
  [[nodiscard]] Result<ImportedSession> import_session(ImportSessionOptions options);
  // The lines of a session up to its head of now; memory does not grow with their number. Errors: what `write` says; a
  // log that does not verify is not exported (storage_read_failed).
  [[nodiscard]] Result<ExportedSession> export_session(const ExportSessionOptions& options);
  // Recomputes the chain from the first event.
  [[nodiscard]] Result<VerifiedLog> verify_session(const VerifySessionOptions& options);

  // -- runs -----------------------------------------------------------------------------------------------------------
  // A pending run; no event. Errors: invalid_operation (the session is not active), missing_required_capability.
  [[nodiscard]] Result<Run> start_run(StartRunOptions options);
  // Submits to the session's queue and waits for the end. The result is a value whatever the run's status; an Error
  // means that it was not executed by this call (not found, not pending, refused, store gone).
  [[nodiscard]] Result<RunResult> execute_run(ExecuteRunOptions options);
  // The first half of execute_run: returns once the run is begun or waits durably. `event_callback` is not called: the
  // session's stream has the events.
  [[nodiscard]] Result<Run> submit_run(ExecuteRunOptions options);
  // The end of a run, wherever it is carried out; or what it waits for, when it was left by its host (status running,
  // waiting_on). Errors: timeout (the run goes on).
  [[nodiscard]] Result<RunResult> await_run(AwaitRunOptions options);
  // Returns the run once its terminal event is durable. A pending run is cancelled without a provider call; a cancelled
  // one answers as it is; another terminal one is invalid_operation.
  [[nodiscard]] Result<Run> cancel_run(CancelRunOptions options);
  // cancel_run for a run that is being carried out; any other is invalid_operation. The event says reason: interrupted.
  [[nodiscard]] Result<Run> interrupt_run(CancelRunOptions options);
  // Tells a run something while it is carried out: message_sent {steered: true}, then its provider has it. One that
  // takes nothing during a turn is stopped and started again with it, as the same run, in its next attempt. Returns the
  // run once it is told. Errors: validation_error (no text), invalid_operation (nobody carries it out, it ends, it
  // waits for an approval), capability_not_supported (no model to tell), and what the provider answers.
  [[nodiscard]] Result<Run> steer_run(SteerRunOptions options);
  // cancel_run with run_cancelled {reason: approval_requested} and tool_approval_requested in one unit; returns the
  // approval's id.
  [[nodiscard]] Result<std::string> cancel_for_approval(CancelForApprovalOptions options);
  // start_session, activate, start_run, execute, complete (or fail). Like execute_run: a failed run is a value.
  [[nodiscard]] Result<RunResult> run_once(RunOnceOptions options);

  // -- approvals: tool calls that wait for a person ---------------------------------------------------------------
  // Decides from any process, once: the second answer is invalid_transition, as is one that comes too late. The run
  // goes on where it lives; one that was left by its host goes on in a host that serves, or here (carry_on). Errors:
  // not_found, validation_error.
  [[nodiscard]] Result<Approval> decide_approval(DecideApprovalOptions options);
  [[nodiscard]] Result<Approval> get_approval(const std::string& approval_id, const std::string& tenant = {});
  // Errors: run_not_found, invalid_operation (nobody left it: it has ended, lives somewhere, or never waited).
  [[nodiscard]] Result<LeftRun> get_left_run(const std::string& run_id, const std::string& tenant = {});
  // Goes on here with a run that was left, once all it waits for is decided, and waits for its end as execute_run does.
  // Errors: as get_left_run; invalid_operation also while something is undecided.
  [[nodiscard]] Result<RunResult> resume_run(ResumeRunOptions options);
  // In the order in which they were asked.
  [[nodiscard]] Result<std::vector<Approval>> list_approvals(const ListApprovalsOptions& options);

  // run_once as a stream of its events; returns once the run is made. See StreamSession.
  [[nodiscard]] Result<std::unique_ptr<StreamSession>> stream_session(const StreamSessionOptions& options);

  // -- reading --------------------------------------------------------------------------------------------------------
  // Naming a session recovers it when its host is dead.
  [[nodiscard]] Result<ListedSession> get_session(const std::string& session_id, const std::string& tenant = {});
  [[nodiscard]] Result<std::vector<ListedSession>> list_sessions(ListSessionsOptions options);
  [[nodiscard]] Result<Run> get_run(const std::string& run_id, const std::string& tenant = {});
  // What a run changed in its workspace, as the result has it; a patch that was kept as an artifact is read, from the
  // artifacts of any pipeline. Errors: run_not_found, not_found (no workspace; the patch is gone), the artifacts'.
  [[nodiscard]] Result<boost::json::object> get_run_workspace(const std::string& run_id,
                                                              const std::string& tenant = {});
  [[nodiscard]] Result<std::vector<Run>> get_session_runs(ListRunsOptions options);
  [[nodiscard]] Result<SessionUsage> get_session_usage(const std::string& session_id, const std::string& tenant = {});
  [[nodiscard]] Result<std::vector<Event>> get_session_events(GetEventsOptions options);
  // What was said, from the log: texts, tool calls and results; cut as `limits` say (core/transcript).
  [[nodiscard]] Result<Transcript> get_transcript(const TranscriptOptions& options);
  // Stored events from the cursor on, then live ones: no gap, no duplicate.
  [[nodiscard]] Result<std::unique_ptr<EventStream>> stream_session_events(StreamEventsOptions options);

  // -- across sessions: for stores that offer it, capability_not_supported for others -------------------------------
  // A page, and how to go on: rows that are added while pages are read shift nothing. Errors: validation_error naming
  // the filter, invalid_cursor (changed, or of another search), query_error and what the store says.
  [[nodiscard]] Result<FoundSessions> search_sessions(SearchSessionsOptions options);
  [[nodiscard]] Result<FoundRuns> search_runs(SearchRunsOptions options);
  [[nodiscard]] Result<FoundEvents> search_events(SearchEventsOptions options);
  [[nodiscard]] Result<std::uint64_t> count_events(SearchEventsOptions options);
  // Naming the session recovers it when its host is dead. Errors: session_not_found.
  [[nodiscard]] Result<SessionStats> get_session_stats(const std::string& session_id, const std::string& tenant = {});
  // Tokens and cost of runs. A cost that was not known when a run ended is computed from today's prices, by the vendor
  // of the provider that is wired under the run's name, else by that name.
  [[nodiscard]] Result<UsageSummary> get_usage_summary(UsageSummaryOptions options);

  // -- accounting -----------------------------------------------------------------------------------------------------
  // Puts an act on record in this host's audit stream, in the default pipeline's store. Returns at once; written in
  // order, and tried again until the store answers or the host ends.
  void account_for(const AuditAct& act);
  // The latest acts of all hosts of a store, oldest first: events of types audit_*.
  [[nodiscard]] Result<std::vector<Event>> get_audit(const AuditOptions& options);

  // -- stores: kept small, looked at. For stores that offer it, capability_not_supported for others ----------------
  // Hides old sessions, removes hidden ones, takes texts from long logs and from the whole store, as a policy says it;
  // what is archived is archived first. Works while sessions go on, also when several hosts do it at once; what fails
  // is in the report and stops only what it speaks of. Errors: not_found (no such store), validation_error (no policy,
  // a bad one, an archive that cannot be used).
  [[nodiscard]] Result<PruneReport> prune_store(const PruneStoreOptions& options);
  // Looks at everything in a store, then verifies the log of every session. Also for stores that cannot look at
  // themselves: the chains are followed all the same. Errors: not_found, cancelled, and what reading answers.
  [[nodiscard]] Result<CheckedStore> check_store(const CheckStoreOptions& options);
  [[nodiscard]] Result<StoreStats> measure_store(const MeasureStoreOptions& options);

  // -- the same without blocking: the handler is called once, on a thread of the engine -----------------------------
  void begin_start_session(StartSessionOptions options, Handler<Session> handler);
  void begin_activate_session(SessionVerbOptions options, Handler<Session> handler);
  void begin_pause_session(SessionVerbOptions options, Handler<Session> handler);
  void begin_resume_session(SessionVerbOptions options, Handler<Session> handler);
  void begin_complete_session(SessionVerbOptions options, Handler<Session> handler);
  void begin_fail_session(FailSessionOptions options, Handler<Session> handler);
  void begin_cancel_session(SessionVerbOptions options, Handler<Session> handler);
  void begin_delete_session(DeleteSessionOptions options, Handler<Session> handler);
  void begin_fork_session(ForkSessionOptions options, Handler<Session> handler);
  void begin_import_session(ImportSessionOptions options, Handler<ImportedSession> handler);
  void begin_start_run(StartRunOptions options, Handler<Run> handler);
  // Callbacks of this form run on an engine thread and must not block.
  void begin_execute_run(ExecuteRunOptions options, Handler<RunResult> handler);
  void begin_submit_run(ExecuteRunOptions options, Handler<Run> handler);
  void begin_await_run(AwaitRunOptions options, Handler<RunResult> handler);
  void begin_cancel_run(CancelRunOptions options, Handler<Run> handler);
  void begin_interrupt_run(CancelRunOptions options, Handler<Run> handler);
  void begin_steer_run(SteerRunOptions options, Handler<Run> handler);
  void begin_cancel_for_approval(CancelForApprovalOptions options, Handler<std::string> handler);
  void begin_decide_approval(DecideApprovalOptions options, Handler<Approval> handler);
  void begin_run_once(RunOnceOptions options, Handler<RunResult> handler);

  // -- the host -------------------------------------------------------------------------------------------------------
  // Takes no new run from now on (invalid_operation), neither a caller's nor a queued one of others; returns when all
  // that was taken has ended, at the latest after `timeout` (empty: the host's drain_timeout). Errors: timeout.
  [[nodiscard]] Result<void> drain(std::optional<std::chrono::milliseconds> timeout = std::nullopt);
  [[nodiscard]] HostStatus status();
  // From now on this is what new runs get. Runs in flight, and those that wait in this process, finish on what they
  // were planned with; stores that are the same instance as before go on, those that are gone stay for their sessions.
  [[nodiscard]] Result<void> reload(const Wiring& wiring);
  // Asks every host of these stores that serves to read its configuration again, and waits for their answers.
  [[nodiscard]] Result<std::vector<HostReload>> reload_hosts(const Caller& caller = {}, const RemoteWait& wait = {});
  // This process's id among the hosts of its stores.
  [[nodiscard]] const std::string& host_id() const noexcept;
  // False while a store does not answer; `why` then says which.
  [[nodiscard]] bool ready(std::string& why) const;

  class Engine;  // the machinery behind

 private:
  std::unique_ptr<Engine> engine_;
};

// A cursor over a session's log that waits for more. One thread at a time; may outlive no SessionManager.
class EventStream {
 public:
  virtual ~EventStream() = default;
  // The next event in order; null at the end (`until`, wait_timeout or stop). The pointer lives until the next call.
  // Errors: as the store's; the stream may be asked again after a retryable one.
  [[nodiscard]] virtual Result<const Event*> next() = 0;
  [[nodiscard]] virtual std::uint64_t cursor() const noexcept = 0;
};

}  // namespace asmgr
