// What a store needs to answer asmgr.store.query/1, apart from its rows: filters as values, where a page ended, and
// what a run's doc says that can be counted. The contract is <asmgr/abi/store_query.h>.
//
// Link asmgr::toolkit_store_query.
#ifndef ASMGR_TOOLKIT_STORE_QUERY_HPP_
#define ASMGR_TOOLKIT_STORE_QUERY_HPP_

#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asmgr::store_query {

// Times between which something lies, both included.
struct Between {
  std::int64_t from = std::numeric_limits<std::int64_t>::min();
  std::int64_t to = std::numeric_limits<std::int64_t>::max();

  [[nodiscard]] bool has(std::int64_t time) const noexcept { return from <= time && time <= to; }
  [[nodiscard]] bool is_any() const noexcept { return *this == Between{}; }
  bool operator==(const Between& other) const noexcept { return from == other.from && to == other.to; }
};

enum class SessionOrder : std::uint8_t { updated_desc, created_asc, created_desc };
enum class RunOrder : std::uint8_t { started_desc, started_asc, tokens_desc };
enum class EventOrder : std::uint8_t { sequence_asc, time_asc, time_desc };
[[nodiscard]] constexpr bool is_descending(SessionOrder order) noexcept {
  return order != SessionOrder::created_asc;
}
[[nodiscard]] constexpr bool is_descending(RunOrder order) noexcept {
  return order != RunOrder::started_asc;
}
[[nodiscard]] constexpr bool is_descending(EventOrder order) noexcept {
  return order == EventOrder::time_desc;
}

// Empty texts and lists, and a mask of 0, do not filter. Masks have bit 1 << ASMGR_SESSION_* or ASMGR_RUN_*.
struct SessionFilter {
  std::string agent_id, not_agent_id;
  std::uint32_t status_mask = 0;
  std::vector<std::string> providers;
  std::vector<std::string> tags;
  Between created;
  bool include_deleted = false;
  SessionOrder order = SessionOrder::updated_desc;
  std::size_t limit = 50;
};

struct RunFilter {
  std::string session_id, not_agent_id;
  std::uint32_t status_mask = 0;
  std::vector<std::string> providers;
  Between started;  // not any: only runs that have started
  std::int64_t min_tokens = 0;
  RunOrder order = RunOrder::started_desc;
  std::size_t limit = 50;
};

struct EventFilter {
  std::string not_agent_id, correlation_id;
  std::vector<std::string> session_ids, run_ids, types, providers;
  Between time;
  EventOrder order = EventOrder::sequence_asc;
  std::size_t limit = 50;
};

enum class UsageKey : std::uint8_t { provider, model, agent, tag, day };
// As in the filter and in the answer: "provider", ...
[[nodiscard]] std::string_view name_of(UsageKey key) noexcept;

struct UsageFilter {
  std::string session_id, agent_id;
  std::vector<std::string> providers, tags;
  Between started;
  std::vector<UsageKey> by;
};

// Throw StatusError: VALIDATION naming the key.
[[nodiscard]] SessionFilter read_session_filter(std::string_view json);
[[nodiscard]] RunFilter read_run_filter(std::string_view json);
[[nodiscard]] EventFilter read_event_filter(std::string_view json);
[[nodiscard]] UsageFilter read_usage_filter(std::string_view json);
// The session_id of what = "session".
[[nodiscard]] std::string read_session_id(std::string_view json);

// The place of a row in an order: its sort value (a time, tokens; 0 where the id alone sorts), its id (of the session
// for events), and for events the number.
struct Position {
  std::int64_t value = 0;
  std::uint64_t number = 0;
  std::string id;

  [[nodiscard]] std::string text() const;
  // Nothing for the empty text: the first page. Throws StatusError: INVALID_CURSOR.
  [[nodiscard]] static std::optional<Position> read(std::string_view cursor);
};

// Tokens in the order in which they are named everywhere: input, cache read, cache write, output, reasoning, total.
inline constexpr std::size_t kTokenSums = 6;
inline constexpr std::array<std::string_view, kTokenSums> kTokenNames = {
    "input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens", "reasoning_tokens", "total_tokens"};
inline constexpr std::int64_t kMostTokens = 1'000'000'000'000;  // of one count
using Tokens = std::array<std::int64_t, kTokenSums>;

struct RunFacts {
  Tokens tokens{};
  std::optional<std::int64_t> cost_micro_usd;
  std::string model;
};
// Of a run's doc; nothing is known of one that is no JSON object.
[[nodiscard]] RunFacts read_run_doc(std::string_view doc);
// The tags of a session's doc, without duplicates, sorted.
[[nodiscard]] std::vector<std::string> read_tags(std::string_view doc);

// The sums of one group of usage, or of all runs of a session.
struct UsageSums {
  std::int64_t runs = 0, priced_runs = 0, unpriced_runs = 0;
  std::int64_t cost_micro_usd = 0;
  Tokens tokens{}, unpriced{};

  void add(const RunFacts& run) noexcept;
};
struct UsageGroup {
  std::vector<std::string> keys;  // as many as UsageFilter::by, in that order
  UsageSums sums;
};
// The answers of summarize as JSON.
[[nodiscard]] std::string count_json(std::uint64_t count);
[[nodiscard]] std::string usage_json(const std::vector<UsageKey>& by, const std::vector<UsageGroup>& groups);

struct SessionStats {
  std::uint64_t events = 0;
  std::int64_t first_event_us = 0, last_event_us = 0;
  std::int64_t runs = 0;
  Tokens tokens{};
  std::vector<std::string> providers;             // sorted
  std::array<std::int64_t, 32> runs_by_status{};  // by ASMGR_RUN_*
};
[[nodiscard]] std::string stats_json(const SessionStats& stats);

// "2026-01-02": the day of a time, in UTC.
[[nodiscard]] std::string day_of(std::int64_t time_us);

}  // namespace asmgr::store_query

#endif  // ASMGR_TOOLKIT_STORE_QUERY_HPP_
