// What a dead host left: when it is found, and by whom first.
#include <gmock/gmock.h>

#include <set>

#include "core/engine/look_schedule.hpp"
#include "tests/core/engine/support/other_host.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::ElementsAreArray;
using Look = LookSchedule::Look;

constexpr std::int64_t kSecond = 1'000'000'000;

HostRow row_of(const std::string& id, std::int64_t expires_s, bool alive = true) {
  return {id, Timestamp{expires_s * 1'000'000}, alive};
}

// Looked for work at 100 s of the stopwatch, when the store's clock said 5000 s.
class LookScheduleTest : public ::testing::Test {
 protected:
  LookScheduleTest() { EXPECT_EQ(schedule_.take(100 * kSecond), Look::for_work); }
  bool saw(const std::vector<HostRow>& rows, std::int64_t store_s = 5000, std::int64_t now_s = 100) {
    const bool one_died = schedule_.saw(rows, "own", Timestamp{store_s * 1'000'000}, now_s * kSecond);
    schedule_.done();
    return one_died;
  }
  [[nodiscard]] std::int64_t due_s() const { return schedule_.due_ns(100 * kSecond) / kSecond; }

  LookSchedule schedule_{std::chrono::seconds(10)};
};

TEST_F(LookScheduleTest, AloneItLooksOncePerTimeToLive) {
  EXPECT_FALSE(saw({row_of("own", 5003), row_of("long dead", 4000, false)}));
  EXPECT_EQ(due_s(), 110);
  EXPECT_EQ(schedule_.take(109 * kSecond), Look::nothing);
  EXPECT_EQ(schedule_.take(110 * kSecond), Look::for_work);
}

TEST_F(LookScheduleTest, TheRowThatExpiresFirstSaysWhenToReadThemAgain) {
  EXPECT_FALSE(saw({row_of("a", 5009), row_of("b", 5007), row_of("own", 5001)}));
  EXPECT_EQ(due_s(), 107);
  EXPECT_EQ(schedule_.take(106 * kSecond), Look::nothing);
  EXPECT_EQ(schedule_.take(107 * kSecond), Look::at_hosts);
  EXPECT_EQ(schedule_.take(107 * kSecond), Look::nothing) << "one look at a time";
  EXPECT_FALSE(saw({row_of("a", 5012), row_of("b", 5014)}, 5007, 107)) << "they live";
  EXPECT_EQ(due_s(), 110) << "its own round comes first";
}

TEST_F(LookScheduleTest, AHostThatLivedAndNoLongerDoesIsSaidOnce) {
  EXPECT_FALSE(saw({row_of("a", 5007), row_of("b", 5007)}));
  ASSERT_EQ(schedule_.take(107 * kSecond), Look::at_hosts);
  EXPECT_TRUE(saw({row_of("a", 5007, false), row_of("b", 5014)}, 5007, 107));
  ASSERT_EQ(schedule_.take(110 * kSecond), Look::for_work);
  EXPECT_FALSE(saw({row_of("a", 5007, false), row_of("b", 5014)}, 5010, 110));
  ASSERT_EQ(schedule_.take(114 * kSecond), Look::at_hosts);
  EXPECT_TRUE(saw({}, 5014, 114)) << "a row that was taken away is one of a host that is gone";
}

TEST_F(LookScheduleTest, ALookThatFailedIsDoneAgainSoonerThanTheNextRound) {
  schedule_.failed(100 * kSecond);
  EXPECT_EQ(due_s(), 103);
  EXPECT_EQ(schedule_.take(104 * kSecond), Look::for_work);
}

TEST(TakeOver, HostsBeginAtPlacesOfTheirOwn) {
  std::set<std::string> begun_with;
  const std::vector<std::string> sessions = {"a", "b", "c", "d"};
  for (int host = 0; host < 40; ++host) {
    const auto turn = in_turn_of("host_" + std::to_string(host), sessions);
    EXPECT_TRUE(std::is_permutation(turn.begin(), turn.end(), sessions.begin(), sessions.end()));
    begun_with.insert(turn.front());
  }
  EXPECT_EQ(begun_with.size(), sessions.size());
  EXPECT_TRUE(in_turn_of("host", {}).empty());
  EXPECT_THAT(in_turn_of("host", {"a"}), ElementsAre("a"));
}

