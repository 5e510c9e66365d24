// A disk that is full or fails: every answer tells the truth about what was written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/sqlite/faulty_vfs.hpp"

namespace asmgr::contract {
namespace {

class Faults : public ::testing::Test {
 protected:
  TempFolder folder_;
  FaultPlan plan_;
  FaultyVfs vfs_{plan_};
  StoreClient store_{"sqlite", R"({"path":")" + folder_.path() + R"(/store.db","durability":"full"})"};

  void SetUp() override {
    for (const char* id : {"a", "b", "c"}) ASSERT_EQ(store_.commit(create_session(id, "host")).status, ASMGR_OK);
  }
  void TearDown() override { plan_.heal(); }

  Unit append(const std::string& id, std::uint64_t last_seq, std::size_t bytes = 10) {
    Unit unit = append_events(id, "host", 1, last_seq, 2, "{\"x\":\"" + std::string(bytes, 'x') + "\"}");
    unit.runs.push_back({.id = "run of " + id, .expected_version = ASMGR_VERSION_ANY});
    unit.records.push_back({.kind = "counter",
                            .id = id,
                            .expected_version = ASMGR_VERSION_ANY,
                            .value = static_cast<std::int64_t>(last_seq + 2)});
    return unit;
  }
  // The session has this many events, and everything its units wrote beside them fits.
  void expect_at(const std::string& id, std::uint64_t seq) {
    EXPECT_EQ(store_.head(id).last_seq, seq) << id;
    EXPECT_EQ(store_.events_of(id).items.size(), seq) << id;
    const auto counter = store_.get_record("", "counter", id);
    EXPECT_EQ(counter.items.empty() ? 1 : counter.items[0].value, static_cast<std::int64_t>(seq)) << id;
  }
};

TEST_F(Faults, AFullDiskAnswersStorageFullWritesNothingAndHeals) {
  plan_.bytes_left = 0;
  const UnitResult result = store_.commit(append("a", 1));
  EXPECT_EQ(result.status, ASMGR_E_STORAGE_FULL) << result.message;
  EXPECT_THAT(result.message, ::testing::HasSubstr("free space"));
  EXPECT_GT(plan_.failed, 0);
  expect_at("a", 1);
  plan_.heal();
  EXPECT_EQ(store_.commit(append("a", 1)).status, ASMGR_OK);
  expect_at("a", 3);
}

TEST_F(Faults, AGroupThatDoesNotFitIsTriedUnitByUnit) {
  plan_.bytes_left = 600'000;
  const CommitAnswer answer = store_.commit({append("a", 1), append("b", 1, 1'000'000), append("c", 1)});
  ASSERT_EQ(answer.status, ASMGR_OK) << answer.message;
  EXPECT_EQ(answer.units[0].status, ASMGR_OK);
  EXPECT_EQ(answer.units[1].status, ASMGR_E_STORAGE_FULL);
  EXPECT_EQ(answer.units[2].status, ASMGR_OK);
  expect_at("a", 3);
  expect_at("b", 1);
  expect_at("c", 3);
}

TEST_F(Faults, AGroupOfWhichNothingFitsAnswersForTheWholeCall) {
  plan_.bytes_left = 0;
  const CommitAnswer answer = store_.commit({append("a", 1), append("b", 1)});
  EXPECT_EQ(answer.status, ASMGR_E_STORAGE_FULL);
  expect_at("a", 1);
  expect_at("b", 1);
}

TEST_F(Faults, AFlushThatFailsLeavesTheOutcomeOpenAndTheHeadsTellIt) {
  plan_.code = SQLITE_IOERR_FSYNC;
  plan_.syncs_left = 0;
  const UnitResult result = store_.commit(append("a", 1));
  EXPECT_EQ(result.status, ASMGR_E_STORAGE_AMBIGUOUS) << result.message;
  const std::uint64_t last = store_.head("a").last_seq;
  expect_at("a", last);
  EXPECT_EQ(store_.commit(append("a", last)).status, ASMGR_OK) << "what the head says is true";
}

TEST_F(Faults, WhicheverWriteFailsAUnitIsThereWholeOrNotAtAll) {
  std::uint64_t last = 1;
  int faults = 0;
  for (std::int64_t nth = 0; nth < 200; ++nth) {
    SCOPED_TRACE("write " + std::to_string(nth));
    plan_.code = SQLITE_IOERR_WRITE;
    plan_.failed = 0;
    plan_.writes_left = nth;
    const UnitResult result = store_.commit(append("a", last, 9000));
    plan_.heal();
    const std::uint64_t now = store_.head("a").last_seq;
    if (result.status == ASMGR_OK)
      EXPECT_EQ(now, last + 2);
    else if (result.status != ASMGR_E_STORAGE_AMBIGUOUS)
      EXPECT_EQ(now, last);
    else
      EXPECT_TRUE(now == last || now == last + 2);
    expect_at("a", now);
    last = now;
    if (plan_.failed == 0) break;
    ++faults;
  }
  EXPECT_GT(faults, 5) << "the writes of a commit were met";
}

}  // namespace
}  // namespace asmgr::contract
