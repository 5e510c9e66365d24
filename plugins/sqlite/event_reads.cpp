// Reading events: pages by number, filtered by run, type and time.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "event_rows.hpp"
#include "packed_id.hpp"
#include "sqlite_store.hpp"

namespace asmgr::sqlite_store {
namespace {

using sdk::items;
using sdk::to_abi;
using sdk::view;

// Numbers are stored as signed: those above do not exist.
std::int64_t signed_number(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
}

// The shape of a query as SQL. ?1 session, ?2 and ?3 the numbers between which, ?4 since, ?5 run, ?6 limit. The keys of
// type names are written out: they are ours, few, and the same queries come again.
std::string sql_for(const asmgr_event_query& query, const std::vector<std::int64_t>& type_keys) {
  std::string sql = "SELECT " + std::string(kEventColumns) +
                    " FROM events e INDEXED BY events_by_number WHERE session = ?1 AND seq > ?2 AND seq < ?3";
  sql += query.since_us == INT64_MIN ? " AND ?4 IS NOT NULL" : " AND time_us >= ?4";
  sql += query.run_id.len == 0 ? " AND ?5 = ''" : " AND run = ?5";
  if (!type_keys.empty()) {
    sql += " AND type_name IN (";
    for (std::size_t i = 0; i < type_keys.size(); ++i) sql += (i == 0 ? "" : ",") + std::to_string(type_keys[i]);
    sql += ")";
  }
  return sql + (query.order == ASMGR_ORDER_DESC ? " ORDER BY seq DESC LIMIT ?6" : " ORDER BY seq LIMIT ?6");
}

}  // namespace

std::int64_t SqliteStore::key_of_name(Connection& connection, std::string_view name) {
  Rows rows = connection.statement("SELECT key FROM names WHERE name = ?").query(name);
  return rows.next() ? rows.integer(0) : 0;
}

std::string_view SqliteStore::name_of(Connection& connection, std::int64_t key) {
  {
    const std::lock_guard lock(names_mutex_);
    const auto known = names_.find(key);
    if (known != names_.end()) return known->second;
  }
  Rows rows = connection.statement("SELECT name FROM names WHERE key = ?").query(key);
  if (!rows.next())
    throw sdk::StatusError(ASMGR_E_STORAGE_READ, "'" + settings_.path + "': an event refers to name number " +
                                                     std::to_string(key) +
                                                     ", which is not in the file; it is damaged: restore a backup");
  const std::lock_guard lock(names_mutex_);
  return names_.emplace(key, std::string(rows.bytes(0))).first->second;
}

bool SqliteStore::push_event(Connection& connection, const Rows& row, std::string_view session_id,
                             sdk::ItemSink<asmgr_event>& out) {
  IdRoom room;
  asmgr_event event = read_event(row, session_id, room);
  event.type_name = to_abi(name_of(connection, row.integer(3)));
  event.provider = to_abi(name_of(connection, row.integer(6)));
  return out.push(event);
}

void SqliteStore::get_events(const asmgr_event_query& query, sdk::ItemSink<asmgr_event>& out) {
  const ReaderPool::Lease reader(readers_);
  std::int64_t session = 0;
  {
    Rows rows = reader->statement("SELECT key, tenant FROM sessions WHERE id = ?").query(view(query.session_id));
    if (!rows.next() || (query.tenant.len != 0 && rows.bytes(1) != view(query.tenant))) return;
    session = rows.integer(0);
  }
  std::vector<std::int64_t> type_keys;
  for (const asmgr_str& type : items<asmgr_str>(query.types)) {
    const std::int64_t key = key_of_name(*reader, view(type));
    if (key != 0) type_keys.push_back(key);
  }
  if (query.types.count != 0 && type_keys.empty()) return;
  std::sort(type_keys.begin(), type_keys.end());

  const PackedId run(view(query.run_id));
  const std::int64_t before = query.before == 0 ? INT64_MAX : signed_number(query.before);
  const std::uint32_t limit = query.limit == 0 ? 1000 : query.limit;
  Rows rows = reader->statement(sql_for(query, type_keys))
                  .query(session, signed_number(query.after), before, query.since_us, run.stored(), limit);
  while (rows.next()) {
    if (!push_event(*reader, rows, view(query.session_id), out)) return;
  }
}

}  // namespace asmgr::sqlite_store
