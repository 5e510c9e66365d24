// One write, atomic per unit: events, numbers, versions, duplicates.
#include "tests/plugins/contract/store_test.hpp"

namespace asmgr::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Commit : public StoreTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Commit, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Commit, CreatesASessionWithItsFirstEventsAndMakesTheTakerItsOwner) {
  const UnitResult result = store_.commit(create_session("s", "host", 3));
  EXPECT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(result.last_seq, 3u);
  EXPECT_EQ(result.epoch, 1u);
  const Head head = store_.head("s");
  EXPECT_EQ(head.last_seq, 3u);
  EXPECT_EQ(head.epoch, 1u);
  EXPECT_EQ(head.owner, "host");
  EXPECT_EQ(head.hash, make_event("s", 3).hash);
}

TEST_P(Commit, AHeadOfASessionWithoutEventsHasAZeroHash) {
  ASSERT_EQ(store_.commit(create_session("s", "host", 0)).status, ASMGR_OK);
  const Head head = store_.head("s");
  EXPECT_EQ(head.last_seq, 0u);
  EXPECT_EQ(head.hash, Hash{});
}

TEST_P(Commit, ASecondCreationOfASessionIsRefusedAndSaysWhereTheHeadIs) {
  given_session("s", 2);
  const UnitResult result = store_.commit(create_session("s", "other"));
  EXPECT_EQ(result.status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(result.last_seq, 2u);
  EXPECT_EQ(result.epoch, 1u);
  EXPECT_EQ(store_.head("s").owner, "host");
}

TEST_P(Commit, EventsComeBackByteForByte) {
  given_session("s", 0);
  Unit unit = append_events("s", "host", 1, 0, 3);
  unit.events[0].data =
      "{\"text\": \"h\\u00e9llo \\\\\" , \"n\":1.0e3,\n \"nested\":{\"a\":[1,null,{}]},\"unknown_key\":true}";
  unit.events[0].metadata = R"({"b":2,"a":1})";
  unit.events[0].correlation_id = "corr-1";
  unit.events[0].provider = "claude";
  unit.events[0].run_id = usual_id("run", 7);
  unit.events[0].time_us = -5;
  unit.events[1].id = "an id of no usual form, mit Umlaut \xc3\xa4";
  unit.events[1].run_id = "RUN_0123456789ABCDEF0123456789abcdef";
  unit.events[1].data = "";
  unit.events[1].metadata = "";
  unit.events[1].type = 0;
  unit.events[1].type_name = "vendor.something_new";
  unit.events[2].flags = ASMGR_EVENT_PRUNED;
  unit.events[2].schema = 9;
  unit.events[2].data = std::string("{\"with nul\":\"") + '\0' + "\"}";
  const UnitResult result = store_.commit(unit);
  ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(store_.events_of("s").items, unit.events);
}

TEST_P(Commit, AMegabyteOfDataComesBack) {
  given_session("s", 0);
  const Unit unit = append_events("s", "host", 1, 0, 2, "{\"x\":\"" + std::string(1 << 20, 'y') + "\"}");
  ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(store_.events_of("s").items, unit.events);
}

TEST_P(Commit, EventsThatDoNotContinueTheHeadAreRefusedAndNothingIsWritten) {
  given_session("s", 2);
  for (const std::uint64_t wrong : {0u, 1u, 3u, 9u}) {
    const UnitResult result = store_.commit(append_events("s", "host", 1, wrong, 2));
    EXPECT_EQ(result.status, ASMGR_E_SEQUENCE_CONFLICT) << "from " << wrong;
    EXPECT_EQ(result.last_seq, 2u);
  }
  EXPECT_EQ(store_.events_of("s").items.size(), 2u);
}

TEST_P(Commit, EventsMayNotLeaveTheirNumberUnchecked) {
  given_session("s", 2);
  Unit unit = append_events("s", "host", 1, 2, 1);
  unit.expected_last_seq = ASMGR_SEQ_UNCHECKED;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_SEQUENCE_CONFLICT);
}

TEST_P(Commit, AGapBetweenEventsIsRefused) {
  given_session("s");
  Unit unit = append_events("s", "host", 1, 1, 3);
  unit.events[2].seq = 5;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_INVALID_INPUT);
  EXPECT_EQ(store_.events_of("s").items.size(), 1u);
}

