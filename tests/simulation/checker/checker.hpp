// Whether what a store holds, and what callers saw and were told, keeps the guarantees that the engine gives.
//
// Written from the guarantees alone: it shares no code with the engine for what it checks (hashes by OpenSSL, its own
// tables of what may follow what), and judges only rows and what witnesses say.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tests/simulation/checker/snapshot.hpp"

namespace asmgr::simulation {

// One event as a subscriber or callback got it.
struct Sighting {
  std::uint64_t number = 0;
  std::string id;
  std::string type;
  std::string data;
  std::string hash;         // 32 bytes, or empty where it was not shown
  bool stored_then = true;  // it was in the store when it was seen
};

// What one subscriber or callback saw, in the order in which it did.
struct Watcher {
  std::string name;
  std::string session_id;
  std::string run_id;        // empty = it asked for all events of the session
  std::uint64_t after = 0;   // where it began
  bool saw_the_end = false;  // it was told that the run has ended, and so has been shown all of it
  std::vector<Sighting> seen;
};

// The result of a run that a caller was given.
struct ToldResult {
  std::string who;
  std::string run_id;
  std::string status;
  std::uint64_t first_number = 0;  // of the event before the run's first
  std::uint64_t last_number = 0;   // of the terminal event; 0 = not told
  std::string last_hash;
};

// What a caller was told is so, and must be so for good.
struct Promise {
  enum class Kind : std::uint8_t {
    session_exists,
    session_was,  // the session has been in `status`
    run_exists,
    run_accepted,  // the run will come to an end
    run_is,        // the run has the terminal `status`
  };
  Kind kind = Kind::session_exists;
  std::string who;
  std::string id;
  std::string status;
};

struct Testimony {
  std::vector<Watcher> watchers;
  std::vector<ToldResult> results;
  std::vector<Promise> promises;
};

struct Finding {
  std::string rule;   // one of the names in README.md
  std::string where;  // the session, run or record
  std::string what;
};

// At rest: nobody works on the store any more, and a host has looked after what dead ones left.
[[nodiscard]] std::vector<Finding> check(const Snapshot& at_rest, const Testimony& testimony);

// One line each.
[[nodiscard]] std::string to_text(const std::vector<Finding>& findings);

}  // namespace asmgr::simulation
