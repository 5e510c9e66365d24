// Pruning and removing: what each transaction does, and how long it may take.
#include "upkeep.hpp"

#include <algorithm>
#include <utility>

namespace asmgr::postgres_store {
namespace {

using UpkeepClock = std::chrono::steady_clock;
using store_maintenance::Range;

// A transaction begins no further statement after this, whatever batch was ordered.
constexpr std::chrono::milliseconds kLongestHold{25};
constexpr std::chrono::microseconds kStatementTime{6000};
constexpr std::chrono::milliseconds kBetweenTransactions{1};
constexpr std::size_t kMostRowsPerStatement = 4096;

// What is due is locked in order of number, as by everybody who prunes. Answers how many events, the bytes of their
// texts, and the last number.
constexpr std::string_view kPruneEvents =
    "WITH due AS MATERIALIZED (SELECT seq, octet_length(data) + octet_length(metadata) AS bytes FROM @events "
    "WHERE session = $1 AND seq >= $2 AND seq <= $3 AND (flags & 1) = 0 ORDER BY seq LIMIT $4 FOR UPDATE), "
    "pruned AS (UPDATE @events e SET flags = e.flags | 1, data = '', metadata = '' FROM due "
    "WHERE e.session = $1 AND e.seq = due.seq RETURNING due.seq, due.bytes) "
    "SELECT count(*), coalesce(sum(bytes), 0)::bigint, max(seq) FROM pruned";

// Rows that another cleaner is at are left to it.
constexpr std::string_view kRemoveEvents =
    "WITH due AS MATERIALIZED (SELECT seq FROM @events WHERE session = $1 AND seq > $2 ORDER BY seq LIMIT $3 "
    "FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM @events e USING due WHERE e.session = $1 AND e.seq = due.seq "
    "RETURNING e.seq) SELECT count(*), max(seq) FROM gone";
constexpr std::string_view kRemoveRuns =
    "WITH due AS MATERIALIZED (SELECT id FROM @runs WHERE session = $1 LIMIT $2 FOR UPDATE SKIP LOCKED), "
    "gone AS (DELETE FROM @runs r USING due WHERE r.id = due.id AND r.session = $1 RETURNING 1) "
    "SELECT count(*) FROM gone";
constexpr std::string_view kRemoveRecords =
    "WITH due AS MATERIALIZED (SELECT kind, id, tenant FROM @records WHERE session_id = $1 AND session_id <> '' "
    "AND key <= $2 LIMIT $3 FOR UPDATE SKIP LOCKED), gone AS (DELETE FROM @records r USING due "
    "WHERE r.kind = due.kind AND r.id = due.id AND r.tenant = due.tenant RETURNING 1) SELECT count(*) FROM gone";
// Unless somebody else still has rows of it in a transaction of theirs.
constexpr std::string_view kForgetRemoved =
    "DELETE FROM @removed WHERE key = $1 AND NOT EXISTS (SELECT 1 FROM @events WHERE session = $1) "
    "AND NOT EXISTS (SELECT 1 FROM @runs WHERE session = $1) AND NOT EXISTS (SELECT 1 FROM @records "
    "WHERE session_id = $2 AND session_id <> '' AND key <= $3)";

std::int64_t capped(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
}

std::int64_t capped_rows(std::size_t rows) {
  return static_cast<std::int64_t>(rows);
}

// How many rows there are to take changes from one time to the next, so each is planned for that number.
Result ask_once(Connection& connection, std::string sql, Parameters&& parameters) {
  std::vector<Request> requests;
  requests.push_back({std::move(sql), std::move(parameters), Keep::no});
  return std::move(connection.exchange(requests).front());
}

// PostgreSQL has no text with a NUL in it, so no session either.
bool can_be_there(std::string_view id) {
  return id.find('\0') == std::string_view::npos;
}

[[noreturn]] void throw_no_session(std::string_view id) {
  throw sdk::StatusError(ASMGR_E_SESSION_NOT_FOUND, "there is no session '" + std::string(id) + "'");
}

// Throws unless the head is as the order says and nobody alive owns it. `head` is key, epoch, owner.
void require_unowned(std::string_view session_id, const Result& head, bool owner_lives, std::uint64_t epoch) {
  if (head.number(0, 1) != epoch)
    throw sdk::StatusError(ASMGR_E_STALE_EPOCH, "session '" + std::string(session_id) + "' is at epoch " +
                                                    std::to_string(head.number(0, 1)) + ", the caller says " +
                                                    std::to_string(epoch) + "; read the head again");
  if (owner_lives)
    throw sdk::StatusError(ASMGR_E_STALE_EPOCH, "session '" + std::string(session_id) + "' is owned by '" +
                                                    std::string(head.bytes(0, 2)) +
                                                    "', which is alive; it can be removed when nobody works on it");
}

}  // namespace

void Upkeep::Pace::took(UpkeepClock::duration time) {
  const double ratio = static_cast<double>(std::chrono::nanoseconds(kStatementTime).count()) /
                       static_cast<double>(std::max<std::int64_t>(std::chrono::nanoseconds(time).count(), 1));
  const double next = static_cast<double>(rows_) * std::clamp(ratio, 0.05, 2.0);
  rows_ = std::clamp<std::size_t>(static_cast<std::size_t>(next), 1, kMostRowsPerStatement);
}

Writer& Upkeep::writer() {
  if (writer_ == nullptr) writer_ = std::make_unique<Writer>(settings_, settings_.reconnect_timeout);
  return *writer_;
}

Upkeep::Batch Upkeep::run_batch(Connection& connection, const Statement& statement) {
  Batch batch;
  const UpkeepClock::time_point began = UpkeepClock::now();
  while (batch.rows < batch_size_) {
    const std::size_t rows = std::min<std::size_t>(pace_.rows(), batch_size_ - batch.rows);
    const UpkeepClock::time_point before = UpkeepClock::now();
    const std::size_t done = statement(connection, rows);
    batch.rows += done;
    batch.was_last = done < rows;
    const UpkeepClock::time_point now = UpkeepClock::now();
    if (done == pace_.rows() || now - before > kStatementTime) pace_.took(now - before);
    if (batch.was_last || now - began >= kLongestHold) break;
  }
  return batch;
}

std::uint64_t Upkeep::run_batches(const Statement& statement) {
  std::uint64_t rows = 0;
  while (!cancel_.cancelled()) {
    Batch batch;
    writer().transact([&](Connection& connection) { batch = run_batch(connection, statement); }, deadline());
    rows += batch.rows;
    if (batch.was_last) break;
    let_others_in();
  }
  return rows;
}

void Upkeep::let_others_in() const {
  cancel_.wait_for(kBetweenTransactions);
}

struct Upkeep::Pruned {
  std::uint64_t events = 0, bytes = 0;
  std::uint64_t next = 0;  // where to go on; 0 = there is nothing further on
};

Upkeep::Pruned Upkeep::prune_some(std::string_view session_id, std::int64_t key, const Range& range) {
  Pruned pruned;
  const auto work = [&](Connection& connection) {
    pruned = {};
    pruned.next = range.first;
    const Batch batch = run_batch(connection, [&](Connection& in, std::size_t rows) {
      const Result done = ask_once(
          in, sql_(kPruneEvents),
          std::move(Parameters().add(key).add(capped(pruned.next)).add(capped(range.last)).add(capped_rows(rows))));
      pruned.events += done.number(0, 0);
      pruned.bytes += done.number(0, 1);
      if (done.number(0, 0) != 0) pruned.next = done.number(0, 2) + 1;
      return static_cast<std::size_t>(done.number(0, 0));
    });
    if (batch.was_last) pruned.next = 0;
    if (pruned.events == 0) return;
    // Last, because commits to the session wait for this row.
    const Result head =
        connection.execute(sql_("UPDATE @heads SET text_events = greatest(text_events - $3, 0), "
                                "text_bytes = greatest(text_bytes - $4, 0) "
                                "WHERE id = $1 AND key = $2 RETURNING 1"),
                           std::move(Parameters().text(session_id).add(key).add(pruned.events).add(pruned.bytes)));
    if (head.rows() == 0) throw_no_session(session_id);  // any more
  };
  writer().transact(work, deadline());
  return pruned;
}

std::uint64_t Upkeep::prune(std::string_view session_id, const std::vector<Range>& ranges) {
  if (!can_be_there(session_id)) throw_no_session(session_id);
  const Result session =
      readers_.query({sql_("SELECT key FROM @sessions WHERE id = $1"), std::move(Parameters().text(session_id))});
  if (session.rows() == 0) throw_no_session(session_id);
  std::uint64_t events = 0;
  for (Range range : ranges) {
    while (!cancel_.cancelled() && range.first <= range.last && range.first < INT64_MAX) {
      const Pruned pruned = prune_some(session_id, session.integer(0, 0), range);
      events += pruned.events;
      if (pruned.next == 0) break;
      range.first = pruned.next;
      let_others_in();
    }
  }
  return events;
}

std::int64_t Upkeep::hide(std::string_view session_id, std::uint64_t epoch) {
  std::int64_t key = 0;
  std::uint64_t change = 0;
  const auto work = [&](Connection& connection) {
    key = 0;
    change = 0;
    const Result head = connection.execute(sql_("SELECT key, epoch, owner FROM @heads WHERE id = $1 FOR UPDATE"),
                                           std::move(Parameters().text(session_id)));
    if (head.rows() == 0) return;
    const Result owner =
        connection.execute(sql_("SELECT 1 FROM @hosts WHERE id = $1 AND expires_us > " + std::string(kServerNow)),
                           std::move(Parameters().text(head.bytes(0, 2))));
    require_unowned(session_id, head, owner.rows() != 0, epoch);
    key = head.integer(0, 0);
    std::vector<Request> writes;
    // Whatever record there is, or is being made, has a key below this one.
    writes.push_back({sql_("INSERT INTO @removed (key, id, records_to) VALUES ($1, $2, nextval('@record_keys'))"),
                      std::move(Parameters().add(key).text(session_id))});
    for (const std::string_view text :
         {"DELETE FROM @session_tags WHERE session = $1", "DELETE FROM @sessions WHERE key = $1"})
      writes.push_back({sql_(text), std::move(Parameters().add(key))});
    writes.push_back({sql_("DELETE FROM @heads WHERE id = $1"), std::move(Parameters().text(session_id))});
    writes.push_back(removal_change(sql_, session_id));
    change = connection.exchange(writes).back().number(0, 0);
  };
  writer().transact(work, deadline());
  if (change != 0) wake_ups_.committed(change);
  return key;
}

std::uint64_t Upkeep::remove(std::string_view session_id, std::uint64_t epoch) {
  if (cancel_.cancelled() || !can_be_there(session_id)) return 0;
  const std::int64_t key = hide(session_id, epoch);
  return remove_leftovers(key) + (key == 0 ? 0 : 1);
}

std::uint64_t Upkeep::remove_leftovers(std::int64_t key) {
  const Result rows = readers_.query({sql_("SELECT key, id, records_to FROM @removed ORDER BY key")});
  std::uint64_t removed = 0;
  for (int i = 0; i < rows.rows() && !cancel_.cancelled(); ++i) {
    const Leftover leftover{rows.integer(i, 0), std::string(rows.bytes(i, 1)), rows.integer(i, 2)};
    const std::uint64_t gone = remove_rows(leftover);
    if (leftover.key == key) removed = gone;
    if (!cancel_.cancelled()) forget(leftover);
  }
  return removed;
}

std::uint64_t Upkeep::remove_rows(const Leftover& leftover) {
  std::uint64_t removed = run_batches([&](Connection& connection, std::size_t rows) {
    return static_cast<std::size_t>(
        ask_once(connection, sql_(kRemoveRecords),
                 std::move(Parameters().text(leftover.id).add(leftover.records_to).add(capped_rows(rows))))
            .number(0, 0));
  });
  removed += run_batches([&](Connection& connection, std::size_t rows) {
    return static_cast<std::size_t>(
        ask_once(connection, sql_(kRemoveRuns), std::move(Parameters().add(leftover.key).add(capped_rows(rows))))
            .number(0, 0));
  });
  // From the end of the last statement on, because what was deleted stands in the index for a while. Of a transaction
  // that is repeated that may be too far; what it passes over is found by the next round.
  while (!cancel_.cancelled()) {
    std::int64_t after = INT64_MIN;
    const std::uint64_t events = run_batches([&](Connection& connection, std::size_t rows) {
      const Result gone = ask_once(connection, sql_(kRemoveEvents),
                                   std::move(Parameters().add(leftover.key).add(after).add(capped_rows(rows))));
      if (gone.number(0, 0) != 0) after = gone.integer(0, 1);
      return static_cast<std::size_t>(gone.number(0, 0));
    });
    if (events == 0) break;
    removed += events;
  }
  return removed;
}

void Upkeep::forget(const Leftover& leftover) {
  const auto work = [&](Connection& connection) {
    connection.execute(sql_(kForgetRemoved),
                       std::move(Parameters().add(leftover.key).text(leftover.id).add(leftover.records_to)));
  };
  writer().transact(work, deadline());
}

}  // namespace asmgr::postgres_store
