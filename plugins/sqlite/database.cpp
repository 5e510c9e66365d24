#include "database.hpp"

#include <string>

namespace asmgr::sqlite_store {
namespace {

constexpr std::size_t kStatementsKept = 256;

asmgr_status status_of(int code, bool writing) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ASMGR_E_BUSY;
    case SQLITE_FULL:
      return ASMGR_E_STORAGE_FULL;
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_AUTH:
    case SQLITE_READONLY:
    case SQLITE_NOTADB:
      return ASMGR_E_STORAGE_CONNECTION;
    case SQLITE_TOOBIG:
      return ASMGR_E_INVALID_INPUT;
    case SQLITE_NOMEM:
      return ASMGR_E_INTERNAL;
    default:
      return writing ? ASMGR_E_STORAGE_WRITE : ASMGR_E_STORAGE_READ;
  }
}

std::string_view advice_for(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process is writing; try again";
    case SQLITE_FULL:
      return "free space on the disk, or raise its quota";
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
    case SQLITE_READONLY:
      return "check that the file and its folder belong to this user and may be written";
    case SQLITE_NOTADB:
      return "the file is not a SQLite database; give another path";
    case SQLITE_CORRUPT:
      return "the file is damaged; stop every process that uses it and restore a backup";
    case SQLITE_IOERR:
      return "look into the system's log for errors of the disk";
    case SQLITE_TOOBIG:
      return "one value is larger than SQLite stores (1 GB)";
    default:
      return "";
  }
}

}  // namespace

DatabaseError database_error(sqlite3* connection, int code, bool writing, std::string_view doing) {
  std::string text = "SQLite failed to " + std::string(doing) + ": " + sqlite3_errstr(code);
  if (connection != nullptr) {
    const char* file = sqlite3_db_filename(connection, "main");
    if (file != nullptr) text = "'" + std::string(file) + "': " + text;
    const std::string detail = sqlite3_errmsg(connection);
    if (detail != sqlite3_errstr(code)) text += " (" + detail + ")";
  }
  text += " [code " + std::to_string(code) + "]";
  const std::string_view advice = advice_for(code);
  if (!advice.empty()) text += "; " + std::string(advice);
  return DatabaseError(code, status_of(code, writing), std::move(text));
}

Statement::Statement(sqlite3* connection, std::string_view sql) {
  sqlite3_stmt* made = nullptr;
  const int code = sqlite3_prepare_v3(connection, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT,
                                      &made, nullptr);
  statement_.reset(made);
  if (code != SQLITE_OK) throw database_error(connection, code, false, "prepare a statement");
}

void Statement::fail(int code) {
  const bool reads = sqlite3_stmt_readonly(statement_.get()) != 0;
  throw database_error(sqlite3_db_handle(statement_.get()), code, !reads, reads ? "read" : "write");
}

bool Statement::step() {
  const int code = sqlite3_step(statement_.get());
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(sqlite3_extended_errcode(sqlite3_db_handle(statement_.get())));
}

Connection::Connection(const std::string& path, Access access) {
  sqlite3* made = nullptr;
  const int flags = (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(path.c_str(), &made, flags, nullptr);
  connection_.reset(made);
  if (code != SQLITE_OK) {
    const DatabaseError cause = database_error(nullptr, code, true, "open");
    throw DatabaseError(code, ASMGR_E_STORAGE_CONNECTION, "'" + path + "': " + cause.message());
  }
}

Statement& Connection::statement(std::string_view sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second;
  return statements_.emplace(std::string(sql), Statement(raw(), sql)).first->second;
}

void Connection::trim_statements() {
  if (statements_.size() > kStatementsKept) statements_.clear();
}

void Connection::run_script(const char* sql) {
  const int code = sqlite3_exec(raw(), sql, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) throw database_error(raw(), code, true, "run a script");
}

std::uint32_t Connection::data_version() const noexcept {
  unsigned int version = 0;
  sqlite3_file_control(raw(), "main", SQLITE_FCNTL_DATA_VERSION, &version);
  return version;
}

}  // namespace asmgr::sqlite_store
