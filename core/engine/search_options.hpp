// The options and results of the verbs that look across the sessions of a store.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/options.hpp"
#include "core/model/search.hpp"

namespace asmgr {

// Whether a search also says how many match in all, which costs a look at each of them.
enum class TotalCount : std::uint8_t { left_out, counted };

// In each: `pipeline` says whose store is asked (empty: the default one); `cursor` is the next_cursor of the page
// before, of the same search but for its limit. The audit streams of hosts are left out unless the search names them.
struct SearchSessionsOptions {
  std::string pipeline;
  std::string tenant;
  SessionSearch search;
  std::string cursor;
  TotalCount total = TotalCount::left_out;
};
struct SearchRunsOptions {
  std::string pipeline;
  std::string tenant;
  RunSearch search;
  std::string cursor;
  TotalCount total = TotalCount::left_out;
};
struct SearchEventsOptions {
  std::string pipeline;
  std::string tenant;
  EventSearch search;
  std::string cursor;
  TotalCount total = TotalCount::left_out;
};

// `next_cursor` is empty after the last page.
struct FoundSessions {
  std::vector<ListedSession> sessions;
  std::string next_cursor;
  std::optional<std::uint64_t> total_count;
};
struct FoundRuns {
  std::vector<Run> runs;
  std::string next_cursor;
  std::optional<std::uint64_t> total_count;
};
struct FoundEvents {
  std::vector<Event> events;
  std::string next_cursor;
  std::optional<std::uint64_t> total_count;
};

struct UsageSummaryOptions {
  std::string pipeline;
  std::string tenant;
  UsageSearch search;
};
struct UsageRow {
  std::map<UsageKey, std::string> keys;  // those of the search's `by`; empty text = none
  std::uint64_t runs = 0;
  TokenUsage tokens;
  double cost_usd = 0;              // of all runs whose cost is known, or whose price is
  std::uint64_t unmapped_runs = 0;  // that have tokens, but neither a cost nor a price
};
struct UsageSummary {
  std::vector<UsageKey> by;
  std::vector<UsageRow> rows;  // in order of their keys
  UsageRow total;              // each run once, also where it has several tags
};
// {"provider": ..., as in by, "run_count", "token_usage", "cost_usd", "unmapped_runs"}; a key is null for none.
[[nodiscard]] boost::json::object to_json(const UsageRow& row);
// {"items": [row], "total": row}
[[nodiscard]] boost::json::object to_json(const UsageSummary& summary);

}  // namespace asmgr
