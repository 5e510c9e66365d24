// The server of a test program: started before its first test, ended after its last. Where PostgreSQL is not installed
// every test of the program is skipped with a sentence that says so.
#pragma once

#include <string>

#include "tests/plugins/postgres/server.hpp"

namespace asmgr::test {

// Link postgres_test_server to have it.
PostgresServer& one_server();

// The configuration of a store in a schema that belongs to `name` alone; `more` begins with a comma, or is empty.
std::string store_config(const std::string& dsn, const std::string& name, const std::string& more);

}  // namespace asmgr::test
