// Sums of one session and of usage, made by SQL over what was counted when the runs were written.
#include <algorithm>

#include "counted.hpp"
#include "postgres_store.hpp"
#include "query_text.hpp"
#include "rows.hpp"

namespace asmgr::postgres_store {
namespace {

using store_query::kTokenNames;
using store_query::kTokenSums;
using store_query::UsageFilter;
using store_query::UsageKey;

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
      return "to_char(to_timestamp(r.started_us / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD') COLLATE \"C\"";
  }
  return "''";
}

bool groups_by(const UsageFilter& filter, UsageKey key) {
  return std::find(filter.by.begin(), filter.by.end(), key) != filter.by.end();
}

// Sums of bigint are of another type, which travels in another form.
void add_sums(QueryText& text) {
  text.add("count(r.id), count(r.cost_micro_usd), ");
  text.add("count(r.id) FILTER (WHERE r.cost_micro_usd IS NULL AND r.total_tokens <> 0), ");
  text.add("sum(r.cost_micro_usd)::bigint");
  for (const std::string_view name : kTokenNames) text.add(", sum(r.").add(name).add(")::bigint");
  for (const std::string_view name : kTokenNames)
    text.add(", (sum(r.").add(name).add(") FILTER (WHERE r.cost_micro_usd IS NULL))::bigint");
}

// Of a row that has the columns of add_sums from `column` on.
store_query::UsageSums read_sums(const Result& rows, int row, int column) {
  store_query::UsageSums sums;
  sums.runs = rows.integer(row, column);
  sums.priced_runs = rows.integer(row, column + 1);
  sums.unpriced_runs = rows.integer(row, column + 2);
  sums.cost_micro_usd = rows.integer(row, column + 3);
  for (std::size_t i = 0; i < kTokenSums; ++i) {
    sums.tokens[i] = rows.integer(row, column + 4 + static_cast<int>(i));
    sums.unpriced[i] = rows.integer(row, column + 4 + static_cast<int>(kTokenSums + i));
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
  text.add(" FROM @runs r");
  if (!tenant.empty() || !filter.agent_id.empty() || groups_by(filter, UsageKey::agent))
    text.add(" JOIN @sessions s ON s.key = r.session");
  if (groups_by(filter, UsageKey::tag)) text.add(" LEFT JOIN @session_tags t ON t.session = r.session");
  // What is left over from removed sessions has no session row, which only some of these look at.
  text.add(" WHERE r.started_us > 0 AND ").add(kRunIsThere).add_between("r.started_us", filter.started);
  if (!filter.session_id.empty())
    text.add(" AND r.session = (SELECT key FROM @sessions WHERE id = ?)", filter.session_id);
  text.add_among("r.provider", filter.providers);
  for (const std::string& tag : filter.tags)
    text.add(" AND EXISTS (SELECT 1 FROM @session_tags f WHERE f.session = r.session AND f.tag = ?)", kept_text(tag));
  if (!tenant.empty()) text.add(" AND s.tenant = ?", tenant);
  if (!filter.agent_id.empty()) text.add(" AND s.agent_id = ?", filter.agent_id);
  if (filter.by.empty()) return text;
  text.add(" GROUP BY ");
  add_groups(text, filter);
  text.add(" ORDER BY ");
  add_groups(text, filter);
  return text;
}

// One row for each status and provider of its runs, or one without runs, each with what there is of the session.
QueryText session_text(std::string_view id) {
  QueryText text;
  text.add("SELECT s.tenant, h.last_seq, a.time_us, z.time_us, r.status, r.provider, ");
  add_sums(text);
  text.add(" FROM @sessions s JOIN @heads h ON h.id = s.id LEFT JOIN @runs r ON r.session = s.key ")
      .add("LEFT JOIN @events a ON a.session = s.key AND a.seq = 1 ")
      .add("LEFT JOIN @events z ON z.session = s.key AND z.seq = h.last_seq WHERE s.id = ?", id)
      .add(" AND s.deleted_us = 0 GROUP BY 1, 2, 3, 4, 5, 6");
  return text;
}

}  // namespace

std::string PostgresStore::session_stats(std::string_view tenant, std::string_view id) {
  const Result rows = readers_.query(session_text(id).request(sql_));
  if (rows.rows() == 0 || (!tenant.empty() && rows.bytes(0, 0) != tenant))
    throw sdk::StatusError(ASMGR_E_SESSION_NOT_FOUND, "there is no session '" + std::string(id) + "'");
  store_query::SessionStats stats;
  stats.events = rows.number(0, 1);  // numbers have no gaps
  stats.first_event_us = rows.integer(0, 2);
  stats.last_event_us = rows.integer(0, 3);
  for (int i = 0; i < rows.rows(); ++i) {
    const store_query::UsageSums sums = read_sums(rows, i, 6);
    stats.runs += sums.runs;
    if (rows.small(i, 4) < stats.runs_by_status.size()) stats.runs_by_status[rows.small(i, 4)] += sums.runs;
    for (std::size_t token = 0; token < kTokenSums; ++token) stats.tokens[token] += sums.tokens[token];
    if (!rows.bytes(i, 5).empty()) stats.providers.emplace_back(rows.bytes(i, 5));
  }
  std::sort(stats.providers.begin(), stats.providers.end());
  stats.providers.erase(std::unique(stats.providers.begin(), stats.providers.end()), stats.providers.end());
  return store_query::stats_json(stats);
}

std::string PostgresStore::usage(std::string_view tenant, const UsageFilter& filter) {
  const Result rows = readers_.query(usage_text(filter, tenant).request(sql_));
  std::vector<store_query::UsageGroup> groups;
  for (int row = 0; row < rows.rows(); ++row) {
    store_query::UsageGroup group;
    const int keys = static_cast<int>(filter.by.size());
    for (int i = 0; i < keys; ++i) group.keys.emplace_back(rows.bytes(row, i));
    group.sums = read_sums(rows, row, keys);
    if (group.sums.runs != 0) groups.push_back(std::move(group));
  }
  return store_query::usage_json(filter.by, groups);
}

}  // namespace asmgr::postgres_store
