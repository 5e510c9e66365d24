// Thousands of small histories, each drawn from a seed; after each the checker reads what is stored.
//
//   ASMGR_SIM_SEED=N     plays history N alone and prints its plan
//   ASMGR_SIM_REPEAT=N   so many times (threads race anew each time)
//   ASMGR_SIM_COUNT=N    how many histories
#include <gtest/gtest.h>

#include <atomic>
#include <cinttypes>
#include <cstdlib>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "tests/simulation/history.hpp"
#include "tests/simulation/plan.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::simulation {
namespace {

#ifdef ASMGR_SANITIZED
constexpr int kHistories = 1000;
#else
constexpr int kHistories = 10'000;
#endif
constexpr std::size_t kAtOnce = 6;  // mostly they wait
constexpr std::size_t kEnoughFailures = 5;
constexpr std::chrono::seconds kHangs{120};

std::optional<std::uint64_t> number_from(const char* variable) {
  const char* text = std::getenv(variable);
  if (text == nullptr) return std::nullopt;
  return std::strtoull(text, nullptr, 10);
}

// The histories that are being played, so that one that hangs can be named.
class Playing {
 public:
  void begin(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    since_[seed] = std::chrono::steady_clock::now();
  }
  void end(std::uint64_t seed) {
    const std::lock_guard lock(mutex_);
    since_.erase(seed);
  }
  void abort_if_one_hangs() {
    const std::lock_guard lock(mutex_);
    for (const auto& [seed, since] : since_) {
      if (std::chrono::steady_clock::now() - since < kHangs) continue;
      std::fprintf(stderr, "history %" PRIu64 " hangs: ASMGR_SIM_SEED=%" PRIu64 "\n%s", seed, seed,
                   describe(HistoryPlan::draw(seed)).c_str());
      std::abort();
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::uint64_t, std::chrono::steady_clock::time_point> since_;
};

class Series {
 public:
  explicit Series(std::vector<std::uint64_t> seeds) : seeds_(std::move(seeds)) {}

  void play() {
    std::vector<std::thread> players;
    for (std::size_t i = 0; i < kAtOnce; ++i) players.emplace_back([this] { play_some(); });
    while (done_ < players.size()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      playing_.abort_if_one_hangs();
    }
    for (std::thread& player : players) player.join();
  }
  void report() {
    std::printf("%zu histories: %zu runs, %zu events, %zu hosts died, %zu runs recovered\n", played_, total_.runs,
                total_.events, total_.deaths, total_.recovered);
    for (const auto& [seed, findings] : failed_) {
      ADD_FAILURE() << "ASMGR_SIM_SEED=" << seed << "\n" << findings << describe(HistoryPlan::draw(seed));
    }
  }
  [[nodiscard]] const HistoryOutcome& total() const { return total_; }

 private:
  void play_some() {
    while (true) {
      const std::size_t index = next_.fetch_add(1);
      if (index >= seeds_.size() || enough_) break;
      const std::uint64_t seed = seeds_[index];
      playing_.begin(seed);
      add(seed, play_history(seed, stores_));
      playing_.end(seed);
    }
    ++done_;
  }
  void add(std::uint64_t seed, const HistoryOutcome& outcome) {
    const std::lock_guard lock(mutex_);
    ++played_;
    total_.runs += outcome.runs;
    total_.events += outcome.events;
    total_.deaths += outcome.deaths;
    total_.recovered += outcome.recovered;
    if (!outcome.findings.empty())
      failed_.emplace(seed, to_text(outcome.findings) + "What happened:\n" + outcome.story);
    enough_ = failed_.size() >= kEnoughFailures;
  }

  std::vector<std::uint64_t> seeds_;
  StoreMaker stores_;
  Playing playing_;
  std::atomic<std::size_t> next_{0};
  std::atomic<std::size_t> done_{0};
  std::atomic<bool> enough_{false};
  std::mutex mutex_;
  std::size_t played_ = 0;
  HistoryOutcome total_;
  std::map<std::uint64_t, std::string> failed_;
};

TEST(Simulation, EveryHistoryKeepsTheGuarantees) {
  std::vector<std::uint64_t> seeds;
  if (const auto seed = number_from("ASMGR_SIM_SEED")) {
    seeds.assign(number_from("ASMGR_SIM_REPEAT").value_or(1), *seed);
    std::printf("%s", describe(HistoryPlan::draw(*seed)).c_str());
  } else {
    const std::uint64_t first = std::random_device()();
    const auto count = number_from("ASMGR_SIM_COUNT")
                           .value_or(static_cast<std::uint64_t>(test::in_profile(kHistories, 10 * kHistories)));
    std::printf("histories %" PRIu64 " to %" PRIu64 "; ASMGR_SIM_SEED=N plays one again\n", first, first + count - 1);
    for (std::uint64_t i = 0; i < count; ++i) seeds.push_back(first + i);
  }
  const bool many = seeds.size() >= 1000;
  Series series(std::move(seeds));
  series.play();
  series.report();
  if (!many || HasFailure()) return;
  EXPECT_GT(series.total().deaths, 100U) << "hardly any host died";
  EXPECT_GT(series.total().recovered, 20U) << "hardly any run was alive when its host died";
}

}  // namespace
}  // namespace asmgr::simulation
