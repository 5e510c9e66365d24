// The one connection that writes, its transactions, and what it remembers between them.
#pragma once

#include <asmgr/toolkit/store_rules.hpp>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "database.hpp"
#include "deadline.hpp"
#include "rows.hpp"

namespace asmgr::sqlite_store {

enum class Durability : std::uint8_t { full, normal };

// Every statement the write side uses, prepared once.
struct WriteStatements {
  explicit WriteStatements(sqlite3* connection);

  Statement begin, commit, rollback;
  Statement insert_change, delete_changes;
  Statement find_head, insert_head, update_head;
  Statement session_version, insert_session, update_session;
  Statement find_tags, insert_tag, delete_tags;
  Statement find_run, insert_run, update_run;
  Statement find_record, read_record, insert_record, update_record, add_record, delete_record;
  Statement find_caller_event, insert_event;
  Statement find_name, insert_name;
  Statement put_host, delete_host;
};

struct CachedHead {
  std::int64_t key = 0;
  store_rules::HeadState state;
  std::uint64_t change = 0;
  std::string last_hash;
  std::uint64_t text_events = 0, text_bytes = 0;

  [[nodiscard]] HeadRow row() const noexcept {
    return {key, state.last_seq, state.epoch, change, state.owner, last_hash, text_events, text_bytes};
  }
};

struct TextHash {
  using is_transparent = void;
  std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
};
template <typename T>
using TextMap = std::unordered_map<std::string, T, TextHash, std::equal_to<>>;

// Belongs to whoever holds a WriterLock; nothing in it is to be touched without one, except lock handling itself.
class Writer {
 public:
  Writer(const std::string& path, Durability durability, Deadline deadline);

  // The head of a session as this transaction sees it; null when there is none. Valid until forget().
  CachedHead* head(std::string_view session_id);
  // Valid until forget().
  CachedHead& add_head(std::string_view session_id, CachedHead head);
  void drop_head(std::string_view session_id);
  // Writes the row of a head that was added, or changed in place.
  void insert_head(const CachedHead& head);
  void update_head(const CachedHead& head);
  // The key that stands for a name of an event type or provider; made when it is new.
  std::int64_t name_key(std::string_view name);
  // The last change number given by anybody. Throws STORAGE_READ when the row that says so is damaged.
  std::uint64_t latest_change();
  // Writes the changes of a transaction, its last step: `count` entries packed after each other. Returns the number of
  // the last one.
  std::uint64_t insert_changes(std::uint64_t count, std::string_view entries);
  void set_latest_change(std::uint64_t change) noexcept { latest_change_ = change; }

  [[nodiscard]] Connection& connection() noexcept { return connection_; }
  [[nodiscard]] WriteStatements& statements() noexcept { return statements_; }

 private:
  friend class WriterLock;
  friend class Transaction;

  // After a rollback, or after somebody else's commit: what was remembered may be wrong.
  void forget();

  Connection connection_;
  WriteStatements statements_;
  TextMap<CachedHead> heads_;
  TextMap<std::int64_t> names_;
  std::uint64_t latest_change_ = 0;
  bool latest_known_ = false;
  std::uint32_t seen_version_ = 0;  // of the file, after our last commit

  std::mutex mutex_;
  std::condition_variable freed_;
  bool taken_ = false;  // guarded by mutex_
};

// Holds the writer. Throws BUSY when it is not free in time. (A timed mutex of our own making: those of the standard
// library are not understood by the thread sanitizer.)
class WriterLock {
 public:
  WriterLock(Writer& writer, const Deadline& deadline);
  WriterLock(const WriterLock&) = delete;
  WriterLock& operator=(const WriterLock&) = delete;
  ~WriterLock();

  [[nodiscard]] Writer& operator*() const noexcept { return writer_; }
  [[nodiscard]] Writer* operator->() const noexcept { return &writer_; }

 private:
  Writer& writer_;
};

// One write transaction; rolled back unless committed.
class Transaction {
 public:
  // Throws BUSY when another process holds the write lock past the deadline.
  Transaction(Writer& writer, const Deadline& deadline);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();

  // Throws STORAGE_AMBIGUOUS when it may have been written and may have not, else nothing was.
  void commit(const Deadline& deadline);

 private:
  Writer& writer_;
  bool open_ = true;
};

}  // namespace asmgr::sqlite_store
