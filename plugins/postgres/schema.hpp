// The tables, and how a database gets from one version of them to the next.
#pragma once

#include <cstdint>

#include "connection.hpp"

namespace asmgr::postgres_store {

// The newest version this build knows.
inline constexpr std::int64_t kSchemaVersion = 3;

// Brings the schema to kSchemaVersion in one transaction; creating it is migration 1. Hosts that do it at once take
// turns. Throws MIGRATION_REQUIRED when the schema is newer than this build, DatabaseError otherwise.
void migrate(Connection& connection, const Settings& settings);

// Changes nothing. Throws MIGRATION_REQUIRED {"from","to"} when migrate() would have something to do, the schema that
// is missing included, and otherwise as migrate() does.
void expect_current(Connection& connection, const Settings& settings);

}  // namespace asmgr::postgres_store
