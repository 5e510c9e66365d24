// Whether a session has to go by its age.
#pragma once

#include "core/model/session.hpp"
#include "core/retention/policy.hpp"

namespace asmgr {

enum class SessionFate : std::uint8_t {
  stays,
  soft_delete,  // hidden, nothing is lost
  hard_delete,  // was hidden long enough: its rows go
};

// Says nothing about runs: a session with a running one is left alone by whoever asks.
[[nodiscard]] SessionFate fate_of(const Session& session, const RetentionPolicy& policy, Timestamp now);

// Nothing is taken from its log, whatever the caps say.
[[nodiscard]] bool keeps_texts(const Session& session, const RetentionPolicy& policy);

// `days` before `now`; a time before that is older.
[[nodiscard]] Timestamp days_before(Timestamp now, std::uint64_t days) noexcept;

}  // namespace asmgr
