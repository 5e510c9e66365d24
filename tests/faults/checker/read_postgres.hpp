// Everything that the postgres store holds in a schema, straight from the server. Throws std::runtime_error when it
// cannot be read.
#pragma once

#include <string>

#include "tests/simulation/checker/snapshot.hpp"

namespace asmgr::faults {

[[nodiscard]] simulation::Snapshot snapshot_of_postgres(const std::string& dsn, const std::string& schema);

}  // namespace asmgr::faults
