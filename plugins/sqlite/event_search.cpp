// Search of events across sessions. In order of number each session is a stretch of the one index over all events. In
// order of time there is no index, which would cost half the speed of appending: what matches is sorted.
#include "event_rows.hpp"
#include "query_text.hpp"
#include "sqlite_store.hpp"

namespace asmgr::sqlite_store {
namespace {

using store_query::EventFilter;
using store_query::EventOrder;
using store_query::Position;

// Names as the keys that stand for them in event rows; nothing when none of them is in the file.
struct NamedKeys {
  std::string types, providers;  // "3,7"; empty = any
  bool none = false;
};

Argument packed(const std::string& id) {
  const PackedId stored(id);
  const TextOrBlob value = stored.stored();
  if (value.blob) return OwnedBlob{std::string(value.bytes)};
  return id;
}

void add_session_conditions(QueryText& text, const EventFilter& filter, std::string_view tenant) {
  text.add(" AND s.deleted_us = 0");
  if (!tenant.empty()) text.add(" AND s.tenant = ?", std::string(tenant));
  if (!filter.not_agent_id.empty()) text.add(" AND s.agent_id <> ?", filter.not_agent_id);
}

void add_event_conditions(QueryText& text, const EventFilter& filter, const NamedKeys& keys) {
  text.add_between("e.time_us", filter.time);
  if (!keys.types.empty()) text.add(" AND e.type_name IN (").add(keys.types).add(")");
  if (!keys.providers.empty()) text.add(" AND e.provider IN (").add(keys.providers).add(")");
  if (!filter.correlation_id.empty()) text.add(" AND e.correlation_id = ?", packed(filter.correlation_id));
  if (filter.run_ids.empty()) return;
  text.add(" AND e.run IN (");
  for (const std::string& id : filter.run_ids) text.add(&id == &filter.run_ids.front() ? "?" : ",?", packed(id));
  text.add(")");
}

// "FROM ... WHERE ..." for what has no order, or is sorted.
void add_events(QueryText& text, const EventFilter& filter, std::string_view tenant, const NamedKeys& keys) {
  if (filter.session_ids.empty())
    text.add(" FROM events e CROSS JOIN sessions s ON s.key = e.session WHERE true");
  else
    text.add(" FROM sessions s CROSS JOIN events e INDEXED BY events_by_number ON e.session = s.key WHERE s.id IN ")
        .add_list(filter.session_ids);
  add_event_conditions(text, filter, keys);
  add_session_conditions(text, filter, tenant);
}

// The events of one session, or from a session on of all, behind `after`, in order of session and number.
QueryText in_sequence(const EventFilter& filter, std::string_view tenant, const NamedKeys& keys, const Position& after,
                      const std::string* session_id, std::size_t limit) {
  QueryText text;
  text.add("SELECT ").add(kEventColumns);
  text.add(", s.id FROM sessions s CROSS JOIN events e INDEXED BY events_by_number ON e.session = s.key");
  if (session_id != nullptr)
    text.add(" WHERE s.id = ? AND e.seq > ?", *session_id,
             *session_id == after.id ? static_cast<std::int64_t>(after.number) : 0);
  else
    text.add(" WHERE s.id >= ? AND e.seq > CASE WHEN s.id = ? THEN ? ELSE 0 END", after.id, after.id,
             static_cast<std::int64_t>(after.number));
  add_session_conditions(text, filter, tenant);
  add_event_conditions(text, filter, keys);
  text.add(" ORDER BY s.id, e.seq LIMIT ?", static_cast<std::int64_t>(limit));
  return text;
}

// Pushes a page and remembers where it ended.
template <typename PushRow>
class SequencePage {
 public:
  SequencePage(std::size_t limit, PushRow push_row) : limit_(limit), push_row_(std::move(push_row)) {}

  // At least one, so that it is seen whether there is more.
  [[nodiscard]] std::size_t wanted() const { return limit_ - pushed_ + 1; }
  // False when there is nothing more to read.
  bool take(Rows rows) {
    while (rows.next()) {
      more_ = pushed_ == limit_;
      if (more_ || !push_row_(rows)) return false;
      ++pushed_;
      end_.number = rows.number(0);
      end_.id.assign(rows.bytes(kEventColumnCount));
    }
    return true;
  }
  [[nodiscard]] bool more() const { return more_; }
  [[nodiscard]] const Position& end() const { return end_; }

