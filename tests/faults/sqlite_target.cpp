#include "tests/faults/sqlite_target.hpp"

#include <sqlite3.h>

#include <memory>
#include <stdexcept>

#include "tests/faults/faulty_disk.hpp"

namespace asmgr::faults {
namespace {

using std::chrono::milliseconds;

class SqliteFile {
 public:
  explicit SqliteFile(const std::string& path) {
    sqlite3* db = nullptr;
    const int opened = sqlite3_open_v2(path.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr);
    db_.reset(db);
    if (opened != SQLITE_OK) throw std::runtime_error("cannot open " + path);
    sqlite3_busy_timeout(db, 10'000);
  }
  void run(const char* sql) const {
    if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
      throw std::runtime_error(std::string(sqlite3_errmsg(db_.get())) + " in: " + sql);
  }
  template <typename Each>
  void rows(const char* sql, const Each& each) const {
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v2(db_.get(), sql, -1, &raw, nullptr);
    const std::unique_ptr<sqlite3_stmt, decltype(&sqlite3_finalize)> statement(raw, &sqlite3_finalize);
    int step = SQLITE_ERROR;
    while (raw != nullptr && (step = sqlite3_step(raw)) == SQLITE_ROW) each(raw);
    if (step != SQLITE_DONE) throw std::runtime_error(std::string(sqlite3_errmsg(db_.get())) + " in: " + sql);
  }

 private:
  std::unique_ptr<sqlite3, decltype(&sqlite3_close)> db_{nullptr, &sqlite3_close};
};

std::string column_text(sqlite3_stmt* row, int column) {
  const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(row, column));
  return text == nullptr ? "" : text;
}

}  // namespace

std::string SqliteTarget::config_of_hosts() const {
  return R"({"path":")" + path_ + R"(","durability":")" + durability_ + R"(","busy_timeout":"2s"})";
}

// As the boundary has it: in milliseconds.
std::string SqliteTarget::config_of_test() const {
  return R"({"path":")" + path_ + R"(","durability":")" + durability_ + R"(","busy_timeout":2000})";
}

std::vector<Fault> SqliteTarget::faults(std::mt19937& random, std::function<Victim()> any_host) {
  const auto on_disk_of = [any_host = std::move(any_host)](auto fault) {
    return [any_host, fault] {
      FaultPlan& plan = any_host().plan;
      concern_files(plan, "/store.db");
      return fault(plan);
    };
  };
  return {
      {"write failed", on_disk_of([&](FaultPlan& plan) {
         return fail_once(plan, plan.writes, static_cast<std::int64_t>(random() % 40), EIO);
       })},
      {"disk full at one write", on_disk_of([&](FaultPlan& plan) {
         return fail_once(plan, plan.writes, static_cast<std::int64_t>(random() % 40), ENOSPC);
       })},
      {"disk full for a while", on_disk_of([&](FaultPlan& plan) {
         return fail_for(plan, plan.writes, milliseconds(30 + random() % 300), ENOSPC);
       })},
      {"flush failed", on_disk_of([&](FaultPlan& plan) {
         return fail_once(plan, plan.syncs, static_cast<std::int64_t>(random() % 4), EIO);
       })},
      {"file locked by another program",
       [&, path = path_] {
         const SqliteFile other(path);
         other.run("BEGIN IMMEDIATE");
         std::this_thread::sleep_for(milliseconds(random() % 300));
         other.run("ROLLBACK");
         return true;
       }},
  };
}

void SqliteTarget::watch_heads() {
  SqliteFile(path_).run(R"sql(
CREATE TABLE test_heads (n INTEGER PRIMARY KEY, session TEXT, owner TEXT, epoch INTEGER, last_seq INTEGER);
CREATE TRIGGER test_heads_made AFTER INSERT ON heads BEGIN
  INSERT INTO test_heads (session, owner, epoch, last_seq)
    SELECT id, new.owner, new.epoch, new.last_seq FROM sessions WHERE key = new.key;
END;
CREATE TRIGGER test_heads_changed AFTER UPDATE ON heads BEGIN
  INSERT INTO test_heads (session, owner, epoch, last_seq)
    SELECT id, new.owner, new.epoch, new.last_seq FROM sessions WHERE key = new.key;
END;
)sql");
}

std::vector<HeadState> SqliteTarget::heads() {
  std::vector<HeadState> all;
  SqliteFile(path_).rows("SELECT session, owner, epoch, last_seq FROM test_heads ORDER BY n", [&](sqlite3_stmt* row) {
    all.push_back({column_text(row, 0), column_text(row, 1), static_cast<std::uint64_t>(sqlite3_column_int64(row, 2)),
                   static_cast<std::uint64_t>(sqlite3_column_int64(row, 3))});
  });
  return all;
}

int SqliteTarget::unrest() {
  int count = -1;
  try {
    SqliteFile(path_).rows(
        "SELECT (SELECT count(*) FROM runs WHERE status = 2) + (SELECT count(*) FROM records"
        " WHERE status IN ('queued', 'running') OR (kind = 'command' AND status = 'pending'))",
        [&](sqlite3_stmt* row) { count = sqlite3_column_int(row, 0); });
  } catch (const std::runtime_error&) {
    return -1;
  }
  return count;
}

}  // namespace asmgr::faults
