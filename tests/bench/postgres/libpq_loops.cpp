#include "tests/bench/postgres/libpq_loops.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <stdexcept>
#include <vector>

#include "tests/plugins/contract/values.hpp"

namespace asmgr::bench {
namespace {

using Clock = std::chrono::steady_clock;
using ResultPtr = std::unique_ptr<PGresult, decltype(&PQclear)>;

const std::string kLoopOwner = "host_0190a3b4c5d6e7f80123456789abcdef";
const std::string kHash = "\\x" + std::string(64, 'a');
const std::string kTime = "1700000000000000";

class Pipeline {
 public:
  Pipeline(const std::string& dsn, const std::vector<std::string>& tables)
      : connection_(PQconnectdb(dsn.c_str()), &PQfinish) {
    for (const std::string& sql : tables) expect_done(ResultPtr(PQexec(connection_.get(), sql.c_str()), &PQclear));
  }
  void prepare(const char* name, const char* sql) {
    expect_done(ResultPtr(PQprepare(connection_.get(), name, sql, 0, nullptr), &PQclear));
  }
  void enter() {
    if (PQenterPipelineMode(connection_.get()) != 1) throw std::runtime_error("no pipeline mode");
  }
  void send(const char* name, const std::vector<std::string>& values = {}) {
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    if (PQsendQueryPrepared(connection_.get(), name, static_cast<int>(texts.size()), texts.data(), nullptr, nullptr,
                            0) != 1)
      throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  // Calls `take` with every answer that has a row.
  template <typename Take>
  void finish(Take take) {
    PQpipelineSync(connection_.get());
    for (bool synced = false; !synced;) {
      const ResultPtr result(PQgetResult(connection_.get()), &PQclear);
      if (result == nullptr && PQstatus(connection_.get()) == CONNECTION_OK) continue;  // stands between two answers
      synced = PQresultStatus(result.get()) == PGRES_PIPELINE_SYNC;
      if (PQresultStatus(result.get()) == PGRES_FATAL_ERROR)
        throw std::runtime_error(PQresultErrorMessage(result.get()));
      if (PQntuples(result.get()) == 1) take(result.get());
    }
  }

 private:
  static void expect_done(const ResultPtr& result) {
    const ExecStatusType status = PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK) throw std::runtime_error(PQresultErrorMessage(result.get()));
  }
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

class BareTable {
 public:
  BareTable(const std::string& dsn, const Workload&)
      : pipeline_(dsn, {"DROP TABLE IF EXISTS bare",
                        "CREATE TABLE bare (session bigint, seq bigint, time_us bigint, type text, id text, data text)",
                        "CREATE UNIQUE INDEX bare_by_number ON bare (session, seq)"}) {
    pipeline_.prepare("insert", "INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6)");
    pipeline_.prepare("begin", "BEGIN");
    pipeline_.prepare("commit", "COMMIT");
    pipeline_.enter();
  }
  void begin(const std::vector<std::size_t>&, const std::vector<std::uint64_t>&) { pipeline_.send("begin"); }
  void insert(std::size_t session, std::uint64_t seq, const std::string& id) {
    pipeline_.send("insert",
                   {std::to_string(session), std::to_string(seq), kTime, "message_streamed", id, event_data()});
  }
  void commit(const std::vector<std::size_t>&, const std::vector<std::uint64_t>&) {
    pipeline_.send("commit");
    pipeline_.finish([](PGresult*) {});
  }

