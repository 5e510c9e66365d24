// What is measured: appends to many sessions in groups, through a store plugin and through SQLite alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace asmgr::contract {
class StoreClient;
}

namespace asmgr::bench {

struct Workload {
  std::size_t sessions = 1;
  std::size_t units_per_commit = 1;  // sessions that share a commit
  std::size_t events_per_unit = 1;
  std::size_t events = 10'000;  // altogether
};

struct Outcome {
  double events_per_second = 0;
  double bytes_per_event = 0;  // of the closed file; 0 for a store without one
  double commit_p50_us = 0;
  double commit_p99_us = 0;
  double cpu_us_per_event = 0;  // of the committing thread: tells layouts apart on a machine that is busy otherwise
};

// `store` is memory or sqlite, `durability` what the sqlite store is told.
Outcome append_through_plugin(const std::string& store, const std::string& durability, const Workload& workload);

// The same through any store, which has none of the sessions yet; without the size.
Outcome append_through(const contract::StoreClient& store, const Workload& workload);
// What an event of a workload holds as its data.
const std::string& event_data();

// The same rows (events, heads, changes) in the same tables with the same units per transaction, written by a loop over
// SQLite's C functions that checks nothing.
Outcome append_to_bare_sqlite(const std::string& durability, const Workload& workload);

struct ReadOutcome {
  double page_p50_us = 0;
  double page_p99_us = 0;
};

// Pages of 100 events at random places of one session of `events`, up and down.
ReadOutcome read_pages(const std::string& store, std::size_t events, std::size_t pages);

}  // namespace asmgr::bench
