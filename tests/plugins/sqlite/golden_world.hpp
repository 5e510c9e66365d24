// What the golden databases of tests/data/stores hold, and how a store's answers about it are written down.
#pragma once

#include <string>

#include "tests/plugins/contract/store_client.hpp"

namespace asmgr::contract {

// Sessions of several tenants and states, one of them deleted; runs; events with all kinds of ids and texts, a pruned
// one; records of several kinds. Hashes are as the engine makes them. Throws std::runtime_error when a unit is refused.
void write_golden_world(const StoreClient& store);

// Everything that can be read of it, one JSON object a line.
[[nodiscard]] std::string answers_about_golden_world(const StoreClient& store);
// What searches and sums answer, likewise; empty for a store without asmgr.store.query/1.
[[nodiscard]] std::string findings_in_golden_world(const StoreClient& store);

// Walks every chain as `verify` does: empty, or what is wrong.
[[nodiscard]] std::string broken_chains(const StoreClient& store);

}  // namespace asmgr::contract
