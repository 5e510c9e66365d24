// Identifiers: a prefix and the 32 lowercase hex digits of a UUIDv7 (RFC 9562), so that they sort by time of creation.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/time.hpp"

namespace asmgr {

// 16 bytes of a UUIDv7: 48 bits of Unix milliseconds, version, then a counter and randomness such that the ids one
// thread makes rise strictly even within a millisecond. Thread-safe, no lock.
[[nodiscard]] std::array<std::uint8_t, 16> make_uuid_v7(Timestamp now);

[[nodiscard]] std::string new_session_id(Timestamp now);   // ses_...
[[nodiscard]] std::string new_run_id(Timestamp now);       // run_...
[[nodiscard]] std::string new_event_id(Timestamp now);     // evt_...
[[nodiscard]] std::string new_approval_id(Timestamp now);  // apr_...
// For anything else: prefix (may be empty) + 32 hex digits.
[[nodiscard]] std::string new_id(std::string_view prefix, Timestamp now);
// Writes the 36 characters of an event id to `out` (the hot path makes ids in place).
void write_event_id(Timestamp now, char out[36]) noexcept;

// What a caller may bring as an id: 1 to 128 characters of [A-Za-z0-9_.:-].
[[nodiscard]] bool is_valid_id(std::string_view id) noexcept;

}  // namespace asmgr
