// What keeping the store small needs: heads that know how much text their session has, and what is left of sessions
// that were removed.
#pragma once

#include "connection.hpp"

namespace asmgr::postgres_store {

// The third version of the schema: makes those columns and tables and counts the text there is. Runs in the transaction
// of a migration. Throws DatabaseError.
void add_upkeep_tables(Connection& connection, const Dialect& sql);

}  // namespace asmgr::postgres_store
