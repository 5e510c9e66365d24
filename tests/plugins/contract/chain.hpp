// The hash chain of a session, written down a second time: what the stores must keep verifiable. It shares no code with
// the engine.
#pragma once

#include <string>
#include <vector>

#include "tests/plugins/contract/values.hpp"

namespace asmgr::contract {

// Gives the events the hashes that follow `previous`, and returns the last one.
Hash chain_events(std::vector<Event>& events, Hash previous);
// The hash before event 1.
Hash first_hash(const std::string& chain_id);
// What is wrong with a whole log, from event 1 on; empty = nothing. Pruned events are believed their body hash.
std::string problem_with_chain(const std::vector<Event>& events, const std::string& chain_id);

}  // namespace asmgr::contract
