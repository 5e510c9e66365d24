// Search of events across sessions. In order of number each session is a stretch of the one index over all events. In
// order of time there is no index, which every append would pay for: what matches is sorted.
#include "event_rows.hpp"
#include "postgres_store.hpp"
#include "query_text.hpp"

namespace asmgr::postgres_store {
namespace {

using store_query::EventFilter;
using store_query::EventOrder;
using store_query::Position;

void add_session_conditions(QueryText& text, const EventFilter& filter, std::string_view tenant) {
  text.add(" AND s.deleted_us = 0").add_among("s.id", filter.session_ids);
  if (!tenant.empty()) text.add(" AND s.tenant = ?", tenant);
  if (!filter.not_agent_id.empty()) text.add(" AND s.agent_id <> ?", filter.not_agent_id);
}

void add_event_conditions(QueryText& text, const EventFilter& filter) {
  text.add_between("e.time_us", filter.time);
  text.add_among("e.type_name", filter.types).add_among("e.provider", filter.providers);
  if (!filter.correlation_id.empty()) text.add(" AND e.correlation_id = ?", filter.correlation_id);
  text.add_among("e.run_id", filter.run_ids);
}

// The first events of each session from the one on where the last page ended: of one session never more than a page is
// read, whatever its length.
QueryText in_sequence(const EventFilter& filter, std::string_view tenant, const Position& after) {
  const auto wanted = static_cast<std::int64_t>(filter.limit) + 1;
  QueryText text;
  text.add("SELECT e.*, s.id FROM @sessions s CROSS JOIN LATERAL (SELECT ").add(kEventColumns);
  text.add(" FROM @events e WHERE e.session = s.key AND e.seq > CASE WHEN s.id = ? THEN ", after.id);
  text.add("? ELSE 0 END", static_cast<std::int64_t>(after.number));
  add_event_conditions(text, filter);
  text.add(" ORDER BY e.seq LIMIT ?", wanted).add(") e WHERE s.id >= ?", after.id);
  add_session_conditions(text, filter, tenant);
  text.add(" ORDER BY s.id, e.seq LIMIT ?", wanted);
  return text;
}

QueryText in_time(const EventFilter& filter, std::string_view tenant, const std::optional<Position>& after) {
  QueryText text;
  text.add("SELECT ").add(kEventColumns).add(", s.id");
  add_events(text, filter, tenant);
  const bool descending = is_descending(filter.order);
  if (after) {
    text.add(descending ? " AND (e.time_us, s.id, e.seq) < (?, " : " AND (e.time_us, s.id, e.seq) > (?, ",
             after->value);
    text.add("?, ", after->id).add("?)", static_cast<std::int64_t>(after->number));
  }
  text.add(descending ? " ORDER BY e.time_us DESC, s.id DESC, e.seq DESC" : " ORDER BY e.time_us, s.id, e.seq");
  text.add(" LIMIT ?", static_cast<std::int64_t>(filter.limit) + 1);
  return text;
}

}  // namespace

void add_events(QueryText& text, const EventFilter& filter, std::string_view tenant) {
  text.add(" FROM @events e JOIN @sessions s ON s.key = e.session WHERE true");
  add_event_conditions(text, filter);
  add_session_conditions(text, filter, tenant);
}

void PostgresStore::search_events(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                                  sdk::ItemSink<asmgr_event>& rows, sdk::TextSink& next_cursor) {
  const EventFilter filter = store_query::read_event_filter(filter_json);
  const auto after = Position::read(cursor);
  const bool in_order = filter.order == EventOrder::sequence_asc;
  QueryText text = in_order ? in_sequence(filter, tenant, after.value_or(Position{})) : in_time(filter, tenant, after);
  const Result found = readers_.query(std::move(text).request(sql_));
  const int shown = shown_of(found, filter.limit);
  for (int i = 0; i < shown; ++i) {
    if (!rows.push(read_event(found, i, found.bytes(i, kEventColumnCount)))) return;
  }
  if (!has_more(found, filter.limit)) return;
  Position end{in_order ? 0 : found.integer(shown - 1, 1), found.number(shown - 1, 0), {}};
  end.id.assign(found.bytes(shown - 1, kEventColumnCount));
  next_cursor.push(end.text());
}

}  // namespace asmgr::postgres_store
