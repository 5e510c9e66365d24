// The tables, and how a database gets from one version of them to the next.
#pragma once

#include <cstdint>

#include "connection.hpp"

namespace asmgr::postgres_store {

// The newest version this build knows.
inline constexpr std::int64_t kSchemaVersion = 2;

// Brings the schema to kSchemaVersion in one transaction; creating it is migration 1. Hosts that do it at once take
// turns. Throws MIGRATION_REQUIRED when the schema is newer than this build, DatabaseError otherwise.
void migrate(Connection& connection, const Settings& settings);

}  // namespace asmgr::postgres_store
