#include <sqlite3.h>

#include <memory>
#include <stdexcept>

#include "tests/simulation/checker/snapshot.hpp"

namespace asmgr::simulation {
namespace {

class File {
 public:
  explicit File(const std::string& path) {
    sqlite3* db = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
    db_.reset(db);
    if (opened != SQLITE_OK) throw std::runtime_error("cannot open " + path + ": " + sqlite3_errmsg(db));
    sqlite3_busy_timeout(db, 10'000);
  }
  template <typename Each>
  void rows(const char* sql, const Each& each) const {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql, -1, &raw, nullptr) != SQLITE_OK) fail(sql);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(raw, &sqlite3_finalize);
    int step = 0;
    while ((step = sqlite3_step(raw)) == SQLITE_ROW) each(raw);
    if (step != SQLITE_DONE) fail(sql);
  }

 private:
  [[noreturn]] void fail(const char* sql) const {
    throw std::runtime_error(std::string(sqlite3_errmsg(db_.get())) + " in: " + sql);
  }
  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db_{nullptr, &sqlite3_close};
};

std::string text(sqlite3_stmt* row, int column) {
  const void* bytes = sqlite3_column_blob(row, column);
  return bytes == nullptr ? std::string()
                          : std::string(static_cast<const char*>(bytes),
                                        static_cast<std::size_t>(sqlite3_column_bytes(row, column)));
}

std::uint64_t number(sqlite3_stmt* row, int column) {
  return static_cast<std::uint64_t>(sqlite3_column_int64(row, column));
}

// Ids of the usual form are stored as three letters and 16 bytes.
std::string id(sqlite3_stmt* row, int column) {
  const std::string stored = text(row, column);
  if (sqlite3_column_type(row, column) != SQLITE_BLOB || stored.size() != 19) return stored;
  std::string whole = stored.substr(0, 3) + "_";
  for (const char c : stored.substr(3)) {
    const auto byte = static_cast<unsigned char>(c);
    whole += "0123456789abcdef"[byte >> 4];
    whole += "0123456789abcdef"[byte & 15];
  }
  return whole;
}

std::string name_of_status(sqlite3_stmt* row, int column, const std::vector<const char*>& names) {
  const std::uint64_t status = number(row, column);
  return status >= 1 && status <= names.size() ? names[status - 1] : "status " + std::to_string(status);
}

}  // namespace

Snapshot snapshot_of_sqlite(const std::string& path) {
  const File file(path);
  Snapshot all;
  file.rows(
      "SELECT s.id, s.chain_id, s.status, s.deleted_us, h.last_seq, h.last_hash"
      " FROM sessions s JOIN heads h ON h.key = s.key",
      [&](sqlite3_stmt* row) {
        StoredSession& session = all.sessions[text(row, 0)];
        session.id = text(row, 0);
        session.chain_id = text(row, 1);
        session.status = name_of_status(row, 2, {"pending", "active", "paused", "completed", "failed", "cancelled"});
        session.deleted = number(row, 3) != 0;
        session.last_number = number(row, 4);
        session.last_hash = text(row, 5);
      });
  file.rows(
      "SELECT s.id, e.seq, e.id, t.name, e.run, p.name, e.correlation_id, e.time_us, e.schema, e.data, e.metadata,"
      " e.hash FROM events e JOIN sessions s ON s.key = e.session JOIN names t ON t.key = e.type_name"
      " LEFT JOIN names p ON p.key = e.provider ORDER BY e.session, e.seq",
      [&](sqlite3_stmt* row) {
        all.sessions[text(row, 0)].events.push_back({number(row, 1), id(row, 2), text(row, 3), id(row, 4), text(row, 5),
                                                     id(row, 6), sqlite3_column_int64(row, 7), number(row, 8),
                                                     text(row, 9), text(row, 10), text(row, 11)});
      });
  file.rows("SELECT r.id, s.id, r.status, r.doc FROM runs r JOIN sessions s ON s.key = r.session",
            [&](sqlite3_stmt* row) {
              all.runs[text(row, 0)] = {
                  text(row, 0), text(row, 1),
                  name_of_status(row, 2, {"pending", "running", "completed", "failed", "cancelled", "timeout"}),
                  text(row, 3)};
            });
  file.rows("SELECT kind, id, session_id, status, body, value FROM records", [&](sqlite3_stmt* row) {
    all.records.push_back(
        {text(row, 0), text(row, 1), text(row, 2), text(row, 3), text(row, 4), sqlite3_column_int64(row, 5)});
  });
  return all;
}

}  // namespace asmgr::simulation
