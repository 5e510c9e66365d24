// The options and results of the session manager's verbs: plain values with the defaults a caller expects.
#pragma once

#include <boost/json/value.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "core/engine/wiring.hpp"
#include "core/model/approval.hpp"
#include "core/model/event.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"
#include "core/transcript/truncate.hpp"

namespace asmgr {

// Called with each event of the run once it is durable, in order of sequence numbers. The view lives for the call. What
// it throws is caught and counted.
using EventCallback = std::function<void(const EventView&)>;

// By name, by inline definition {"plugin","config"}, or as an object.
using PolicyChoice = std::variant<std::string, boost::json::object, PolicyBinding>;

// Who answers when a policy wants a person to decide about a tool call of this run.
enum class Approver : std::uint8_t {
  anyone,  // who decides it in time, from any process; the run waits for that here
  nobody,  // nobody is here to ask: as the pipeline says, the run is parked or the call denied
  grants,  // the caller has decided beforehand
  denies,
};
[[nodiscard]] std::string_view approver_name(Approver approver) noexcept;
[[nodiscard]] std::optional<Approver> parse_approver(std::string_view name) noexcept;

// Which events a result carries.
enum class ResultEvents : std::uint8_t { none, lifecycle, all };

// Who asks, for commands and audit.
struct Caller {
  std::string actor;       // free text, e.g. a user name
  std::string request_id;  // of the caller's, for its own tracing
};

// How long a verb waits for the owner of a session that another process owns.
struct RemoteWait {
  std::chrono::milliseconds limit = std::chrono::seconds(10);
  bool wait = true;  // false: answer as soon as the command is recorded
};

struct StartSessionOptions {
  std::string pipeline;  // empty = the default one; decides the store and the provider named in the metadata
  std::string provider;  // empty = the pipeline's
  std::string id;        // empty = make one
  std::string agent_id;
  std::string parent_session_id;
  boost::json::object metadata;  // the key "provider" is reserved: the engine's value wins, a conflict is a warning
  boost::json::object context;
  std::vector<std::string> tags;
  std::string tenant;
  Caller caller;
};

// For the verbs on a whole session.
struct SessionVerbOptions {
  std::string session_id;
  std::string tenant;
  Caller caller;
  RemoteWait remote;
};
struct FailSessionOptions {
  std::string session_id;
  std::string tenant;
  std::optional<Error> error;  // absent = internal_error
  Caller caller;
  RemoteWait remote;
};
struct DeleteSessionOptions {
  std::string session_id;
  std::string tenant;
  bool force = false;  // cancel running runs first; else a running run refuses the deletion
  Caller caller;
  RemoteWait remote;
};

struct StartRunOptions {
  std::string session_id;
  std::string tenant;
  std::string pipeline;
  std::string provider;
  std::string id;  // empty = make one
  boost::json::value input;
  boost::json::object metadata;
  std::vector<CapabilityNeed> required_capabilities;
  std::vector<CapabilityNeed> optional_capabilities;
  bool auto_activate = false;  // a pending session is activated first
  Caller caller;
};

// How a run is carried out; shared by execute_run and run_once.
struct ExecutionOptions {
  std::string pipeline;
  std::string provider;                // empty = the pipeline's
  std::vector<PolicyChoice> policies;  // on top of the pipeline's; non-empty beats `policy`
  std::optional<PolicyChoice> policy;
  std::optional<boost::json::value>
      continuation;  // off | auto | replay | native; true is an alias of auto, with a warning
  boost::json::object continuation_opts;
  boost::json::object adapter_opts;
  boost::json::object workspace;
  std::vector<CapabilityNeed> required_capabilities;
  std::vector<CapabilityNeed> optional_capabilities;
  std::optional<std::chrono::milliseconds> run_timeout;
  std::optional<std::chrono::milliseconds> idle_timeout;
  std::optional<std::chrono::milliseconds> tool_timeout;
  std::optional<std::chrono::milliseconds> cancel_grace;
  Approver approver = Approver::anyone;
  bool ends_session = false;  // the session was made for this run, and is closed with it, whoever carries it out then
  ResultEvents events = ResultEvents::lifecycle;
  EventCallback event_callback;
};

struct ExecuteRunOptions {
  std::string run_id;
  std::string tenant;
  ExecutionOptions execution;
  Caller caller;
};

struct AwaitRunOptions {
  std::string run_id;
  std::string tenant;
  std::chrono::milliseconds timeout = std::chrono::seconds(60);
  ResultEvents events = ResultEvents::lifecycle;
};

// What a host has to do right now.
// What became of asking a host to read its configuration again.
struct HostReload {
  std::string host_id;
  std::optional<bool> reloaded;  // empty: it has not answered
  std::optional<Error> error;    // why it refused
};

struct HostStatus {
  std::size_t sessions = 0;  // with runs
  std::size_t runs = 0;
  std::size_t waiting = 0;  // sessions in line for a slot of the host
  bool draining = false;
  std::uint64_t queued_runs = 0;  // that wait for their turn in this process
  // Since the start:
  std::uint64_t late_events = 0;     // emitted after a run was over
  std::uint64_t dropped_events = 0;  // of types a provider may not make, or made twice
  std::uint64_t callback_failures = 0;
  std::uint64_t slow_observes = 0;  // a policy took longer over one event than it may
};

struct RunOnceOptions {
  std::string session_id;  // empty = a session of its own; else the run goes into that session, which stays open
  std::string agent_id;    // empty = the provider's name
  std::string tenant;
  boost::json::value input;
  boost::json::object metadata;
  boost::json::object context;
  std::vector<std::string> tags;
  ExecutionOptions execution;
  // Called once, before the first event, as soon as both ids are durable.
  std::function<void(const std::string& session_id, const std::string& run_id)> on_started;
  Caller caller;
};

struct CancelRunOptions {
  std::string run_id;
  std::string tenant;
  Caller caller;
  RemoteWait remote;
  std::string reason = {};  // for the event
};

struct SteerRunOptions {
  std::string run_id;
  std::string tenant;
  std::string text;  // what the user says, not empty
  Caller caller;
  RemoteWait remote;
};

// tool_name and policy_name are required.
struct ApprovalRequest {
  std::string tool_name;
  std::string tool_call_id;
  boost::json::object tool_input;
  std::string policy_name;
  std::string violation_kind;
};
struct CancelForApprovalOptions {
  std::string run_id;
  std::string tenant;
  ApprovalRequest approval;
  Caller caller;
  RemoteWait remote;
};

struct DecideApprovalOptions {
  std::string approval_id;
  std::string tenant;
  bool grant = false;
  std::string reason;                               // shown to the model
  std::optional<boost::json::object> edited_input;  // of a grant: the call runs with this instead, if policies allow it
  ApprovalScope scope = ApprovalScope::once;        // how far it goes beyond this call, in this session
  std::optional<std::chrono::milliseconds> remember_for;  // absent = as long as the session
  Caller caller;                                          // who decides
  // A run that was left by its host goes on in this one when no host serves its store.
  bool carry_on = true;
};
// A run that waits for a person while nobody carries it out.
struct LeftRun {
  std::string session_id;
  std::string pipeline;  // what it was begun with, and needs to go on
  std::string provider;
  std::vector<std::string> policies;
  bool is_decided = false;  // all that it waits for
  bool is_served = false;   // by a host that looks for work, and so goes on with it once it is decided
};
struct ResumeRunOptions {
  std::string run_id;
  std::string tenant;
  EventCallback event_callback;
  ResultEvents events = ResultEvents::lifecycle;
};
struct ListApprovalsOptions {
  std::string pipeline;  // whose store is asked; empty = the default one
  std::string tenant;
  std::string session_id;
  std::optional<ApprovalStatus> status;
  std::string after_id;  // cursor
  std::uint32_t limit = 100;
};

struct GetEventsOptions {
  std::string session_id;
  std::string tenant;
  std::string run_id;
  std::vector<std::string> types;
  std::optional<Timestamp> since;
  std::uint64_t after = 0;
  std::uint64_t before = 0;
  std::uint32_t limit = 1000;         // at least 1
  std::chrono::milliseconds wait{0};  // when nothing matches: how long to wait for something that does
};

struct ReadArtifactOptions {
  std::string key;
  std::string tenant;
  // Takes the next piece of it, on the caller's thread. An error ends the reading with that error.
  std::function<Result<void>(std::string_view piece)> write;
};
struct ArtifactStats {
  std::uint64_t artifact_count = 0;
  std::uint64_t total_bytes = 0;
};

// Of all runs of a session, whatever became of them.
struct SessionUsage {
  std::size_t runs = 0;  // that used something
  TokenUsage tokens;
  std::optional<double> cost_usd;  // empty when that of any of them is unknown
};

enum class StreamUntil : std::uint8_t {
  run_terminal,      // the terminal event of run_id
  session_terminal,  // the session is terminal and no run of it is running
  forever,
};
struct StreamEventsOptions {
  std::string session_id;
  std::string tenant;
  std::string run_id;
  std::vector<std::string> types;
  std::optional<Timestamp> since;  // inclusive
  std::uint64_t after = 0;
  std::uint32_t limit = 100;                     // page size of reads from the store, and what is held in memory
  std::chrono::milliseconds poll_interval{250};  // only for stores that cannot say that something changed
  std::chrono::milliseconds wait_timeout{0};  // 0 = wait for ever; else the stream ends after so long without an event
  StreamUntil until = StreamUntil::forever;
  std::stop_token stop;
};

struct TranscriptOptions {
  std::string session_id;
  std::string tenant;
  TranscriptLimits limits;
};

struct AuditOptions {
  std::string pipeline;  // whose store is asked; empty = the default one
  std::optional<Timestamp> since;
  std::uint32_t limit = 100;
};

// The audit streams of hosts are left out unless agent_id names them.
struct ListSessionsOptions {
  std::string pipeline;
  std::string tenant;
  std::vector<SessionStatus> statuses;
  std::string agent_id;
  std::string tag;
  std::string after_id;  // cursor
  std::uint32_t limit = 50;
  bool include_deleted = false;
};
struct ListedSession {
  Session session;
  std::uint64_t last_sequence = 0;
  bool owner_gone = false;        // has a running run whose host is dead
  bool approval_pending = false;  // has a run that waits for a person
};
struct ListRunsOptions {
  std::string session_id;
  std::string tenant;
  std::vector<RunStatus> statuses;
  std::string after_id;
  std::uint32_t limit = 1000;
};

// What execute_run and run_once return, whatever the run's status.
struct RunResult {
  std::string session_id;
  std::string run_id;
  RunStatus status = RunStatus::pending;
  std::optional<Error> error;
  std::optional<boost::json::object> output;
  TokenUsage token_usage;
  std::optional<double> cost_usd;
  std::string provider;
  std::string model;
  std::vector<Event> events;
  std::optional<boost::json::object> policy;     // {"action","violations","metadata"} when something was found
  std::vector<std::string> waiting_on;           // approvals: the run is parked, and its status still running
  std::optional<boost::json::object> workspace;  // null where unused
  std::optional<boost::json::object> routing;
  std::vector<std::string> warnings;
  std::uint64_t persistence_failures = 0;  // always 0: what cannot be stored ends the run
  std::uint64_t callback_failures = 0;
  std::uint64_t first_sequence = 0;  // of the event before the run's first
  std::uint64_t last_sequence = 0;
  Hash last_hash{};  // of the run's terminal event: what `session verify --expect` takes
};
[[nodiscard]] boost::json::object to_json(const RunResult& result);

}  // namespace asmgr