TEST_P(Commit, AnEventOrRunOrSessionRowOfAnotherSessionIsRefused) {
  given_session("s");
  given_session("t");
  Unit events = append_events("s", "host", 1, 1, 1);
  events.events[0].session_id = "t";
  EXPECT_EQ(store_.commit(events).status, ASMGR_E_INVALID_INPUT);

  Unit runs;
  runs.session_id = "s";
  runs.runs.push_back(RunRow{.id = "r", .session_id = "t"});
  EXPECT_EQ(store_.commit(runs).status, ASMGR_E_INVALID_INPUT);

  Unit session = append_events("s", "host", 1, 1, 0);
  session.session = Session{.id = "t", .expected_version = ASMGR_VERSION_ANY};
  EXPECT_EQ(store_.commit(session).status, ASMGR_E_INVALID_INPUT);
}

TEST_P(Commit, AUnitWithoutASessionMayOnlyCarryRecords) {
  Unit unit = append_events("", "host", 0, 0, 1);
  unit.events[0].session_id.clear();
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_INVALID_INPUT);
}

TEST_P(Commit, AnythingForAMissingSessionAnswersSessionNotFound) {
  EXPECT_EQ(store_.commit(append_events("s", "host", 1, 0, 1)).status, ASMGR_E_SESSION_NOT_FOUND);
  Unit run;
  run.session_id = "s";
  run.runs.push_back(RunRow{.id = "r"});
  EXPECT_EQ(store_.commit(run).status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(store_.head("s").status, ASMGR_E_SESSION_NOT_FOUND);
}

TEST_P(Commit, SessionVersionsAreComparedAndSet) {
  given_session("s");
  Unit unit = append_events("s", "host", 1, 1, 0);
  unit.session = Session{.id = "s", .doc = "{\"a\":1}", .status = ASMGR_SESSION_ACTIVE, .version = 2};
  unit.session->expected_version = 7;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_CONFLICT);
  unit.session->expected_version = ASMGR_VERSION_ABSENT;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_CONFLICT);
  unit.session->expected_version = 1;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_CONFLICT) << "the version is 2 now";
  unit.session->version = 9;
  unit.session->expected_version = ASMGR_VERSION_ANY;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  const auto read = store_.get_session("", "s");
  ASSERT_EQ(read.items.size(), 1u);
  EXPECT_EQ(read.items[0].version, 9u);
  EXPECT_EQ(read.items[0].doc, "{\"a\":1}");
}

TEST_P(Commit, RunVersionsAreComparedAndSet) {
  given_session("s");
  Unit unit;
  unit.session_id = "s";
  unit.runs.push_back(RunRow{.id = "r", .doc = "{\"input\":1}"});
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_CONFLICT) << "it exists now";
  unit.runs[0].expected_version = 1;
  unit.runs[0].version = 2;
  unit.runs[0].status = ASMGR_RUN_RUNNING;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_CONFLICT);
  const auto read = store_.get_run("", "r");
  ASSERT_EQ(read.items.size(), 1u);
  EXPECT_EQ(read.items[0].status, std::uint32_t{ASMGR_RUN_RUNNING});
  EXPECT_EQ(read.items[0].session_id, "s");
}

TEST_P(Commit, ARunOfAnotherSessionCannotBeTakenOver) {
  given_session("s");
  given_session("t");
  Unit unit;
  unit.session_id = "s";
  unit.runs.push_back(RunRow{.id = "r"});
  ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  unit.session_id = "t";
  unit.runs[0].expected_version = ASMGR_VERSION_ANY;
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_CONFLICT);
  EXPECT_EQ(store_.get_run("", "r").items[0].session_id, "s");
}

TEST_P(Commit, OneRowTwiceInOneUnitIsSeenInOrder) {
  given_session("s");
  Unit unit;
  unit.session_id = "s";
  unit.runs.push_back(RunRow{.id = "r", .version = 1, .expected_version = 0});
  unit.runs.push_back(RunRow{.id = "r", .status = ASMGR_RUN_RUNNING, .version = 2, .expected_version = 1});
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(store_.get_run("", "r").items[0].version, 2u);
}

