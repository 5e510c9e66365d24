#include "schema.hpp"

#include <array>
#include <optional>

namespace asmgr::sqlite_store {
namespace {

// 'asmg', so that file(1) and we can tell the file from another program's database.
constexpr std::int64_t kApplicationId = 0x61736d67;

// Why each table looks as it does is told in README.md.
constexpr const char* kCreate = R"sql(
CREATE TABLE schema_version (version INTEGER PRIMARY KEY, applied_us INTEGER NOT NULL);

CREATE TABLE names (key INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);

CREATE TABLE sessions (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, status INTEGER NOT NULL, version INTEGER NOT NULL,
  created_us INTEGER NOT NULL, updated_us INTEGER NOT NULL, deleted_us INTEGER NOT NULL, checksum INTEGER NOT NULL,
  agent_id TEXT NOT NULL, parent_id TEXT NOT NULL, tenant TEXT NOT NULL, chain_id TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX sessions_by_agent ON sessions (agent_id, id);
CREATE INDEX sessions_by_tenant ON sessions (tenant, id) WHERE tenant <> '';
CREATE INDEX sessions_open ON sessions (id) WHERE status < 4;

CREATE TABLE heads (
  key INTEGER PRIMARY KEY, last_seq INTEGER NOT NULL, epoch INTEGER NOT NULL, change INTEGER NOT NULL,
  owner TEXT NOT NULL, last_hash BLOB NOT NULL);

CREATE TABLE events (
  session INTEGER NOT NULL, seq INTEGER NOT NULL, time_us INTEGER NOT NULL, type INTEGER NOT NULL,
  type_name INTEGER NOT NULL, flags INTEGER NOT NULL, schema INTEGER NOT NULL, provider INTEGER NOT NULL,
  run ANY NOT NULL, id ANY NOT NULL, correlation_id ANY NOT NULL, hash BLOB NOT NULL, body_hash BLOB NOT NULL,
  metadata TEXT NOT NULL, data TEXT NOT NULL) STRICT;
CREATE UNIQUE INDEX events_by_number ON events (session, seq);
CREATE UNIQUE INDEX events_by_caller_id ON events (session, id) WHERE (flags & 2) <> 0;

CREATE TABLE runs (
  key INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, session INTEGER NOT NULL, status INTEGER NOT NULL,
  version INTEGER NOT NULL, created_us INTEGER NOT NULL, started_us INTEGER NOT NULL, ended_us INTEGER NOT NULL,
  checksum INTEGER NOT NULL, provider TEXT NOT NULL, doc TEXT NOT NULL);
CREATE INDEX runs_by_session ON runs (session, id);
CREATE INDEX runs_open ON runs (id) WHERE status < 3;

CREATE TABLE records (
  key INTEGER PRIMARY KEY, kind TEXT NOT NULL, id TEXT NOT NULL, tenant TEXT NOT NULL, version INTEGER NOT NULL,
  due_us INTEGER NOT NULL, value INTEGER NOT NULL, checksum INTEGER NOT NULL, session_id TEXT NOT NULL,
  status TEXT NOT NULL, body TEXT NOT NULL);
CREATE UNIQUE INDEX records_by_id ON records (kind, id, tenant);
CREATE INDEX records_by_tenant ON records (kind, tenant, id) WHERE tenant <> '';
CREATE INDEX records_by_status ON records (kind, status, id) WHERE status <> '';
CREATE INDEX records_by_session ON records (session_id, kind, id) WHERE session_id <> '';
CREATE INDEX records_by_due ON records (kind, due_us) WHERE due_us <> 0;

CREATE TABLE hosts (id TEXT PRIMARY KEY, boot_id TEXT NOT NULL, expires_us INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE changes (first INTEGER PRIMARY KEY, count INTEGER NOT NULL, entries BLOB NOT NULL);
)sql";

// Migration n (counted from 1) brings a file from version n - 1 to n.
constexpr std::array<const char*, kSchemaVersion> kMigrations = {kCreate};

std::int64_t single_integer(Connection& connection, std::string_view sql) {
  Statement statement(connection.raw(), sql);
  Rows rows = statement.query();
  return rows.next() ? rows.integer(0) : 0;
}

// 0 for an empty file, nothing for a database of something else.
std::optional<std::int64_t> version_of(Connection& connection) {
  if (single_integer(connection, "SELECT count(*) FROM sqlite_schema") == 0) return 0;
  const std::int64_t ours =
      single_integer(connection, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'schema_version'");
  if (ours == 0 || single_integer(connection, "PRAGMA application_id") != kApplicationId) return std::nullopt;
  return single_integer(connection, "SELECT coalesce(max(version), 0) FROM schema_version");
}

void refuse_unknown(const std::string& path, std::optional<std::int64_t> version) {
  if (!version)
    throw sdk::StatusError(ASMGR_E_STORAGE_CONNECTION,
                           "'" + path + "' is a SQLite database, but not one of asmgr; give another path");
  if (*version > kSchemaVersion)
    throw sdk::StatusError(ASMGR_E_MIGRATION_REQUIRED,
                           "'" + path + "' has schema version " + std::to_string(*version) +
                               ", this build of the sqlite store knows versions up to " +
                               std::to_string(kSchemaVersion) +
                               "; use a build of asmgr that is at least as new as the one that wrote the file, or "
                               "another path")
        .with_details("{\"found_version\":" + std::to_string(*version) +
                      ",\"known_version\":" + std::to_string(kSchemaVersion) + "}");
}

// Repeats what another connection's lock refuses.
template <typename Action>
void retry_while_locked(Deadline deadline, Action action) {
  LockPause pause;
  while (true) {
    try {
      return action();
    } catch (const DatabaseError& error) {
      if (error.primary_code() != SQLITE_BUSY || !pause.sleep_until(deadline)) throw;
    }
  }
}

void apply_missing(Connection& connection, const std::string& path) {
  const std::optional<std::int64_t> version = version_of(connection);  // again: another process may have been faster
  refuse_unknown(path, version);
  if (*version == 0) connection.run_script("PRAGMA application_id = 0x61736d67");
  for (std::int64_t next = *version + 1; next <= kSchemaVersion; ++next) {
    connection.run_script(kMigrations[static_cast<std::size_t>(next - 1)]);
    connection.statement("INSERT INTO schema_version (version, applied_us) VALUES (?, unixepoch() * 1000000)")
        .execute(next);
  }
}

}  // namespace

void migrate(Connection& connection, const std::string& path, Deadline deadline) {
  std::optional<std::int64_t> version;
  retry_while_locked(deadline, [&] { version = version_of(connection); });
  refuse_unknown(path, version);
  retry_while_locked(deadline, [&] { connection.run_script("PRAGMA journal_mode = WAL"); });
  if (*version == kSchemaVersion) return;
  retry_while_locked(deadline, [&] { connection.run_script("BEGIN IMMEDIATE"); });
  try {
    apply_missing(connection, path);
    connection.run_script("COMMIT");
  } catch (...) {
    if (connection.in_transaction()) sqlite3_exec(connection.raw(), "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

}  // namespace asmgr::sqlite_store
