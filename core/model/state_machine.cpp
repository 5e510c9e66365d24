#include "core/model/state_machine.hpp"

#include <array>

namespace asmgr {
namespace {

template <typename Status>
constexpr std::uint32_t bit(Status status) noexcept {
  return 1u << static_cast<unsigned>(status);
}

template <typename Status>
struct StatusRow {
  Status status;
  std::string_view name;
  std::uint32_t next;  // bits of the statuses that may follow; none = terminal
};

using S = SessionStatus;
constexpr StatusRow<S> kSessions[] = {
    {S::pending, "pending", bit(S::active) | bit(S::failed) | bit(S::cancelled)},
    {S::active, "active", bit(S::paused) | bit(S::completed) | bit(S::failed) | bit(S::cancelled)},
    {S::paused, "paused", bit(S::active) | bit(S::completed) | bit(S::failed) | bit(S::cancelled)},
    {S::completed, "completed", 0},
    {S::failed, "failed", 0},
    {S::cancelled, "cancelled", 0},
};

using R = RunStatus;
constexpr StatusRow<R> kRuns[] = {
    {R::pending, "pending", bit(R::running) | bit(R::cancelled) | bit(R::failed)},
    {R::running, "running", bit(R::completed) | bit(R::failed) | bit(R::cancelled) | bit(R::timeout)},
    {R::completed, "completed", 0},
    {R::failed, "failed", 0},
    {R::cancelled, "cancelled", 0},
    {R::timeout, "timeout", 0},
};

template <typename Status, std::size_t N>
constexpr auto statuses_of(const StatusRow<Status> (&rows)[N]) {
  std::array<Status, N> statuses{};
  for (std::size_t i = 0; i < N; ++i) statuses[i] = rows[i].status;
  return statuses;
}
constexpr auto kSessionStatuses = statuses_of(kSessions);
constexpr auto kRunStatuses = statuses_of(kRuns);

template <typename Status, std::size_t N>
const StatusRow<Status>* row_of(const StatusRow<Status> (&rows)[N], std::uint32_t number) noexcept {
  return number >= 1 && number <= N ? &rows[number - 1] : nullptr;
}

template <typename Status, std::size_t N>
std::string_view name_in(const StatusRow<Status> (&rows)[N], Status status) noexcept {
  const auto* row = row_of(rows, static_cast<std::uint32_t>(status));
  return row ? row->name : "unknown";
}

// "pending, active, paused": the rows whose bit is set.
template <typename Status, std::size_t N>
std::string names_of(const StatusRow<Status> (&rows)[N], std::uint32_t bits) {
  std::string names;
  for (const auto& row : rows) {
    if ((bits & bit(row.status)) == 0) continue;
    if (!names.empty()) names += ", ";
    names += row.name;
  }
  return names;
}

template <typename Status, std::size_t N>
Result<Status> parse_in(const StatusRow<Status> (&rows)[N], std::string_view entity, std::string_view name) {
  for (const auto& row : rows) {
    if (row.name == name) return row.status;
  }
  std::string message = "\"";
  message.append(truncate_error_text(name, 1, 60).text).append("\" is not a ").append(entity);
  message.append(" status; use one of ").append(names_of(rows, ~0u));
  return Error(ErrorCode::invalid_status, std::move(message), {{"status", name}, {"entity", entity}});
}

template <typename Status, std::size_t N>
Transition check_in(const StatusRow<Status> (&rows)[N], Status from, Status to) noexcept {
  if (from == to) return Transition::same;
  const auto* row = row_of(rows, static_cast<std::uint32_t>(from));
  return row && (row->next & bit(to)) != 0 ? Transition::allowed : Transition::refused;
}

template <typename Status, std::size_t N>
Error transition_error(const StatusRow<Status> (&rows)[N], std::string_view entity, Status from, Status to,
                       std::string_view id) {
  const auto* row = row_of(rows, static_cast<std::uint32_t>(from));
  std::string message(entity);
  message.append(" ").append(id).append(" is ").append(name_in(rows, from)).append(" and cannot become ");
  message.append(name_in(rows, to));
  if (row && row->next != 0) {
    message.append("; from here it can become ").append(names_of(rows, row->next));
  } else {
    message.append("; that status is final, start a new ").append(entity);
  }
  return Error(ErrorCode::invalid_transition, std::move(message),
               {{"from", name_in(rows, from)}, {"to", name_in(rows, to)}, {"entity", entity}, {"id", id}});
}

}  // namespace

std::span<const SessionStatus> all_session_statuses() noexcept {
  return kSessionStatuses;
}
std::span<const RunStatus> all_run_statuses() noexcept {
  return kRunStatuses;
}

std::string_view status_name(SessionStatus status) noexcept {
  return name_in(kSessions, status);
}
std::string_view status_name(RunStatus status) noexcept {
  return name_in(kRuns, status);
}

Result<SessionStatus> parse_session_status(std::string_view name) {
  return parse_in(kSessions, "session", name);
}
Result<RunStatus> parse_run_status(std::string_view name) {
  return parse_in(kRuns, "run", name);
}

std::optional<SessionStatus> session_status_of(std::uint32_t number) noexcept {
  const auto* row = row_of(kSessions, number);
  return row ? std::optional(row->status) : std::nullopt;
}
std::optional<RunStatus> run_status_of(std::uint32_t number) noexcept {
  const auto* row = row_of(kRuns, number);
  return row ? std::optional(row->status) : std::nullopt;
}

bool may_go_on(SessionStatus status) noexcept {
  return status == SessionStatus::pending || status == SessionStatus::paused;
}

bool is_terminal(SessionStatus status) noexcept {
  const auto* row = row_of(kSessions, static_cast<std::uint32_t>(status));
  return row && row->next == 0;
}
bool is_terminal(RunStatus status) noexcept {
  const auto* row = row_of(kRuns, static_cast<std::uint32_t>(status));
  return row && row->next == 0;
}

Transition check_transition(SessionStatus from, SessionStatus to) noexcept {
  return check_in(kSessions, from, to);
}
Transition check_transition(RunStatus from, RunStatus to) noexcept {
  return check_in(kRuns, from, to);
}

Error invalid_transition(SessionStatus from, SessionStatus to, std::string_view session_id) {
  return transition_error(kSessions, "session", from, to, session_id);
}
Error invalid_transition(RunStatus from, RunStatus to, std::string_view run_id) {
  return transition_error(kRuns, "run", from, to, run_id);
}

}  // namespace asmgr
