// The maintenance facet of a store: what keeps it small and shows that it is whole. Contract in full:
// sdk/include/asmgr/abi/store_maintenance.h.
//
// What is kept and what goes is decided by the host (core/retention); a store does as it is told, in transactions of at
// most `batch_size` rows, none of which holds its write lock longer than 100 ms. Every function may be called from any
// thread, concurrently, while sessions go on. None throws.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/model/error.hpp"
#include "core/ports/cancel.hpp"

namespace asmgr {

// The events of one session from number `first` to number `last`, both included.
struct SequenceRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  bool operator==(const SequenceRange&) const = default;
};

struct SessionSize {
  std::string session_id;
  std::uint64_t events = 0;      // that still have their text
  std::uint64_t text_bytes = 0;  // of their data and metadata
};

struct StoreSize {
  std::uint64_t schema_version = 0;
  std::uint64_t bytes = 0;       // that it occupies, 0 when unknown
  std::uint64_t free_bytes = 0;  // of these, those that compact() would give back, 0 when unknown
  std::uint64_t sessions = 0;    // deleted ones too
  std::uint64_t runs = 0;
  std::uint64_t events = 0;
  std::uint64_t pruned_events = 0;  // of these, those without their text
  std::uint64_t records = 0;
};

struct StoreProblem {
  std::string kind;        // orphan | gap | head | checksum | damaged: rows of no session, numbers that are missing, a
                           // head that is not where its events end, a row that was changed, a file that cannot be read
  std::string session_id;  // may be empty
  std::string message;     // a sentence
};
// Return false to stop.
using ProblemVisitor = std::function<bool(const StoreProblem&)>;

class StoreMaintenance {
 public:
  virtual ~StoreMaintenance() = default;

  // Takes data and metadata from these events; number, header, hash and body hash stay, so that the chain still holds.
  // `sequences` rise and do not overlap. Returns how many lost their text now: those that had none, and numbers that do
  // not exist, are no error. Cancelled: what was done stays done and is counted.
  // Errors: session_not_found.
  [[nodiscard]] virtual Result<std::uint64_t> prune(std::string_view session_id,
                                                    std::span<const SequenceRange> sequences, std::uint32_t batch_size,
                                                    const CancelToken& cancel) = 0;
  // Removes the rows of the session and of its runs, events and records; the first transaction makes the session
  // unknown to every reader, and what a killed process left of it goes with the next call of remove or compact. Returns
  // how many rows went; a missing session is 0. Errors: stale_epoch unless `epoch` is the head's and nobody alive owns
  // it.
  [[nodiscard]] virtual Result<std::uint64_t> remove(std::string_view session_id, std::uint64_t epoch,
                                                     std::uint32_t batch_size, const CancelToken& cancel) = 0;
  // Gives the space of what was removed back to the system, in steps. Returns how many bytes, 0 when unknown.
  [[nodiscard]] virtual Result<std::uint64_t> compact(const CancelToken& cancel) = 0;

  // Sessions in order of id, from after `after_id`; deleted ones too.
  [[nodiscard]] virtual Result<std::vector<SessionSize>> sizes(std::string_view after_id, std::uint32_t limit) = 0;
  [[nodiscard]] virtual Result<StoreSize> measure() = 0;
  // Looks at everything: rows against their checksums, numbers, heads, rows without a session, the file itself.
  // Event chains are not followed here: that is `verify`.
  [[nodiscard]] virtual Result<void> check(const CancelToken& cancel, const ProblemVisitor& visitor) = 0;
};

}  // namespace asmgr
