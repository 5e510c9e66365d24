// asmgr.store.changes/1: numbers, hints, waiting.
#include "tests/plugins/contract/store_test.hpp"

#include <atomic>
#include <chrono>
#include <future>
#include <thread>

namespace asmgr::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::IsEmpty;

class Changes : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Changes, ::testing::ValuesIn(all_stores()), store_name);

milliseconds elapsed_since(steady_clock::time_point start) {
  return std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
}

TEST_P(Changes, StartAtNothing) {
  EXPECT_EQ(store_.latest_change(), 0u);
  EXPECT_THAT(store_.read_changes(0).items, IsEmpty());
}

TEST_P(Changes, SayWhatEachUnitTouched) {
  given_session("s", 2);
  Unit unit;
  unit.session_id = "s";
  unit.runs.push_back(RunRow{.id = "r"});
  unit.records.push_back(Record{.id = "q"});
  ASSERT_EQ(store_.commit({unit, with_record({.id = "alone"})}).units[1].status, ASMGR_OK);
  const auto changes = store_.read_changes(0).items;
  ASSERT_EQ(changes.size(), 3u);
  EXPECT_EQ(changes[0].kinds, std::uint32_t{ASMGR_CHANGED_EVENTS | ASMGR_CHANGED_SESSION});
  EXPECT_EQ(changes[0].session_id, "s");
  EXPECT_EQ(changes[0].last_seq, 2u);
  EXPECT_EQ(changes[1].kinds, std::uint32_t{ASMGR_CHANGED_RUNS | ASMGR_CHANGED_RECORDS});
  EXPECT_EQ(changes[1].last_seq, 2u);
  EXPECT_EQ(changes[2].kinds, std::uint32_t{ASMGR_CHANGED_RECORDS});
  EXPECT_EQ(changes[2].session_id, "");
  EXPECT_LT(changes[0].change, changes[1].change);
  EXPECT_LT(changes[1].change, changes[2].change);
  EXPECT_EQ(changes[2].change, store_.latest_change());
}

TEST_P(Changes, AreReadFromACursorInPages) {
  given_session("s", 1);
  for (std::uint64_t i = 1; i < 8; ++i) ASSERT_EQ(store_.commit(append_events("s", "host", 1, i, 1)).status, ASMGR_OK);
  std::vector<std::uint64_t> seen;
  std::uint64_t cursor = 0;
  while (true) {
    const auto page = store_.read_changes(cursor, 3);
    if (page.items.empty()) break;
    EXPECT_LE(page.items.size(), 3u);
    for (const Change& change : page.items) seen.push_back(change.last_seq);
    cursor = page.items.back().change;
  }
  EXPECT_THAT(seen, ::testing::ElementsAre(1, 2, 3, 4, 5, 6, 7, 8));
  EXPECT_THAT(store_.read_changes(cursor).items, IsEmpty());
}

TEST_P(Changes, AreNotMadeByRefusedUnits) {
  given_session("s");
  const std::uint64_t before = store_.latest_change();
  ASSERT_EQ(store_.commit(append_events("s", "host", 9, 1, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.latest_change(), before);
}

TEST_P(Changes, TellOfADeletedSession) {
  given_session("s");
  const std::uint64_t before = store_.latest_change();
  ASSERT_EQ(store_.delete_session("", "s", 1).status, ASMGR_OK);
  const auto changes = store_.read_changes(before).items;
  ASSERT_EQ(changes.size(), 1u);
  EXPECT_EQ(changes[0].session_id, "s");
  EXPECT_TRUE(changes[0].kinds & ASMGR_CHANGED_SESSION);
}

TEST_P(Changes, WaitReturnsAtOnceWhenThereIsOneAlready) {
  given_session("s");
  const auto start = steady_clock::now();
  EXPECT_EQ(store_.wait_change(0, 10'000).status, ASMGR_OK);
  EXPECT_LT(elapsed_since(start), milliseconds(1000));
}

TEST_P(Changes, WaitEndsWithItsTime) {
  given_session("s");
  const auto start = steady_clock::now();
  EXPECT_EQ(store_.wait_change(store_.latest_change(), 60).status, ASMGR_OK);
  EXPECT_GE(elapsed_since(start), milliseconds(60));
  EXPECT_LT(elapsed_since(start), milliseconds(2000));
}

TEST_P(Changes, WaitWakesAtOnceForACommitOfThisProcess) {
  given_session("s");
  std::vector<steady_clock::duration> latencies;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    const std::uint64_t cursor = store_.latest_change();
    std::atomic<bool> waiting{false};
    auto woken = std::async(std::launch::async, [&] {
      waiting = true;
      store_.wait_change(cursor, 10'000);
      return steady_clock::now();
    });
    while (!waiting) std::this_thread::yield();
    std::this_thread::sleep_for(milliseconds(3));  // into its wait, most likely; the outcome is right either way
    ASSERT_EQ(store_.commit(append_events("s", "host", 1, i, 1)).status, ASMGR_OK);
    const auto committed = steady_clock::now();
    latencies.push_back(woken.get() - committed);
  }
  std::sort(latencies.begin(), latencies.end());
  EXPECT_LT(latencies[latencies.size() / 2], milliseconds(10)) << "a poll would take 10 ms at the median";
}

TEST_P(Changes, WaitEndsWhenItIsCancelled) {
  given_session("s");
  asmgr_cancel cancel;
  const auto start = steady_clock::now();
  auto waiter = std::async(std::launch::async,
                           [&] { return store_.wait_change(store_.latest_change(), 60'000, &cancel).status; });
  cancel.cancelled = true;
  EXPECT_EQ(waiter.get(), ASMGR_OK);
  EXPECT_LT(elapsed_since(start), milliseconds(5000));
}

TEST_P(Changes, ForgottenOnesAreSaidToBe) {
  // More than any store here remembers; the older ones must be gone without a lie.
  given_session("s", 0);
  for (int call = 0; call < 80; ++call) {
    std::vector<Unit> units(
        1000, with_record({.kind = "counter", .id = "c", .flags = ASMGR_RECORD_ADD, .add = 1, .ceiling = INT64_MAX}));
    ASSERT_EQ(store_.commit(units).status, ASMGR_OK);
  }
  const auto limit = steady_clock::now() + std::chrono::seconds(10);
  Page<Change> page;
  do {
    page = store_.read_changes(0, 10);
  } while (page.status == ASMGR_OK && steady_clock::now() < limit);
  EXPECT_EQ(page.status, ASMGR_E_CURSOR_EXPIRED);
  const std::uint64_t latest = store_.latest_change();
  EXPECT_EQ(latest, 80'001u);
  EXPECT_EQ(store_.read_changes(latest - 100).items.size(), 100u);
}

}  // namespace
}  // namespace asmgr::contract
