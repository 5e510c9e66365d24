#include "tests/faults/checker/read_postgres.hpp"

#include <vector>

#include "tests/faults/postgres_sql.hpp"

namespace asmgr::faults {
namespace {

std::string name_of(std::int64_t status, const std::vector<const char*>& names) {
  const auto at = static_cast<std::size_t>(status);
  return at >= 1 && at <= names.size() ? names[at - 1] : "status " + std::to_string(status);
}

}  // namespace

simulation::Snapshot snapshot_of_postgres(const std::string& dsn, const std::string& schema) {
  const PostgresSql sql(dsn);
  sql.run("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL search_path TO \"" + schema + "\"");
  simulation::Snapshot all;
  sql.rows(
      "SELECT s.id, s.chain_id, s.status, s.deleted_us, h.last_seq, encode(h.last_hash, 'hex')"
      " FROM sessions s JOIN heads h ON h.key = s.key",
      [&](const auto& row) {
        simulation::StoredSession& session = all.sessions[row.text(0)];
        session.id = row.text(0);
        session.chain_id = row.text(1);
        session.status = name_of(row.integer(2), {"pending", "active", "paused", "completed", "failed", "cancelled"});
        session.deleted = row.integer(3) != 0;
        session.last_number = row.count(4);
        session.last_hash = row.bytes(5);
      });
  sql.rows(
      "SELECT s.id, e.seq, e.id, e.type_name, e.run_id, e.provider, e.correlation_id, e.time_us, e.schema,"
      " encode(e.data, 'hex'), encode(e.metadata, 'hex'), encode(e.hash, 'hex')"
      " FROM events e JOIN sessions s ON s.key = e.session ORDER BY e.session, e.seq",
      [&](const auto& row) {
        all.sessions[row.text(0)].events.push_back({row.count(1), row.text(2), row.text(3), row.text(4), row.text(5),
                                                    row.text(6), row.integer(7), row.count(8), row.bytes(9),
                                                    row.bytes(10), row.bytes(11)});
      });
  sql.rows("SELECT r.id, s.id, r.status, encode(r.doc, 'hex') FROM runs r JOIN sessions s ON s.key = r.session",
           [&](const auto& row) {
             const std::string status =
                 name_of(row.integer(2), {"pending", "running", "completed", "failed", "cancelled", "timeout"});
             all.runs[row.text(0)] = {row.text(0), row.text(1), status, row.bytes(3)};
           });
  sql.rows("SELECT kind, id, session_id, status, encode(body, 'hex'), value FROM records", [&](const auto& row) {
    all.records.push_back({row.text(0), row.text(1), row.text(2), row.text(3), row.bytes(4), row.integer(5)});
  });
  return all;
}

}  // namespace asmgr::faults
