// Pruning, removing, compacting, measuring and checking: what a caller sees of them.
#include <atomic>
#include <thread>

#include "tests/plugins/contract/maintenance_world.hpp"

namespace asmgr::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Maintenance : public MaintenanceTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Maintenance, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Maintenance, PruningTakesTheTextAndKeepsTheChain) {
  given_log("s", 50);
  const auto before = store_.events_of("s").items;
  const Head head = store_.head("s");
  EXPECT_EQ(prune("s", {{3, 10}, {20, 20}}), 9U);

  const auto after = store_.events_of("s").items;
  ASSERT_EQ(after.size(), before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    Event expected = before[i];
    if ((expected.seq >= 3 && expected.seq <= 10) || expected.seq == 20) {
      expected.flags |= ASMGR_EVENT_PRUNED;
      expected.data.clear();
      expected.metadata.clear();
    }
    EXPECT_EQ(after[i], expected);
  }
  EXPECT_EQ(problem_with_chain(after, "s"), "");
  EXPECT_EQ(store_.head("s"), head);
  expect_clean();
}

TEST_P(Maintenance, APrunedLogGoesOn) {
  given_log("s", 5);
  EXPECT_EQ(prune("s", {{1, 5}}), 5U);
  Unit unit = append_events("s", "other", 1, 5, 0);
  unit.flags = ASMGR_UNIT_TAKE;
  unit.events = next_events("s", store_.events_of("s").items, 2, "{}");
  EXPECT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(problem_with_chain(store_.events_of("s").items, "s"), "");
  EXPECT_EQ(prune("s", {{1, 7}}), 2U);
  expect_clean();
}

TEST_P(Maintenance, PruningTwiceIsPruningOnce) {
  given_log("s", 10);
  EXPECT_EQ(prune("s", {{1, 6}}), 6U);
  EXPECT_EQ(prune("s", {{1, 6}}), 0U);
  EXPECT_EQ(prune("s", {{4, 8}}), 2U);
  EXPECT_EQ(problem_with_chain(store_.events_of("s").items, "s"), "");
}

TEST_P(Maintenance, NumbersThatDoNotExistAreNoError) {
  given_log("s", 10);
  EXPECT_EQ(prune("s", {{8, UINT64_MAX}}), 3U);
  EXPECT_EQ(prune("s", {{11, 20}, {500, 600}}), 0U);
  EXPECT_EQ(prune("s", {}), 0U);
}

