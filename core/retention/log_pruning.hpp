// Which events of a session's log lose their text. Two passes over the log, both from the newest event down: PruneCount
// learns what there is, PruneChoice says of each event whether its text goes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/event.hpp"
#include "core/ports/store_maintenance.hpp"
#include "core/retention/policy.hpp"

namespace asmgr {

// Begins or ends a session or a run, or says why one went wrong: keeps its text always.
[[nodiscard]] bool is_protected(EventType type) noexcept;

// What an event is to the one who prunes, in the order in which they go.
enum class PruneRank : std::uint8_t {
  superseded,  // a delta whose whole stands behind it
  first,       // of the types that the policy gives up first
  ordinary,
  kept,  // protected, or of a run that goes on
  gone,  // has no text any more
};

// Ranks the events of one log, newest first. Keeps, per run whose beginning has not been seen yet, what came later.
class PruneRanking {
 public:
  // `live_runs`: running or waiting for a person; nothing of theirs is taken. `policy` must outlive the ranking.
  PruneRanking(const RetentionPolicy& policy, std::set<std::string, std::less<>> live_runs)
      : policy_(policy), live_runs_(std::move(live_runs)) {}
  // Reads `data` and `metadata` of deltas and of what makes them needless, of no other event.
  [[nodiscard]] PruneRank rank(const EventView& event);

 private:
  struct LaterInAttempt {
    bool message = false;
    bool tool_start = false;
    std::set<std::string, std::less<>> started_calls;
  };
  [[nodiscard]] bool is_superseded(const EventView& event) const;
  void note(const EventView& event);

  const RetentionPolicy& policy_;
  std::set<std::string, std::less<>> live_runs_;
  std::map<std::string, std::map<std::int64_t, LaterInAttempt>, std::less<>> later_;  // by run, by attempt
};

// The events of a log that have their text, by rank.
struct PruneCount {
  std::uint64_t superseded = 0;
  std::uint64_t first = 0;
  std::uint64_t ordinary = 0;
  std::uint64_t kept = 0;

  void add(PruneRank rank) noexcept;
  [[nodiscard]] std::uint64_t texts() const noexcept { return superseded + first + ordinary + kept; }
  // How many texts go so that at most `cap` are left; fewer than needed when the others are kept.
  [[nodiscard]] std::uint64_t to_prune(std::uint64_t cap) const noexcept;
  // How many of the `number` texts that go first are superseded deltas.
  [[nodiscard]] std::uint64_t deltas_among(std::uint64_t number) const noexcept { return std::min(number, superseded); }
};

// The second pass over the same events, ranked anew. Of each rank the oldest go, so the newest are passed over.
class PruneChoice {
 public:
  // `number`: how many texts are to go, of those that may.
  PruneChoice(const PruneCount& count, std::uint64_t number) noexcept;
  // Newest first.
  [[nodiscard]] bool takes(PruneRank rank) noexcept;

 private:
  std::uint64_t pass_over_[3];
};

// Collects numbers that fall into ranges that rise.
class FallingNumbers {
 public:
  void add(std::uint64_t number);
  [[nodiscard]] std::size_t ranges() const noexcept { return ranges_.size(); }
  [[nodiscard]] std::uint64_t numbers() const noexcept { return numbers_; }
  // Empties it.
  [[nodiscard]] std::vector<SequenceRange> take();

 private:
  std::vector<SequenceRange> ranges_;  // falling
  std::uint64_t numbers_ = 0;
};

}  // namespace asmgr
