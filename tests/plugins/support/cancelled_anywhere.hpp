// Runs of a program that are cancelled at random moments: whatever it had started by then has to be gone.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/plugins/support/fake_run.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {

// `config` runs a program that starts descendants in sessions of their own, deaf to signals, and that does not end by
// itself (fake_agent --orphans ... --hang). `longest`: the last moment, chosen so that the program has started them
// all. 20 moments over all providers, in the long profile 200 for each.
inline void expect_cancel_leaves_nothing(const std::string& plugin, const boost::json::object& config,
                                         const boost::json::value& input,
                                         std::chrono::milliseconds longest = std::chrono::milliseconds(150)) {
  const std::uint32_t seed = asmgr::test::seed_or(std::random_device{}());
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  const auto once = [&](std::chrono::microseconds moment, bool when_all_run, const std::string& marker) {
    boost::json::object marked = config;
    const std::size_t equals = marker.find('=');
    marked["env"].emplace_object()[marker.substr(0, equals)] = marker.substr(equals + 1);
    ProviderUnderTest provider(plugin, marked);
    FakeRun run(input);
    provider.start(run);
    if (when_all_run) {
      EXPECT_TRUE(eventually([&] { return processes_with(marker).size() >= 3; })) << "it starts no descendants";
    } else {
      std::this_thread::sleep_for(moment);  // it is the moment that is tried, not something waited for
    }
    run.cancel();
    EXPECT_TRUE(run.wait_finished()) << "cancelled after " << moment.count() << " us";
    EXPECT_TRUE(processes_with(marker).empty()) << "cancelled after " << moment.count() << " us";
    if (run.finishes().empty()) return;
    EXPECT_NE(run.finish().status, std::uint32_t{ASMGR_FINISH_FAILED});
  };
  std::uniform_int_distribution<std::int64_t> any_moment(0, std::chrono::microseconds(longest).count());
  constexpr int kAtOnce = 5;
  const int times = asmgr::test::in_profile(3, 200);
  for (int i = 0; i < times; i += kAtOnce) {
    std::vector<std::thread> threads;
    for (int j = i; j < std::min(times, i + kAtOnce); ++j) {
      const std::chrono::microseconds moment(any_moment(random));
      threads.emplace_back(once, moment, j == 0, unique_marker());
    }
    for (std::thread& thread : threads) thread.join();
  }
}

}  // namespace asmgr_test
