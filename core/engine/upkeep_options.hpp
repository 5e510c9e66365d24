// The options and results of the verbs that keep a store small and look whether it is whole.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/engine/options.hpp"
#include "core/ports/cancel.hpp"
#include "core/ports/store_maintenance.hpp"
#include "core/retention/policy.hpp"

namespace asmgr {

enum class PruneMode : std::uint8_t {
  carry_out,
  dry_run,  // only says what would go
};

struct PruneStoreOptions {
  std::string store;                      // its name; empty = the default pipeline's
  std::optional<RetentionPolicy> policy;  // empty = the one that is wired for the store
  PruneMode mode = PruneMode::carry_out;
  Caller caller;                        // who is on record for it
  const CancelToken* cancel = nullptr;  // borrowed for the call; may be null
};

// What went, or, of a dry run, what would go.
struct PruneReport {
  std::string store;
  PruneMode mode = PruneMode::carry_out;
  std::uint64_t sessions_soft_deleted = 0;
  std::uint64_t sessions_hard_deleted = 0;
  std::uint64_t events_pruned = 0;
  std::uint64_t deltas_pruned = 0;  // of these, deltas whose whole stands behind them
  std::uint64_t artifacts_cleaned = 0;
  std::uint64_t bytes_freed = 0;  // as far as it is known
  std::uint64_t archived = 0;     // sessions that were written elsewhere before
  std::int64_t duration_ms = 0;
  bool cancelled = false;           // not everything was looked at
  std::vector<std::string> errors;  // a sentence each, at most kMaxPruneErrors; each stopped only what it speaks of
};
inline constexpr std::size_t kMaxPruneErrors = 100;
[[nodiscard]] boost::json::object to_json(const PruneReport& report);

struct CheckStoreOptions {
  std::string store;  // its name; empty = the default pipeline's
  // Told each problem as it is found, on the caller's thread; false ends the search. May be empty.
  ProblemVisitor problem;
  const CancelToken* cancel = nullptr;
};
struct CheckedStore {
  std::string store;
  std::uint64_t sessions = 0;  // whose chains were followed
  std::uint64_t pruned_events = 0;
  std::uint64_t problems = 0;
  bool looked_inside = false;  // false: the store cannot look at its own rows; only the chains were followed
};

struct MeasureStoreOptions {
  std::string store;  // its name; empty = the default pipeline's
  std::size_t biggest = 10;
};
struct BigSession {
  SessionSize size;
  std::string agent_id;
  std::optional<SessionStatus> status;  // empty: it went meanwhile
  bool deleted = false;
};
struct StoreStats {
  std::string store;
  StoreSize size;
  std::vector<BigSession> biggest;  // by the bytes of their texts
};

}  // namespace asmgr
