// Who may write a session: taking, losing, releasing; living and dead hosts.
#include "tests/plugins/contract/store_test.hpp"

#include <chrono>
#include <thread>

namespace asmgr::contract {
namespace {

class Ownership : public StoreTest {
 protected:
  Unit take(const std::string& owner, std::uint64_t epoch, std::uint64_t last_seq, std::size_t events = 1) {
    Unit unit = append_events("s", owner, epoch, last_seq, events);
    unit.flags = ASMGR_UNIT_TAKE;
    return unit;
  }
  void wait_until_dead(const std::string& host) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (std::chrono::steady_clock::now() < limit) {
      for (const Host& row : store_.hosts()) {
        if (row.id == host && !row.alive) return;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    FAIL() << host << " still lives";
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, Ownership, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Ownership, OnlyTheOwnerAppends) {
  given_session("s");
  EXPECT_EQ(store_.commit(append_events("s", "other", 1, 1, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.commit(append_events("s", "", 1, 1, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.commit(append_events("s", "host", 0, 1, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.commit(append_events("s", "host", 2, 1, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.commit(append_events("s", "host", 1, 1, 1)).status, ASMGR_OK);
}

TEST_P(Ownership, OnlyTheOwnerChangesTheSessionRow) {
  given_session("s");
  Unit unit = append_events("s", "other", 1, 1, 0);
  unit.session = Session{.id = "s", .version = 2, .expected_version = 1};
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_STALE_EPOCH);
  unit.owner = "host";
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
}

TEST_P(Ownership, RunsAndRecordsAreWrittenFromAnywhere) {
  given_session("s");
  Unit unit;
  unit.session_id = "s";
  unit.runs.push_back(RunRow{.id = "r"});
  unit.records.push_back(Record{.id = "q", .session_id = "s"});
  const UnitResult result = store_.commit(unit);
  EXPECT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(result.last_seq, 1u);
  EXPECT_EQ(result.epoch, 1u);
}

TEST_P(Ownership, ALivingOwnerIsNotDisplaced) {
  ASSERT_EQ(store_.renew_host("host", 60'000).status, ASMGR_OK);
  given_session("s");
  EXPECT_TRUE(store_.head("s").owner_alive);
  const UnitResult result = store_.commit(take("other", 1, 1));
  EXPECT_EQ(result.status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(result.epoch, 1u);
  EXPECT_EQ(store_.head("s").owner, "host");
}

TEST_P(Ownership, AnOwnerWithoutAHostRowIsDeadAndCanBeTakenFrom) {
  given_session("s");
  EXPECT_FALSE(store_.head("s").owner_alive);
  const UnitResult result = store_.commit(take("other", 1, 1));
  EXPECT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(result.epoch, 2u);
  EXPECT_EQ(store_.head("s").owner, "other");
  EXPECT_EQ(store_.commit(append_events("s", "host", 1, 2, 1)).status, ASMGR_E_STALE_EPOCH)
      << "the zombie may not write";
  EXPECT_EQ(store_.commit(append_events("s", "other", 2, 2, 1)).status, ASMGR_OK);
}

TEST_P(Ownership, AnOwnerWhoseRowHasExpiredIsDead) {
  ASSERT_EQ(store_.renew_host("host", 1).status, ASMGR_OK);
  given_session("s");
  wait_until_dead("host");
  EXPECT_FALSE(store_.head("s").owner_alive);
  EXPECT_EQ(store_.commit(take("other", 1, 1)).status, ASMGR_OK);
}

TEST_P(Ownership, ARenewedHostLivesOnAndARemovedOneIsGone) {
  ASSERT_EQ(store_.renew_host("host", 1).status, ASMGR_OK);
  std::int64_t first = 0;
  std::int64_t second = 0;
  ASSERT_EQ(store_.renew_host("host", 10'000, &first).status, ASMGR_OK);
  ASSERT_EQ(store_.renew_host("host", 20'000, &second).status, ASMGR_OK);
  EXPECT_GE(second - first, 9'000'000);
  ASSERT_EQ(store_.hosts().size(), 1u);
  EXPECT_TRUE(store_.hosts()[0].alive);
  EXPECT_EQ(store_.hosts()[0].expires_us, second);
  ASSERT_EQ(store_.renew_host("host", 0).status, ASMGR_OK);
  EXPECT_TRUE(store_.hosts().empty());
  EXPECT_EQ(store_.renew_host("host", 0).status, ASMGR_OK) << "removing twice is fine";
}

TEST_P(Ownership, TheOwnerMayTakeItsOwnSessionAgain) {
  ASSERT_EQ(store_.renew_host("host", 60'000).status, ASMGR_OK);
  given_session("s");
  const UnitResult result = store_.commit(take("host", 1, 1));
  EXPECT_EQ(result.status, ASMGR_OK);
  EXPECT_EQ(result.epoch, 2u);
  EXPECT_EQ(store_.commit(append_events("s", "host", 1, 2, 1)).status, ASMGR_E_STALE_EPOCH);
}

TEST_P(Ownership, ATakeNeedsTheHeadsEpochAndNumber) {
  given_session("s", 2);
  EXPECT_EQ(store_.commit(take("other", 0, 2)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.commit(take("other", 2, 2)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.commit(take("other", 1, 1)).status, ASMGR_E_SEQUENCE_CONFLICT);
  EXPECT_EQ(store_.commit(take("", 1, 2)).status, ASMGR_E_INVALID_INPUT);
  EXPECT_EQ(store_.commit(take("other", 1, 2)).status, ASMGR_OK);
}

TEST_P(Ownership, ATakeWithoutAnythingElseIsAUnitToo) {
  given_session("s", 2);
  const UnitResult result = store_.commit(take("other", 1, 2, 0));
  EXPECT_EQ(result.status, ASMGR_OK);
  EXPECT_EQ(result.last_seq, 2u);
  EXPECT_EQ(store_.head("s").owner, "other");
  EXPECT_EQ(store_.head("s").hash, make_event("s", 2).hash) << "the last event stays the last";
}

TEST_P(Ownership, AReleaseLeavesNoOwnerAndKeepsTheEpoch) {
  ASSERT_EQ(store_.renew_host("host", 60'000).status, ASMGR_OK);
  given_session("s");
  Unit unit = append_events("s", "host", 1, 1, 1);
  unit.flags = ASMGR_UNIT_RELEASE;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  const Head head = store_.head("s");
  EXPECT_EQ(head.owner, "");
  EXPECT_FALSE(head.owner_alive);
  EXPECT_EQ(head.epoch, 1u);
  EXPECT_EQ(head.last_seq, 2u);
  EXPECT_EQ(store_.commit(append_events("s", "host", 1, 2, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.commit(take("other", 1, 2)).epoch, 2u);
}

TEST_P(Ownership, OnlyTheOwnerReleases) {
  given_session("s");
  Unit unit = append_events("s", "other", 1, 1, 0);
  unit.flags = ASMGR_UNIT_RELEASE;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_STALE_EPOCH);
  unit.owner = "host";
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
}

TEST_P(Ownership, ASessionMayBeTakenAndReleasedInOneUnit) {
  Unit unit = create_session("s", "host", 2);
  unit.flags = ASMGR_UNIT_TAKE | ASMGR_UNIT_RELEASE;
  EXPECT_EQ(store_.commit(unit).epoch, 1u);
  EXPECT_EQ(store_.head("s").owner, "");
  EXPECT_EQ(store_.commit(take("other", 1, 2)).epoch, 2u);
}

TEST_P(Ownership, AHostNeedsAnId) {
  EXPECT_EQ(store_.renew_host("", 1000).status, ASMGR_E_INVALID_INPUT);
}

}  // namespace
}  // namespace asmgr::contract