TEST_P(Commit, AUnitIsAllOrNothing) {
  given_session("s");
  Unit unit = append_events("s", "host", 1, 1, 2);
  unit.session = Session{.id = "s", .doc = "{}", .status = ASMGR_SESSION_ACTIVE, .version = 2, .expected_version = 1};
  unit.runs.push_back(RunRow{.id = "r"});
  unit.records.push_back(Record{.id = "a"});
  unit.records.push_back(Record{.id = "b", .expected_version = 4});  // not there
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_CONFLICT);
  EXPECT_EQ(store_.head("s").last_seq, 1u);
  EXPECT_EQ(store_.get_session("", "s").items[0].version, 1u);
  EXPECT_EQ(store_.get_run("", "r").status, ASMGR_E_RUN_NOT_FOUND);
  EXPECT_EQ(store_.get_record("", "queue", "a").status, ASMGR_E_NOT_FOUND);
}

TEST_P(Commit, ARefusedUnitDoesNotDisturbTheOthersOfItsCall) {
  given_session("a");
  given_session("b");
  given_session("c");
  const CommitAnswer answer = store_.commit({append_events("a", "host", 1, 1, 1), append_events("b", "host", 9, 1, 1),
                                             append_events("c", "host", 1, 1, 2), append_events("d", "host", 1, 0, 1)});
  ASSERT_EQ(answer.status, ASMGR_OK) << answer.message;
  EXPECT_EQ(answer.units[0].status, ASMGR_OK);
  EXPECT_EQ(answer.units[1].status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(answer.units[2].status, ASMGR_OK);
  EXPECT_EQ(answer.units[3].status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(answer.units[2].last_seq, 3u);
  EXPECT_EQ(store_.head("b").last_seq, 1u);
}

TEST_P(Commit, EveryRefusalSaysWhatAndWhatToDo) {
  given_session("s");
  const UnitResult result = store_.commit(append_events("s", "host", 4, 1, 1));
  EXPECT_THAT(result.message, ::testing::HasSubstr("session 's'"));
  EXPECT_THAT(result.message, ::testing::HasSubstr("epoch 1"));
  EXPECT_THAT(result.message, ::testing::HasSubstr("4"));
}

TEST_P(Commit, AppendingACallersEventAgainAnswersItsFirstNumber) {
  given_session("s");
  Unit unit = append_events("s", "host", 1, 1, 3);
  for (Event& event : unit.events) event.flags = ASMGR_EVENT_CALLER_ID;
  unit.events[1].id = "mine";
  ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);

  Unit again = append_events("s", "host", 1, 4, 3);
  again.events[0].flags = again.events[2].flags = ASMGR_EVENT_CALLER_ID;
  again.events[2].id = "mine";
  const UnitResult result = store_.commit(again);
  EXPECT_EQ(result.status, ASMGR_E_ALREADY_EXISTS);
  EXPECT_THAT(result.existing, ElementsAre(Existing{2, 3, "mine"}));
  EXPECT_EQ(store_.head("s").last_seq, 4u);
}

TEST_P(Commit, CallersIdsAreUniquePerSessionOnly) {
  given_session("s");
  given_session("t");
  for (const char* session : {"s", "t"}) {
    Unit unit = append_events(session, "host", 1, 1, 1);
    unit.events[0].id = "mine";
    unit.events[0].flags = ASMGR_EVENT_CALLER_ID;
    EXPECT_EQ(store_.commit(unit).status, ASMGR_OK) << session;
  }
}

TEST_P(Commit, OneIdTwiceInAUnitIsRefused) {
  given_session("s");
  Unit unit = append_events("s", "host", 1, 1, 2);
  for (Event& event : unit.events) {
    event.id = "mine";
    event.flags = ASMGR_EVENT_CALLER_ID;
  }
  EXPECT_EQ(store_.commit(unit).status, ASMGR_E_INVALID_INPUT);
  EXPECT_EQ(store_.head("s").last_seq, 1u);
}

TEST_P(Commit, AnEmptyCallAndAnEmptyUnitAreFine) {
  EXPECT_EQ(store_.commit(std::vector<Unit>{}).status, ASMGR_OK);
  EXPECT_EQ(store_.commit(Unit{}).status, ASMGR_OK);
  given_session("s");
  Unit unit;
  unit.session_id = "s";
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
}

TEST_P(Commit, ManyEventsInOneUnitKeepTheirOrder) {
  given_session("s", 5000);
  const auto events = store_.events_of("s");
  ASSERT_EQ(events.items.size(), 5000u);
  for (std::size_t i = 0; i < events.items.size(); ++i) ASSERT_EQ(events.items[i].seq, i + 1);
}

}  // namespace
}  // namespace asmgr::contract
