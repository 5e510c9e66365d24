// Prints what the store `postgres` costs: appends through it, directly and as behind a pooler, beside a bare libpq loop
// in the same run, on a server of its own without flushes; then appends of several hosts at once.
//   bench_postgres [--smoke | --rounds N]
#include <libpq-fe.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <thread>

#include "tests/bench/store_layout/workload.hpp"
#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/postgres/server.hpp"

namespace asmgr::bench {
namespace {

using Clock = std::chrono::steady_clock;
using contract::StoreClient;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

// The leanest way to have the same bytes there: prepared inserts and COMMIT in one exchange, nothing checked.
class BareTable {
 public:
  explicit BareTable(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str()), &PQfinish) {
    run("DROP TABLE IF EXISTS bare");
    run("CREATE TABLE bare (session bigint, seq bigint, time_us bigint, type text, id text, data text)");
    run("CREATE UNIQUE INDEX bare_by_number ON bare (session, seq)");
    PQclear(PQprepare(connection_.get(), "insert", "INSERT INTO bare VALUES ($1, $2, $3, $4, $5, $6)", 6, nullptr));
    PQclear(PQprepare(connection_.get(), "begin", "BEGIN", 0, nullptr));
    PQclear(PQprepare(connection_.get(), "commit", "COMMIT", 0, nullptr));
    if (PQenterPipelineMode(connection_.get()) != 1) throw std::runtime_error("no pipeline mode");
  }
  void begin() { send("begin", {}); }
  void insert(std::size_t session, std::uint64_t seq, const std::string& id) {
    send("insert",
         {std::to_string(session), std::to_string(seq), "1700000000000000", "message_streamed", id, event_data()});
  }
  void commit() {
    send("commit", {});
    PQpipelineSync(connection_.get());
    for (bool synced = false; !synced;) {
      PGresult* result = PQgetResult(connection_.get());
      synced = PQresultStatus(result) == PGRES_PIPELINE_SYNC;
      if (PQresultStatus(result) == PGRES_FATAL_ERROR) throw std::runtime_error(PQresultErrorMessage(result));
      PQclear(result);
    }
  }

 private:
  void run(const char* sql) { PQclear(PQexec(connection_.get(), sql)); }
  void send(const char* name, const std::vector<std::string>& values) {
    std::vector<const char*> texts;
    for (const std::string& value : values) texts.push_back(value.c_str());
    if (PQsendQueryPrepared(connection_.get(), name, static_cast<int>(texts.size()), texts.data(), nullptr, nullptr,
                            0) != 1)
      throw std::runtime_error(PQerrorMessage(connection_.get()));
  }
  std::unique_ptr<PGconn, decltype(&PQfinish)> connection_;
};

Outcome append_to_bare_table(const std::string& dsn, const Workload& workload) {
  BareTable table(dsn);
  std::vector<std::uint64_t> last(workload.sessions, 0);
  std::vector<double> commits;
  std::size_t next = 0;
  std::uint64_t made = 0;
  const auto start = Clock::now();
  for (std::size_t done = 0; done < workload.events;) {
    const auto before = Clock::now();
    table.begin();
    for (std::size_t u = 0; u < workload.units_per_commit; ++u, next = (next + 1) % workload.sessions)
      for (std::size_t i = 0; i < workload.events_per_unit; ++i, ++done)
        table.insert(next, ++last[next], contract::usual_id("evt", ++made));
    table.commit();
    commits.push_back(microseconds_since(before));
  }
  Outcome outcome;
  outcome.events_per_second = static_cast<double>(workload.events) * 1e6 / microseconds_since(start);
  std::sort(commits.begin(), commits.end());
  outcome.commit_p50_us = commits[commits.size() / 2];
  outcome.commit_p99_us = commits[commits.size() * 99 / 100];
  return outcome;
}

class Bench {
 public:
  Bench(bool smoke, int rounds) : scale_(smoke ? 50 : 1), rounds_(rounds) {}

