// Search of sessions and runs. An index in the order asked for is walked, and has what most filters look at; the rows
// themselves are read only for the page. Where few sessions have a tag or a provider, those are sorted instead.
#include "query_text.hpp"
#include "rows.hpp"
#include "sqlite_store.hpp"

namespace asmgr::sqlite_store {
namespace {

using store_query::Position;
using store_query::RunFilter;
using store_query::RunOrder;
using store_query::SessionFilter;
using store_query::SessionOrder;

// Up to so many sessions are sorted rather than looked for along an index. Walking costs about as much for every
// session that does not match as sorting one that does.
constexpr std::int64_t kFew = 4000;

// What sessions are picked by, where walking the order would find too few of them.
struct Pick {
  const std::string* tag = nullptr;
  bool by_provider = false;
};

Pick pick_for(Connection& connection, const SessionFilter& filter) {
  Pick pick;
  std::int64_t fewest = kFew;
  for (const std::string& tag : filter.tags) {
    QueryText count;
    count.add("SELECT count(*) FROM (SELECT 1 FROM session_tags INDEXED BY session_tags_by_tag WHERE tag = ? LIMIT ?)",
              tag, fewest);
    const std::int64_t sessions = count.run_for_number(connection);
    if (sessions < fewest) pick.tag = &tag;
    fewest = std::min(fewest, sessions);
  }
  if (filter.providers.empty() || pick.tag != nullptr) return pick;
  QueryText count;
  count.add("SELECT count(*) FROM (SELECT 1 FROM runs INDEXED BY runs_by_provider WHERE provider IN ")
      .add_list(filter.providers)
      .add(" LIMIT ?)", kFew);
  pick.by_provider = count.run_for_number(connection) < kFew;
  return pick;
}

// "FROM ... WHERE ..." of a search or a count.
void add_sessions(QueryText& text, const SessionFilter& filter, std::string_view tenant, const Pick& pick) {
  if (pick.tag != nullptr)
    text.add(" FROM (SELECT session FROM session_tags WHERE tag = ?) p CROSS JOIN sessions s ON s.key = p.session",
             *pick.tag);
  else if (pick.by_provider)
    text.add(" FROM (SELECT DISTINCT session FROM runs INDEXED BY runs_by_provider WHERE provider IN ")
        .add_list(filter.providers)
        .add(") p CROSS JOIN sessions s ON s.key = p.session");
  else
    text.add(filter.order == SessionOrder::updated_desc ? " FROM sessions s INDEXED BY sessions_by_update"
                                                        : " FROM sessions s INDEXED BY sessions_by_creation");
  text.add(filter.include_deleted ? " WHERE true" : " WHERE s.deleted_us = 0");
  if (!tenant.empty()) text.add(" AND s.tenant = ?", std::string(tenant));
  if (!filter.agent_id.empty()) text.add(" AND s.agent_id = ?", filter.agent_id);
  if (!filter.not_agent_id.empty()) text.add(" AND s.agent_id <> ?", filter.not_agent_id);
  if (filter.status_mask != 0) text.add(" AND ").add_mask("s.status", filter.status_mask);
  text.add_between("s.created_us", filter.created);
  for (const std::string& tag : filter.tags) {
    if (&tag == pick.tag) continue;
    text.add(" AND EXISTS (SELECT 1 FROM session_tags t WHERE t.session = s.key AND t.tag = ?)", tag);
  }
  if (!filter.providers.empty() && !pick.by_provider)
    text.add(" AND EXISTS (SELECT 1 FROM runs r INDEXED BY runs_by_provider WHERE r.session = s.key AND r.provider IN ")
        .add_list(filter.providers)
        .add(")");
}

// What follows: the place where the last page ended, the order, one more than the limit.
void add_page(QueryText& text, std::string_view value, std::string_view id, bool descending,
              const std::optional<Position>& after, std::size_t limit) {
  if (after)
    text.add(" AND (").add(value).add(", ").add(id).add(descending ? ") < (?, ?)" : ") > (?, ?)", after->value,
                                                        after->id);
  const std::string_view direction = descending ? " DESC" : "";
  text.add(" ORDER BY ").add(value).add(direction).add(", ").add(id).add(direction);
  text.add(" LIMIT ?", static_cast<std::int64_t>(limit) + 1);
}

// Of rows (key, value, id).
std::vector<Place> places_of(Connection& connection, const QueryText& text) {
  std::vector<Place> places;
  Rows rows = text.run(connection);
  while (rows.next()) places.push_back({rows.integer(0), {rows.integer(1), 0, std::string(rows.bytes(2))}});
  return places;
}

std::string_view sort_column(RunOrder order) {
  return order == RunOrder::tokens_desc ? "r.total_tokens" : "r.started_us";
}

void add_runs(QueryText& text, const RunFilter& filter, std::string_view tenant) {
  text.add(" FROM runs r INDEXED BY ");
  if (!filter.session_id.empty())
    text.add("runs_by_session CROSS JOIN sessions s ON s.key = r.session ")
        .add("WHERE r.session = (SELECT key FROM sessions WHERE id = ?)", filter.session_id);
  else
    text.add(filter.order == RunOrder::tokens_desc ? "runs_by_tokens" : "runs_by_start")
        .add(" CROSS JOIN sessions s ON s.key = r.session WHERE true");
  if (!filter.started.is_any()) text.add(" AND r.started_us > 0").add_between("r.started_us", filter.started);
  if (filter.min_tokens > 0) text.add(" AND r.total_tokens >= ?", filter.min_tokens);
  if (filter.status_mask != 0) text.add(" AND ").add_mask("r.status", filter.status_mask);
  if (!filter.providers.empty()) text.add(" AND r.provider IN ").add_list(filter.providers);
  text.add(" AND s.deleted_us = 0");
  if (!tenant.empty()) text.add(" AND s.tenant = ?", std::string(tenant));
  if (!filter.not_agent_id.empty()) text.add(" AND s.agent_id <> ?", filter.not_agent_id);
}

}  // namespace

void SqliteStore::search_sessions(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                                  sdk::ItemSink<asmgr_session>& rows, sdk::TextSink& next_cursor) {
  static const std::string by_key = "SELECT " + std::string(kSessionColumns) + " FROM sessions s WHERE s.key = ?";
  const SessionFilter filter = store_query::read_session_filter(filter_json);
  const auto after = Position::read(cursor);
  const ReaderPool::Lease reader(readers_);
  const ReadTransaction transaction(*reader);
  const std::string_view value = filter.order == SessionOrder::updated_desc ? "s.updated_us" : "s.created_us";
  QueryText text;
  text.add("SELECT s.key, ").add(value).add(", s.id");
  add_sessions(text, filter, tenant, pick_for(*reader, filter));
  add_page(text, value, "s.id", is_descending(filter.order), after, filter.limit);
  std::vector<Place> places = places_of(*reader, text);
  const bool more = cut_to(filter.limit, places);
  for (const Place& place : places) {
    Rows row = reader->statement(by_key).query(place.key);
    if (row.next() && !rows.push(read_session(row))) return;
  }
  if (more) next_cursor.push(places.back().position.text());
}

void SqliteStore::search_runs(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                              sdk::ItemSink<asmgr_run>& rows, sdk::TextSink& next_cursor) {
  static const std::string by_key = "SELECT " + std::string(kRunColumns) +
                                    ", s.id FROM runs r CROSS JOIN sessions s ON s.key = r.session WHERE r.key = ?";
  const RunFilter filter = store_query::read_run_filter(filter_json);
  const auto after = Position::read(cursor);
  const ReaderPool::Lease reader(readers_);
  const ReadTransaction transaction(*reader);
  QueryText text;
  text.add("SELECT r.key, ").add(sort_column(filter.order)).add(", r.id");
  add_runs(text, filter, tenant);
  add_page(text, sort_column(filter.order), "r.id", is_descending(filter.order), after, filter.limit);
  std::vector<Place> places = places_of(*reader, text);
  const bool more = cut_to(filter.limit, places);
  for (const Place& place : places) {
    Rows row = reader->statement(by_key).query(place.key);
    if (row.next() && !rows.push(read_run(row, row.bytes(10)))) return;
  }
  if (more) next_cursor.push(places.back().position.text());
}

std::string SqliteStore::summarize(std::string_view tenant, std::string_view what, std::string_view filter_json) {
  if (what == "session") return session_stats(tenant, store_query::read_session_id(filter_json));
  if (what == "usage") return usage(tenant, store_query::read_usage_filter(filter_json));
  if (what == "events") return count_events(tenant, store_query::read_event_filter(filter_json));
  QueryText text;
  text.add("SELECT count(*)");
  if (what == "sessions") {
    const SessionFilter filter = store_query::read_session_filter(filter_json);
    const ReaderPool::Lease reader(readers_);
    add_sessions(text, filter, tenant, pick_for(*reader, filter));
    return store_query::count_json(static_cast<std::uint64_t>(text.run_for_number(*reader)));
  }
  if (what != "runs") sdk::refuse_query_of(what);
  const RunFilter filter = store_query::read_run_filter(filter_json);
  add_runs(text, filter, tenant);
  const ReaderPool::Lease reader(readers_);
  return store_query::count_json(static_cast<std::uint64_t>(text.run_for_number(*reader)));
}

}  // namespace asmgr::sqlite_store
