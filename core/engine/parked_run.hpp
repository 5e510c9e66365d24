// A run that waits for a person while nobody carries it out: its host ended, or left it on purpose.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/approval_record.hpp"
#include "core/engine/holds.hpp"
#include "core/engine/logged_calls.hpp"
#include "core/engine/run_plan.hpp"
#include "core/engine/unit_writer.hpp"

namespace asmgr {

class SessionRuntime;

// Attempts of a run that may end with their host before it is given up.
inline constexpr std::int64_t kMaxLostAttempts = 3;

// What the row of a waiting run says of the attempt it is in; kept in the run's metadata.
struct Suspension {
  std::int64_t attempt = 1;
  std::int64_t lost = 0;        // attempts before it that ended with their host
  std::int64_t elapsed_ms = 0;  // of work, up to the question
  bool on_purpose = false;      // left there by its host: this attempt is not lost
  std::string resume_token;     // of the provider's own session
};
[[nodiscard]] Suspension read_suspension(const Run& run);
void write_suspension(Run& run, const Suspension& suspension);
// Nothing waits any more; the number of the attempt stays.
void erase_suspension(Run& run);

struct ParkedRun {
  std::shared_ptr<RunRow> row;
  LoggedCalls calls;
  std::vector<NotedHold> holds;
  std::optional<Record> queue_entry;  // it came from the queue
  // Once all is decided that it waits for:
  std::vector<ApprovalRecord> approvals;
  std::optional<RunPlan> plan;
  [[nodiscard]] bool may_go_on() const noexcept { return plan.has_value(); }
};

// Ends it where it is: approvals that are still pending are cancelled, open calls are in doubt, holds settled, one
// terminal event. `reason` is for the event of a cancellation. Inside the serialiser; the caller takes it out of the
// session.
struct ParkedEnd {
  RunStatus status = RunStatus::cancelled;
  Error error;
  std::string reason = {};
};
void end_parked_run(SessionRuntime& session, const ParkedRun& parked, const ParkedEnd& end);

}  // namespace asmgr
