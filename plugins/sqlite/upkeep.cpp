#include "upkeep.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "change_codec.hpp"

namespace asmgr::sqlite_store {
namespace {

using Clock = std::chrono::steady_clock;

// A transaction ends after this, whatever batch was ordered: what it holds up is a commit that may wait 100 ms, and to
// commit and flush takes time too.
constexpr std::chrono::milliseconds kLongestHold{25};
constexpr std::chrono::milliseconds kShortestPause{1};
constexpr std::int64_t kPagesPerStep = 64;

std::int64_t pragma_number(Connection& connection, std::string_view sql) {
  Rows rows = connection.statement(sql).query();
  return rows.next() ? rows.integer(0) : 0;
}

std::int64_t capped(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min<std::uint64_t>(number, INT64_MAX));
}

}  // namespace

template <typename Prepare, typename Write, typename Conclude>
std::size_t Upkeep::in_transactions(std::size_t count, Prepare prepare, Write write, Conclude conclude) {
  std::size_t done = 0;
  while (done < count && !cancel_.cancelled()) {
    Clock::time_point began;
    {
      WriterLock writer(writer_, deadline());
      Transaction transaction(*writer, deadline());
      began = Clock::now();
      if (!prepare()) return done;
      const std::size_t end = std::min(count, done + batch_size_);
      do {
        write(done++);
      } while (done < end && Clock::now() - began < kLongestHold);
      conclude();
      transaction.commit(deadline());
    }
    let_others_in(Clock::now() - began);
  }
  return done;
}

void Upkeep::let_others_in(Clock::duration held) const {
  cancel_.wait_for(std::clamp<Clock::duration>(held, kShortestPause, kLongestHold));
}

std::vector<Upkeep::Text> Upkeep::texts_of(std::int64_t session, const store_maintenance::Range& range) {
  // Read without a lock: a prune that finds many events that have no text any more holds up nobody.
  const ReaderPool::Lease reader(readers_);
  std::vector<Text> texts;
  Rows rows = reader
                  ->statement(
                      "SELECT rowid, seq, length(CAST(data AS BLOB)) + length(CAST(metadata AS BLOB)) FROM events "
                      "INDEXED BY events_by_number WHERE session = ? AND seq >= ? AND seq <= ? AND (flags & 1) = 0 "
                      "ORDER BY seq LIMIT ?")
                  .query(session, capped(range.first), capped(range.last), static_cast<std::int64_t>(batch_size_));
  while (rows.next()) texts.push_back({rows.integer(0), rows.number(1), rows.number(2)});
  return texts;
}

std::uint64_t Upkeep::prune_texts(std::string_view session_id, std::int64_t session, const std::vector<Text>& texts) {
  Statement& erase = writer_.connection().statement(
      "UPDATE events SET flags = flags | 1, data = '', metadata = '' WHERE rowid = ? AND session = ? AND seq = ? AND "
      "(flags & 1) = 0");
  std::uint64_t pruned = 0, events = 0, bytes = 0;
  CachedHead* head = nullptr;
  in_transactions(
      texts.size(),
      [&] {
        head = writer_.head(session_id);
        events = bytes = 0;
        return head != nullptr && head->key == session;
      },
      [&](std::size_t i) {
        erase.execute(texts[i].rowid, session, texts[i].seq);
        if (sqlite3_changes(writer_.connection().raw()) == 0) return;  // somebody else was faster
        ++events;
        bytes += texts[i].bytes;
      },
      [&] {
        head->text_events -= std::min(events, head->text_events);
        head->text_bytes -= std::min(bytes, head->text_bytes);
        writer_.update_head(*head);
        pruned += events;
      });
  return pruned;
}

std::uint64_t Upkeep::prune(std::string_view session_id, const std::vector<store_maintenance::Range>& ranges) {
  std::int64_t session = 0;
  {
    const ReaderPool::Lease reader(readers_);
    Rows rows = reader->statement("SELECT key FROM sessions WHERE id = ?").query(session_id);
    if (!rows.next())
      throw sdk::StatusError(ASMGR_E_SESSION_NOT_FOUND, "there is no session '" + std::string(session_id) + "'");
    session = rows.integer(0);
  }
  std::uint64_t pruned = 0;
  for (store_maintenance::Range range : ranges) {
    while (!cancel_.cancelled() && range.first <= range.last) {
      const std::vector<Text> texts = texts_of(session, range);
      if (texts.empty()) break;
      pruned += prune_texts(session_id, session, texts);
      range.first = texts.back().seq + 1;
    }
  }
  return pruned;
}

std::int64_t Upkeep::hide(std::string_view session_id, const Judge& judge) {
  std::int64_t key = 0;
  std::uint64_t change = 0;
  {
    WriterLock writer(writer_, deadline());
    Transaction transaction(*writer, deadline());
    const CachedHead* head = writer->head(session_id);
    if (head == nullptr) return 0;
    key = head->key;
    Connection& connection = writer->connection();
    if (!judge(connection, *head)) return 0;
    connection
        .statement(
            "INSERT INTO removed (key, id, records_to) VALUES (?, ?, coalesce((SELECT max(key) FROM records), 0))")
        .execute(key, session_id);
    for (const std::string_view sql : {"DELETE FROM session_tags WHERE session = ?", "DELETE FROM heads WHERE key = ?",
                                       "DELETE FROM sessions WHERE key = ?"})
      connection.statement(sql).execute(key);
    std::string entry;
    append_change(
        entry, ChangeEntry{ASMGR_CHANGED_EVENTS | ASMGR_CHANGED_SESSION | ASMGR_CHANGED_RUNS | ASMGR_CHANGED_RECORDS, 0,
                           0, session_id});
    change = writer->insert_changes(1, entry);
    transaction.commit(deadline());
    writer->set_latest_change(change);
    writer->drop_head(session_id);
  }
  changes_.announce(change);
  return key;
}

