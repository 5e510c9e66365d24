// The store port: what the engine asks of a store. Contract in full: sdk/include/asmgr/abi/store.h.
//
// Every function may be called from any thread, concurrently. None throws.
#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/model/event.hpp"
#include "core/model/record.hpp"
#include "core/model/run.hpp"
#include "core/model/session.hpp"
#include "core/ports/cancel.hpp"
#include "core/ports/store_maintenance.hpp"
#include "core/ports/store_queries.hpp"

namespace asmgr {

inline constexpr std::uint64_t kVersionAbsent = 0;
inline constexpr std::uint64_t kVersionAny = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t kSequenceUnchecked = std::numeric_limits<std::uint64_t>::max();
inline constexpr std::uint64_t kWaitStoreLimit = std::numeric_limits<std::uint64_t>::max();

struct StoreInfo {
  std::string name;  // instance name
  bool durable = false;
  bool multi_process = false;
  bool fast_commit = false;
  int readers = 1;
  boost::json::object limits;
};

struct SessionWrite {
  Session session;
  std::uint64_t expected_version = kVersionAny;
};
struct RunWrite {
  Run run;
  std::uint64_t expected_version = kVersionAny;
};
struct RecordWrite {
  enum class Kind : std::uint8_t { put, add, remove };
  Record record;
  std::uint64_t expected_version = kVersionAny;
  Kind kind = Kind::put;
  std::int64_t add = 0;  // Kind::add: value += add unless that passes ceiling
  std::int64_t ceiling = std::numeric_limits<std::int64_t>::max();
};

// One atomic write, of one session or of none. `events` are numbered and chained; their bytes belong to the caller and
// must live until commit has returned.
struct CommitUnit {
  std::string session_id;
  std::string owner;
  std::uint64_t epoch = 0;
  std::uint64_t expected_last_sequence = kSequenceUnchecked;
  bool take = false;
  bool release = false;
  std::optional<SessionWrite> session;
  std::vector<RunWrite> runs;
  std::span<const EventView> events;
  std::vector<RecordWrite> records;
};

enum class CommitAnswer : std::uint8_t {
  ok,
  version_conflict,   // a session, run or record is not at its expected version
  sequence_conflict,  // the head is not where the unit says
  stale_epoch,        // somebody else owns the session, or took it since
  already_exists,     // an event flagged caller_id is stored already: see existing
  limit_exceeded,     // a bounded addition would pass its ceiling: see value
  refused,            // anything else: see error
};

struct ExistingEvent {
  std::uint32_t index = 0;  // into the unit's events
  std::string id;
  std::uint64_t sequence_number = 0;
};

struct UnitResult {
  CommitAnswer answer = CommitAnswer::refused;
  std::uint64_t last_sequence = 0;
  std::uint64_t epoch = 0;
  std::int64_t value = 0;
  std::optional<Error> error;  // set whenever answer is not ok
  std::vector<ExistingEvent> existing;
};

// How a whole commit call ended.
enum class CommitOutcome : std::uint8_t {
  filled,     // every result says what became of its unit
  busy,       // the write lock was not free in time; nothing was written
  failed,     // nothing was written: see error
  ambiguous,  // nobody knows: read the heads
};
struct CommitStatus {
  CommitOutcome outcome = CommitOutcome::filled;
  std::optional<Error> error;
};

struct SessionQuery {
  std::string tenant;
  std::vector<SessionStatus> statuses;  // empty = any
  std::string agent_id;
  std::string tag;
  std::string after_id;
  std::uint32_t limit = 1000;
  bool include_deleted = false;
};
struct RunQuery {
  std::string tenant;
  std::string session_id;
  std::vector<RunStatus> statuses;
  std::string after_id;
  std::uint32_t limit = 1000;
};
enum class Order : std::uint8_t { ascending, descending };
struct EventQuery {
  std::string tenant;
  std::string session_id;
  std::string run_id;
  std::vector<std::string> types;
  std::optional<Timestamp> since;  // inclusive
  std::uint64_t after = 0;         // exclusive
  std::uint64_t before = 0;        // exclusive, 0 = none
  std::uint32_t limit = 1000;
  Order order = Order::ascending;
};
struct RecordQuery {
  std::string tenant;
  std::string kind;
  std::string status;
  std::string session_id;
  Timestamp due_before;  // not set = any
  std::string after_id;
  std::uint32_t limit = 1000;
};

struct Change {
  static constexpr std::uint32_t kEvents = 1, kSession = 2, kRuns = 4, kRecords = 8;
  std::uint64_t change = 0;
  std::uint32_t kinds = 0;
  std::uint64_t last_sequence = 0;
  std::string session_id;
};

// Return false to stop. The view lives for the call only.
using EventVisitor = std::function<bool(const EventView&)>;

class ChangeFeed {
 public:
  virtual ~ChangeFeed() = default;
  // Changes above `after`, oldest first, at most `limit`. Errors: cursor_expired (go on from latest()).
  [[nodiscard]] virtual Result<std::vector<Change>> read(std::uint64_t after, std::uint32_t limit) = 0;
  [[nodiscard]] virtual Result<std::uint64_t> latest() = 0;
  // Returns when a change above `after` may exist, the time has passed or the token is cancelled.
  virtual void wait(std::uint64_t after, std::chrono::milliseconds timeout, const CancelToken& cancel) = 0;
};

class Store {
 public:
  virtual ~Store() = default;
  [[nodiscard]] virtual const StoreInfo& info() const noexcept = 0;