 private:
  std::size_t limit_;
  PushRow push_row_;
  std::size_t pushed_ = 0;
  bool more_ = false;
  Position end_;
};

// Of rows (key, time, id of the session, number).
std::vector<Place> sorted_places(Connection& connection, const EventFilter& filter, std::string_view tenant,
                                 const NamedKeys& keys, const std::optional<Position>& after) {
  const bool descending = is_descending(filter.order);
  QueryText text;
  text.add("SELECT e.rowid, e.time_us, s.id, e.seq");
  add_events(text, filter, tenant, keys);
  if (after)
    text.add(descending ? " AND (e.time_us, s.id, e.seq) < (?, ?, ?)" : " AND (e.time_us, s.id, e.seq) > (?, ?, ?)",
             after->value, after->id, static_cast<std::int64_t>(after->number));
  text.add(descending ? " ORDER BY e.time_us DESC, s.id DESC, e.seq DESC" : " ORDER BY e.time_us, s.id, e.seq")
      .add(" LIMIT ?", static_cast<std::int64_t>(filter.limit) + 1);
  std::vector<Place> places;
  Rows rows = text.run(connection);
  while (rows.next())
    places.push_back({rows.integer(0), {rows.integer(1), rows.number(3), std::string(rows.bytes(2))}});
  return places;
}

template <typename KeyOf>
NamedKeys keys_of(const EventFilter& filter, KeyOf key_of) {
  NamedKeys keys;
  const auto list = [&](const std::vector<std::string>& names) {
    std::string out;
    for (const std::string& name : names) {
      if (const std::int64_t key = key_of(name); key != 0) out += (out.empty() ? "" : ",") + std::to_string(key);
    }
    keys.none = keys.none || (!names.empty() && out.empty());
    return out;
  };
  keys.types = list(filter.types);
  keys.providers = list(filter.providers);
  return keys;
}

}  // namespace

void SqliteStore::search_events(std::string_view tenant, std::string_view filter_json, std::string_view cursor,
                                sdk::ItemSink<asmgr_event>& rows, sdk::TextSink& next_cursor) {
  static const std::string by_key = "SELECT " + std::string(kEventColumns) + " FROM events e WHERE e.rowid = ?";
  const EventFilter filter = store_query::read_event_filter(filter_json);
  const auto after = Position::read(cursor);
  const ReaderPool::Lease reader(readers_);
  const ReadTransaction transaction(*reader);
  const NamedKeys keys = keys_of(filter, [&](const std::string& name) { return key_of_name(*reader, name); });
  if (keys.none) return;
  if (filter.order == EventOrder::sequence_asc) {
    SequencePage page(filter.limit,
                      [&](const Rows& row) { return push_event(*reader, row, row.bytes(kEventColumnCount), rows); });
    const Position from = after.value_or(Position{});
    bool goes_on = true;
    if (filter.session_ids.empty()) {
      const QueryText text = in_sequence(filter, tenant, keys, from, nullptr, page.wanted());
      goes_on = page.take(text.run(*reader));
    }
    for (const std::string& id : filter.session_ids) {
      if (!goes_on || id < from.id) continue;
      const QueryText text = in_sequence(filter, tenant, keys, from, &id, page.wanted());
      goes_on = page.take(text.run(*reader));
    }
    if (page.more()) next_cursor.push(page.end().text());
    return;
  }
  std::vector<Place> places = sorted_places(*reader, filter, tenant, keys, after);
  const bool more = cut_to(filter.limit, places);
  for (const Place& place : places) {
    Rows row = reader->statement(by_key).query(place.key);
    if (row.next() && !push_event(*reader, row, place.position.id, rows)) return;
  }
  if (more) next_cursor.push(places.back().position.text());
}

std::string SqliteStore::count_events(std::string_view tenant, const EventFilter& filter) {
  const ReaderPool::Lease reader(readers_);
  const ReadTransaction transaction(*reader);
  const NamedKeys keys = keys_of(filter, [&](const std::string& name) { return key_of_name(*reader, name); });
  if (keys.none) return store_query::count_json(0);
  QueryText text;
  text.add("SELECT count(*)");
  add_events(text, filter, tenant, keys);
  return store_query::count_json(static_cast<std::uint64_t>(text.run_for_number(*reader)));
}

}  // namespace asmgr::sqlite_store
