// The floor of the store sqlite: its rows written by a loop over SQLite's C functions that checks nothing.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace asmgr::bench {

// One connection to a file that the plugin made and left: the same tables and indexes. Throws std::runtime_error when a
// statement fails. Not thread-safe.
class BareSqlite {
 public:
  BareSqlite(const std::string& path, const std::string& durability);
  BareSqlite(const BareSqlite&) = delete;
  BareSqlite& operator=(const BareSqlite&) = delete;
  ~BareSqlite();

  // The key of the session's rows.
  [[nodiscard]] std::int64_t key_of(const std::string& session_id);
  // The key of a name; it is written when it is new.
  [[nodiscard]] std::int64_t name_key(const std::string& name);

  void begin() { step(begin_); }
  void commit() { step(commit_); }
  struct EventRow {
    std::int64_t session = 0;
    std::uint64_t seq = 0;
    std::int64_t time_us = 0;
    std::int64_t type_name = 0;
    std::int64_t provider = 0;
    std::string_view run;  // 19 bytes, as the store packs ids
    std::string_view id;   // the same
    std::string_view hash;
    std::string_view body_hash;
    std::string_view metadata;
    std::string_view data;
  };
  void insert_event(const EventRow& row);
  void update_head(std::int64_t session, std::uint64_t seq, std::uint64_t change, std::string_view owner,
                   std::string_view hash);
  void insert_change(std::uint64_t first, std::uint64_t count, std::string_view entries);
  [[nodiscard]] std::uint64_t latest_change();

 private:
  sqlite3_stmt* prepare(const char* sql);
  static void step(sqlite3_stmt* statement);
  [[nodiscard]] std::int64_t integer(const char* sql, std::string_view bound);

  sqlite3* connection_ = nullptr;
  sqlite3_stmt* begin_ = nullptr;
  sqlite3_stmt* commit_ = nullptr;
  sqlite3_stmt* insert_event_ = nullptr;
  sqlite3_stmt* update_head_ = nullptr;
  sqlite3_stmt* insert_change_ = nullptr;
};

}  // namespace asmgr::bench
