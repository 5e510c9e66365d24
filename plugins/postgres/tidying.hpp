// What is taken away when it is of no more use: old changes, and rows of hosts and writers that are long gone.
#pragma once

#include "connection.hpp"

namespace asmgr::postgres_store {

inline constexpr std::uint64_t kChangesKept = 65536;

// Changes but the last kChangesKept. Throws DatabaseError.
void forget_old_changes(Connection& connection, const Dialect& sql);
// Hosts that have been dead, and writers that have been silent, for a day. Throws DatabaseError.
void forget_gone_hosts(Connection& connection, const Dialect& sql);

}  // namespace asmgr::postgres_store