  // The only write: `results` has as many elements as `units`, in the same order, and is filled when the outcome says so.
  [[nodiscard]] virtual CommitStatus commit(std::span<const CommitUnit* const> units, std::span<UnitResult> results,
                                            std::uint64_t wait_us) = 0;

  [[nodiscard]] virtual Result<Head> head(std::string_view session_id) = 0;  // session_not_found
  // Returns when the row will expire, by the store's clock.
  [[nodiscard]] virtual Result<Timestamp> renew_host(std::string_view host_id, std::chrono::milliseconds ttl) = 0;
  [[nodiscard]] virtual Result<void> remove_host(std::string_view host_id) = 0;
  [[nodiscard]] virtual Result<std::vector<HostRow>> hosts() = 0;

  [[nodiscard]] virtual Result<Session> get_session(std::string_view tenant, std::string_view id) = 0;
  [[nodiscard]] virtual Result<std::vector<Session>> list_sessions(const SessionQuery& query) = 0;
  [[nodiscard]] virtual Result<void> delete_session(std::string_view tenant, std::string_view id,
                                                    std::uint64_t epoch) = 0;
  [[nodiscard]] virtual Result<Run> get_run(std::string_view tenant, std::string_view id) = 0;
  [[nodiscard]] virtual Result<std::vector<Run>> list_runs(const RunQuery& query) = 0;
  [[nodiscard]] virtual Result<void> visit_events(const EventQuery& query, const EventVisitor& visitor) = 0;
  [[nodiscard]] virtual Result<Record> get_record(std::string_view tenant, std::string_view kind,
                                                  std::string_view id) = 0;
  [[nodiscard]] virtual Result<std::vector<Record>> list_records(const RecordQuery& query) = 0;

  // Null when the store has none (then only this process can use it).
  [[nodiscard]] virtual ChangeFeed* changes() noexcept = 0;
  // Null when the store cannot be asked across sessions.
  [[nodiscard]] virtual StoreQueries* queries() noexcept { return nullptr; }
  // Null when the store cannot be kept small by its host.
  [[nodiscard]] virtual StoreMaintenance* maintenance() noexcept { return nullptr; }

  // visit_events into a vector.
  [[nodiscard]] Result<std::vector<Event>> get_events(const EventQuery& query);
};

}  // namespace asmgr