  void run() {
    const Workload workloads[] = {
        {1, 1, 1, 4'000 / scale_}, {1, 1, 64, 64'000 / scale_}, {2000, 64, 1, 64'000 / scale_}};
    std::printf("%-22s %9s %13s %12s %12s %14s %14s\n", "append", "sessions", "units/commit", "events/unit", "events/s",
                "commit p50 us", "commit p99 us");
    for (const Workload& workload : workloads) {
      print("bare libpq", workload, [&] { return append_to_bare_table(server_.dsn(), workload); });
      print("postgres", workload, [&] { return append_through(StoreClient("postgres", config("none")), workload); });
      print("postgres, pooler", workload,
            [&] { return append_through(StoreClient("postgres", config("transaction")), workload); });
    }
    std::printf("\n%-22s %12s\n", "hosts, groups of 16", "events/s");
    for (const std::size_t hosts : {1u, 2u, 4u}) std::printf("%-22zu %12.0f\n", hosts, hosts_at_once(hosts));
  }

 private:
  // A schema of its own each time.
  std::string config(const std::string& pooler) {
    return R"({"dsn":")" + server_.dsn() + R"(","schema":"bench)" + std::to_string(++schemas_) + R"(","pooler":")" +
           pooler + "\"}";
  }
  void print(const std::string& name, const Workload& workload, const std::function<Outcome()>& round) const {
    std::vector<Outcome> outcomes;
    for (int i = 0; i < rounds_; ++i) outcomes.push_back(round());
    std::sort(outcomes.begin(), outcomes.end(),
              [](const Outcome& a, const Outcome& b) { return a.events_per_second < b.events_per_second; });
    const Outcome& outcome = outcomes[outcomes.size() / 2];
    std::printf("%-22s %9zu %13zu %12zu %12.0f %14.0f %14.0f\n", name.c_str(), workload.sessions,
                workload.units_per_commit, workload.events_per_unit, outcome.events_per_second, outcome.commit_p50_us,
                outcome.commit_p99_us);
    std::fflush(stdout);
  }
  // Each with sessions of its own in the same schema, as hosts have them.
  double hosts_at_once(std::size_t count) {
    const std::string shared = config("none");
    const std::size_t commits = 1000 / scale_;
    std::vector<std::thread> hosts;
    const auto start = Clock::now();
    for (std::size_t h = 0; h < count; ++h) {
      hosts.emplace_back([&, h] {
        const StoreClient store("postgres", shared);
        const auto id = [h](std::size_t s) { return "s" + std::to_string(h) + "_" + std::to_string(s); };
        std::vector<contract::Unit> units;
        for (std::size_t s = 0; s < 16; ++s) units.push_back(contract::create_session(id(s), "host", 1));
        store.commit(units);
        for (std::uint64_t last = 1; last < commits; ++last) {
          units.clear();
          for (std::size_t s = 0; s < 16; ++s)
            units.push_back(contract::append_events(id(s), "host", 1, last, 1, event_data()));
          if (store.commit(units).status != ASMGR_OK) std::abort();
        }
      });
    }
    for (std::thread& host : hosts) host.join();
    return static_cast<double>(count * commits * 16) * 1e6 / microseconds_since(start);
  }

  const std::size_t scale_;
  const int rounds_;
  int schemas_ = 0;
  test::PostgresServer server_;
};

}  // namespace
}  // namespace asmgr::bench

int main(int argc, char** argv) {
  const std::string missing = asmgr::test::PostgresServer::missing();
  if (!missing.empty()) {
    std::printf("skipped: %s\n", missing.c_str());
    return 77;
  }
  const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
  const bool chosen = argc > 2 && std::strcmp(argv[1], "--rounds") == 0;
  asmgr::bench::Bench(smoke, smoke ? 1 : chosen ? std::max(1, std::atoi(argv[2])) : 3).run();
  return 0;
}
