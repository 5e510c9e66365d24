// The read side: every query is one statement of a shape that an index answers in the order it is asked for.
#include <algorithm>
#include <string>

#include "event_rows.hpp"
#include "postgres_store.hpp"
#include "rows.hpp"

namespace asmgr::postgres_store {
namespace {

using sdk::items;
using sdk::to_abi;
using sdk::view;

std::uint32_t limit_of(std::uint32_t limit) {
  return limit == 0 ? 1000 : limit;
}

// Numbers are stored as signed: those above do not exist.
std::int64_t signed_number(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
}

[[noreturn]] void throw_missing(asmgr_status status, std::string_view what, std::string_view id) {
  throw sdk::StatusError(status, "there is no " + std::string(what) + " '" + std::string(id) + "'");
}

// " AND status IN (1,2)" for the bits of the mask; nothing for any. Those below `open_end` have an index of their own.
std::string status_condition(std::string_view column, std::uint32_t mask, unsigned open_end) {
  if (mask == 0) return {};
  std::string list;
  for (unsigned status = 0; status < 32; ++status) {
    if ((mask & (1u << status)) != 0) list += (list.empty() ? "" : ",") + std::to_string(status);
  }
  std::string condition = " AND " + std::string(column) + " IN (" + list + ")";
  if ((mask >> open_end) == 0) condition += " AND " + std::string(column) + " < " + std::to_string(open_end);
  return condition;
}

}  // namespace

void PostgresStore::head(std::string_view session_id, asmgr_head& out) {
  // Whoever asks because a commit's outcome is unknown is answered when it is known: its transaction holds this row.
  if (writer_.in_doubt())
    query("SELECT serial FROM @writers WHERE id = $1 FOR UPDATE", std::move(Parameters().text(writer_.id())));
  const Result rows = query(
      "SELECT h.last_seq, h.epoch, h.owner, h.last_hash, EXISTS (SELECT 1 FROM @hosts o "
      "WHERE o.id = h.owner AND o.expires_us > " +
          std::string(kServerNow) + ") FROM @heads h WHERE h.id = $1",
      std::move(Parameters().text(session_id)));
  if (rows.rows() == 0) throw_missing(ASMGR_E_SESSION_NOT_FOUND, "session", session_id);
  out.last_seq = rows.number(0, 0);
  out.epoch = rows.number(0, 1);
  copy_hash(out.hash, rows.bytes(0, 3));
  sdk::set_owner(out, rows.bytes(0, 2), rows.integer(0, 4) != 0);
}

void PostgresStore::get_session(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_session>& out) {
  const Result rows = query("SELECT " + std::string(kSessionColumns) + " FROM @sessions s WHERE s.id = $1",
                            std::move(Parameters().text(id)));
  if (rows.rows() == 0 || (!tenant.empty() && rows.bytes(0, 10) != tenant))
    throw_missing(ASMGR_E_SESSION_NOT_FOUND, "session", id);
  out.push(read_session(rows, 0));
}

void PostgresStore::list_sessions(const asmgr_session_query& asked, sdk::ItemSink<asmgr_session>& out) {
  std::string text = "SELECT " + std::string(kSessionColumns) + " FROM @sessions s WHERE s.id > $1";
  if (asked.tenant.len != 0) text += " AND s.tenant = $2 AND s.tenant <> ''";
  if (asked.agent_id.len != 0) text += " AND s.agent_id = $3";
  text += status_condition("s.status", asked.status_mask, 4);
  if (asked.include_deleted == 0) text += " AND s.deleted_us = 0";
  const Result rows = query(text + " ORDER BY s.id LIMIT $4", std::move(Parameters()
                                                                            .text(view(asked.after_id))
                                                                            .text(view(asked.tenant))
                                                                            .text(view(asked.agent_id))
                                                                            .add(limit_of(asked.limit))));
  for (int i = 0; i < rows.rows(); ++i) {
    if (!out.push(read_session(rows, i))) return;
  }
}

void PostgresStore::get_run(std::string_view tenant, std::string_view id, sdk::ItemSink<asmgr_run>& out) {
  const Result rows = query("SELECT " + std::string(kRunColumns) +
                                ", s.id, s.tenant FROM @runs r JOIN @sessions s ON s.key = r.session WHERE r.id = $1",
                            std::move(Parameters().text(id)));
  if (rows.rows() == 0 || (!tenant.empty() && rows.bytes(0, 11) != tenant))
    throw_missing(ASMGR_E_RUN_NOT_FOUND, "run", id);
  out.push(read_run(rows, 0, rows.bytes(0, 10)));
}

void PostgresStore::list_runs(const asmgr_run_query& asked, sdk::ItemSink<asmgr_run>& out) {
  std::string text = "SELECT " + std::string(kRunColumns) +
                     ", s.id FROM @runs r JOIN @sessions s ON s.key = r.session WHERE r.id > $1";
  if (asked.tenant.len != 0) text += " AND s.tenant = $2";
  if (asked.session_id.len != 0) text += " AND r.session = (SELECT key FROM @sessions WHERE id = $3)";
  text += status_condition("r.status", asked.status_mask, 3);
  const Result rows = query(text + " ORDER BY r.id LIMIT $4", std::move(Parameters()
                                                                            .text(view(asked.after_id))
                                                                            .text(view(asked.tenant))
                                                                            .text(view(asked.session_id))
                                                                            .add(limit_of(asked.limit))));
  for (int i = 0; i < rows.rows(); ++i) {
    if (!out.push(read_run(rows, i, rows.bytes(i, 10)))) return;
  }
}

void PostgresStore::get_events(const asmgr_event_query& asked, sdk::ItemSink<asmgr_event>& out) {
  std::string text = "SELECT " + std::string(kEventColumns) +
                     " FROM @events e WHERE e.session = (SELECT s.key FROM @sessions s "
                     "WHERE s.id = $1 AND ($2 = '' OR s.tenant = $2)) AND e.seq > $3 AND e.seq < $4";
  if (asked.since_us != INT64_MIN) text += " AND e.time_us >= $5";
  if (asked.run_id.len != 0) text += " AND e.run_id = $6";
  Array types(Type::texts);
  for (const asmgr_str& type : items<asmgr_str>(asked.types)) types.add(view(type));
  if (!types.empty()) text += " AND e.type_name = ANY($7)";
  text += asked.order == ASMGR_ORDER_DESC ? " ORDER BY e.seq DESC LIMIT $8" : " ORDER BY e.seq LIMIT $8";
  const Result rows = query(text, std::move(Parameters()
                                                .text(view(asked.session_id))
                                                .text(view(asked.tenant))
                                                .add(signed_number(asked.after))
                                                .add(asked.before == 0 ? INT64_MAX : signed_number(asked.before))
                                                .add(asked.since_us)
                                                .text(view(asked.run_id))
                                                .add(types)
                                                .add(limit_of(asked.limit))));
  for (int i = 0; i < rows.rows(); ++i) {
    if (!out.push(read_event(rows, i, view(asked.session_id)))) return;
  }
}

void PostgresStore::get_record(std::string_view tenant, std::string_view kind, std::string_view id,
                               sdk::ItemSink<asmgr_record>& out) {
  // Without a tenant: the row without one, else that of the first.
  const Result rows = query("SELECT " + std::string(kRecordColumns) +
                                " FROM @records r WHERE r.kind = $1 AND r.id = $2 AND ($3 = '' OR r.tenant = $3) AND " +
                                std::string(kRecordIsThere) + " ORDER BY r.tenant LIMIT 1",
                            std::move(Parameters().text(kind).text(id).text(tenant)));
  if (rows.rows() == 0) throw_missing(ASMGR_E_NOT_FOUND, std::string(kind) + " record", id);
  out.push(read_record(rows, 0));
}

void PostgresStore::list_records(const asmgr_record_query& asked, sdk::ItemSink<asmgr_record>& out) {
  std::string text =
      "SELECT * FROM (SELECT " + std::string(kRecordColumns) + " FROM @records r WHERE r.kind = $1 AND r.id > $2";
  if (asked.tenant.len != 0) text += " AND r.tenant = $3 AND r.tenant <> ''";
  if (asked.session_id.len != 0) text += " AND r.session_id = $4 AND r.session_id <> ''";
  if (asked.status.len != 0) text += " AND r.status = $5 AND r.status <> ''";
  if (asked.due_before_us != 0) text += " AND r.due_us <> 0 AND r.due_us < $6";
  text.append(" AND ").append(kRecordIsThere);
  // A page never ends between two tenants' records of one id: the next one, by id, would skip the second.
  text += " ORDER BY r.id FETCH FIRST ($7) ROWS WITH TIES) page ORDER BY id, tenant";
  const Result rows = query(text, std::move(Parameters()
                                                .text(view(asked.kind))
                                                .text(view(asked.after_id))
                                                .text(view(asked.tenant))
                                                .text(view(asked.session_id))
                                                .text(view(asked.status))
                                                .add(asked.due_before_us)
                                                .add(limit_of(asked.limit))));
  for (int i = 0; i < rows.rows(); ++i) {
    if (!out.push(read_record(rows, i))) return;
  }
}

}  // namespace asmgr::postgres_store
