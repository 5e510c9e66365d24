// The tables of the file, and how a file gets from one version of them to the next.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "database.hpp"
#include "deadline.hpp"

namespace asmgr::sqlite_store {

// The newest version this build knows.
inline constexpr std::int64_t kSchemaVersion = 3;

// Brings the file to kSchemaVersion in one transaction; creating it is migration 1. Safe when several processes do it
// at once. Throws MIGRATION_REQUIRED when the file is newer than this build, STORAGE_CONNECTION when it is a database
// of something else, BUSY when another process holds the file past the deadline.
void migrate(Connection& connection, const std::string& path, Deadline deadline);

// Changes nothing. Throws MIGRATION_REQUIRED {"from","to"} when migrate() would have something to do, the file that is
// missing included, and otherwise as migrate() does.
void expect_current(const std::string& path, Deadline deadline);

// A table or an index as it must be in a file of kSchemaVersion.
struct SchemaItem {
  std::string type, name, sql;
};
[[nodiscard]] std::vector<SchemaItem> wanted_schema();
// What the file says of it; empty when it has none.
[[nodiscard]] std::string found_sql(Connection& connection, const SchemaItem& item);

}  // namespace asmgr::sqlite_store
