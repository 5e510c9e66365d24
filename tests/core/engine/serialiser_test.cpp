#include "core/engine/serialiser.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <thread>
#include <vector>

#include "core/engine/call_watch.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

// Runs scheduled work on one thread of its own.
class OneThread {
 public:
  OneThread() : thread_([this] { loop(); }) {}
  ~OneThread() {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }
  void run(std::function<void()> work) {
    {
      std::lock_guard lock(mutex_);
      queue_.push_back(std::move(work));
    }
    wake_.notify_all();
  }

 private:
  void loop() {
    std::unique_lock lock(mutex_);
    while (true) {
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      auto work = std::move(queue_.front());
      queue_.erase(queue_.begin());
      lock.unlock();
      work();
      lock.lock();
    }
  }
  std::mutex mutex_;
  std::condition_variable wake_;
  std::vector<std::function<void()>> queue_;
  bool stopping_ = false;
  std::thread thread_;
};

TEST(Serialiser, TasksOfOneThreadRunInOrderAndNeverTwoAtATime) {
  OneThread pool;
  std::atomic<int> inside{0};
  std::atomic<int> ran{0};
  std::vector<int> last(4, -1);
  bool in_order = true;
  bool alone = true;
  Serialiser serialiser([&](std::function<void()> work) { pool.run(std::move(work)); }, [] {});
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < 5000; ++i) {
        serialiser.post(
            [&, t, i] {
              alone = alone && inside.fetch_add(1) == 0;
              in_order = in_order && last[static_cast<std::size_t>(t)] == i - 1;
              last[static_cast<std::size_t>(t)] = i;
              inside.fetch_sub(1);
              ++ran;
            },
            t % 2 == 0 ? Serialiser::Where::here : Serialiser::Where::pool);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ASSERT_TRUE(eventually([&] { return ran == 20'000; }));
  EXPECT_TRUE(alone);
  EXPECT_TRUE(in_order);
}

TEST(Serialiser, ATaskPostedHereOnAnIdleOneHasRunWhenPostReturns) {
  int drained = 0;
  Serialiser serialiser([](const std::function<void()>&) { FAIL() << "scheduled"; }, [&] { ++drained; });
  bool ran = false;
  bool inner = false;
  serialiser.post(
      [&] {
        ran = true;
        EXPECT_TRUE(serialiser.running_here());
        serialiser.post([&] { inner = true; });
        EXPECT_FALSE(inner);
      },
      Serialiser::Where::here);
  EXPECT_TRUE(ran);
  EXPECT_TRUE(inner);
  EXPECT_GE(drained, 1);
  EXPECT_FALSE(serialiser.running_here());
}

TEST(CallWatch, ReportsACallThatIsOverdueOnceAndNoOther) {
  std::atomic<int> reports{0};
  std::string function;
  CallWatch watch(system_clock(), std::chrono::milliseconds(40), [&](const WatchedCall& call) {
    function = call.function;
    ++reports;
  });
  {
    CallWatch::Scope quick(watch, {"p", "quick", nullptr});
    EXPECT_FALSE(quick.end());
  }
  CallWatch::Scope slow(watch, {"p", "slow", nullptr});
  ASSERT_TRUE(eventually([&] { return reports == 1; }));
  EXPECT_TRUE(eventually([&] { return !watch.all_back_within(std::chrono::milliseconds(0)); }));
  EXPECT_TRUE(slow.end());
  EXPECT_TRUE(watch.all_back_within(std::chrono::milliseconds(0)));
  EXPECT_EQ(function, "slow");
  EXPECT_EQ(reports, 1);
}

}  // namespace
}  // namespace asmgr::testing
