// Sums of one session and of usage, made by SQL over an index that has everything they need.
#include <algorithm>

#include "query_text.hpp"
#include "rows.hpp"
#include "sqlite_store.hpp"

namespace asmgr::sqlite_store {
namespace {

using store_query::kTokenNames;
using store_query::kTokenSums;
using store_query::UsageFilter;
using store_query::UsageKey;

// Runs of one session through the index that has their sums: their docs need not be read again.
constexpr std::string_view kRunsOfSession =
    " FROM runs k INDEXED BY runs_by_session CROSS JOIN runs r INDEXED BY runs_by_start "
    "ON r.started_us = k.started_us AND r.id = k.id";

std::string_view expression_of(UsageKey key) {
  switch (key) {
    case UsageKey::provider:
      return "r.provider";
    case UsageKey::model:
      return "r.model";
    case UsageKey::agent:
      return "s.agent_id";
    case UsageKey::tag:
      return "coalesce(t.tag, '')";
    case UsageKey::day:
      return "strftime('%Y-%m-%d', r.started_us / 1000000, 'unixepoch')";
  }
  return "''";
}

bool groups_by(const UsageFilter& filter, UsageKey key) {
  return std::find(filter.by.begin(), filter.by.end(), key) != filter.by.end();
}

void add_sums(QueryText& text) {
  text.add("count(*), count(r.cost_micro_usd), sum(r.cost_micro_usd IS NULL AND r.total_tokens <> 0)")
      .add(", sum(r.cost_micro_usd)");
  for (const std::string_view name : kTokenNames) text.add(", sum(r.").add(name).add(")");
  for (const std::string_view name : kTokenNames)
    text.add(", sum(CASE WHEN r.cost_micro_usd IS NULL THEN r.").add(name).add(" ELSE 0 END)");
}

// Of a row that has the columns of add_sums from `column` on.
store_query::UsageSums read_sums(const Rows& row, int column) {
  store_query::UsageSums sums;
  sums.runs = row.integer(column);
  sums.priced_runs = row.integer(column + 1);
  sums.unpriced_runs = row.integer(column + 2);
  sums.cost_micro_usd = row.integer(column + 3);
  for (std::size_t i = 0; i < kTokenSums; ++i) {
    sums.tokens[i] = row.integer(column + 4 + static_cast<int>(i));
    sums.unpriced[i] = row.integer(column + 4 + static_cast<int>(kTokenSums + i));
  }
  return sums;
}

void add_groups(QueryText& text, const UsageFilter& filter) {
  const char* separator = "";
  for (const UsageKey key : filter.by) {
    text.add(separator).add(expression_of(key));
    separator = ", ";
  }
}

QueryText usage_text(const UsageFilter& filter, std::string_view tenant) {
  QueryText text;
  text.add("SELECT ");
  add_groups(text, filter);
  if (!filter.by.empty()) text.add(", ");
  add_sums(text);
  text.add(filter.session_id.empty() ? " FROM runs r INDEXED BY runs_by_start" : kRunsOfSession);
  if (!tenant.empty() || !filter.agent_id.empty() || groups_by(filter, UsageKey::agent))
    text.add(" CROSS JOIN sessions s ON s.key = r.session");
  if (groups_by(filter, UsageKey::tag)) text.add(" LEFT JOIN session_tags t ON t.session = r.session");
  // What is left over from removed sessions has no session row, which only some of these look at.
  text.add(" WHERE r.started_us > 0 AND r.session NOT IN (SELECT key FROM removed)")
      .add_between("r.started_us", filter.started);
  if (!filter.session_id.empty())
    text.add(" AND k.session = (SELECT key FROM sessions WHERE id = ?)", filter.session_id);
  if (!filter.providers.empty()) text.add(" AND r.provider IN ").add_list(filter.providers);
  for (const std::string& tag : filter.tags)
    text.add(" AND EXISTS (SELECT 1 FROM session_tags f WHERE f.session = r.session AND f.tag = ?)", tag);
  if (!tenant.empty()) text.add(" AND s.tenant = ?", std::string(tenant));
  if (!filter.agent_id.empty()) text.add(" AND s.agent_id = ?", filter.agent_id);
  if (filter.by.empty()) return text;
  text.add(" GROUP BY ");
  add_groups(text, filter);
  text.add(" ORDER BY ");
  add_groups(text, filter);
  return text;
}

std::int64_t time_of_event(Connection& connection, std::int64_t session, std::int64_t seq) {
  QueryText text;
  text.add("SELECT time_us FROM events INDEXED BY events_by_number WHERE session = ? AND seq = ?", session, seq);
  return text.run_for_number(connection);
}

void add_runs_of(Connection& connection, std::int64_t session, store_query::SessionStats& stats) {
  QueryText text;
  text.add("SELECT r.status, r.provider, ");
  add_sums(text);
  text.add(kRunsOfSession).add(" WHERE k.session = ? GROUP BY r.status, r.provider", session);
  Rows rows = text.run(connection);
  while (rows.next()) {
    const store_query::UsageSums sums = read_sums(rows, 2);
    stats.runs += sums.runs;
    if (rows.small(0) < stats.runs_by_status.size()) stats.runs_by_status[rows.small(0)] += sums.runs;
    for (std::size_t i = 0; i < kTokenSums; ++i) stats.tokens[i] += sums.tokens[i];
    if (!rows.bytes(1).empty()) stats.providers.emplace_back(rows.bytes(1));
  }
  std::sort(stats.providers.begin(), stats.providers.end());
  stats.providers.erase(std::unique(stats.providers.begin(), stats.providers.end()), stats.providers.end());
}

}  // namespace

std::string SqliteStore::session_stats(std::string_view tenant, std::string_view id) {
  const ReaderPool::Lease reader(readers_);
  const ReadTransaction transaction(*reader);
  std::int64_t key = 0;
  store_query::SessionStats stats;
  {
    Rows rows = reader
                    ->statement(
                        "SELECT s.key, s.tenant, h.last_seq FROM sessions s JOIN heads h ON h.key = s.key "
                        "WHERE s.id = ? AND s.deleted_us = 0")
                    .query(id);
    if (!rows.next() || (!tenant.empty() && rows.bytes(1) != tenant))
      throw sdk::StatusError(ASMGR_E_SESSION_NOT_FOUND, "there is no session '" + std::string(id) + "'");
    key = rows.integer(0);
    stats.events = rows.number(2);  // numbers have no gaps
  }
  stats.first_event_us = time_of_event(*reader, key, 1);
  stats.last_event_us = time_of_event(*reader, key, static_cast<std::int64_t>(stats.events));
  add_runs_of(*reader, key, stats);
  return store_query::stats_json(stats);
}

std::string SqliteStore::usage(std::string_view tenant, const UsageFilter& filter) {
  const ReaderPool::Lease reader(readers_);
  const QueryText text = usage_text(filter, tenant);
  std::vector<store_query::UsageGroup> groups;
  Rows rows = text.run(*reader);
  while (rows.next()) {
    store_query::UsageGroup group;
    const int keys = static_cast<int>(filter.by.size());
    for (int i = 0; i < keys; ++i) group.keys.emplace_back(rows.bytes(i));
    group.sums = read_sums(rows, keys);
    if (group.sums.runs != 0) groups.push_back(std::move(group));
  }
  return store_query::usage_json(filter.by, groups);
}

}  // namespace asmgr::sqlite_store
