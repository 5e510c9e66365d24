#include <algorithm>
#include <asmgr/plugin.hpp>
#include <asmgr/toolkit/config.hpp>
#include <memory>

#include "postgres_store.hpp"

namespace {

using asmgr::postgres_store::Pooler;
using asmgr::postgres_store::PostgresStore;
using asmgr::postgres_store::Settings;

constexpr std::string_view kSchema = R"json({
  "type": "object",
  "additionalProperties": false,
  "required": ["dsn"],
  "properties": {
    "dsn": {
      "type": "string", "x-secret": true, "minLength": 1,
      "description": "Where the database is: a connection string or URI of libpq with any of its options, e.g. host=db.example.org dbname=asmgr user=asmgr sslmode=verify-full."
    },
    "password": {
      "type": "string", "x-secret": true,
      "description": "Instead of one in the dsn. Without either, libpq looks into PGPASSWORD and ~/.pgpass."
    },
    "schema": {
      "type": "string", "default": "asmgr",
      "description": "The schema that holds the tables, made where it is missing: lower-case letters, digits and underscores. Deployments that share a database have one each."
    },
    "pool": {
      "type": "integer", "minimum": 1, "maximum": 64, "default": 4,
      "description": "Connections for reads. A host has two more, for writing and for telling and hearing of changes, and one while it prunes, removes, compacts or checks."
    },
    "pooler": {
      "type": "string", "enum": ["none", "transaction"], "default": "none",
      "description": "transaction: a pooler that gives each transaction another session (PgBouncer's pool_mode = transaction) stands before the server. Then nothing is kept in a session, and changes of other hosts are polled for."
    },
    "busy_timeout": {
      "type": "string", "x-unit": "duration", "default": "5s",
      "description": "How long a write waits for rows that another host is writing."
    },
    "reconnect_timeout": {
      "type": "string", "x-unit": "duration", "default": "10s",
      "description": "How long a server that is gone is tried again before a read or a write fails."
    },
    "migrate": {
      "type": "boolean", "default": true,
      "description": "Whether opening makes the schema where it is missing, and brings one that an older version wrote up to date. false: that is refused (migration_required) and left to `asmgr store migrate`."
    }
  }
})json";

// It is written into statements, and its channel's name is at most 63 bytes.
bool is_plain_name(const std::string& name) {
  return !name.empty() && name.size() <= 48 && (name[0] < '0' || name[0] > '9') &&
         std::all_of(name.begin(), name.end(),
                     [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
}

std::unique_ptr<PostgresStore> make_store(const asmgr::sdk::Create& create) {
  const auto json = asmgr::sdk::parse_config(create.config);
  const asmgr::sdk::Config config(json);
  Settings settings;
  settings.dsn = config.text("dsn");
  if (settings.dsn.empty()) config.fail("dsn", "is empty; say where the database is");
  settings.password = config.text_or("password", "");
  settings.schema = config.text_or("schema", "asmgr");
  if (!is_plain_name(settings.schema) || settings.schema.rfind("pg_", 0) == 0)
    config.fail("schema",
                "must be 1 to 48 lower-case letters, digits and underscores, not beginning with a digit or pg_");
  settings.pool = static_cast<std::size_t>(config.integer_or("pool", 4, 1, 64));
  const std::string pooler = config.text_or("pooler", "none");
  if (pooler != "none" && pooler != "transaction") config.fail("pooler", "must be none or transaction");
  settings.pooler = pooler == "none" ? Pooler::none : Pooler::transaction;
  settings.busy_timeout = std::chrono::milliseconds(config.integer_or("busy_timeout", 5000, 0, 3'600'000));
  settings.reconnect_timeout = std::chrono::milliseconds(config.integer_or("reconnect_timeout", 10'000, 0, 3'600'000));
  settings.migrate = config.flag_or("migrate", true);
  return std::make_unique<PostgresStore>(create.host, settings);
}

constexpr asmgr_component kComponents[] = {asmgr::sdk::component<PostgresStore, &make_store>(
    "postgres", "Keeps sessions in a PostgreSQL database that hosts on many machines may share", kSchema)};

constexpr asmgr_plugin kPlugin =
    asmgr::sdk::plugin({"com.asmgr.postgres", "asmgr", "0.1.0", "Apache-2.0"}, kComponents);

}  // namespace

extern "C" ASMGR_EXPORT const asmgr_plugin* asmgr_plugin_entry_v1() noexcept {
  return &kPlugin;
}
