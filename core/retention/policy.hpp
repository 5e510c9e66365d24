// What a store is to keep: ages of sessions, numbers of events, what comes before anything is taken, what is never
// taken.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/model/error.hpp"
#include "core/model/state_machine.hpp"

namespace asmgr {

// Where a session is written before anything of it is taken: to one of the two, or nowhere.
struct ArchivePlace {
  std::string store;   // the name of another store
  std::string folder;  // of files as `session export` writes them
  [[nodiscard]] bool is_set() const noexcept { return !store.empty() || !folder.empty(); }
  bool operator==(const ArchivePlace&) const = default;
};

// An absent age or number has no limit.
struct RetentionPolicy {
  std::optional<std::uint64_t> max_session_age_days;
  std::optional<std::uint64_t> max_completed_session_age_days = 90;
  std::optional<std::uint64_t> max_events_per_session;
  std::optional<std::uint64_t> max_total_events;
  std::optional<std::uint64_t> hard_delete_after_days = 30;
  bool drop_superseded_deltas = true;  // at every prune, whatever the caps say
  ArchivePlace archive;
  std::vector<SessionStatus> exempt_statuses{SessionStatus::active, SessionStatus::paused};
  std::vector<std::string> exempt_tags{"pinned"};
  std::vector<std::string> prune_event_types_first{"message_streamed", "token_usage_updated"};
  std::uint32_t batch_size = 100;

  bool operator==(const RetentionPolicy&) const = default;
};

// The longest age and the largest number that may be given.
inline constexpr std::uint64_t kMaxRetentionDays = 36'500;
inline constexpr std::uint64_t kMaxRetentionEvents = 1'000'000'000'000;
inline constexpr std::uint64_t kMaxRetentionBatch = 10'000;

// Errors: validation_error that names the field, also in its details {"field"}.
[[nodiscard]] Result<void> validate(const RetentionPolicy& policy);

// From the members that are there, the defaults for the others. An age or a number is a positive integer or "infinity";
// `drop_superseded_deltas` is a boolean, `archive` is {"store"} or {"folder"}. Unknown members are left alone: who
// reads a file has checked them. Errors: validation_error that names the field.
[[nodiscard]] Result<RetentionPolicy> retention_from_json(const boost::json::object& json);
[[nodiscard]] boost::json::object to_json(const RetentionPolicy& policy);

}  // namespace asmgr