TEST_P(Maintenance, ASessionThatIsNotThereCannotBePruned) {
  EXPECT_EQ(store_.retain(prune_order("none", {{1, 2}})).status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(store_.retain(prune_order("none", {})).status, ASMGR_E_SESSION_NOT_FOUND);
}

TEST_P(Maintenance, AnIdFromOutsideIsKnownAfterItsTextIsGone) {
  Unit unit = create_session("s", "host", 4);
  for (Event& event : unit.events) event.flags = ASMGR_EVENT_CALLER_ID;
  ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_EQ(prune("s", {{2, 3}}), 2U);
  Unit again = append_events("s", "host", 1, 4, 1);
  again.events[0].id = unit.events[1].id;
  again.events[0].flags = ASMGR_EVENT_CALLER_ID;
  const UnitResult result = store_.commit(again);
  EXPECT_EQ(result.status, ASMGR_E_ALREADY_EXISTS);
  EXPECT_THAT(result.existing, ElementsAre(Existing{0, 2, unit.events[1].id}));
  EXPECT_EQ(store_.events_of("s").items[1].flags, ASMGR_EVENT_CALLER_ID | ASMGR_EVENT_PRUNED);
}

TEST_P(Maintenance, EveryBatchSizeDoesTheSame) {
  for (const std::size_t batch : {std::size_t{1}, std::size_t{7}, std::size_t{100'000}}) {
    const std::string id = "s" + std::to_string(batch);
    given_log(id, 40);
    EXPECT_EQ(prune(id, {{2, 30}, {35, 35}}, batch), 30U);
    EXPECT_EQ(problem_with_chain(store_.events_of(id).items, id), "");
    EXPECT_EQ(remove(id, 1, batch), 41U);
    EXPECT_THAT(store_.events_of(id).items, IsEmpty());
  }
  EXPECT_EQ(measured("events"), 0U);
  expect_clean();
}

TEST_P(Maintenance, PruningWhileAppendingLosesNothing) {
  ASSERT_EQ(store_.commit(create_session("s", "host", 0)).status, ASMGR_OK);
  constexpr std::uint64_t kAppends = 300;
  std::atomic<std::uint64_t> last{0};
  std::thread appending([&] {
    std::vector<Event> all;
    for (std::uint64_t i = 0; i < kAppends; ++i) {
      Unit unit = append_events("s", "host", 1, i, 0);
      unit.events = next_events("s", all, 1, R"({"text":"hello"})");
      all.push_back(unit.events[0]);
      ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
      last = i + 1;
    }
  });
  std::uint64_t pruned = 0;
  while (last < kAppends) pruned += prune("s", {{1, last + 1}}, 10);
  appending.join();
  pruned += prune("s", {{1, kAppends}});
  EXPECT_EQ(pruned, kAppends) << "every event once";
  EXPECT_EQ(store_.head("s").last_seq, kAppends);
  EXPECT_EQ(problem_with_chain(store_.events_of("s").items, "s"), "");
  expect_clean();
}

// A session with everything that belongs to one, and another one beside it.
class Removal : public Maintenance {
 protected:
  void given_all(const std::string& id, std::uint64_t flags = ASMGR_UNIT_TAKE | ASMGR_UNIT_RELEASE) {
    Unit unit = create_session(id, "host", 3);
    unit.flags = static_cast<std::uint32_t>(flags);
    unit.session->doc = R"({"tags":["red"]})";
    unit.runs = {{.id = id + "-r1", .provider = "p", .started_us = 5}, {.id = id + "-r2"}};
    unit.records = {{.id = id + "-q", .session_id = id, .status = "open", .due_us = 7},
                    {.kind = "counter", .id = id + "-c", .tenant = "t", .session_id = id}};
    ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, Removal, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Removal, TakesEveryRowOfTheSessionAndNoOther) {
  given_all("s");
  given_all("kept");
  const Page<Session> kept_row = store_.get_session("", "kept");
  const Page<Event> kept_events = store_.events_of("kept");
  EXPECT_EQ(remove("s", 1), 8U) << "the session, 3 events, 2 runs, 2 records";

  EXPECT_EQ(store_.head("s").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(store_.get_session("", "s").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_THAT(ids(store_.list_sessions({.include_deleted = true})), ElementsAre("kept"));
  EXPECT_EQ(store_.get_run("", "s-r1").status, ASMGR_E_RUN_NOT_FOUND);
  EXPECT_THAT(ids(store_.list_runs({})), ElementsAre("kept-r1", "kept-r2"));
  EXPECT_THAT(store_.events_of("s").items, IsEmpty());
  EXPECT_EQ(store_.get_record("t", "counter", "s-c").status, ASMGR_E_NOT_FOUND);
  EXPECT_THAT(ids(store_.list_records({})), ElementsAre("kept-q"));
  EXPECT_THAT(store_.list_records({.session_id = "s"}).items, IsEmpty());
  EXPECT_EQ(store_.get_session("", "kept"), kept_row);
  EXPECT_EQ(store_.events_of("kept"), kept_events);
  EXPECT_EQ(store_.list_records({.session_id = "kept"}).items.size(), 1U);
  EXPECT_EQ(measured("sessions"), 1U);
  EXPECT_EQ(measured("runs"), 2U);
  EXPECT_EQ(measured("events"), 3U);
  EXPECT_EQ(measured("records"), 2U);
  if (store_.has_queries()) {
    EXPECT_THAT(ids(store_.search_sessions(R"({"tags":["red"]})")), ElementsAre("kept"));
    EXPECT_THAT(store_.summarize("usage", "{}").items, ElementsAre(HasSubstr("\"run_count\":1,")));
  }
  expect_clean();
}

TEST_P(Removal, IsAnnounced) {
  if (!store_.has_changes()) GTEST_SKIP() << "nothing is announced here";
  given_all("s");
  const std::uint64_t before = store_.latest_change();
  ASSERT_EQ(remove("s", 1), 8U);
  const auto changes = store_.read_changes(before).items;
  ASSERT_EQ(changes.size(), 1U);
  EXPECT_EQ(changes[0].session_id, "s");
  EXPECT_EQ(changes[0].last_seq, 0U);
}

TEST_P(Removal, FreesTheIdsOfTheSessionItsRunsAndItsRecords) {
  for (int round = 0; round < 3; ++round) {
    given_all("s");
    EXPECT_EQ(store_.events_of("s").items.size(), 3U);
    EXPECT_THAT(ids(store_.list_runs({.session_id = "s"})), ElementsAre("s-r1", "s-r2"));
    EXPECT_EQ(remove("s", 1), 8U);
  }
  expect_clean();
}

TEST_P(Removal, OfAMissingSessionIsNothing) {
  EXPECT_EQ(remove("none", 0), 0U);
  EXPECT_EQ(remove("none", 7), 0U);
}

TEST_P(Removal, WithAStaleEpochIsRefusedAndChangesNothing) {
  given_all("s");
  const std::string before = all_answers(store_, {"s"});
  for (const std::uint64_t epoch : {std::uint64_t{0}, std::uint64_t{2}, UINT64_MAX}) {
    const auto refused = store_.retain(remove_order("s", epoch));
    EXPECT_EQ(refused.status, ASMGR_E_STALE_EPOCH);
    EXPECT_THAT(refused.message, HasSubstr("'s'"));
    EXPECT_THAT(refused.items, IsEmpty());
  }
  EXPECT_EQ(all_answers(store_, {"s"}), before);
}

TEST_P(Removal, WhileAnybodyAliveOwnsItIsRefused) {
  ASSERT_EQ(store_.renew_host("host", 60'000).status, ASMGR_OK);
  given_all("s", ASMGR_UNIT_TAKE);
  ASSERT_TRUE(store_.head("s").owner_alive);
  const std::string before = all_answers(store_, {"s"});
  const auto refused = store_.retain(remove_order("s", 1));
  EXPECT_EQ(refused.status, ASMGR_E_STALE_EPOCH);
  EXPECT_THAT(refused.message, HasSubstr("'host'"));
  EXPECT_EQ(all_answers(store_, {"s"}), before);
  ASSERT_EQ(store_.renew_host("host", 0).status, ASMGR_OK);
  EXPECT_EQ(remove("s", 1), 8U) << "the dead own nothing";
}

TEST_P(Maintenance, WhatWasCancelledBeforeItBeganIsNotDone) {
  given_log("s", 20);
  const std::string before = all_answers(store_, {"s"});
  asmgr_cancel cancel;
  cancel.cancelled = true;
  EXPECT_EQ(count_of(store_.retain(prune_order("s", {{1, 20}}), &cancel), "events_pruned"), 0U);
  EXPECT_EQ(count_of(store_.retain(remove_order("s", 1), &cancel), "rows_removed"), 0U);
  EXPECT_EQ(count_of(store_.retain(R"({"compact":{}})", &cancel), "bytes_freed"), 0U);
  EXPECT_EQ(all_answers(store_, {"s"}), before);
  EXPECT_EQ(store_.check(&cancel).status, ASMGR_E_CANCELLED) << "a check that ended early is no clean one";
}

TEST_P(Maintenance, SizesComeInPagesInOrderOfId) {
  for (const char* id : {"a", "b", "c", "d", "e"}) given_log(id, 2, R"({"text":"1234567890"})");
  Unit deleted = append_events("c", "host", 1, 2, 0);
  deleted.flags = ASMGR_UNIT_TAKE | ASMGR_UNIT_RELEASE;
  deleted.session = store_.get_session("", "c").items.at(0);
  deleted.session->expected_version = ASMGR_VERSION_ANY;
  deleted.session->deleted_us = 9;
  ASSERT_EQ(store_.commit(deleted).status, ASMGR_OK);
  EXPECT_EQ(prune("b", {{1, 1}}), 1U);
  EXPECT_EQ(prune("d", {{1, 2}}), 2U);

  const std::uint64_t bytes = std::string(R"({"text":"1234567890"}{})").size();  // and the metadata
  EXPECT_THAT(store_.sizes("", 2).items, ElementsAre(SessionSize{"a", 2, 2 * bytes}, SessionSize{"b", 1, bytes}));
  EXPECT_THAT(store_.sizes("b", 2).items, ElementsAre(SessionSize{"c", 2, 2 * bytes}, SessionSize{"d", 0, 0}));
  EXPECT_THAT(store_.sizes("d", 2).items, ElementsAre(SessionSize{"e", 2, 2 * bytes}));
  EXPECT_THAT(store_.sizes("e", 2).items, IsEmpty());
  EXPECT_THAT(store_.sizes("bb", 1).items, ElementsAre(SessionSize{"c", 2, 2 * bytes}));
  EXPECT_EQ(store_.sizes("", 0).items.size(), 5U);
}

TEST_P(Maintenance, MeasuresCountWhatThereIs) {
  EXPECT_EQ(measured("sessions"), 0U);
  EXPECT_EQ(measured("events"), 0U);
  given_log("a", 4);
  given_log("b", 3);
  EXPECT_EQ(prune("a", {{1, 3}}), 3U);
  Unit more = append_events("b", "host", 1, 3, 0);
  more.flags = ASMGR_UNIT_TAKE | ASMGR_UNIT_RELEASE;
  more.runs = {{.id = "r"}};
  more.records = {{.id = "q"}, {.id = "q", .tenant = "t"}};
  more.events = {make_event("b", 4)};
  more.events[0].flags = ASMGR_EVENT_PRUNED;  // as an import brings it
  more.events[0].data = more.events[0].metadata = "";
  ASSERT_EQ(store_.commit(more).status, ASMGR_OK);
  EXPECT_EQ(measured("sessions"), 2U);
  EXPECT_EQ(measured("runs"), 1U);
  EXPECT_EQ(measured("events"), 8U);
  EXPECT_EQ(measured("pruned_events"), 4U);
  EXPECT_EQ(measured("records"), 2U);
  EXPECT_LE(measured("free_bytes"), measured("bytes"));
  expect_clean();
}

TEST_P(Maintenance, CompactingChangesNoAnswer) {
  for (int i = 0; i < 20; ++i) given_log("s" + std::to_string(i), 50, "{\"x\":\"" + std::string(2000, 'x') + "\"}");
  for (int i = 0; i < 20; i += 2) EXPECT_EQ(remove("s" + std::to_string(i), 1), 51U);
  const std::vector<std::string> left = {"s1", "s3", "s5", "s7", "s9", "s11", "s13", "s15", "s17", "s19"};
  const std::string before = all_answers(store_, left);
  const std::uint64_t free = measured("free_bytes");
  EXPECT_GE(count_of(store_.retain(R"({"compact":{}})"), "bytes_freed"), free);
  EXPECT_EQ(measured("free_bytes"), 0U);
  EXPECT_EQ(all_answers(store_, left), before);
  expect_clean();
}

}  // namespace
}  // namespace asmgr::contract
