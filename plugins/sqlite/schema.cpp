#include "schema.hpp"

#include <array>
#include <asmgr/toolkit/store_query.hpp>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "rows.hpp"

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

// What search and sums need: tags, and what is counted of runs, taken out of their docs.
constexpr const char* kCounts = R"sql(
CREATE TABLE session_tags (session INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (session, tag)) WITHOUT ROWID;
ALTER TABLE runs ADD COLUMN input_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN cache_read_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN cache_write_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN output_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN reasoning_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN total_tokens INTEGER NOT NULL DEFAULT 0;
ALTER TABLE runs ADD COLUMN cost_micro_usd INTEGER;
ALTER TABLE runs ADD COLUMN model TEXT NOT NULL DEFAULT '';
)sql";

constexpr const char* kCountIndexes = R"sql(
CREATE INDEX sessions_by_update ON sessions (updated_us, id, deleted_us, status, agent_id, tenant, created_us);
CREATE INDEX sessions_by_creation ON sessions (created_us, id, deleted_us, status, agent_id, tenant);
CREATE INDEX session_tags_by_tag ON session_tags (tag, session);
CREATE INDEX runs_by_start ON runs (started_us, id, session, status, provider, model, input_tokens, cache_read_tokens,
  cache_write_tokens, output_tokens, reasoning_tokens, total_tokens, cost_micro_usd);
CREATE INDEX runs_by_tokens ON runs (total_tokens, id, session, status, provider, started_us);
CREATE INDEX runs_by_provider ON runs (provider, session);
)sql";

// What keeping the store small and whole needs: heads know how much text their session has, rows that were not have a
// checksum, and what is left of a removed session is known by its key.
constexpr const char* kUpkeep = R"sql(
ALTER TABLE heads ADD COLUMN text_events INTEGER NOT NULL DEFAULT 0;
ALTER TABLE heads ADD COLUMN text_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE heads ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE changes ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
ALTER TABLE hosts ADD COLUMN checksum INTEGER NOT NULL DEFAULT 0;
CREATE TABLE removed (key INTEGER PRIMARY KEY, id TEXT NOT NULL, records_to INTEGER NOT NULL);
)sql";

struct KeyAndDoc {
  std::int64_t key = 0;
  std::string doc;
};

// Calls `take` with every row of (key, doc) of a table; it may write to the table.
template <typename Take>
void for_each_doc(Connection& connection, const std::string& table, Take take) {
  const std::string sql = "SELECT key, doc FROM " + table + " WHERE key > ? ORDER BY key LIMIT 500";
  std::vector<KeyAndDoc> batch(1);
  while (!batch.empty()) {
    const std::int64_t after = batch.back().key;
    batch.clear();
    Rows rows = connection.statement(sql).query(after);
    while (rows.next()) batch.push_back({rows.integer(0), std::string(rows.bytes(1))});
    for (const KeyAndDoc& row : batch) take(row);
  }
}

void count_what_is_there(Connection& connection) {
  for_each_doc(connection, "sessions", [&](const KeyAndDoc& row) {
    for (const std::string& tag : store_query::read_tags(row.doc))
      connection.statement("INSERT INTO session_tags (session, tag) VALUES (?, ?)").execute(row.key, tag);
  });
  for_each_doc(connection, "runs", [&](const KeyAndDoc& row) {
    const store_query::RunFacts facts = store_query::read_run_doc(row.doc);
    const auto& tokens = facts.tokens;
    connection
        .statement(
            "UPDATE runs SET input_tokens = ?2, cache_read_tokens = ?3, cache_write_tokens = ?4, output_tokens = ?5, "
            "reasoning_tokens = ?6, total_tokens = ?7, cost_micro_usd = ?8, model = ?9 WHERE key = ?1")
        .execute(row.key, tokens[0], tokens[1], tokens[2], tokens[3], tokens[4], tokens[5], facts.cost_micro_usd,
                 facts.model);
  });
}

void add_counts(Connection& connection) {
  connection.run_script(kCounts);
  count_what_is_there(connection);
  connection.run_script(kCountIndexes);
}

std::vector<std::int64_t> integers(Connection& connection, std::string_view sql) {
  std::vector<std::int64_t> all;
  Rows rows = connection.statement(sql).query();
  while (rows.next()) all.push_back(rows.integer(0));
  return all;
}