// A run that runs, of a host without a row.
void leave_running(World& world, const std::string& session, const std::string& run_id) {
  auto run = world.store->get_run({}, run_id);
  ASSERT_TRUE(run);
  CommitUnit unit;
  unit.session_id = session;
  const std::uint64_t version = run->version;
  run->status = RunStatus::running;
  run->version = version + 1;
  unit.runs.push_back(RunWrite{*run, version});
  write_unit(*world.store, unit);
}
void leave_running(World& world, const std::string& session) {
  leave_running(world, session, world.pending_run(session));
}

TEST(TakeOver, AHostThatServesTakesWhatNobodyOwnsFromItsOwnPlaceOn) {
  World world(complete_with_text);
  std::vector<std::string> sessions;
  for (int i = 0; i < 8; ++i) sessions.push_back(world.active_session());
  for (const std::string& session : sessions) leave_running(world, session);
  std::sort(sessions.begin(), sessions.end());
  world.end_manager();
  world.store->set_readers(1);  // what the look reads comes before what it sets going
  std::mutex mutex;
  std::vector<std::string> asked;
  world.store->before_head = [&](std::string_view id) {
    const std::lock_guard lock(mutex);
    asked.emplace_back(id);
  };
  world.serves = true;
  const auto in_its_turn = in_turn_of(world.manager().host_id(), sessions);
  ASSERT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return asked.size() >= sessions.size();
  }));
  {
    const std::lock_guard lock(mutex);
    asked.resize(sessions.size());
    EXPECT_THAT(asked, ElementsAreArray(in_its_turn));
  }
  for (const std::string& session : sessions)
    EXPECT_TRUE(eventually([&] { return world.checked_types(session).back() == "run_failed"; }));
  world.end_manager();
}

// A host begins to follow the changes of a store at the latest one. What comes up before that, and after it has looked
// for work, neither tells it of.
TEST(TakeOver, WhatComesUpBeforeTheFeedIsFollowedIsFoundAllTheSame) {
  World world(complete_with_text);
  const std::string there = world.active_session();
  const std::string comes_up = world.active_session();
  const std::string run = world.pending_run(comes_up);
  leave_running(world, there);
  world.end_manager();
  std::atomic<bool> looked{false};
  world.store->before_head = [&](std::string_view) { looked = true; };  // of the session that was there
  world.store->before_latest = [&, first = true]() mutable {
    if (!std::exchange(first, false)) return;
    EXPECT_TRUE(eventually([&] { return looked.load(); }));
    leave_running(world, comes_up, run);
  };
  world.wiring.host.host_ttl = std::chrono::minutes(1);
  world.serves = true;
  (void)world.manager();
  EXPECT_TRUE(eventually([&] { return world.checked_types(comes_up).back() == "run_failed"; }));
  world.end_manager();
}

TEST(TakeOver, WhatAHostLeftIsTakenWithTheExpiryOfItsRow) {
  World world(complete_with_text);
  const std::string session = world.active_session();
  leave_running(world, session);
  overtake(world, session);
  world.end_manager();
  const auto renew = [&] { ASSERT_TRUE(world.store->renew_host("host_other", std::chrono::milliseconds(300))); };
  renew();
  world.wiring.host.host_ttl = std::chrono::minutes(1);
  world.serves = true;
  (void)world.manager();
  const auto owner = [&] { return world.store->head(session)->owner; };
  for (int i = 0; i < 10; ++i) {  // as long as it lives
    renew();
    EXPECT_EQ(owner(), "host_other");
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  const auto last_seen = std::chrono::steady_clock::now();
  EXPECT_TRUE(eventually([&] { return owner() != "host_other"; }));
  EXPECT_LT(std::chrono::steady_clock::now() - last_seen, std::chrono::milliseconds(300 + 2000));
  EXPECT_TRUE(eventually([&] { return world.checked_types(session).back() == "run_failed"; }));
  world.end_manager();
}

}  // namespace
}  // namespace asmgr::testing
