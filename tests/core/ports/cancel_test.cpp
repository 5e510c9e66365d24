#include "core/ports/cancel.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/resource.h>

#include <thread>
#include <vector>

namespace asmgr {
namespace {

using namespace std::chrono_literals;

bool is_readable(int fd, int timeout_ms) {
  pollfd entry{fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1 && (entry.revents & POLLIN) != 0;
}

TEST(CancelToken, IsLiveUntilCancelledAndThenForGood) {
  CancelToken token;
  EXPECT_FALSE(token.cancelled());
  EXPECT_FALSE(token.wait_for(0ns));
  token.cancel();
  token.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_TRUE(token.wait_for(0ns));
  EXPECT_TRUE(token.wait_for(10s));
}

TEST(CancelToken, MakesItsDescriptorReadable) {
  CancelToken token;
  const int fd = token.fd();
  ASSERT_GE(fd, 0);
  EXPECT_EQ(token.fd(), fd);
  EXPECT_FALSE(is_readable(fd, 0));
  token.cancel();
  EXPECT_TRUE(is_readable(fd, 10'000));
  token.cancel();
  EXPECT_TRUE(is_readable(fd, 0));
}

TEST(CancelToken, ADescriptorMadeAfterCancellingIsReadable) {
  CancelToken token;
  token.cancel();
  EXPECT_TRUE(is_readable(token.fd(), 0));
}

TEST(CancelToken, WakesEveryWait) {
  CancelToken token;
  std::atomic<int> woken{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] { woken += token.wait_for(10s) ? 1 : 0; });
  }
  threads.emplace_back([&] { woken += token.wait_for(std::chrono::nanoseconds::max()) ? 1 : 0; });
  threads.emplace_back([&] { woken += is_readable(token.fd(), 10'000) ? 1 : 0; });
  token.cancel();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(woken, 5);
}

TEST(CancelToken, AWaitThatIsNotCancelledEnds) {
  CancelToken token;
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_FALSE(token.wait_for(5ms));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, 5ms);
  EXPECT_FALSE(token.wait_for(-1s));
}

TEST(CancelToken, ManyThreadsShareOneDescriptor) {
  for (int round = 0; round < 50; ++round) {
    CancelToken token;
    std::atomic<int> seen{-1};
    std::atomic<int> different{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        const int fd = token.fd();
        int expected = -1;
        if (!seen.compare_exchange_strong(expected, fd) && expected != fd) ++different;
      });
    }
    threads.emplace_back([&] { token.cancel(); });
    for (auto& thread : threads) thread.join();
    EXPECT_EQ(different, 0);
    EXPECT_TRUE(is_readable(token.fd(), 0));
  }
}

TEST(CancelToken, WithoutADescriptorLeftStillCancels) {
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  CancelToken token;
  EXPECT_EQ(token.fd(), -1);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  token.cancel();
  EXPECT_TRUE(token.cancelled());
  EXPECT_TRUE(is_readable(token.fd(), 0)) << "a later try finds a descriptor again";
}

}  // namespace
}  // namespace asmgr
