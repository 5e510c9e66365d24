// What all verbs say in the same way: refusals, answers that wait until they are durable, the forms in events and
// records.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/engine/session_verbs.hpp"

namespace asmgr {

// Deleted sessions and those of another tenant are as if they were not there.
[[nodiscard]] std::optional<Error> check_visible(SessionRuntime& session, const std::string& tenant);
// Empty when the session takes new work; `what` is named in the refusal.
[[nodiscard]] std::optional<Error> check_active(SessionRuntime& session, std::string_view what);
void refuse(SessionRuntime& session, const SessionOp::Ptr& op, const Error& error);
// When the verb came as a command record.
void close_command_done(SessionRuntime& session, const SessionOp::Ptr& op, const boost::json::value& result);

// Answers with what `make` gives once what is staged is durable.
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

// The session's next status and its event; `error` is needed for failed.
void stage_status(SessionRuntime& session, SessionStatus to, const std::optional<Error>& error);

// Ends a run that nobody carries out (pending, queued or parked) as cancelled.
void end_idle_run(SessionRuntime& session, const std::shared_ptr<RunRow>& row, const RunCancel& cancel);
// The same for one that cannot be carried out: it fails with the error.
void fail_idle_run(SessionRuntime& session, const std::shared_ptr<RunRow>& row, const Error& error);
[[nodiscard]] std::shared_ptr<const EventNames> names_of_idle(SessionRuntime& session, const Run& run);
// What its waiters are told.
[[nodiscard]] RunResult result_of_idle_run(const Run& run);
// Where the run's terminal event is, which `unit` holds.
void point_at_end(RunResult& result, std::span<const EventView> unit);

}  // namespace asmgr
