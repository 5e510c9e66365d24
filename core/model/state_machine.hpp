// Which status may follow which, for sessions and runs: two tables and nothing else.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "core/model/error.hpp"

namespace asmgr {

// The numbers are the plugin boundary's.
enum class SessionStatus : std::uint8_t { pending = 1, active, paused, completed, failed, cancelled };
enum class RunStatus : std::uint8_t { pending = 1, running, completed, failed, cancelled, timeout };

[[nodiscard]] std::span<const SessionStatus> all_session_statuses() noexcept;
[[nodiscard]] std::span<const RunStatus> all_run_statuses() noexcept;
[[nodiscard]] std::string_view status_name(SessionStatus status) noexcept;
[[nodiscard]] std::string_view status_name(RunStatus status) noexcept;
// Errors: invalid_status naming the known ones.
[[nodiscard]] Result<SessionStatus> parse_session_status(std::string_view name);
[[nodiscard]] Result<RunStatus> parse_run_status(std::string_view name);
[[nodiscard]] std::optional<SessionStatus> session_status_of(std::uint32_t number) noexcept;
[[nodiscard]] std::optional<RunStatus> run_status_of(std::uint32_t number) noexcept;

[[nodiscard]] bool is_terminal(SessionStatus status) noexcept;
// Pending or paused: not active, and may become so.
[[nodiscard]] bool may_go_on(SessionStatus status) noexcept;
[[nodiscard]] bool is_terminal(RunStatus status) noexcept;

enum class Transition : std::uint8_t {
  allowed,
  same,     // already there: an idempotent no-op, no event
  refused,  // invalid_transition
};
// pending -> active, failed, cancelled; active -> paused, completed, failed, cancelled;
// paused -> active, completed, failed, cancelled; terminal -> nothing.
[[nodiscard]] Transition check_transition(SessionStatus from, SessionStatus to) noexcept;
// pending -> running, cancelled, failed; running -> completed, failed, cancelled, timeout; terminal -> nothing.
[[nodiscard]] Transition check_transition(RunStatus from, RunStatus to) noexcept;

// The invalid_transition error with details {from, to, entity, id}.
[[nodiscard]] Error invalid_transition(SessionStatus from, SessionStatus to, std::string_view session_id);
[[nodiscard]] Error invalid_transition(RunStatus from, RunStatus to, std::string_view run_id);

}  // namespace asmgr
