// Prints what the stores' layouts cost and give: events per second and bytes per event of appends, beside a bare SQLite
// loop that writes the same rows in the same run (ratio: how often faster that is), and the time of a page.
//   bench_store_layout [--smoke | --rounds N]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "tests/bench/store_layout/workload.hpp"

namespace asmgr::bench {
namespace {

// The round in the middle by events per second.
Outcome median(std::vector<Outcome> outcomes) {
  std::sort(outcomes.begin(), outcomes.end(),
            [](const Outcome& a, const Outcome& b) { return a.events_per_second < b.events_per_second; });
  return outcomes[outcomes.size() / 2];
}

Outcome median_of(int rounds, const std::function<Outcome()>& round) {
  std::vector<Outcome> outcomes;
  for (int i = 0; i < rounds; ++i) outcomes.push_back(round());
  return median(std::move(outcomes));
}

// `ratio` is empty where there is nothing to compare.
void print_line(const std::string& name, const Workload& workload, const Outcome& outcome, const std::string& ratio) {
  std::printf("%-16s %9zu %13zu %12zu %12.0f %12.0f %12.0f %12.0f %12.2f %6s\n", name.c_str(), workload.sessions,
              workload.units_per_commit, workload.events_per_unit, outcome.events_per_second, outcome.bytes_per_event,
              outcome.commit_p50_us, outcome.commit_p99_us, outcome.cpu_us_per_event, ratio.c_str());
  std::fflush(stdout);
}

// Rounds of both take turns, so that both see the same machine; the ratio is the median of the rounds' ratios.
void print_beside_the_floor(const std::string& durability, const Workload& workload, int rounds) {
  std::vector<Outcome> bare;
  std::vector<Outcome> plugin;
  std::vector<double> ratios;
  for (int i = 0; i < rounds; ++i) {
    bare.push_back(append_to_bare_sqlite(durability, workload));
    plugin.push_back(append_through_plugin("sqlite", durability, workload));
    ratios.push_back(bare.back().events_per_second / plugin.back().events_per_second);
  }
  std::sort(ratios.begin(), ratios.end());
  char ratio[16];
  std::snprintf(ratio, sizeof(ratio), "%.2f", ratios[ratios.size() / 2]);
  print_line("bare " + durability, workload, median(std::move(bare)), "");
  print_line("sqlite " + durability, workload, median(std::move(plugin)), ratio);
}

int run(bool smoke, int rounds) {
  const std::size_t scale = smoke ? 100 : 1;
  const Workload workloads[] = {{1, 1, 1, 2'000 / scale}, {1, 1, 64, 64'000 / scale}, {2000, 64, 1, 128'000 / scale}};
  std::printf("%-16s %9s %13s %12s %12s %12s %12s %12s %12s %6s\n", "append", "sessions", "units/commit", "events/unit",
              "events/s", "bytes/event", "commit p50us", "commit p99us", "cpu us/event", "ratio");
  for (const Workload& workload : workloads) {
    for (const std::string durability : {"full", "normal"}) print_beside_the_floor(durability, workload, rounds);
    print_line("memory", workload, median_of(rounds, [&] { return append_through_plugin("memory", "", workload); }),
               "");
  }
  std::printf("\n%-16s %12s %12s\n", "page of 100/1e6", "p50 us", "p99 us");
  for (const std::string store : {"sqlite", "memory"}) {
    const ReadOutcome outcome = read_pages(store, 1'000'000 / scale, 5000 / scale);
    std::printf("%-16s %12.0f %12.0f\n", store.c_str(), outcome.page_p50_us, outcome.page_p99_us);
  }
  return 0;
}

}  // namespace
}  // namespace asmgr::bench

int main(int argc, char** argv) {
  const bool smoke = argc > 1 && std::strcmp(argv[1], "--smoke") == 0;
  const bool chosen = argc > 2 && std::strcmp(argv[1], "--rounds") == 0;
  return asmgr::bench::run(smoke, smoke ? 1 : chosen ? std::max(1, std::atoi(argv[2])) : 5);
}
