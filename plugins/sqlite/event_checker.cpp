// The part of a check that goes through all events: numbers, names, and whether heads agree with them.
#include <asmgr/abi/data.h>

#include <vector>

#include "checker.hpp"
#include "query_text.hpp"

namespace asmgr::sqlite_store {

struct Checker::EventWalk {
  HeadRow head;
  std::string id, owner, head_hash;  // what `head` borrows
  std::uint64_t next = 1;            // the number that should come
  std::uint64_t text_events = 0, text_bytes = 0;
  std::string hash;  // of the last event
};

void Checker::read_names() {
  Rows rows = connection_.statement("SELECT key, name FROM names").query();
  while (rows.next()) names_.emplace(rows.integer(0), std::string(rows.bytes(1)));
}

void Checker::check_events() {
  std::vector<std::int64_t> keys;
  {
    Rows rows = connection_.statement("SELECT key FROM sessions").query();
    while (rows.next()) keys.push_back(rows.integer(0));
  }
  for (const std::int64_t key : keys)
    part("events of session number " + std::to_string(key), [&] { check_events_of(key); });
}

void Checker::check_events_of(std::int64_t key) {
  static const std::string find_head =
      "SELECT " + std::string(kHeadColumns) + ", s.id FROM sessions s JOIN heads h ON h.key = s.key WHERE s.key = ?";
  const ReadTransaction transaction(connection_);
  EventWalk walk;
  {
    Rows rows = connection_.statement(find_head).query(key);
    if (!rows.next()) return;  // removed meanwhile, or told already
    walk.head = head_columns(rows);
    walk.id = std::string(rows.bytes(9));
    walk.owner = std::string(walk.head.owner);
    walk.head_hash = std::string(walk.head.last_hash);
    walk.head.owner = walk.owner;
    walk.head.last_hash = walk.head_hash;
  }
  Rows rows = connection_
                  .statement(
                      "SELECT seq, flags, type, type_name, provider, hash, length(body_hash), "
                      "length(CAST(data AS BLOB)) + length(CAST(metadata AS BLOB)) FROM events "
                      "INDEXED BY events_by_number WHERE session = ? ORDER BY seq")
                  .query(key);
  while (rows.next()) check_event(rows, walk);
  check_end(walk);
}

void Checker::check_event(const Rows& row, EventWalk& walk) {
  constexpr std::uint32_t kKnownFlags = ASMGR_EVENT_PRUNED | ASMGR_EVENT_CALLER_ID;
  constexpr std::int64_t kHashBytes = 32;
  const std::uint64_t seq = row.number(0);
  const std::string name = "Event " + std::to_string(seq) + " of session '" + walk.id + "'";
  if (seq != walk.next)
    report(Kind::gap, walk.id,
           "Session '" + walk.id + "' has event " + std::to_string(seq) + " where " + std::to_string(walk.next) +
               " should come.");
  walk.next = seq + 1;
  walk.hash.assign(row.bytes(5));
  const std::uint64_t bytes = row.number(7);
  if ((row.small(1) & ASMGR_EVENT_PRUNED) == 0) {
    ++walk.text_events;
    walk.text_bytes += bytes;
  } else if (bytes != 0) {
    report(Kind::damaged, walk.id, name + " is marked as pruned and has its text.");
  }
  if ((row.small(1) & ~kKnownFlags) != 0) report(Kind::damaged, walk.id, name + " has flags that nobody knows.");
  if (static_cast<std::int64_t>(walk.hash.size()) != kHashBytes || row.integer(6) != kHashBytes)
    report(Kind::damaged, walk.id, name + " has no hash.");
  for (const int column : {3, 4}) {
    // A name that is new since.
    if (names_.count(row.integer(column)) == 0) read_names();
    if (names_.count(row.integer(column)) == 0)
      report(Kind::damaged, walk.id,
             name + " refers to name number " + std::to_string(row.integer(column)) + ", which does not exist.");
  }
  // All events of one type name have the same number; it is not part of the chain.
  const auto [known, added] = type_numbers_.emplace(row.integer(3), row.integer(2));
  if (known->second != row.integer(2))
    report(Kind::damaged, walk.id,
           name + " has the type " + std::to_string(row.integer(2)) + ", another one of its name has " +
               std::to_string(known->second) + ".");
}

void Checker::check_end(const EventWalk& walk) {
  const std::uint64_t last = walk.next - 1;
  if (walk.head.last_seq != last)
    report(Kind::head, walk.id,
           "The head of session '" + walk.id + "' is at event " + std::to_string(walk.head.last_seq) +
               ", its events end at " + std::to_string(last) + ".");
  else if (walk.head.last_hash != walk.hash)
    report(Kind::head, walk.id, "The head of session '" + walk.id + "' has not the hash of its last event.");
  if (walk.head.text_events != walk.text_events || walk.head.text_bytes != walk.text_bytes)
    report(Kind::head, walk.id,
           "The head of session '" + walk.id + "' counts " + std::to_string(walk.head.text_events) + " events with " +
               std::to_string(walk.head.text_bytes) + " bytes of text, there are " + std::to_string(walk.text_events) +
               " with " + std::to_string(walk.text_bytes) + ".");
}

}  // namespace asmgr::sqlite_store
