// What the verbs do to a session, inside its serialiser. Each answers its op once.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "core/engine/session_runtime.hpp"

namespace asmgr {

template <typename T>
using Answer = std::function<void(Result<T>)>;

void create_session(SessionRuntime& session, const SessionOp::Ptr& op, const StartSessionOptions& options,
                    const std::string& provider, const Answer<Session>& answer);

// A verb that moves the session to `to`. `error` is kept by fail.
void change_status(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& tenant, SessionStatus to,
                   const std::optional<Error>& error, const Answer<Session>& answer);
void delete_session(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& tenant, bool force,
                    const Answer<Session>& answer);
struct RunCreation {
  StartRunOptions options;
  std::optional<Negotiation> negotiation;
  std::shared_ptr<const Redactor> redactor;  // of its pipeline; may be null
  bool keep_input = true;                    // verbatim, where redaction changes it
};
void create_run(SessionRuntime& session, const SessionOp::Ptr& op, const RunCreation& creation,
                const Answer<Run>& answer);
// Answers only when the run is not accepted; an accepted one is answered by its outcome, to which `accepted` may attach
// itself first.
void execute_run(SessionRuntime& session, const SessionOp::Ptr& op, const std::string& run_id,
                 const std::string& tenant, const RunPlan& plan, const std::function<void()>& accepted);
struct RunCancel {
  std::string run_id;
  std::string tenant = {};
  std::string reason = {};    // for the event
  bool only_running = false;  // interrupt: a run that nobody carries out is refused
  std::optional<ApprovalRequest> approval = std::nullopt;
  std::string approval_id = {};
  std::chrono::milliseconds approval_timeout = ApprovalOptions{}.timeout;
};
void cancel_run(SessionRuntime& session, const SessionOp::Ptr& op, const RunCancel& cancel, const Answer<Run>& answer);

struct RunSteer {
  std::string run_id;
  std::string tenant = {};
  std::string text = {};
};
void steer_run(SessionRuntime& session, const SessionOp::Ptr& op, const RunSteer& steer, const Answer<Run>& answer);

// Carries out a verb that another process asked for by a command record.
void carry_out_command(SessionRuntime& session, Record command);
// Takes a queue entry that another process, or an earlier one, wrote, or refuses it. False: it is left as it was, for a
// host that knows what its run asks for.
[[nodiscard]] bool enqueue_from_entry(SessionRuntime& session, QueuedEntry& queued);

// session_not_found.
[[nodiscard]] Error no_session(const std::string& id);

// The data of an event that reports an error: error_code, error_message, details, provider_error?.
[[nodiscard]] boost::json::object error_event_data(const Error& error);

// The body of a closed command record, and the error in it.
[[nodiscard]] boost::json::object command_answer(const boost::json::value& result);
[[nodiscard]] boost::json::object command_refusal(const Error& error);
[[nodiscard]] Error refusal_in(const Record& command);

}  // namespace asmgr
