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

void put_head(Statement& statement, const HeadRow& head) {
  statement.execute(head.key, head.last_seq, head.epoch, head.change, head.owner,
                    Blob{head.last_hash.data(), head.last_hash.size()}, head.text_events, head.text_bytes,
                    checksum_of(head));
}

}  // namespace

WriteStatements::WriteStatements(sqlite3* c)
    : begin(c, "BEGIN IMMEDIATE"),
      commit(c, "COMMIT"),
      rollback(c, "ROLLBACK"),
      insert_change(c, "INSERT INTO changes (first, count, entries, checksum) VALUES (?, ?, ?, ?)"),
      delete_changes(c, "DELETE FROM changes WHERE first < ?"),
      find_head(
          c, "SELECT " + std::string(kHeadColumns) + " FROM sessions s JOIN heads h ON h.key = s.key WHERE s.id = ?"),
      insert_head(c,
                  "INSERT INTO heads (key, last_seq, epoch, change, owner, last_hash, text_events, text_bytes, "
                  "checksum) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_head(c,
                  "UPDATE heads SET last_seq = ?2, epoch = ?3, change = ?4, owner = ?5, last_hash = ?6, "
                  "text_events = ?7, text_bytes = ?8, checksum = ?9 WHERE key = ?1"),
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
      find_run(c, "SELECT session, version FROM runs WHERE id = ? AND session NOT IN (SELECT key FROM removed)"),
      insert_run(
          c,
          "INSERT OR REPLACE INTO runs (id, session, status, version, created_us, started_us, ended_us, checksum, "
          "provider, doc, input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, "
          "total_tokens, cost_micro_usd, model) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
      update_run(c,
                 "UPDATE runs SET session = ?2, status = ?3, version = ?4, created_us = ?5, started_us = ?6, "
                 "ended_us = ?7, checksum = ?8, provider = ?9, doc = ?10, input_tokens = ?11, cache_read_tokens = ?12, "
                 "cache_write_tokens = ?13, output_tokens = ?14, reasoning_tokens = ?15, total_tokens = ?16, "
                 "cost_micro_usd = ?17, model = ?18 WHERE id = ?1"),
      find_record(c, "SELECT version, value FROM records WHERE kind = ? AND id = ? AND tenant = ? AND " +
                         std::string(kRecordIsThere)),
      read_record(c,
                  "SELECT kind, id, tenant, version, due_us, value, checksum, session_id, status, body FROM records "
                  "WHERE kind = ? AND id = ? AND tenant = ?"),
      insert_record(c,
                    "INSERT OR REPLACE INTO records (key, kind, id, tenant, version, due_us, value, checksum, "
                    "session_id, status, body) VALUES (1 + max(coalesce((SELECT max(key) FROM records), 0), "
                    "coalesce((SELECT max(records_to) FROM removed), 0)), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"),
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
      put_host(c,
               "INSERT INTO hosts (id, boot_id, expires_us, checksum) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO UPDATE "
               "SET boot_id = excluded.boot_id, expires_us = excluded.expires_us, checksum = excluded.checksum"),
      delete_host(c, "DELETE FROM hosts WHERE id = ?") {}

Writer::Writer(const std::string& path, Durability durability, Deadline deadline)
    : connection_(open_writer(path, durability, deadline)), statements_(connection_.raw()) {}

CachedHead* Writer::head(std::string_view session_id) {
  const auto known = heads_.find(session_id);
  if (known != heads_.end()) return &known->second;
  Rows rows = statements_.find_head.query(session_id);
  if (!rows.next()) return nullptr;
  const HeadRow row = read_head(rows, session_id);
  return &add_head(session_id, CachedHead{row.key,
                                          {row.last_seq, row.epoch, std::string(row.owner)},
                                          row.change,
                                          std::string(row.last_hash),
                                          row.text_events,
                                          row.text_bytes});
}

CachedHead& Writer::add_head(std::string_view session_id, CachedHead head) {
  return heads_.insert_or_assign(std::string(session_id), std::move(head)).first->second;
}

void Writer::drop_head(std::string_view session_id) {
  const auto known = heads_.find(session_id);
  if (known != heads_.end()) heads_.erase(known);
}

void Writer::insert_head(const CachedHead& head) {
  put_head(statements_.insert_head, head.row());
}

void Writer::update_head(const CachedHead& head) {
  put_head(statements_.update_head, head.row());
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
    latest_change_ = sqlite_store::latest_change(connection_);
    latest_known_ = true;
  }
  return latest_change_;
}

std::uint64_t Writer::insert_changes(std::uint64_t count, std::string_view entries) {
  const std::uint64_t first = latest_change() + 1;
  statements_.insert_change.execute(first, count, Blob{entries.data(), entries.size()},
                                    checksum_of_change(first, count, entries));
  return first + count - 1;
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
