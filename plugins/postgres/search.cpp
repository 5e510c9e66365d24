// Search of sessions and runs: one statement for a page, in the order of an index and from where the last page ended.
#include "counted.hpp"
#include "postgres_store.hpp"
#include "query_text.hpp"
#include "rows.hpp"

namespace asmgr::postgres_store {
namespace {

using store_query::Position;
using store_query::RunFilter;
using store_query::RunOrder;
using store_query::SessionFilter;
using store_query::SessionOrder;

// "FROM ... WHERE ..." of a search or a count.
void add_sessions(QueryText& text, const SessionFilter& filter, std::string_view tenant) {
  text.add(" FROM @sessions s WHERE true");
  if (!filter.include_deleted) text.add(" AND s.deleted_us = 0");
  if (!tenant.empty()) text.add(" AND s.tenant = ?", tenant);
  if (!filter.agent_id.empty()) text.add(" AND s.agent_id = ?", filter.agent_id);
  if (!filter.not_agent_id.empty()) text.add(" AND s.agent_id <> ?", filter.not_agent_id);
  text.add_mask("s.status", filter.status_mask).add_between("s.created_us", filter.created);
  for (const std::string& tag : filter.tags)
    text.add(" AND EXISTS (SELECT 1 FROM @session_tags t WHERE t.session = s.key AND t.tag = ?)", kept_text(tag));
  if (!filter.providers.empty())
    text.add(" AND EXISTS (SELECT 1 FROM @runs r WHERE r.session = s.key")
        .add_among("r.provider", filter.providers)
        .add(")");
}

void add_runs(QueryText& text, const RunFilter& filter, std::string_view tenant) {
  text.add(" FROM @runs r JOIN @sessions s ON s.key = r.session WHERE s.deleted_us = 0");
  if (!filter.session_id.empty())
    text.add(" AND r.session = (SELECT key FROM @sessions WHERE id = ?)", filter.session_id);
  if (!filter.started.is_any()) text.add(" AND r.started_us > 0").add_between("r.started_us", filter.started);
  if (filter.min_tokens > 0) text.add(" AND r.total_tokens >= ?", filter.min_tokens);
  text.add_mask("r.status", filter.status_mask).add_among("r.provider", filter.providers);
  if (!tenant.empty()) text.add(" AND s.tenant = ?", tenant);
  if (!filter.not_agent_id.empty()) text.add(" AND s.agent_id <> ?", filter.not_agent_id);
}

// What follows: the place where the last page ended, the order, one more than the limit.
void add_page(QueryText& text, std::string_view value, std::string_view id, bool descending,
              const std::optional<Position>& after, std::size_t limit) {
  if (after) {
    text.add(" AND (").add(value).add(", ").add(id).add(descending ? ") < (?, " : ") > (?, ", after->value);
    text.add("?)", after->id);
  }
  const std::string_view direction = descending ? " DESC" : "";
  text.add(" ORDER BY ").add(value).add(direction).add(", ").add(id).add(direction);
  text.add(" LIMIT ?", static_cast<std::int64_t>(limit) + 1);
}

std::string_view sort_column(SessionOrder order) {
  return order == SessionOrder::updated_desc ? "s.updated_us" : "s.created_us";
}
std::string_view sort_column(RunOrder order) {
  return order == RunOrder::tokens_desc ? "r.total_tokens" : "r.started_us";
}

}  // namespace

void PostgresStore::search_sessions(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                                    sdk::ItemSink<asmgr_session>& rows, sdk::TextSink& next_cursor) {
  const SessionFilter filter = store_query::read_session_filter(filter_json);
  const auto after = Position::read(cursor);
  const std::string_view value = sort_column(filter.order);
  QueryText text;
  text.add("SELECT ").add(kSessionColumns).add(", ").add(value);
  add_sessions(text, filter, tenant);
  add_page(text, value, "s.id", is_descending(filter.order), after, filter.limit);
  const Result found = readers_.query(std::move(text).request(sql_));
  const int shown = shown_of(found, filter.limit);
  for (int i = 0; i < shown; ++i) {
    if (!rows.push(read_session(found, i))) return;
  }
  if (!has_more(found, filter.limit)) return;
  next_cursor.push(Position{found.integer(shown - 1, 13), 0, std::string(found.bytes(shown - 1, 1))}.text());
}

void PostgresStore::search_runs(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                                sdk::ItemSink<asmgr_run>& rows, sdk::TextSink& next_cursor) {
  const RunFilter filter = store_query::read_run_filter(filter_json);
  const auto after = Position::read(cursor);
  const std::string_view value = sort_column(filter.order);
  QueryText text;
  text.add("SELECT ").add(kRunColumns).add(", s.id, ").add(value);
  add_runs(text, filter, tenant);
  add_page(text, value, "r.id", is_descending(filter.order), after, filter.limit);
  const Result found = readers_.query(std::move(text).request(sql_));
  const int shown = shown_of(found, filter.limit);
  for (int i = 0; i < shown; ++i) {
    if (!rows.push(read_run(found, i, found.bytes(i, 10)))) return;
  }
  if (!has_more(found, filter.limit)) return;
  next_cursor.push(Position{found.integer(shown - 1, 11), 0, std::string(found.bytes(shown - 1, 0))}.text());
}

std::string PostgresStore::summarize(std::string_view tenant, std::string_view what, std::string_view filter_json) {
  if (what == "session") return session_stats(tenant, store_query::read_session_id(filter_json));
  if (what == "usage") return usage(tenant, store_query::read_usage_filter(filter_json));
  QueryText text;
  text.add("SELECT count(*)");
  if (what == "sessions")
    add_sessions(text, store_query::read_session_filter(filter_json), tenant);
  else if (what == "runs")
    add_runs(text, store_query::read_run_filter(filter_json), tenant);
  else if (what == "events")
    add_events(text, store_query::read_event_filter(filter_json), tenant);
  else
    sdk::refuse_query_of(what);
  return store_query::count_json(readers_.query(std::move(text).request(sql_)).number(0, 0));
}

}  // namespace asmgr::postgres_store
