#include "schema.hpp"

#include <array>

#include "counted.hpp"
#include "upkeep_tables.hpp"

namespace asmgr::postgres_store {
namespace {

// Why each table looks as it does is told in README.md. Texts that are compared or listed in order are COLLATE "C": by
// their bytes, as the host compares them.
constexpr const char* kCreate[] = {
    "CREATE TABLE @state (one boolean PRIMARY KEY CHECK (one), last_change bigint NOT NULL)",
    "INSERT INTO @state VALUES (true, 0)",
    "CREATE SEQUENCE @session_keys AS bigint",
    R"sql(CREATE TABLE @sessions (
      key bigint PRIMARY KEY, id text COLLATE "C" NOT NULL UNIQUE, status integer NOT NULL, version bigint NOT NULL,
      created_us bigint NOT NULL, updated_us bigint NOT NULL, deleted_us bigint NOT NULL, checksum bigint NOT NULL,
      agent_id text COLLATE "C" NOT NULL, parent_id text COLLATE "C" NOT NULL, tenant text COLLATE "C" NOT NULL,
      chain_id text COLLATE "C" NOT NULL, doc bytea NOT NULL))sql",
    "CREATE INDEX sessions_by_agent ON @sessions (agent_id, id)",
    "CREATE INDEX sessions_by_tenant ON @sessions (tenant, id) WHERE tenant <> ''",
    "CREATE INDEX sessions_open ON @sessions (id) WHERE status < 4",
    R"sql(CREATE TABLE @heads (
      id text COLLATE "C" PRIMARY KEY, key bigint NOT NULL, last_seq bigint NOT NULL, epoch bigint NOT NULL,
      owner text COLLATE "C" NOT NULL, last_hash bytea NOT NULL) WITH (fillfactor = 50))sql",
    R"sql(CREATE TABLE @events (
      session bigint NOT NULL, seq bigint NOT NULL, time_us bigint NOT NULL, type integer NOT NULL,
      flags integer NOT NULL, schema integer NOT NULL, type_name text COLLATE "C" NOT NULL,
      provider text COLLATE "C" NOT NULL, run_id text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL,
      correlation_id text COLLATE "C" NOT NULL, hash bytea NOT NULL, body_hash bytea NOT NULL,
      metadata bytea NOT NULL, data bytea NOT NULL, PRIMARY KEY (session, seq)))sql",
    "CREATE UNIQUE INDEX events_by_caller_id ON @events (session, id) WHERE (flags & 2) <> 0",
    R"sql(CREATE TABLE @runs (
      id text COLLATE "C" PRIMARY KEY, session bigint NOT NULL, status integer NOT NULL, version bigint NOT NULL,
      created_us bigint NOT NULL, started_us bigint NOT NULL, ended_us bigint NOT NULL, checksum bigint NOT NULL,
      provider text COLLATE "C" NOT NULL, doc bytea NOT NULL))sql",
    "CREATE INDEX runs_by_session ON @runs (session, id)",
    "CREATE INDEX runs_open ON @runs (id) WHERE status < 3",
    R"sql(CREATE TABLE @records (
      kind text COLLATE "C" NOT NULL, id text COLLATE "C" NOT NULL, tenant text COLLATE "C" NOT NULL,
      version bigint NOT NULL, due_us bigint NOT NULL, value bigint NOT NULL, checksum bigint NOT NULL,
      session_id text COLLATE "C" NOT NULL, status text COLLATE "C" NOT NULL, body bytea NOT NULL,
      PRIMARY KEY (kind, id, tenant)))sql",
    "CREATE INDEX records_by_tenant ON @records (kind, tenant, id) WHERE tenant <> ''",
    "CREATE INDEX records_by_status ON @records (kind, status, id) WHERE status <> ''",
    "CREATE INDEX records_by_session ON @records (session_id, kind, id) WHERE session_id <> ''",
    "CREATE INDEX records_by_due ON @records (kind, due_us) WHERE due_us <> 0",
    "CREATE TABLE @hosts (id text COLLATE \"C\" PRIMARY KEY, expires_us bigint NOT NULL) WITH (fillfactor = 50)",
    "CREATE TABLE @writers (id text COLLATE \"C\" PRIMARY KEY, serial bigint NOT NULL, used_us bigint NOT NULL) "
    "WITH (fillfactor = 50)",
    "CREATE TABLE @changes (first bigint PRIMARY KEY, kinds bigint[] NOT NULL, sessions text[] NOT NULL, "
    "seqs bigint[] NOT NULL)",
};

// Migration n (counted from 1) brings a schema from version n - 1 to n.
using Migration = void (*)(Connection&, const Dialect&);
constexpr std::array<Migration, kSchemaVersion> kMigrations = {[](Connection& connection, const Dialect& sql) {
                                                                 for (const char* statement : kCreate)
                                                                   connection.execute(sql(statement));
                                                               },
                                                               add_counted, add_upkeep_tables};

