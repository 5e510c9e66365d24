// The part of a check that goes through all events: numbers, texts, and whether heads agree with them.
#include <asmgr/abi/data.h>

#include "checker.hpp"

namespace asmgr::postgres_store {
namespace {

constexpr std::int64_t kLogsAtOnce = 100;
constexpr std::int64_t kMostGaps = 1000;  // that are told of one session

// One row for each session: what its head says, and what its events are.
constexpr std::string_view kLogs =
    "SELECT s.key, s.id, h.last_seq, h.text_events, h.text_bytes, h.last_hash, e.count, e.first, e.last, e.texts, "
    "e.bytes, e.text_of_pruned, e.flags, e.hashes, z.hash FROM @sessions s JOIN @heads h ON h.id = s.id AND "
    "h.key = s.key CROSS JOIN LATERAL (SELECT count(*) AS count, coalesce(min(v.seq), 1) AS first, "
    "coalesce(max(v.seq), 0) AS last, count(*) FILTER (WHERE (v.flags & 1) = 0) AS texts, "
    "coalesce(sum(octet_length(v.data) + octet_length(v.metadata)) FILTER (WHERE (v.flags & 1) = 0), 0)::bigint AS "
    "bytes, min(v.seq) FILTER (WHERE (v.flags & 1) <> 0 AND octet_length(v.data) + octet_length(v.metadata) <> 0) AS "
    "text_of_pruned, min(v.seq) FILTER (WHERE (v.flags & ~3) <> 0) AS flags, "
    "min(v.seq) FILTER (WHERE octet_length(v.hash) <> 32 OR octet_length(v.body_hash) <> 32) AS hashes "
    "FROM @events v WHERE v.session = s.key) e LEFT JOIN @events z ON z.session = s.key AND z.seq = e.last "
    "WHERE s.key = ANY($1) ORDER BY s.key";
static_assert(ASMGR_EVENT_PRUNED == 1 && ASMGR_EVENT_CALLER_ID == 2);

}  // namespace

void Checker::check_events() {
  std::int64_t after = INT64_MIN;
  while (true) {
    std::vector<std::int64_t> keys;
    const bool read = part("sessions", [&] {
      const Result rows = ask("SELECT key FROM @sessions WHERE key > $1 ORDER BY key LIMIT $2",
                              std::move(Parameters().add(after).add(kLogsAtOnce)));
      for (int i = 0; i < rows.rows(); ++i) keys.push_back(rows.integer(i, 0));
    });
    if (!read || keys.empty()) return;
    check_events_of(keys);
    after = keys.back();
  }
}

// What cannot be read of many is looked for one by one.
void Checker::check_events_of(const std::vector<std::int64_t>& keys) {
  const auto look = [&](const std::vector<std::int64_t>& some) {
    Array wanted(Type::bigints);
    for (const std::int64_t key : some) wanted.add(key);
    const Result logs = ask(kLogs, std::move(Parameters().add(wanted)));
    for (int row = 0; row < logs.rows(); ++row) check_log(logs, row);
  };
  try {
    look(keys);
    return;
  } catch (const DatabaseError& error) {
    cancel_.throw_if_cancelled();
    if (error.lost()) throw;
    connection_->roll_back();
    begin();
  }
  for (const std::int64_t key : keys) part("events of session number " + std::to_string(key), [&] { look({key}); });
}

// All events of one type name have the same number; it is not part of the chain.
void Checker::check_types() {
  const Result rows = ask(
      "SELECT type_name, min(type), max(type) FROM @events GROUP BY type_name HAVING min(type) <> max(type) ORDER BY "
      "type_name");
  for (int i = 0; i < rows.rows(); ++i)
    report(Kind::damaged, "",
           "Events of the type '" + std::string(rows.bytes(i, 0)) + "' have different numbers of their type, " +
               std::to_string(rows.integer(i, 1)) + " and " + std::to_string(rows.integer(i, 2)) + ".");
}

void Checker::check_log(const Result& logs, int row) {
  const std::string id(logs.bytes(row, 1));
  const std::uint64_t last = logs.number(row, 8);
  if (logs.integer(row, 7) != 1 || logs.number(row, 6) != last) find_gaps(logs.integer(row, 0), id);
  const auto tell = [&](int column, std::string_view what) {
    if (logs.integer(row, column) == 0) return;
    report(Kind::damaged, id,
           "Event " + std::to_string(logs.integer(row, column)) + " of session '" + id + "' " + std::string(what) +
               "; it is the first of those.");
  };
  tell(11, "is marked as pruned and has its text");
  tell(12, "has flags that nobody knows");
  tell(13, "has no hash");
  if (logs.number(row, 2) != last)
    report(Kind::head, id,
           "The head of session '" + id + "' is at event " + std::to_string(logs.number(row, 2)) +
               ", its events end at " + std::to_string(last) + ".");
  else if (logs.bytes(row, 5) != logs.bytes(row, 14))
    report(Kind::head, id, "The head of session '" + id + "' has not the hash of its last event.");
  if (logs.number(row, 3) != logs.number(row, 9) || logs.number(row, 4) != logs.number(row, 10))
    report(Kind::head, id,
           "The head of session '" + id + "' counts " + std::to_string(logs.number(row, 3)) + " events with " +
               std::to_string(logs.number(row, 4)) + " bytes of text, there are " +
               std::to_string(logs.number(row, 9)) + " with " + std::to_string(logs.number(row, 10)) + ".");
}

void Checker::find_gaps(std::int64_t key, std::string_view session_id) {
  const Result rows =
      ask("SELECT g.seq, g.expected FROM (SELECT seq, coalesce(lag(seq) OVER (ORDER BY seq), 0) + 1 AS expected "
          "FROM @events WHERE session = $1) g WHERE g.seq <> g.expected ORDER BY g.seq LIMIT $2",
          std::move(Parameters().add(key).add(kMostGaps)));
  for (int i = 0; i < rows.rows(); ++i)
    report(Kind::gap, session_id,
           "Session '" + std::string(session_id) + "' has event " + std::to_string(rows.integer(i, 0)) + " where " +
               std::to_string(rows.integer(i, 1)) + " should come.");
}

}  // namespace asmgr::postgres_store
