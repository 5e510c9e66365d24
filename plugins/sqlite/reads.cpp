// The read side: every query is one statement of a shape that an index answers in the order it is asked for.
#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "packed_id.hpp"
#include "rows.hpp"
#include "sqlite_store.hpp"

namespace asmgr::sqlite_store {
namespace {

using sdk::items;
using sdk::view;

constexpr std::uint32_t kDefaultLimit = 1000;

std::uint32_t limit_of(std::uint32_t limit) {
  return limit == 0 ? kDefaultLimit : limit;
}

[[noreturn]] void throw_missing(asmgr_status status, std::string_view what, std::string_view id) {
  throw sdk::StatusError(status, "there is no " + std::string(what) + " '" + std::string(id) + "'");
}

// " AND status IN (1,2)" for the bits of the mask; nothing for any.
std::string status_condition(std::string_view column, std::uint32_t mask) {
  if (mask == 0) return {};
  std::string list;
  for (unsigned status = 0; status < 32; ++status) {
    if ((mask & (1u << status)) == 0) continue;
    list += (list.empty() ? "" : ",") + std::to_string(status);
  }
  return " AND " + std::string(column) + " IN (" + list + ")";
}

// Whether every bit of the mask stands for a status below `end`: then the partial index over those answers.
bool only_below(std::uint32_t mask, unsigned end) {
  return mask != 0 && (mask >> end) == 0 && (mask & 1u) == 0;
}

// The key of a session of this tenant.
std::optional<std::int64_t> session_key(Connection& connection, std::string_view tenant, std::string_view id) {
  Rows rows = connection.statement("SELECT key, tenant FROM sessions WHERE id = ?").query(id);
  if (!rows.next() || (!tenant.empty() && rows.bytes(1) != tenant)) return std::nullopt;
  return rows.integer(0);
}

}  // namespace

void SqliteStore::head(std::string_view session_id, asmgr_head& out) {
  const ReaderPool::Lease reader(readers_);
  std::string owner;
  {
    static const std::string sql =
        "SELECT " + std::string(kHeadColumns) + " FROM sessions s JOIN heads h ON h.key = s.key WHERE s.id = ?";
    Rows rows = reader->statement(sql).query(session_id);
    if (!rows.next()) throw_missing(ASMGR_E_SESSION_NOT_FOUND, "session", session_id);
    const HeadRow head = read_head(rows, session_id);
    out.last_seq = head.last_seq;
    out.epoch = head.epoch;
    owner = std::string(head.owner);
    std::fill(std::begin(out.hash), std::end(out.hash), std::uint8_t{0});
    std::copy_n(head.last_hash.begin(), std::min(head.last_hash.size(), sizeof(out.hash)), std::begin(out.hash));
  }
  sdk::set_owner(out, owner, !owner.empty() && alive(*reader, owner));
}

void SqliteStore::get_session(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_session>& out) {
  static const std::string sql = "SELECT " + std::string(kSessionColumns) + " FROM sessions s WHERE s.id = ?";
  const ReaderPool::Lease reader(readers_);
  Rows rows = reader->statement(sql).query(id);
  if (!rows.next() || (!tenant.empty() && rows.bytes(10) != tenant))
    throw_missing(ASMGR_E_SESSION_NOT_FOUND, "session", id);
  out.push(read_session(rows));
}

void SqliteStore::list_sessions(const asmgr_session_query& query, sdk::ItemSink<asmgr_session>& out) {
  const bool of_tenant = query.tenant.len != 0;
  const bool of_agent = query.agent_id.len != 0;
  std::string sql = "SELECT " + std::string(kSessionColumns) + " FROM sessions s";
  if (of_tenant)
    sql += " INDEXED BY sessions_by_tenant WHERE s.tenant = ?2 AND s.tenant <> '' AND s.id > ?1";
  else if (of_agent)
    sql += " INDEXED BY sessions_by_agent WHERE s.agent_id = ?3 AND s.id > ?1";
  else if (only_below(query.status_mask, 4))
    sql += " INDEXED BY sessions_open WHERE s.status < 4 AND s.id > ?1";
  else
    sql += " WHERE s.id > ?1";
  if (of_tenant && of_agent) sql += " AND s.agent_id = ?3";
  sql += status_condition("s.status", query.status_mask);
  if (query.include_deleted == 0) sql += " AND s.deleted_us = 0";
  // The unused arguments are named all the same, so that every shape is bound alike.
  sql += " AND ?2 IS NOT NULL AND ?3 IS NOT NULL ORDER BY s.id LIMIT ?4";

  const ReaderPool::Lease reader(readers_);
  Rows rows = reader->statement(sql).query(view(query.after_id), view(query.tenant), view(query.agent_id),
                                           limit_of(query.limit));
  while (rows.next()) {
    if (!out.push(read_session(rows))) return;
  }
}

void SqliteStore::get_run(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_run>& out) {
  static const std::string sql = "SELECT " + std::string(kRunColumns) +
                                 ", s.id, s.tenant FROM runs r JOIN sessions s ON s.key = r.session WHERE r.id = ?";
  const ReaderPool::Lease reader(readers_);
  Rows rows = reader->statement(sql).query(id);
  if (!rows.next() || (!tenant.empty() && rows.bytes(11) != tenant)) throw_missing(ASMGR_E_RUN_NOT_FOUND, "run", id);
  out.push(read_run(rows, rows.bytes(10)));
}

void SqliteStore::list_runs(const asmgr_run_query& query, sdk::ItemSink<asmgr_run>& out) {
  const ReaderPool::Lease reader(readers_);
  const std::string_view tenant = view(query.tenant);
  std::int64_t key = 0;
  std::string sql = "SELECT " + std::string(kRunColumns) + ", s.id FROM runs r";
  if (query.session_id.len != 0) {
    const auto found = session_key(*reader, tenant, view(query.session_id));
    if (!found) return;
    key = *found;
    sql += " INDEXED BY runs_by_session CROSS JOIN sessions s WHERE r.session = ?3 AND r.id > ?1";
  } else if (only_below(query.status_mask, 3)) {
    sql += " INDEXED BY runs_open CROSS JOIN sessions s WHERE r.status < 3 AND r.id > ?1";
  } else {
    sql += " CROSS JOIN sessions s WHERE r.id > ?1";
  }
  sql += " AND s.key = r.session" + status_condition("r.status", query.status_mask);
  if (!tenant.empty()) sql += " AND s.tenant = ?2";
  sql += " AND ?2 IS NOT NULL AND ?3 IS NOT NULL ORDER BY r.id LIMIT ?4";

  Rows rows = reader->statement(sql).query(view(query.after_id), tenant, key, limit_of(query.limit));
  while (rows.next()) {
    if (!out.push(read_run(rows, rows.bytes(10)))) return;
  }
}

void SqliteStore::get_record(std::string_view tenant, std::string_view kind, std::string_view id,
                             sdk::ItemSink<asmgr_record>& out) {
  // Without a tenant: the row without one, else that of the first.
  static const std::string base = "SELECT " + std::string(kRecordColumns) +
                                  " FROM records WHERE kind = ?1 AND id = ?2 AND " + std::string(kRecordIsThere) +
                                  " AND ";
  static const std::string of_tenant = base + "tenant = ?3";
  static const std::string of_any = base + "?3 = '' ORDER BY tenant LIMIT 1";
  const ReaderPool::Lease reader(readers_);
  Rows rows = reader->statement(tenant.empty() ? of_any : of_tenant).query(kind, id, tenant);
  if (!rows.next()) throw_missing(ASMGR_E_NOT_FOUND, std::string(kind) + " record", id);
  out.push(read_record(rows));
}

void SqliteStore::list_records(const asmgr_record_query& query, sdk::ItemSink<asmgr_record>& out) {
  const bool of_tenant = query.tenant.len != 0;
  const bool of_session = query.session_id.len != 0;
  const bool of_status = query.status.len != 0;
  std::string sql = "SELECT " + std::string(kRecordColumns) + " FROM records INDEXED BY ";
  if (of_session)
    sql += "records_by_session WHERE session_id <> ''";
  else if (query.due_before_us != 0)
    sql += "records_by_due WHERE due_us <> 0";
  else if (of_status)
    sql += "records_by_status WHERE status <> ''";
  else if (of_tenant)
    sql += "records_by_tenant WHERE tenant <> ''";
  else
    sql += "records_by_id WHERE true";
  sql += " AND kind = ?1 AND id > ?2";
  sql += of_tenant ? " AND tenant = ?3" : " AND ?3 = ''";
  sql += of_session ? " AND session_id = ?4" : " AND ?4 = ''";
  sql += of_status ? " AND status = ?5" : " AND ?5 = ''";
  sql += query.due_before_us != 0 ? " AND due_us <> 0 AND due_us < ?6" : " AND ?6 = 0";
  sql.append(" AND ").append(kRecordIsThere).append(" ORDER BY id, tenant");

  const ReaderPool::Lease reader(readers_);
  Rows rows = reader->statement(sql).query(view(query.kind), view(query.after_id), view(query.tenant),
                                           view(query.session_id), view(query.status), query.due_before_us);
  std::uint32_t left = limit_of(query.limit);
  std::string last_id;
  while (rows.next()) {
    // A page never ends between two tenants' records of one id: the next one, by id, would skip the second.
    if (left == 0 && rows.bytes(1) != last_id) return;
    if (left != 0) --left;
    if (left == 0) last_id.assign(rows.bytes(1));
    if (!out.push(read_record(rows))) return;
  }
}

}  // namespace asmgr::sqlite_store
