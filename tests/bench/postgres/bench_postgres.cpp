// Prints what the store `postgres` costs: appends through it, directly and as behind a pooler, beside two loops over
// libpq in the same run, on a server of its own without flushes; then appends of several hosts at once. A ratio is how
// many times as long as the loop that does the same checks.
//   bench_postgres [--smoke | --rounds N]
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <thread>

#include "tests/bench/postgres/libpq_loops.hpp"
#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/postgres/server.hpp"

namespace asmgr::bench {
namespace {

using Clock = std::chrono::steady_clock;
using contract::StoreClient;

double microseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::micro>(Clock::now() - start).count();
}

class Bench {
 public:
  Bench(bool smoke, int rounds) : scale_(smoke ? 50 : 1), rounds_(rounds) {}

  void run() {
    const Workload workloads[] = {
        {1, 1, 1, 4'000 / scale_}, {1, 1, 64, 64'000 / scale_}, {2000, 64, 1, 64'000 / scale_}};
    std::printf("%-22s %9s %13s %12s %12s %14s %14s %6s\n", "append", "sessions", "units/commit", "events/unit",
                "events/s", "commit p50 us", "commit p99 us", "ratio");
    for (const Workload& workload : workloads) compare(workload);
    std::printf("\n%-22s %12s\n", "hosts, groups of 16", "events/s");
    for (const std::size_t hosts : {1u, 2u, 4u}) std::printf("%-22zu %12.0f\n", hosts, hosts_at_once(hosts));
  }

 private:
  // A schema of its own each time.
  std::string config(const std::string& pooler) {
    return R"({"dsn":")" + server_.dsn() + R"(","schema":"bench)" + std::to_string(++schemas_) + R"(","pooler":")" +
           pooler + "\"}";
  }
  // Rounds of all of them in turn: what else the machine does meets every one.
  void compare(const Workload& workload) {
    struct Side {
      const char* name;
      std::function<Outcome()> round;
      std::vector<Outcome> outcomes = {};
    } sides[] = {
        {"libpq", [&] { return append_to_bare_table(server_.dsn(), workload); }},
        {"libpq with checks", [&] { return append_with_checks(server_.dsn(), workload); }},
        {"postgres", [&] { return append_through(StoreClient("postgres", config("none")), workload); }},
        {"postgres, pooler", [&] { return append_through(StoreClient("postgres", config("transaction")), workload); }}};
    for (int i = 0; i < rounds_; ++i) {
      for (Side& side : sides) side.outcomes.push_back(side.round());
    }
    for (Side& side : sides) {
      std::sort(side.outcomes.begin(), side.outcomes.end(),
                [](const Outcome& a, const Outcome& b) { return a.events_per_second < b.events_per_second; });
    }
    const double checked = middle(sides[1].outcomes).events_per_second;
    for (const Side& side : sides) {
      const Outcome& outcome = middle(side.outcomes);
      std::printf("%-22s %9zu %13zu %12zu %12.0f %14.0f %14.0f %6.2f\n", side.name, workload.sessions,
                  workload.units_per_commit, workload.events_per_unit, outcome.events_per_second, outcome.commit_p50_us,
                  outcome.commit_p99_us, checked / outcome.events_per_second);
    }
    std::fflush(stdout);
  }
  static const Outcome& middle(const std::vector<Outcome>& sorted) { return sorted[sorted.size() / 2]; }
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
  asmgr::bench::Bench(smoke, smoke ? 1 : chosen ? std::max(1, std::atoi(argv[2])) : 5).run();
  return 0;
}
