#include "core/model/id.hpp"

#include <gtest/gtest.h>

#include <mutex>
#include <set>
#include <thread>
#include <vector>

#include "tests/core/model/test_time.hpp"

namespace asmgr {
namespace {

TEST(Id, CarriesItsPrefixAndTheHexOfAUuidV7) {
  const std::string id = new_session_id(kNow);
  EXPECT_EQ(id.size(), 36u);
  EXPECT_TRUE(id.starts_with("ses_"));
  EXPECT_TRUE(new_run_id(kNow).starts_with("run_"));
  EXPECT_TRUE(new_event_id(kNow).starts_with("evt_"));
  EXPECT_TRUE(new_approval_id(kNow).starts_with("apr_"));
  EXPECT_EQ(new_id("", kNow).size(), 32u);
  EXPECT_EQ(id.find_first_not_of("0123456789abcdef", 4), std::string::npos) << id;
  EXPECT_TRUE(is_valid_id(id));
}

TEST(Id, HoldsTimeVersionAndVariant) {
  const Timestamp later{kNow.us + 3'600'000'000};
  const auto uuid = make_uuid_v7(later);
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | uuid[i];
  EXPECT_EQ(ms, later.us / 1000);
  EXPECT_EQ(uuid[6] >> 4, 7);
  EXPECT_EQ(uuid[8] >> 6, 2);
}

TEST(Id, OfOneThreadRiseStrictlyWithinAMillisecond) {
  auto last = make_uuid_v7(kNow);
  for (int i = 0; i < 100'000; ++i) {
    const auto next = make_uuid_v7(kNow);
    ASSERT_LT(last, next) << "at id " << i;
    last = next;
  }
}

TEST(Id, RisesAlsoWhenTheClockIsSetBackALittle) {
  const auto before = make_uuid_v7({kNow.us + 7'200'000'000});
  EXPECT_LT(before, make_uuid_v7({kNow.us + 7'200'000'000 - 5'000'000}));
}

TEST(Id, OfManyThreadsAreUnique) {
  std::mutex mutex;
  std::set<std::string> ids;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      std::vector<std::string> mine;
      for (int i = 0; i < 5000; ++i) mine.push_back(new_event_id(kNow));
      const std::lock_guard lock(mutex);
      ids.insert(mine.begin(), mine.end());
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(ids.size(), 20'000u);
}

TEST(Id, OfAnEventIsWrittenInPlace) {
  char text[36];
  write_event_id(kNow, text);
  const std::string_view id(text, sizeof(text));
  EXPECT_TRUE(id.starts_with("evt_"));
  EXPECT_TRUE(is_valid_id(id));
}

TEST(Id, OfACallerMayBeShortAndPlain) {
  for (const std::string& id : {std::string("a"), std::string("ses_1.b:c-D"), std::string(128, 'x')}) {
    EXPECT_TRUE(is_valid_id(id)) << id;
  }
  for (const std::string& id : {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a/b"),
                                std::string("a\nb"), std::string("\xC3\xA9"), std::string("a\0b", 3)}) {
    EXPECT_FALSE(is_valid_id(id)) << id;
  }
}

}  // namespace
}  // namespace asmgr
