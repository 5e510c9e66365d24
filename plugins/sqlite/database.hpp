// SQLite's connections and statements as values that close themselves and throw what went wrong.
#pragma once

#include <sqlite3.h>

#include <asmgr/cpp/error.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace asmgr::sqlite_store {

// A failure of SQLite itself, with its result code.
class DatabaseError : public sdk::StatusError {
 public:
  DatabaseError(int code, asmgr_status status, std::string message)
      : sdk::StatusError(status, std::move(message)), code_(code) {}
  [[nodiscard]] int primary_code() const noexcept { return code_ & 0xff; }

 private:
  int code_;  // extended
};

// Bytes that are stored as a blob; borrowed.
struct Blob {
  const void* data = nullptr;
  std::size_t size = 0;
};

// A text, or bytes that stand for one and are stored as a blob; borrowed.
struct TextOrBlob {
  std::string_view bytes;
  bool blob = false;
};

// An argument of a statement that is put together from parts; owned.
struct OwnedBlob {
  std::string bytes;
};
using Argument = std::variant<std::int64_t, std::string, OwnedBlob>;

// The rows of one execution. Resets its statement when it goes: no read lock outlives it.
class Rows;

// One prepared statement. Used by one thread at a time, as its connection is.
class Statement {
 public:
  Statement(sqlite3* connection, std::string_view sql);

  // Binds the arguments to ?1, ?2, ... and starts. Texts and blobs are borrowed until the rows are gone.
  template <typename... Args>
  Rows query(const Args&... args);
  // The same for arguments whose number depends on the statement; they must outlive the rows.
  Rows query_list(const std::vector<Argument>& arguments);
  // Likewise, to the end, for statements without rows.
  template <typename... Args>
  void execute(const Args&... args);

 private:
  friend class Rows;
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  void bind(int index, std::int64_t value) { check(sqlite3_bind_int64(statement_.get(), index, value)); }
  void bind(int index, std::uint64_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, std::uint32_t value) { bind(index, static_cast<std::int64_t>(value)); }
  void bind(int index, const std::optional<std::int64_t>& value) {
    check(value ? sqlite3_bind_int64(statement_.get(), index, *value) : sqlite3_bind_null(statement_.get(), index));
  }
  void bind(int index, std::string_view text) {
    check(sqlite3_bind_text64(statement_.get(), index, text.data() == nullptr ? "" : text.data(), text.size(),
                              SQLITE_STATIC, SQLITE_UTF8));
  }
  void bind(int index, const OwnedBlob& blob) { bind(index, Blob{blob.bytes.data(), blob.bytes.size()}); }
  void bind(int index, const std::string& text) { bind(index, std::string_view(text)); }
  void bind(int index, const Blob& blob) {
    check(sqlite3_bind_blob64(statement_.get(), index, blob.size == 0 ? "" : blob.data, blob.size, SQLITE_STATIC));
  }
  void bind(int index, const TextOrBlob& value) {
    if (value.blob)
      bind(index, Blob{value.bytes.data(), value.bytes.size()});
    else
      bind(index, value.bytes);
  }
  void check(int code) {
    if (code != SQLITE_OK) fail(code);
  }
  [[noreturn]] void fail(int code);
  bool step();

  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Rows {
 public:
  explicit Rows(Statement& statement) noexcept : statement_(&statement) {}
  Rows(Rows&& other) noexcept : statement_(other.statement_) { other.statement_ = nullptr; }
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;
  Rows& operator=(Rows&&) = delete;
  ~Rows() {
    if (statement_ != nullptr) sqlite3_reset(statement_->statement_.get());
  }

  // Moves to the next row; false at the end. Columns are valid until the next call.
  bool next() { return statement_->step(); }
  [[nodiscard]] std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(raw(), column); }
  [[nodiscard]] std::uint64_t number(int column) const noexcept { return static_cast<std::uint64_t>(integer(column)); }
  [[nodiscard]] std::uint32_t small(int column) const noexcept { return static_cast<std::uint32_t>(integer(column)); }
  // Of a text or a blob.
  [[nodiscard]] std::string_view bytes(int column) const noexcept {
    const void* data = sqlite3_column_blob(raw(), column);
    return data == nullptr ? std::string_view()
                           : std::string_view(static_cast<const char*>(data),
                                              static_cast<std::size_t>(sqlite3_column_bytes(raw(), column)));
  }
  [[nodiscard]] bool is_blob(int column) const noexcept { return sqlite3_column_type(raw(), column) == SQLITE_BLOB; }

 private:
  [[nodiscard]] sqlite3_stmt* raw() const noexcept { return statement_->statement_.get(); }
  Statement* statement_;
};

template <typename... Args>
Rows Statement::query(const Args&... args) {
  Rows rows(*this);
  int index = 0;
  (bind(++index, args), ...);
  return rows;
}

inline Rows Statement::query_list(const std::vector<Argument>& arguments) {
  Rows rows(*this);
  int index = 0;
  for (const Argument& argument : arguments) {
    ++index;
    std::visit([&](const auto& value) { bind(index, value); }, argument);
  }
  return rows;
}

template <typename... Args>
void Statement::execute(const Args&... args) {
  Rows rows = query(args...);
  while (rows.next()) {
  }
}

enum class Access : std::uint8_t { read_only, read_write };

// One connection with the statements it has prepared. Used by one thread at a time.
class Connection {
 public:
  // Opens, never waiting for locks on its own. Throws STORAGE_CONNECTION.
  Connection(const std::string& path, Access access);

  // Prepared once, kept. The text identifies the statement; texts are made from a small set of shapes.
  Statement& statement(std::string_view sql);
  void execute(std::string_view sql) { statement(sql).execute(); }
  // Forgets the statements when there are very many. Only while no rows of this connection are open.
  void trim_statements();
  // For statements that are used once.
  void run_script(const char* sql);
  // For the readers: how long a statement waits when the file is locked (recovery after a crash, closing).
  void wait_for_locks(int milliseconds) noexcept { sqlite3_busy_timeout(raw(), milliseconds); }

  [[nodiscard]] bool in_transaction() const noexcept { return sqlite3_get_autocommit(raw()) == 0; }
  // Changes whenever this connection sees, or makes, a commit.
  [[nodiscard]] std::uint32_t data_version() const noexcept;
  [[nodiscard]] sqlite3* raw() const noexcept { return connection_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* connection) const noexcept { sqlite3_close_v2(connection); }
  };
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const noexcept { return std::hash<std::string_view>()(text); }
  };
  std::unique_ptr<sqlite3, Close> connection_;
  std::unordered_map<std::string, Statement, Hash, std::equal_to<>> statements_;
};

// The failure `code` as an error: which status it is follows from the code and from whether something was being
// written.
DatabaseError database_error(sqlite3* connection, int code, bool writing, std::string_view doing);

}  // namespace asmgr::sqlite_store
