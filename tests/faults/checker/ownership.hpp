// Whether every write came from who owned the session: judged by what heads were, one after another, as the database
// itself wrote down (a trigger of the test, no code of the store), and by what hosts were told.
#pragma once

#include <string>
#include <vector>

#include "tests/faults/checker/testimony.hpp"

namespace asmgr::faults {

// A head after one change of it, in the order of commits.
struct HeadState {
  std::string session_id;
  std::string owner;  // empty = nobody
  std::uint64_t epoch = 0;
  std::uint64_t last_number = 0;
};

// Rules: `epoch` (rises by one with every owner and never falls, numbers never fall; a write belongs to the epoch that
// its writer claims), `acknowledged` (what a host was told is stored, as it was), `stale` (no event of an intruder:
// kIntruder).
[[nodiscard]] std::vector<simulation::Finding> check_ownership(const std::vector<HeadState>& heads,
                                                               const simulation::Snapshot& stored,
                                                               const std::vector<Acknowledged>& acknowledged);

// Ids of events that somebody with an old epoch tries to write begin so.
inline constexpr const char* kIntruder = "intruder-";

}  // namespace asmgr::faults
