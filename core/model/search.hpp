// What may be asked across the sessions of a store: filters and orders, and the one contract of their JSON.
//
// The JSON of users (command line, HTTP, embedding) has the members' names below as keys; a list may be given as one
// value where it has one; times are RFC 3339; null counts as missing. Whatever is not known is refused, because a
// filter that is not applied would answer too much: validation_error with {"field"} in the details.
#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/state_machine.hpp"
#include "core/model/time.hpp"
#include "core/model/usage.hpp"

namespace asmgr {

inline constexpr std::uint32_t kMostSearchRows = 1000;
inline constexpr std::size_t kMostSearchValues = 1000;  // of one list

enum class SessionOrder : std::uint8_t { updated_at_desc, created_at_asc, created_at_desc };
enum class RunOrder : std::uint8_t { started_at_desc, started_at_asc, token_usage_desc };
enum class EventOrder : std::uint8_t { sequence_asc, timestamp_asc, timestamp_desc };
enum class UsageKey : std::uint8_t { provider, model, agent, tag, day };
[[nodiscard]] std::string_view order_name(SessionOrder order) noexcept;
[[nodiscard]] std::string_view order_name(RunOrder order) noexcept;
[[nodiscard]] std::string_view order_name(EventOrder order) noexcept;
[[nodiscard]] std::string_view key_name(UsageKey key) noexcept;

// Empty members do not filter; filters are ANDed; lists match any of their values, tags all of them. Times are
// inclusive. Rows with the same sort value come in order of id, the other way round in a descending order.
struct SessionSearch {
  std::string agent_id;
  std::string not_agent_id;  // not in JSON: for what is hidden from everybody
  std::vector<SessionStatus> status;
  std::vector<std::string> provider;  // sessions that have a run of one of them
  std::vector<std::string> tags;
  std::optional<Timestamp> created_after, created_before;
  bool include_deleted = false;
  SessionOrder order_by = SessionOrder::updated_at_desc;
  std::uint32_t limit = 50;
};

struct RunSearch {
  std::string session_id;
  std::string not_agent_id;  // not in JSON; of the run's session
  std::vector<std::string> provider;
  std::vector<RunStatus> status;
  std::optional<Timestamp> started_after, started_before;  // neither has a run that has not started
  std::uint64_t min_tokens = 0;                            // of its total
  RunOrder order_by = RunOrder::started_at_desc;
  std::uint32_t limit = 50;
};

struct EventSearch {
  std::vector<std::string> session_ids, run_ids, types, providers;
  std::string not_agent_id;  // not in JSON; of the event's session
  std::optional<Timestamp> since, until;
  std::string correlation_id;
  EventOrder order_by = EventOrder::sequence_asc;  // of the numbers, one session after the other in order of their ids
  std::uint32_t limit = 100;
};

// Of the runs that have started.
struct UsageSearch {
  std::string session_id;
  std::string agent_id;
  std::vector<std::string> provider;
  std::vector<std::string> tags;
  std::optional<Timestamp> since, until;  // when they started
  std::vector<UsageKey> by;               // what groups are made of; empty: one group
};

[[nodiscard]] Result<SessionSearch> session_search_from_json(const boost::json::object& json);
[[nodiscard]] Result<RunSearch> run_search_from_json(const boost::json::object& json);
[[nodiscard]] Result<EventSearch> event_search_from_json(const boost::json::object& json);
[[nodiscard]] Result<UsageSearch> usage_search_from_json(const boost::json::object& json);

// What the readers above check beyond shapes, for a search made in code: limits, empty texts, times that contradict
// each other. Errors: validation_error with {"field"}.
[[nodiscard]] Result<void> check(const SessionSearch& search);
[[nodiscard]] Result<void> check(const RunSearch& search);
[[nodiscard]] Result<void> check(const EventSearch& search);
[[nodiscard]] Result<void> check(const UsageSearch& search);

// The filter as a store is told it (asmgr/abi/store_query.h): times in microseconds, lists sorted, nothing that does
// not filter. Without its limit: the same for every page.
[[nodiscard]] boost::json::object filter_of(const SessionSearch& search);
[[nodiscard]] boost::json::object filter_of(const RunSearch& search);
[[nodiscard]] boost::json::object filter_of(const EventSearch& search);
[[nodiscard]] boost::json::object filter_of(const UsageSearch& search);

// Figures of one session.
struct SessionStats {
  std::uint64_t event_count = 0;
  std::uint64_t run_count = 0;
  TokenUsage tokens;
  std::vector<std::string> providers;  // that its runs had, sorted
  Timestamp first_event_at, last_event_at;
  std::map<std::string, std::uint64_t> status_counts;  // of its runs, by status
};
[[nodiscard]] boost::json::object to_json(const SessionStats& stats);

// One group of a store's sums: of the runs with these values of `by`.
struct UsageSums {
  std::map<UsageKey, std::string> keys;  // empty text = none
  std::uint64_t runs = 0;
  TokenUsage tokens;
  std::int64_t cost_micro_usd = 0;  // of those that have a cost
  std::uint64_t unpriced_runs = 0;  // that have tokens and no cost
  TokenUsage unpriced;
};

}  // namespace asmgr
