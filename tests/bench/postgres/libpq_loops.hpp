// What the store is measured against: loops over libpq itself, in one pipeline of prepared statements.
#pragma once

#include <string>

#include "tests/bench/store_layout/workload.hpp"

namespace asmgr::bench {

// The leanest way to have the same bytes there: inserts and COMMIT in one exchange, nothing checked.
Outcome append_to_bare_table(const std::string& dsn, const Workload& workload);

// What cannot be left out when several hosts may write: the heads of the sessions are locked and looked at, then the
// same columns are inserted, the heads are changed and all is committed, in two exchanges.
Outcome append_with_checks(const std::string& dsn, const Workload& workload);

}  // namespace asmgr::bench
