#include "tests/bench/store_layout/bare_sqlite.hpp"

#include <asmgr/plugin.h>

#include <stdexcept>

namespace asmgr::bench {
namespace {

void bind_text(sqlite3_stmt* statement, int at, std::string_view text) {
  sqlite3_bind_text(statement, at, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
}
void bind_blob(sqlite3_stmt* statement, int at, std::string_view bytes) {
  sqlite3_bind_blob(statement, at, bytes.data(), static_cast<int>(bytes.size()), SQLITE_STATIC);
}
void bind_number(sqlite3_stmt* statement, int at, std::uint64_t number) {
  sqlite3_bind_int64(statement, at, static_cast<sqlite3_int64>(number));
}

}  // namespace

BareSqlite::BareSqlite(const std::string& path, const std::string& durability) {
  if (sqlite3_open(path.c_str(), &connection_) != SQLITE_OK) throw std::runtime_error("sqlite3_open " + path);
  const std::string settings = "PRAGMA journal_mode = WAL; PRAGMA cache_size = -16384; PRAGMA synchronous = " +
                               std::string(durability == "full" ? "FULL" : "NORMAL");
  if (sqlite3_exec(connection_, settings.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK)
    throw std::runtime_error("the bare file cannot be set up");
  begin_ = prepare("BEGIN IMMEDIATE");
  commit_ = prepare("COMMIT");
  insert_event_ = prepare(
      "INSERT INTO events (session, seq, time_us, type, type_name, flags, schema, provider, run, id, correlation_id, "
      "hash, body_hash, metadata, data) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  update_head_ =
      prepare("UPDATE heads SET last_seq = ?2, epoch = 1, change = ?3, owner = ?4, last_hash = ?5 WHERE key = ?1");
  insert_change_ = prepare("INSERT INTO changes (first, count, entries) VALUES (?, ?, ?)");
}

BareSqlite::~BareSqlite() {
  for (sqlite3_stmt* statement : {begin_, commit_, insert_event_, update_head_, insert_change_})
    sqlite3_finalize(statement);
  sqlite3_close(connection_);
}

sqlite3_stmt* BareSqlite::prepare(const char* sql) {
  sqlite3_stmt* made = nullptr;
  if (sqlite3_prepare_v2(connection_, sql, -1, &made, nullptr) != SQLITE_OK)
    throw std::runtime_error("the store's tables are not those of this loop: " +
                             std::string(sqlite3_errmsg(connection_)));
  return made;
}

void BareSqlite::step(sqlite3_stmt* statement) {
  if (sqlite3_step(statement) != SQLITE_DONE) throw std::runtime_error("a bare statement failed");
  sqlite3_reset(statement);
}

std::int64_t BareSqlite::integer(const char* sql, std::string_view bound) {
  sqlite3_stmt* statement = prepare(sql);
  if (!bound.empty()) bind_text(statement, 1, bound);
  const std::int64_t answer = sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
  sqlite3_finalize(statement);
  return answer;
}

std::int64_t BareSqlite::key_of(const std::string& session_id) {
  return integer("SELECT key FROM sessions WHERE id = ?", session_id);
}

std::int64_t BareSqlite::name_key(const std::string& name) {
  sqlite3_stmt* insert = prepare("INSERT OR IGNORE INTO names (name) VALUES (?)");
  bind_text(insert, 1, name);
  step(insert);
  sqlite3_finalize(insert);
  return integer("SELECT key FROM names WHERE name = ?", name);
}

std::uint64_t BareSqlite::latest_change() {
  return static_cast<std::uint64_t>(integer("SELECT coalesce(max(first + count - 1), 0) FROM changes", {}));
}

void BareSqlite::insert_event(const EventRow& row) {
  sqlite3_bind_int64(insert_event_, 1, row.session);
  bind_number(insert_event_, 2, row.seq);
  sqlite3_bind_int64(insert_event_, 3, row.time_us);
  sqlite3_bind_int64(insert_event_, 4, ASMGR_EV_MESSAGE_STREAMED);
  sqlite3_bind_int64(insert_event_, 5, row.type_name);
  sqlite3_bind_int64(insert_event_, 6, 0);
  sqlite3_bind_int64(insert_event_, 7, 1);
  sqlite3_bind_int64(insert_event_, 8, row.provider);
  bind_blob(insert_event_, 9, row.run);
  bind_blob(insert_event_, 10, row.id);
  bind_text(insert_event_, 11, "");
  bind_blob(insert_event_, 12, row.hash);
  bind_blob(insert_event_, 13, row.body_hash);
  bind_text(insert_event_, 14, row.metadata);
  bind_text(insert_event_, 15, row.data);
  step(insert_event_);
}

void BareSqlite::update_head(std::int64_t session, std::uint64_t seq, std::uint64_t change, std::string_view owner,
                             std::string_view hash) {
  sqlite3_bind_int64(update_head_, 1, session);
  bind_number(update_head_, 2, seq);
  bind_number(update_head_, 3, change);
  bind_text(update_head_, 4, owner);
  bind_blob(update_head_, 5, hash);
  step(update_head_);
}

void BareSqlite::insert_change(std::uint64_t first, std::uint64_t count, std::string_view entries) {
  bind_number(insert_change_, 1, first);
  bind_number(insert_change_, 2, count);
  bind_blob(insert_change_, 3, entries);
  step(insert_change_);
}

}  // namespace asmgr::bench
