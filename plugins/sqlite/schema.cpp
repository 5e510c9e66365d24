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

// What search and sums need. Columns of runs are computed from their docs whenever a row is written, and kept only in
// the indexes; docs that are no JSON have nothing to count. Tags are kept apart by triggers.
constexpr const char* kQueries = R"sql(
CREATE INDEX sessions_by_update ON sessions (updated_us, id, deleted_us, status, agent_id, tenant, created_us);
CREATE INDEX sessions_by_creation ON sessions (created_us, id, deleted_us, status, agent_id, tenant);

CREATE TABLE session_tags (session INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (session, tag)) WITHOUT ROWID;
CREATE INDEX session_tags_by_tag ON session_tags (tag, session);
INSERT OR IGNORE INTO session_tags (session, tag)
  SELECT s.key, t.value FROM sessions s, json_each(CASE WHEN json_valid(s.doc) THEN s.doc ELSE '{}' END, '$.tags') t
  WHERE t.type = 'text' AND typeof(t.key) = 'integer';
CREATE TRIGGER sessions_tagged AFTER INSERT ON sessions BEGIN
  INSERT OR IGNORE INTO session_tags (session, tag)
    SELECT new.key, value FROM json_each(CASE WHEN json_valid(new.doc) THEN new.doc ELSE '{}' END, '$.tags')
    WHERE type = 'text' AND typeof(key) = 'integer';
END;
CREATE TRIGGER sessions_retagged AFTER UPDATE OF doc ON sessions
  WHEN new.doc <> old.doc AND
       CASE WHEN json_valid(new.doc) THEN json_extract(new.doc, '$.tags') END IS NOT
       CASE WHEN json_valid(old.doc) THEN json_extract(old.doc, '$.tags') END
BEGIN
  DELETE FROM session_tags WHERE session = new.key;
  INSERT OR IGNORE INTO session_tags (session, tag)
    SELECT new.key, value FROM json_each(CASE WHEN json_valid(new.doc) THEN new.doc ELSE '{}' END, '$.tags')
    WHERE type = 'text' AND typeof(key) = 'integer';
END;
CREATE TRIGGER sessions_untagged AFTER DELETE ON sessions BEGIN
  DELETE FROM session_tags WHERE session = old.key;
END;

ALTER TABLE runs ADD COLUMN facts TEXT AS (CASE WHEN json_valid(doc) THEN
  json_extract(doc, '$.token_usage', '$.cost_usd', '$.provider_metadata.model') END) VIRTUAL;
ALTER TABLE runs ADD COLUMN input_tokens INTEGER AS (CASE WHEN json_type(facts, '$[0].input_tokens') IN
  ('integer', 'real') THEN CAST(max(0, min(json_extract(facts, '$[0].input_tokens'), 1000000000000)) AS INTEGER)
  ELSE 0 END) VIRTUAL;
ALTER TABLE runs ADD COLUMN cache_read_tokens INTEGER AS (CASE WHEN json_type(facts, '$[0].cache_read_tokens') IN
  ('integer', 'real') THEN CAST(max(0, min(json_extract(facts, '$[0].cache_read_tokens'), 1000000000000)) AS INTEGER)
  ELSE 0 END) VIRTUAL;
ALTER TABLE runs ADD COLUMN cache_write_tokens INTEGER AS (CASE WHEN json_type(facts, '$[0].cache_write_tokens') IN
  ('integer', 'real') THEN CAST(max(0, min(json_extract(facts, '$[0].cache_write_tokens'), 1000000000000)) AS INTEGER)
  ELSE 0 END) VIRTUAL;
ALTER TABLE runs ADD COLUMN output_tokens INTEGER AS (CASE WHEN json_type(facts, '$[0].output_tokens') IN
  ('integer', 'real') THEN CAST(max(0, min(json_extract(facts, '$[0].output_tokens'), 1000000000000)) AS INTEGER)
  ELSE 0 END) VIRTUAL;
ALTER TABLE runs ADD COLUMN reasoning_tokens INTEGER AS (CASE WHEN json_type(facts, '$[0].reasoning_tokens') IN
  ('integer', 'real') THEN CAST(max(0, min(json_extract(facts, '$[0].reasoning_tokens'), 1000000000000)) AS INTEGER)
  ELSE 0 END) VIRTUAL;
ALTER TABLE runs ADD COLUMN total_tokens INTEGER AS (max(
  input_tokens + cache_read_tokens + cache_write_tokens + output_tokens + reasoning_tokens,
  CASE WHEN json_type(facts, '$[0].total_tokens') IN ('integer', 'real')
  THEN CAST(max(0, min(json_extract(facts, '$[0].total_tokens'), 1000000000000)) AS INTEGER) ELSE 0 END)) VIRTUAL;
ALTER TABLE runs ADD COLUMN cost_micro_usd INTEGER AS (CASE WHEN json_type(facts, '$[1]') IN ('integer', 'real') AND
  json_extract(facts, '$[1]') BETWEEN 0 AND 1e9 THEN CAST(round(json_extract(facts, '$[1]') * 1e6) AS INTEGER)
  END) VIRTUAL;
ALTER TABLE runs ADD COLUMN model TEXT AS (CASE WHEN json_type(facts, '$[2]') = 'text' THEN
  json_extract(facts, '$[2]') ELSE '' END) VIRTUAL;
CREATE INDEX runs_by_start ON runs (started_us, id, session, status, provider, model, input_tokens, cache_read_tokens,
  cache_write_tokens, output_tokens, reasoning_tokens, total_tokens, cost_micro_usd);
CREATE INDEX runs_by_tokens ON runs (total_tokens, id, session, status, provider, started_us);
CREATE INDEX runs_by_provider ON runs (provider, session);
)sql";

// Migration n (counted from 1) brings a file from version n - 1 to n.
constexpr std::array<const char*, kSchemaVersion> kMigrations = {kCreate, kQueries};

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
