// What a store needs to answer asmgr.store.maintenance/1, apart from its rows: orders as values, and answers as JSON.
// The contract is <asmgr/abi/store_maintenance.h>.
//
// Link asmgr::toolkit_store_maintenance.
#ifndef ASMGR_TOOLKIT_STORE_MAINTENANCE_HPP_
#define ASMGR_TOOLKIT_STORE_MAINTENANCE_HPP_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace asmgr::store_maintenance {

// Events by number, both ends included; first is at least 1 and not above last.
struct Range {
  std::uint64_t first = 1;
  std::uint64_t last = 1;

  bool operator==(const Range& other) const noexcept { return first == other.first && last == other.last; }
};

struct Prune {
  std::string session_id;
  std::vector<Range> sequences;  // rising, not overlapping
};
struct Remove {
  std::string session_id;
  std::uint64_t epoch = 0;
};
struct Compact {};

struct Order {
  std::variant<Prune, Remove, Compact> what;
  std::size_t batch_size = 1000;  // rows per transaction, at least 1
};

// Throws StatusError: VALIDATION naming what cannot be read.
[[nodiscard]] Order read_order(std::string_view json);

// Reports of retain.
[[nodiscard]] std::string pruned_json(std::uint64_t events);
[[nodiscard]] std::string removed_json(std::uint64_t rows);
[[nodiscard]] std::string compacted_json(std::uint64_t bytes);

enum class ProblemKind : std::uint8_t { orphan, gap, head, checksum, damaged };
// One problem of check; `message` is a sentence.
[[nodiscard]] std::string problem_json(ProblemKind kind, std::string_view session_id, std::string_view message);

struct StoreSize {
  std::uint64_t schema_version = 0, bytes = 0, free_bytes = 0;
  std::uint64_t sessions = 0, runs = 0, events = 0, pruned_events = 0, records = 0;
};
// The answer of measure.
[[nodiscard]] std::string size_json(const StoreSize& size);

}  // namespace asmgr::store_maintenance

#endif  // ASMGR_TOOLKIT_STORE_MAINTENANCE_HPP_
