// Many threads at once: no number twice, no limit passed, one winner.
#include <atomic>
#include <functional>
#include <set>
#include <thread>

#include "tests/plugins/contract/store_test.hpp"

namespace asmgr::contract {
namespace {

constexpr int kWriters = 50;

class Concurrency : public StoreTest {
 protected:
  // Runs `work(i)` on kWriters threads, all at once.
  static void at_once(const std::function<void(int)>& work) {
    std::atomic<int> ready{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < kWriters; ++i) {
      threads.emplace_back([&, i] {
        ++ready;
        while (ready < kWriters) std::this_thread::yield();
        work(i);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, Concurrency, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Concurrency, FiftyWritersOfOneSessionGetFiftyNumbersWithoutGaps) {
  given_session("s", 0);
  at_once([&](int i) {
    while (true) {
      Unit unit = append_events("s", "host", 1, store_.head("s").last_seq, 1);
      unit.events[0].id = "writer " + std::to_string(i);
      const UnitResult result = store_.commit(unit);
      if (result.status == ASMGR_OK) return;
      ASSERT_EQ(result.status, ASMGR_E_SEQUENCE_CONFLICT) << result.message;
    }
  });
  const auto events = store_.events_of("s").items;
  ASSERT_EQ(events.size(), std::size_t{kWriters});
  std::set<std::string> writers;
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i].seq, i + 1);
    writers.insert(events[i].id);
  }
  EXPECT_EQ(writers.size(), std::size_t{kWriters});
  EXPECT_EQ(store_.head("s").last_seq, std::uint64_t{kWriters});
}

TEST_P(Concurrency, FiftyWritersOfTheirOwnSessionsDoNotDisturbEachOther) {
  at_once([&](int i) {
    const std::string id = "s" + std::to_string(i);
    ASSERT_EQ(store_.commit(create_session(id, "host")).status, ASMGR_OK);
    for (std::uint64_t last = 1; last < 10; ++last)
      ASSERT_EQ(store_.commit(append_events(id, "host", 1, last, 1)).status, ASMGR_OK);
  });
  for (int i = 0; i < kWriters; ++i) EXPECT_EQ(store_.events_of("s" + std::to_string(i)).items.size(), 10u);
}

TEST_P(Concurrency, OfManyWhoTakeASessionOneWinsPerEpoch) {
  ASSERT_EQ(store_.commit(create_session("s", "nobody alive", 0)).status, ASMGR_OK);
  for (std::uint64_t epoch = 1; epoch <= 5; ++epoch) {
    std::atomic<int> winners{0};
    at_once([&](int i) {
      Unit unit = append_events("s", "host " + std::to_string(i), epoch, 0, 0);
      unit.flags = ASMGR_UNIT_TAKE;
      const UnitResult result = store_.commit(unit);
      if (result.status == ASMGR_OK)
        ++winners;
      else
        EXPECT_EQ(result.status, ASMGR_E_STALE_EPOCH);
    });
    EXPECT_EQ(winners, 1);
    EXPECT_EQ(store_.head("s").epoch, epoch + 1);
  }
}

TEST_P(Concurrency, BoundedAdditionsNeverPassTheirCeiling) {
  std::atomic<int> accepted{0};
  at_once([&](int) {
    for (int n = 0; n < 10; ++n) {
      const UnitResult result = store_.commit(
          with_record({.kind = "counter", .id = "c", .flags = ASMGR_RECORD_ADD, .add = 3, .ceiling = 1000}));
      if (result.status == ASMGR_OK)
        ++accepted;
      else
        EXPECT_EQ(result.status, ASMGR_E_LIMIT_EXCEEDED);
    }
  });
  EXPECT_EQ(accepted, 333);
  EXPECT_EQ(store_.get_record("", "counter", "c").items.at(0).value, 999);
}

TEST_P(Concurrency, OfManyWhoSetARecordFromOneVersionOneWins) {
  ASSERT_EQ(store_.commit(with_record({.id = "a", .version = 1})).status, ASMGR_OK);
  std::atomic<int> winners{0};
  at_once([&](int i) {
    const UnitResult result =
        store_.commit(with_record({.id = "a", .status = std::to_string(i), .version = 2, .expected_version = 1}));
    if (result.status == ASMGR_OK)
      ++winners;
    else
      EXPECT_EQ(result.status, ASMGR_E_CONFLICT);
  });
  EXPECT_EQ(winners, 1);
}

TEST_P(Concurrency, ReadersSeeWholeUnitsWhileOthersWriteAndDelete) {
  std::atomic<bool> over{false};
  std::thread reader([&] {
    while (!over) {
      const auto events = store_.events_of("s");
      ASSERT_EQ(events.status, ASMGR_OK) << events.message;
      for (std::size_t i = 0; i < events.items.size(); ++i) ASSERT_EQ(events.items[i].seq, i + 1);
      const auto session = store_.get_session("", "s");
      ASSERT_TRUE(session.status == ASMGR_OK || session.status == ASMGR_E_SESSION_NOT_FOUND) << session.message;
      static_cast<void>(store_.list_sessions({}));
      static_cast<void>(store_.list_runs({}));
      static_cast<void>(store_.head("s"));
    }
  });
  for (int round = 0; round < 20; ++round) {
    Unit unit = create_session("s", "host", 4);
    unit.runs.push_back({.id = "r"});
    EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
    for (std::uint64_t last = 4; last < 40; last += 4)
      EXPECT_EQ(store_.commit(append_events("s", "host", 1, last, 4)).status, ASMGR_OK);
    EXPECT_EQ(store_.delete_session("", "s", 1).status, ASMGR_OK);
  }
  over = true;
  reader.join();
}

}  // namespace
}  // namespace asmgr::contract