void count_text(Connection& connection, std::int64_t key) {
  static const std::string find = "SELECT " + std::string(kHeadColumns) + " FROM heads h WHERE h.key = ?";
  HeadRow head;
  {
    Rows rows =
        connection
            .statement(
                "SELECT count(*), coalesce(sum(length(CAST(data AS BLOB)) + length(CAST(metadata AS BLOB))), 0) "
                "FROM events INDEXED BY events_by_number WHERE session = ? AND (flags & 1) = 0")
            .query(key);
    if (!rows.next()) return;
    head.text_events = rows.number(0);
    head.text_bytes = rows.number(1);
  }
  std::uint32_t checksum = 0;
  {
    Rows rows = connection.statement(find).query(key);
    if (!rows.next()) return;
    HeadRow stored = head_columns(rows);
    stored.text_events = head.text_events;
    stored.text_bytes = head.text_bytes;
    checksum = checksum_of(stored);
  }
  connection.statement("UPDATE heads SET text_events = ?2, text_bytes = ?3, checksum = ?4 WHERE key = ?1")
      .execute(key, head.text_events, head.text_bytes, checksum);
}

void add_checksum_of_change(Connection& connection, std::int64_t first) {
  std::uint32_t checksum = 0;
  {
    Rows rows = connection.statement("SELECT first, count, entries FROM changes WHERE first = ?").query(first);
    if (!rows.next()) return;
    checksum = checksum_of_change(rows.number(0), rows.number(1), rows.bytes(2));
  }
  connection.statement("UPDATE changes SET checksum = ?2 WHERE first = ?1").execute(first, checksum);
}

void add_upkeep(Connection& connection) {
  connection.run_script(kUpkeep);
  for (const std::int64_t key : integers(connection, "SELECT key FROM heads")) count_text(connection, key);
  for (const std::int64_t first : integers(connection, "SELECT first FROM changes"))
    add_checksum_of_change(connection, first);
  // Hosts write their row anew every few seconds.
  connection.run_script("DELETE FROM hosts");
}

// Migration n (counted from 1) brings a file from version n - 1 to n.
using Migration = void (*)(Connection&);
constexpr std::array<Migration, kSchemaVersion> kMigrations = {
    [](Connection& connection) { connection.run_script(kCreate); }, add_counts, add_upkeep};

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

// Files made before version 3 cannot give space back in steps until they were written anew once. A small one is, while
// it is being brought up to date anyway; nothing depends on it.
void make_compactable(Connection& connection) {
  constexpr std::int64_t kSmallPages = 16384;
  if (single_integer(connection, "PRAGMA auto_vacuum") != 0) return;
  if (single_integer(connection, "PRAGMA page_count") > kSmallPages) return;
  try {
    connection.run_script("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
  } catch (const DatabaseError&) {
    // Somebody else uses it just now.
  }
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
    kMigrations[static_cast<std::size_t>(next - 1)](connection);
    connection.statement("INSERT INTO schema_version (version, applied_us) VALUES (?, unixepoch() * 1000000)")
        .execute(next);
  }
}

}  // namespace

void migrate(Connection& connection, const std::string& path, Deadline deadline) {
  std::optional<std::int64_t> version;
  retry_while_locked(deadline, [&] { version = version_of(connection); });
  refuse_unknown(path, version);
  // Says something only to a file that has no page yet.
  if (*version == 0) retry_while_locked(deadline, [&] { connection.run_script("PRAGMA auto_vacuum = INCREMENTAL"); });
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
  make_compactable(connection);
}

std::vector<SchemaItem> wanted_schema() {
  Connection model(":memory:", Access::read_write);
  for (const Migration migration : kMigrations) migration(model);
  std::vector<SchemaItem> items;
  Rows rows = model.statement("SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL").query();
  while (rows.next())
    items.push_back({std::string(rows.bytes(0)), std::string(rows.bytes(1)), std::string(rows.bytes(2))});
  return items;
}

std::string found_sql(Connection& connection, const SchemaItem& item) {
  Rows rows =
      connection.statement("SELECT sql FROM sqlite_schema WHERE type = ? AND name = ?").query(item.type, item.name);
  return rows.next() ? std::string(rows.bytes(0)) : std::string();
}

void expect_current(const std::string& path, Deadline deadline) {
  std::optional<std::int64_t> version = 0;
  if (std::filesystem::exists(path)) {
    Connection connection(path, Access::read_only);
    retry_while_locked(deadline, [&] { version = version_of(connection); });
    refuse_unknown(path, version);
  }
  if (*version == kSchemaVersion) return;
  const std::string found = *version == 0 ? "is not there yet" : "has schema version " + std::to_string(*version);
  throw sdk::StatusError(ASMGR_E_MIGRATION_REQUIRED,
                         "'" + path + "' " + found + " and this build of the sqlite store works with version " +
                             std::to_string(kSchemaVersion) +
                             "; `asmgr store migrate` brings it there (`migrate: false` keeps other commands from it)")
      .with_details("{\"from\":" + std::to_string(*version) + ",\"to\":" + std::to_string(kSchemaVersion) + "}");
}

}  // namespace asmgr::sqlite_store