 private:
  Pipeline pipeline_;
};

class CheckedTables {
 public:
  CheckedTables(const std::string& dsn, const Workload& workload)
      : pipeline_(dsn, {"DROP TABLE IF EXISTS checked_heads, checked_events",
                        "CREATE TABLE checked_heads (id text COLLATE \"C\" PRIMARY KEY, key bigint NOT NULL, last_seq "
                        "bigint NOT NULL, epoch bigint NOT NULL, owner text NOT NULL, last_hash bytea NOT NULL) WITH "
                        "(fillfactor = 50)",
                        "CREATE TABLE checked_events (session bigint NOT NULL, seq bigint NOT NULL, time_us bigint, "
                        "type integer, flags integer, schema integer, type_name text, provider text, run_id text, id "
                        "text, correlation_id text, hash bytea, body_hash bytea, metadata bytea, data bytea, PRIMARY "
                        "KEY (session, seq))",
                        "INSERT INTO checked_heads SELECT 'ses_' || i, i, 0, 1, '" + kLoopOwner +
                            "', '' FROM generate_series(0, " + std::to_string(workload.sessions - 1) + ") i"}) {
    pipeline_.prepare("begin", "BEGIN");
    pipeline_.prepare("lock", "SELECT last_seq, epoch, owner FROM checked_heads WHERE id = $1 FOR UPDATE");
    pipeline_.prepare("insert",
                      "INSERT INTO checked_events VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, "
                      "$15)");
    pipeline_.prepare("head", "UPDATE checked_heads SET last_seq = $2, last_hash = $3 WHERE id = $1");
    pipeline_.prepare("commit", "COMMIT");
    pipeline_.enter();
  }
  void begin(const std::vector<std::size_t>& sessions, const std::vector<std::uint64_t>& last) {
    pipeline_.send("begin");
    for (const std::size_t session : sessions) pipeline_.send("lock", {"ses_" + std::to_string(session)});
    std::size_t at = 0;
    pipeline_.finish([&](PGresult* head) {
      const std::string expected = std::to_string(last[sessions[at++]]);
      if (PQgetvalue(head, 0, 0) != expected || std::string("1") != PQgetvalue(head, 0, 1) ||
          kLoopOwner != PQgetvalue(head, 0, 2))
        throw std::runtime_error("the head is another one");
    });
  }
  void insert(std::size_t session, std::uint64_t seq, const std::string& id) {
    pipeline_.send("insert",
                   {std::to_string(session), std::to_string(seq), kTime, "3", "0", "1", "message_streamed", "claude",
                    "run_0190a3b4c5d6e7f80123456789abcdef", id, "", kHash, kHash, R"({"attempt":1})", event_data()});
  }
  void commit(const std::vector<std::size_t>& sessions, const std::vector<std::uint64_t>& last) {
    for (const std::size_t session : sessions)
      pipeline_.send("head", {"ses_" + std::to_string(session), std::to_string(last[session]), kHash});
    pipeline_.send("commit");
    pipeline_.finish([](PGresult*) {});
  }

 private:
  Pipeline pipeline_;
};

template <typename Table>
Outcome append_to(const std::string& dsn, const Workload& workload) {
  Table table(dsn, workload);
  std::vector<std::uint64_t> last(workload.sessions, 0);
  std::vector<double> commits;
  std::size_t next = 0;
  std::uint64_t made = 0;
  const auto microseconds_since = [](Clock::time_point start) {
    return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
  };
  const auto start = Clock::now();
  for (std::size_t done = 0; done < workload.events;) {
    const auto before = Clock::now();
    std::vector<std::size_t> sessions;
    for (std::size_t u = 0; u < workload.units_per_commit; ++u, next = (next + 1) % workload.sessions)
      sessions.push_back(next);
    table.begin(sessions, last);
    for (const std::size_t session : sessions) {
      for (std::size_t i = 0; i < workload.events_per_unit; ++i, ++done)
        table.insert(session, ++last[session], contract::usual_id("evt", ++made));
    }
    table.commit(sessions, last);
    commits.push_back(microseconds_since(before));
  }
  Outcome outcome;
  outcome.events_per_second = static_cast<double>(workload.events) * 1e6 / microseconds_since(start);
  std::sort(commits.begin(), commits.end());
  outcome.commit_p50_us = commits[commits.size() / 2];
  outcome.commit_p99_us = commits[commits.size() * 99 / 100];
  return outcome;
}

}  // namespace

Outcome append_to_bare_table(const std::string& dsn, const Workload& workload) {
  return append_to<BareTable>(dsn, workload);
}

Outcome append_with_checks(const std::string& dsn, const Workload& workload) {
  return append_to<CheckedTables>(dsn, workload);
}

}  // namespace asmgr::bench
