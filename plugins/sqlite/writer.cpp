#include "writer.hpp"

#include "schema.hpp"

namespace asmgr::sqlite_store {
namespace {

// Heads and names remembered at most: a few MiB.
constexpr std::size_t kHeadsKept = 16384;
constexpr std::size_t kNamesKept = 4096;

Connection open_writer(const std::string& path, Durability durability, Deadline deadline) {
  Connection connection(path, Access::read_write);
  migrate(connection, path, deadline);
  connection.run_script(durability == Durability::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
  // Checkpoints are the housekeeping thread's: on the writer's they would be the slowest commits.
  connection.run_script("PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -16384; PRAGMA temp_store = MEMORY");
  return connection;
}

}  // namespace

WriteStatements::WriteStatements(sqlite3* c)
    : begin(c, "BEGIN IMMEDIATE"),
      commit(c, "COMMIT"),
      rollback(c, "ROLLBACK"),
      latest_change(c, "SELECT first + count - 1 FROM changes ORDER BY first DESC LIMIT 1"),
      insert_change(c, "INSERT INTO changes (first, count, entries) VALUES (?, ?, ?)"),
      delete_changes(c, "DELETE FROM changes WHERE first < ?"),
      find_head(c,
                "SELECT h.key, h.last_seq, h.epoch, h.owner FROM sessions s JOIN heads h ON h.key = s.key "
                "WHERE s.id = ?"),
      insert_head(c, "INSERT INTO heads (key, last_seq, epoch, change, owner, last_hash) VALUES (?, ?, ?, ?, ?, ?)"),
      update_head(c,
                  "UPDATE heads SET last_seq = ?2, epoch = ?3, change = ?4, owner = ?5, "
                  "last_hash = CASE WHEN length(?6) = 0 THEN last_hash ELSE ?6 END WHERE key = ?1"),
      session_version(c, "SELECT version FROM sessions WHERE key = ?"),
      insert_session(c,
                     "INSERT INTO sessions (key, id, status, version, created_us, updated_us, deleted_us, checksum, "
                     "agent_id, parent_id, tenant, chain_id, doc) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_session(c,
                     "UPDATE sessions SET status = ?3, version = ?4, created_us = ?5, updated_us = ?6, "
                     "deleted_us = ?7, checksum = ?8, agent_id = ?9, parent_id = ?10, tenant = ?11, chain_id = ?12, "
                     "doc = ?13 WHERE key = ?1 AND id = ?2"),
      find_tags(c, "SELECT tag FROM session_tags WHERE session = ? ORDER BY tag"),
      insert_tag(c, "INSERT INTO session_tags (session, tag) VALUES (?, ?)"),
      delete_tags(c, "DELETE FROM session_tags WHERE session = ?"),
      find_run(c, "SELECT session, version FROM runs WHERE id = ?"),
      insert_run(c,
                 "INSERT INTO runs (id, session, status, version, created_us, started_us, ended_us, checksum, "
                 "provider, doc, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, "
                 "total_tokens, cost_micro_usd, model) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_run(c,
                 "UPDATE runs SET session = ?2, status = ?3, version = ?4, created_us = ?5, started_us = ?6, "
                 "ended_us = ?7, checksum = ?8, provider = ?9, doc = ?10, input_tokens = ?11, cache_read_tokens = ?12, "
                 "cache_write_tokens = ?13, output_tokens = ?14, reasoning_tokens = ?15, total_tokens = ?16, "
                 "cost_micro_usd = ?17, model = ?18 WHERE id = ?1"),
      find_record(c, "SELECT version, value FROM records WHERE kind = ? AND id = ? AND tenant = ?"),
      read_record(c,
                  "SELECT kind, id, tenant, version, due_us, value, checksum, session_id, status, body FROM records "
                  "WHERE kind = ? AND id = ? AND tenant = ?"),
      insert_record(c,
                    "INSERT INTO records (kind, id, tenant, version, due_us, value, checksum, session_id, status, "
                    "body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_record(c,
                    "UPDATE records SET version = ?4, due_us = ?5, value = ?6, checksum = ?7, session_id = ?8, "
                    "status = ?9, body = ?10 WHERE kind = ?1 AND id = ?2 AND tenant = ?3"),
      add_record(c, "UPDATE records SET value = ?4, checksum = ?5 WHERE kind = ?1 AND id = ?2 AND tenant = ?3"),
      delete_record(c, "DELETE FROM records WHERE kind = ? AND id = ? AND tenant = ?"),
      find_caller_event(c, "SELECT seq FROM events WHERE session = ? AND id = ? AND (flags & 2) <> 0"),
      insert_event(c,
                   "INSERT INTO events (session, seq, time_us, type, type_name, flags, schema, provider, run, id, "
                   "correlation_id, hash, body_hash, metadata, data) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      find_name(c, "SELECT key FROM names WHERE name = ?"),
      insert_name(c, "INSERT INTO names (name) VALUES (?)"),
      find_host(c, "SELECT boot_id, expires_us FROM hosts WHERE id = ?"),
      put_host(c,
               "INSERT INTO hosts (id, boot_id, expires_us) VALUES (?, ?, ?) "
               "ON CONFLICT (id) DO UPDATE SET boot_id = excluded.boot_id, expires_us = excluded.expires_us"),
      delete_host(c, "DELETE FROM hosts WHERE id = ?") {}

Writer::Writer(const std::string& path, Durability durability, Deadline deadline)
    : connection_(open_writer(path, durability, deadline)), statements_(connection_.raw()) {}

CachedHead* Writer::head(std::string_view session_id) {
  const auto known = heads_.find(session_id);
  if (known != heads_.end()) return &known->second;
  Rows rows = statements_.find_head.query(session_id);
  if (!rows.next()) return nullptr;
  CachedHead head;
  head.key = rows.integer(0);
  head.state.last_seq = rows.number(1);
  head.state.epoch = rows.number(2);
  head.state.owner = std::string(rows.bytes(3));
  return &add_head(session_id, std::move(head));
}

CachedHead& Writer::add_head(std::string_view session_id, CachedHead head) {
  return heads_.insert_or_assign(std::string(session_id), std::move(head)).first->second;
}

void Writer::drop_head(std::string_view session_id) {
  const auto known = heads_.find(session_id);
  if (known != heads_.end()) heads_.erase(known);
}

std::int64_t Writer::name_key(std::string_view name) {
  const auto known = names_.find(name);
  if (known != names_.end()) return known->second;
  std::int64_t key = 0;
  {
    Rows rows = statements_.find_name.query(name);
    if (rows.next()) key = rows.integer(0);
  }
  if (key == 0) {
    statements_.insert_name.execute(name);
    key = sqlite3_last_insert_rowid(connection_.raw());
  }
  if (names_.size() >= kNamesKept) names_.clear();
  names_.emplace(std::string(name), key);
  return key;
}

std::uint64_t Writer::latest_change() {
  if (!latest_known_) {
    Rows rows = statements_.latest_change.query();
    latest_change_ = rows.next() ? rows.number(0) : 0;
    latest_known_ = true;
  }
  return latest_change_;
}

void Writer::forget() {
  heads_.clear();
  names_.clear();
  latest_known_ = false;
}

WriterLock::WriterLock(Writer& writer, const Deadline& deadline) : writer_(writer) {
  std::unique_lock lock(writer_.mutex_);
  while (writer_.taken_) {
    if (writer_.freed_.wait_until(lock, deadline.at()) == std::cv_status::timeout && writer_.taken_)
      throw sdk::StatusError(ASMGR_E_BUSY, "another thread of this process was writing all the time; try again");
  }
  writer_.taken_ = true;
}

WriterLock::~WriterLock() {
  {
    const std::lock_guard lock(writer_.mutex_);
    writer_.taken_ = false;
  }
  writer_.freed_.notify_one();
}

Transaction::Transaction(Writer& writer, const Deadline& deadline) : writer_(writer) {
  LockPause pause;
  while (true) {
    try {
      writer_.statements_.begin.execute();
      break;
    } catch (const DatabaseError& error) {
      if (error.primary_code() != SQLITE_BUSY || !pause.sleep_until(deadline)) throw;
    }
  }
  if (writer_.connection_.data_version() != writer_.seen_version_ || writer_.heads_.size() > kHeadsKept)
    writer_.forget();
}

void Transaction::commit(const Deadline& deadline) {
  LockPause pause;
  while (true) {
    try {
      writer_.statements_.commit.execute();
      break;
    } catch (const DatabaseError& error) {
      if (error.primary_code() == SQLITE_BUSY && pause.sleep_until(deadline)) continue;
      if (error.primary_code() == SQLITE_IOERR)
        throw sdk::StatusError(ASMGR_E_STORAGE_AMBIGUOUS,
                               "the disk failed while a transaction was being committed, which may or may not have "
                               "happened: " +
                                   error.message());
      throw;
    }
  }
  open_ = false;
  writer_.seen_version_ = writer_.connection_.data_version();
}

Transaction::~Transaction() {
  if (!open_) return;
  if (writer_.connection_.in_transaction()) {
    try {
      writer_.statements_.rollback.execute();
    } catch (const DatabaseError&) {
      // SQLite has rolled back by itself, or does when the file is opened again.
    }
  }
  writer_.forget();
}

}  // namespace asmgr::sqlite_store