// 0 when there is no such schema, or an empty one.
std::int64_t version_of(Connection& connection, const Settings& settings) {
  const Result tables = connection.execute(
      "SELECT count(*), count(*) FILTER (WHERE c.relname = 'schema_version') FROM pg_class c "
      "JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relkind = 'r'",
      std::move(Parameters().text(settings.schema)));
  if (tables.integer(0, 0) == 0) return 0;
  if (tables.integer(0, 1) == 0)
    throw sdk::StatusError(
        ASMGR_E_STORAGE_CONNECTION,
        "the schema '" + settings.schema + "' has tables, but not those of asmgr; give another `schema`");
  const Dialect sql(settings.schema);
  return connection.execute(sql("SELECT coalesce(max(version), 0) FROM @schema_version")).integer(0, 0);
}

void refuse_newer(const Settings& settings, std::int64_t version) {
  if (version <= kSchemaVersion) return;
  throw sdk::StatusError(ASMGR_E_MIGRATION_REQUIRED,
                         "the schema '" + settings.schema + "' has version " + std::to_string(version) +
                             ", this build of the postgres store knows versions up to " +
                             std::to_string(kSchemaVersion) +
                             "; use a build of asmgr that is at least as new as the one that wrote it, or another "
                             "schema")
      .with_details("{\"found_version\":" + std::to_string(version) +
                    ",\"known_version\":" + std::to_string(kSchemaVersion) + "}");
}

// Before 13 there is no FETCH FIRST ... WITH TIES.
void refuse_old_servers(Connection& connection) {
  const int version = PQserverVersion(connection.raw());
  if (version >= 130000) return;
  throw sdk::StatusError(ASMGR_E_STORAGE_CONNECTION, "the server is PostgreSQL " + std::to_string(version / 10000) +
                                                         "; the postgres store needs 13 or later");
}

void refuse_other_encodings(Connection& connection) {
  const Result encoding = connection.execute("SELECT current_setting('server_encoding')");
  if (encoding.bytes(0, 0) == "UTF8") return;
  throw sdk::StatusError(ASMGR_E_STORAGE_CONNECTION,
                         "the database has the encoding " + std::string(encoding.bytes(0, 0)) +
                             "; the postgres store needs one in UTF8 (CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE "
                             "template0)");
}

void apply_missing(Connection& connection, const Settings& settings) {
  const std::int64_t version = version_of(connection, settings);  // again: another host may have been faster
  refuse_newer(settings, version);
  const Dialect sql(settings.schema);
  if (version == 0) {
    connection.execute("CREATE SCHEMA IF NOT EXISTS \"" + settings.schema + "\"");
    connection.execute(sql("CREATE TABLE @schema_version (version bigint PRIMARY KEY, applied_us bigint NOT NULL)"));
  }
  for (std::int64_t next = version + 1; next <= kSchemaVersion; ++next) {
    kMigrations[static_cast<std::size_t>(next - 1)](connection, sql);
    connection.execute(sql("INSERT INTO @schema_version VALUES ($1, " + std::string(kServerNow) + ")"),
                       std::move(Parameters().add(next)));
  }
}

// The version there is, at most kSchemaVersion.
std::int64_t usable_version(Connection& connection, const Settings& settings) {
  refuse_old_servers(connection);
  refuse_other_encodings(connection);
  const std::int64_t version = version_of(connection, settings);
  refuse_newer(settings, version);
  return version;
}

}  // namespace

void expect_current(Connection& connection, const Settings& settings) {
  const std::int64_t version = usable_version(connection, settings);
  if (version == kSchemaVersion) return;
  const std::string found = version == 0 ? "is not there yet" : "has version " + std::to_string(version);
  throw sdk::StatusError(ASMGR_E_MIGRATION_REQUIRED,
                         "the schema '" + settings.schema + "' " + found +
                             " and this build of the postgres store works with version " +
                             std::to_string(kSchemaVersion) +
                             "; `asmgr store migrate` brings it there (`migrate: false` keeps other commands from it)")
      .with_details("{\"from\":" + std::to_string(version) + ",\"to\":" + std::to_string(kSchemaVersion) + "}");
}

void migrate(Connection& connection, const Settings& settings) {
  if (usable_version(connection, settings) == kSchemaVersion) return;
  connection.execute("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
  try {
    connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('asmgr schema ' || $1, 0))",
                       std::move(Parameters().text(settings.schema)));
    apply_missing(connection, settings);
    connection.execute("COMMIT");
  } catch (...) {
    connection.roll_back();
    throw;
  }
}

}  // namespace asmgr::postgres_store
