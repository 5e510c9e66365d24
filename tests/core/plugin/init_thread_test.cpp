#include "core/plugin/init_thread.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <thread>
#include <vector>

namespace asmgr {
namespace {

constexpr auto kLong = std::chrono::seconds(30);

TEST(InitThread, RunsEveryJobOnOneThreadThatIsNotTheCallers) {
  InitThread init;
  std::thread::id first;
  std::thread::id second;
  EXPECT_TRUE(init.run([&] { first = std::this_thread::get_id(); }, kLong));
  EXPECT_TRUE(init.run([&] { second = std::this_thread::get_id(); }, kLong));
  EXPECT_EQ(first, second);
  EXPECT_NE(first, std::this_thread::get_id());
}

TEST(InitThread, JobsOfManyThreadsNeverOverlap) {
  InitThread init;
  std::atomic<int> inside{0};
  std::atomic<int> worst{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 50; ++j) {
        EXPECT_TRUE(init.run(
            [&] {
              worst = std::max(worst.load(), ++inside);
              --inside;
            },
            kLong));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(worst, 1);
}

TEST(InitThread, AJobMayAskForAnother) {
  InitThread init;
  bool inner = false;
  EXPECT_TRUE(init.run([&] { EXPECT_TRUE(init.run([&] { inner = true; }, kLong)); }, kLong));
  EXPECT_TRUE(inner);
}

TEST(InitThread, AJobThatHangsIsLeftBehindAndTheNextRuns) {
  const auto release = std::make_shared<std::promise<void>>();
  const auto ended = std::make_shared<std::promise<void>>();
  {
    InitThread init;
    EXPECT_FALSE(init.run(
        [release, ended] {
          release->get_future().wait();
          ended->set_value();
        },
        std::chrono::milliseconds(20)));
    EXPECT_TRUE(init.left_one_behind());
    bool ran = false;
    EXPECT_TRUE(init.run([&] { ran = true; }, kLong));
    EXPECT_TRUE(ran);
  }
  release->set_value();
  EXPECT_EQ(ended->get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
}

}  // namespace
}  // namespace asmgr
