// Several processes on one file: ownership, death, waking up, waiting for the lock.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <random>
#include <thread>

#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/sqlite/child.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Processes : public ::testing::Test {
 protected:
  std::string config(const std::string& more = "") {
    return R"({"path":")" + path_ + R"(","durability":"normal")" + more + "}";
  }
  template <typename Condition>
  bool eventually(Condition condition) {
    const auto limit = steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (steady_clock::now() > limit) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }
  Unit take(const std::string& owner, std::uint64_t epoch, std::uint64_t last_seq) {
    Unit unit = append_events("s", owner, epoch, last_seq, 1);
    unit.flags = ASMGR_UNIT_TAKE;
    return unit;
  }

  TempFolder folder_;
  std::string path_ = folder_.path() + "/store.db";
};

TEST_F(Processes, ShareSessionsAndSeeEachOthersWritesAtOnce) {
  const StoreClient store("sqlite", config());
  Child child(config(), path_);
  ASSERT_EQ(child.ask("create s theirs").at(0), ASMGR_OK);
  EXPECT_EQ(store.head("s").owner, "theirs");
  EXPECT_EQ(store.commit(take("ours", 1, 1)).status, ASMGR_OK) << "they have no host row";
  EXPECT_EQ(child.ask("append s theirs 1 2").at(0), ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(child.ask("take s theirs 2 2").at(0), ASMGR_OK);
  EXPECT_EQ(store.commit(append_events("s", "ours", 2, 3, 1)).status, ASMGR_E_STALE_EPOCH)
      << "what was remembered of the head must not outlive another process's commit";
  EXPECT_EQ(store.events_of("s").items.size(), 3u);
}

TEST_F(Processes, AKilledHostIsDeadAtOnceWhateverItsRowSays) {
  const StoreClient store("sqlite", config());
  Child child(config(), path_);
  ASSERT_EQ(child.ask("renew theirs 3600000").at(0), ASMGR_OK);
  ASSERT_EQ(child.ask("create s theirs").at(0), ASMGR_OK);
  EXPECT_TRUE(store.head("s").owner_alive);
  EXPECT_EQ(store.commit(take("ours", 1, 1)).status, ASMGR_E_STALE_EPOCH);
  child.end();
  EXPECT_FALSE(store.head("s").owner_alive);
  ASSERT_EQ(store.hosts().size(), 1u);
  EXPECT_FALSE(store.hosts()[0].alive);
  EXPECT_EQ(store.commit(take("ours", 1, 1)).status, ASMGR_OK);
}

TEST_F(Processes, AStoppedHostLosesItsSessionWhenItsRowExpiresAndCannotWriteAfterwards) {
  const StoreClient store("sqlite", config());
  Child child(config(), path_);
  ASSERT_EQ(child.ask("create s theirs").at(0), ASMGR_OK);
  ASSERT_EQ(child.ask("renew theirs 400").at(0), ASMGR_OK);
  child.signal(SIGSTOP);
  ASSERT_TRUE(eventually([&] { return !store.head("s").owner_alive; })) << "its lock is held, but its time is over";
  ASSERT_EQ(store.commit(take("ours", 1, 1)).epoch, 2u);
  child.signal(SIGCONT);
  EXPECT_EQ(child.ask("append s theirs 1 1").at(0), ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(child.ask("append s theirs 1 2").at(0), ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store.events_of("s").items.size(), 2u);
}

TEST_F(Processes, OfTwoThatMakeOrTakeOneSessionOneWins) {
  Child one(config(), path_);
  Child two(config(), path_);
  const StoreClient store("sqlite", config());
  one.send("create s one");
  two.send("create s two");
  EXPECT_NE(one.receive().at(0) == ASMGR_OK, two.receive().at(0) == ASMGR_OK);
  for (std::uint64_t epoch = 1; epoch <= 50; ++epoch) {
    const std::string rest = std::to_string(epoch) + " " + std::to_string(epoch);
    one.send("take s one " + rest);
    two.send("take s two " + rest);
    const bool first = one.receive().at(0) == ASMGR_OK;
    const bool second = two.receive().at(0) == ASMGR_OK;
    ASSERT_NE(first, second) << "epoch " << epoch;
    ASSERT_EQ(store.head("s").owner, first ? "one" : "two");
  }
}

TEST_F(Processes, AWaiterWakesForACommitOfAnotherProcess) {
  const StoreClient store("sqlite", config());
  Child child(config(), path_);
  ASSERT_EQ(child.ask("create s theirs").at(0), ASMGR_OK);
  std::vector<steady_clock::duration> latencies;
  for (std::uint64_t last = 1; last <= 11; ++last) {
    const std::uint64_t cursor = store.latest_change();
    auto woken = std::async(std::launch::async, [&] {
      store.wait_change(cursor, 10'000);
      return steady_clock::now();
    });
    ASSERT_EQ(child.ask("append s theirs 1 " + std::to_string(last)).at(0), ASMGR_OK);
    const auto committed = steady_clock::now();
    latencies.push_back(woken.get() - committed);
    ASSERT_EQ(store.read_changes(cursor).items.size(), 1u);
  }
  std::sort(latencies.begin(), latencies.end());
  EXPECT_LT(latencies[latencies.size() / 2], milliseconds(50));
}

TEST_F(Processes, ALockedFileAnswersBusyWithinItsBoundsAndNothingIsWritten) {
  const StoreClient store("sqlite", config(R"(,"busy_timeout":200)"));
  ASSERT_EQ(store.commit(create_session("s", "ours")).status, ASMGR_OK);
  Child child(config(), path_);
  ASSERT_EQ(child.ask("lock").at(0), 0u);
  const auto timed = [&](std::uint64_t wait_us) {
    const auto start = steady_clock::now();
    EXPECT_EQ(store.commit(append_events("s", "ours", 1, 1, 1), wait_us).status, ASMGR_E_BUSY);
    return steady_clock::now() - start;
  };
  EXPECT_LT(timed(0), milliseconds(150));
  EXPECT_LT(timed(1000), milliseconds(150));
  const auto fifty = timed(50'000);
  EXPECT_GE(fifty, milliseconds(50));
  EXPECT_GE(timed(UINT64_MAX), milliseconds(200)) << "the store's own limit";
  EXPECT_EQ(store.head("s").last_seq, 1u) << "reading needs no lock";
  ASSERT_EQ(child.ask("unlock").at(0), 0u);
  EXPECT_EQ(store.commit(append_events("s", "ours", 1, 1, 1), 0).status, ASMGR_OK);
}

TEST_F(Processes, ACommitGoesOnAsSoonAsTheLockIsFree) {
  const StoreClient store("sqlite", config());
  ASSERT_EQ(store.commit(create_session("s", "ours")).status, ASMGR_OK);
  Child child(config(), path_);
  ASSERT_EQ(child.ask("lock").at(0), 0u);
  auto waiting = std::async(std::launch::async, [&] { return store.commit(append_events("s", "ours", 1, 1, 1)); });
  EXPECT_EQ(waiting.wait_for(milliseconds(30)), std::future_status::timeout);
  ASSERT_EQ(child.ask("unlock").at(0), 0u);
  EXPECT_EQ(waiting.get().status, ASMGR_OK);
}

// What a child said it had committed is there, whole and in order, and so is nothing half of a unit.
void expect_whole(const StoreClient& store, std::size_t session, std::uint64_t said) {
  const std::string id = "flood" + std::to_string(session);
  const Head head = store.head(id);
  EXPECT_GE(head.last_seq, said) << id;
  EXPECT_EQ(head.last_seq % 3, 0u) << "units have three events";
  const auto events = store.events_of(id);
  ASSERT_EQ(events.items.size(), head.last_seq) << id;
  for (std::size_t i = 0; i < events.items.size(); ++i) {
    ASSERT_EQ(events.items[i].seq, i + 1);
    ASSERT_EQ(events.items[i].hash, make_event(id, i + 1).hash);
  }
  if (head.last_seq == 0) return;
  EXPECT_EQ(head.hash, events.items.back().hash);
  EXPECT_EQ(store.get_record("", "counter", id).items.at(0).value, static_cast<std::int64_t>(head.last_seq));
}

TEST_F(Processes, KilledInTheMiddleOfCommitsLeaveWholeUnitsAndAllThatWasAnswered) {
  constexpr std::size_t kSessions = 4;
  const int kRounds = test::in_profile(30, 300);
  std::mt19937 random(7);
  for (int round = 0; round < kRounds; ++round) {
    SCOPED_TRACE("round " + std::to_string(round));
    std::vector<std::uint64_t> said;
    {
      Child child(config(), path_);
      child.send("flood host" + std::to_string(round) + " " + std::to_string(kSessions) + " 300");
      const auto until = steady_clock::now() + std::chrono::microseconds(random() % 15'000);
      do {
        said = child.receive();
        ASSERT_EQ(said.size(), kSessions + 1) << "the child ended by itself";
        ASSERT_EQ(said[0], ASMGR_OK);
      } while (steady_clock::now() < until);
      child.end();
      for (auto more = child.receive(); more.size() == kSessions + 1; more = child.receive()) said = more;
    }
    const StoreClient store("sqlite", config());
    for (std::size_t i = 0; i < kSessions; ++i) expect_whole(store, i, said[i + 1]);
    if (HasFatalFailure()) return;
  }
  sqlite3* raw = nullptr;
  ASSERT_EQ(sqlite3_open(path_.c_str(), &raw), SQLITE_OK);
  std::string verdict;
  sqlite3_exec(
      raw, "PRAGMA integrity_check",
      [](void* out, int, char** values, char**) {
        *static_cast<std::string*>(out) += values[0];
        return 0;
      },
      &verdict, nullptr);
  sqlite3_close(raw);
  EXPECT_EQ(verdict, "ok");
}

}  // namespace
}  // namespace asmgr::contract
