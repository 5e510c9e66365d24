// The store's small generic part: queue entries, commands, approvals, counters, ... are kinds of record.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/model/time.hpp"

namespace asmgr {

namespace record_kind {
inline constexpr std::string_view kQueue = "queue";
inline constexpr std::string_view kCommand = "command";
inline constexpr std::string_view kApproval = "approval";
inline constexpr std::string_view kCounter = "counter";
inline constexpr std::string_view kHold = "hold";
inline constexpr std::string_view kRecovery = "recovery";
inline constexpr std::string_view kInput = "input";
inline constexpr std::string_view kHost = "host";
inline constexpr std::string_view kRetention = "retention";
// What the engine writes, all of it: a kind that is added is added here.
inline constexpr std::array kAll{kQueue, kCommand, kApproval, kCounter, kHold, kRecovery, kInput, kHost, kRetention};
}  // namespace record_kind

struct Record {
  std::string kind;
  std::string id;
  std::string tenant;
  std::string session_id;  // may be empty
  std::uint64_t version = 0;
  std::string status;
  Timestamp due_at;
  std::int64_t value = 0;
  std::string body;  // JSON text or empty

  bool operator==(const Record&) const = default;
};

// The store's own row per session.
struct Head {
  std::uint64_t last_sequence = 0;
  std::array<std::uint8_t, 32> hash{};  // of the last event, zero when there is none
  std::uint64_t epoch = 0;
  std::string owner;  // host id, empty = unowned
  bool owner_alive = false;
};

struct HostRow {
  std::string id;
  Timestamp expires_at;
  bool alive = false;
};

}  // namespace asmgr