std::uint64_t Upkeep::remove(std::string_view session_id, const Judge& judge) {
  if (cancel_.cancelled()) return 0;
  const std::int64_t key = hide(session_id, judge);
  return remove_leftovers(key) + (key == 0 ? 0 : 1);
}

std::vector<Upkeep::Leftover> Upkeep::leftovers() {
  const ReaderPool::Lease reader(readers_);
  std::vector<Leftover> all;
  Rows rows = reader->statement("SELECT key, id, records_to FROM removed").query();
  while (rows.next()) all.push_back({rows.integer(0), std::string(rows.bytes(1)), rows.integer(2)});
  return all;
}

std::uint64_t Upkeep::remove_leftovers(std::int64_t key) {
  std::uint64_t removed = 0;
  for (const Leftover& leftover : leftovers()) {
    const std::uint64_t rows = remove_rows(leftover);
    if (leftover.key == key) removed = rows;
    if (cancel_.cancelled()) break;
    WriterLock writer(writer_, deadline());
    Transaction transaction(*writer, deadline());
    writer->connection().statement("DELETE FROM removed WHERE key = ?").execute(leftover.key);
    transaction.commit(deadline());
  }
  return removed;
}

// Each row is deleted only while it is still the session's: its place in the table may have been given to another one.
std::uint64_t Upkeep::remove_rows(const Leftover& leftover) {
  std::uint64_t removed = remove_rows(
      "SELECT key FROM records WHERE session_id = ?1 AND session_id <> '' AND key <= ?2 LIMIT ?3",
      "DELETE FROM records WHERE key = ?1 AND session_id = ?2 AND key <= ?3", leftover.id, leftover.records_to);
  removed += remove_rows("SELECT key FROM runs WHERE session = ?1 AND ?2 = 0 LIMIT ?3",
                         "DELETE FROM runs WHERE key = ?1 AND session = ?2 AND ?3 = 0", leftover.key, 0);
  removed += remove_rows(
      "SELECT rowid FROM events INDEXED BY events_by_number WHERE session = ?1 AND ?2 = 0 ORDER BY seq LIMIT ?3",
      "DELETE FROM events WHERE rowid = ?1 AND session = ?2 AND ?3 = 0", leftover.key, 0);
  return removed;
}

std::uint64_t Upkeep::remove_rows(const char* find, const char* erase, const Argument& of, std::int64_t up_to) {
  std::uint64_t removed = 0;
  std::vector<std::int64_t> before;
  while (!cancel_.cancelled()) {
    std::vector<std::int64_t> found;
    {
      const ReaderPool::Lease reader(readers_);
      const std::vector<Argument> arguments = {of, up_to, static_cast<std::int64_t>(batch_size_)};
      Rows rows = reader->statement(find).query_list(arguments);
      while (rows.next()) found.push_back(rows.integer(0));
    }
    if (found.empty()) return removed;
    // What was deleted is not found again, whoever deleted it.
    if (found == before)
      throw sdk::StatusError(ASMGR_E_MAINTENANCE,
                             "rows of a removed session are found by an index and are not there; the file is damaged: "
                             "check it, and restore a backup");
    before = found;
    in_transactions(
        found.size(), [] { return true; },
        [&](std::size_t i) {
          const std::vector<Argument> arguments = {found[i], of, up_to};
          Rows rows = writer_.connection().statement(erase).query_list(arguments);
          while (rows.next()) {
          }
          removed += static_cast<std::uint64_t>(sqlite3_changes(writer_.connection().raw()));
        },
        [] {});
  }
  return removed;
}

std::int64_t Upkeep::free_some_pages() {
  WriterLock writer(writer_, deadline());
  Transaction transaction(*writer, deadline());
  Connection& connection = writer->connection();
  const Clock::time_point began = Clock::now();
  const std::int64_t before = pragma_number(connection, "PRAGMA page_count");
  Statement& free_pages = connection.statement("PRAGMA incremental_vacuum(" + std::to_string(kPagesPerStep) + ")");
  while (pragma_number(connection, "PRAGMA freelist_count") > 0 && Clock::now() - began < kLongestHold)
    free_pages.execute();
  const std::int64_t freed = before - pragma_number(connection, "PRAGMA page_count");
  transaction.commit(deadline());
  return freed;
}

std::uint64_t Upkeep::compact() {
  remove_leftovers(0);
  std::int64_t page_size = 0;
  {
    const ReaderPool::Lease reader(readers_);
    constexpr std::int64_t kIncremental = 2;
    if (pragma_number(*reader, "PRAGMA auto_vacuum") != kIncremental) return 0;
    page_size = pragma_number(*reader, "PRAGMA page_size");
  }
  std::uint64_t freed = 0;
  while (!cancel_.cancelled()) {
    const Clock::time_point began = Clock::now();
    const std::int64_t pages = free_some_pages();
    if (pages <= 0) break;
    freed += static_cast<std::uint64_t>(pages * page_size);
    let_others_in(Clock::now() - began);
  }
  return freed;
}

}  // namespace asmgr::sqlite_store
