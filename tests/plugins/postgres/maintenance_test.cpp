// What a check finds in damaged tables, what an interrupted removal leaves, how much one transaction does, and space
// that comes back.
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "tests/plugins/contract/answers.hpp"
#include "tests/plugins/contract/chain.hpp"
#include "tests/plugins/postgres/proxy.hpp"
#include "tests/plugins/postgres/sql_client.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::contract {
namespace {

using std::chrono::steady_clock;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// A session that nobody owns, with something of everything.
Unit whole_session(const std::string& id, std::size_t events) {
  Unit unit = create_session(id, "host", events);
  unit.flags |= ASMGR_UNIT_RELEASE;
  unit.session->doc = R"({"tags":["red"]})";
  for (Event& event : unit.events) event.data = R"({"text":"hello"})";
  chain_events(unit.events, first_hash(id));
  for (int i = 0; i < 5; ++i) {
    unit.runs.push_back({.id = id + "-r" + std::to_string(i),
                         .provider = "p",
                         .doc = R"({"token_usage":{"input_tokens":7}})",
                         .started_us = 5});
    unit.records.push_back({.id = id + "-q" + std::to_string(i), .session_id = id});
  }
  return unit;
}

std::string config_of_schema(const std::string& schema, int port, const std::string& more = "") {
  return R"({"dsn":")" + test::PostgresServer::dsn_at(port) + R"(","schema":")" + schema + "\"" + more + "}";
}

class PostgresMaintenance : public ::testing::Test {
 protected:
  [[nodiscard]] std::string config(const std::string& more = "") const {
    return config_of_schema(schema_, test::one_server().port(), more);
  }
  // The tables are found without a prefix.
  std::string ask(const std::string& text) { return sql_.ask("SET search_path TO " + schema_ + "; " + text); }
  static std::uint64_t number(const Page<std::string>& report, const std::string& key) {
    EXPECT_EQ(report.status, ASMGR_OK) << report.message;
    return report.items.empty() ? UINT64_MAX : number_in(report.items[0], key);
  }

  const std::string schema_ = schema_of_test();
  Sql sql_;
};

TEST_F(PostgresMaintenance, NoTransactionHasMoreRowsThanOrdered) {
  const StoreClient store("postgres", config());
  ASSERT_EQ(store.commit(whole_session("s", 1000)).status, ASMGR_OK);
  EXPECT_EQ(number(store.retain(prune_order("s", {{1, 1000}}, 100)), "events_pruned"), 1000u);
  // Every row knows the transaction that wrote it.
  EXPECT_EQ(
      ask("SELECT max(n) <= 100 AND count(*) >= 10 FROM (SELECT count(*) AS n FROM events GROUP BY xmin::text) t"),
      "t");
  EXPECT_EQ(ask("SELECT text_events + text_bytes FROM heads"), "0");
}

TEST_F(PostgresMaintenance, WhatAnotherHostHoldsIsWaitedForNoLongerThanTheLimit) {
  const StoreClient store("postgres", config(R"(,"busy_timeout":100)"));
  ASSERT_EQ(store.commit(whole_session("s", 10)).status, ASMGR_OK);
  Sql other;
  other.ask("BEGIN; SELECT 1 FROM " + schema_ + ".heads FOR UPDATE");
  EXPECT_EQ(store.retain(prune_order("s", {{1, 10}})).status, ASMGR_E_BUSY);
  EXPECT_EQ(store.retain(remove_order("s", 1)).status, ASMGR_E_BUSY);
  other.ask("ROLLBACK");
  EXPECT_EQ(ask("SELECT count(*) FROM events WHERE flags = 0"), "10") << "nothing was changed";
  EXPECT_EQ(number(store.retain(prune_order("s", {{1, 10}})), "events_pruned"), 10u);
}

// Commits of the same process go over another connection, and those to other sessions need nothing that is held.
TEST_F(PostgresMaintenance, CommitsGoOnWhileALargeSessionIsPrunedAndRemoved) {
  const auto events = static_cast<std::uint64_t>(test::in_profile(10'000, 200'000));
  const StoreClient store("postgres", config());
  ASSERT_EQ(store.commit(create_session("large", "host", 0)).status, ASMGR_OK);
  for (std::uint64_t last = 0; last < events; last += 2000)
    ASSERT_EQ(store.commit(append_events("large", "host", 1, last, 2000, R"({"text":"a piece"})")).status, ASMGR_OK);
  ASSERT_EQ(store.commit(create_session("busy", "host", 0)).status, ASMGR_OK);
  std::atomic<bool> over{false};
  std::uint64_t commits = 0;
  std::thread committing([&] {
    while (!over) {
      const UnitResult result = store.commit(append_events("busy", "host", 1, commits, 1));
      if (result.status != ASMGR_OK) {
        ADD_FAILURE() << result.message;
        return;
      }
      ++commits;
    }
  });
  EXPECT_EQ(number(store.retain(prune_order("large", {{1, UINT64_MAX}})), "events_pruned"), events);
  EXPECT_EQ(number(store.retain(remove_order("large", 1)), "rows_removed"), events + 1);
  over = true;
  committing.join();
  EXPECT_GE(commits, events / 1000) << "some get in between any two batches";
  EXPECT_EQ(store.head("busy").last_seq, commits);
  EXPECT_THAT(store.check().items, IsEmpty());
}

TEST_F(PostgresMaintenance, AnInterruptedRemovalLeavesNothingThatAnybodySeesAndTheNextOneCleansUp) {
  const StoreClient store("postgres", config());
  ASSERT_EQ(store.commit(whole_session("kept", 9)).status, ASMGR_OK);
  for (const char* cleaner : {"compact", "remove"}) {
    SCOPED_TRACE(cleaner);
    ASSERT_EQ(store.commit(whole_session("s", 3000)).status, ASMGR_OK);
    Sql other;  // has a run and a record, so that they are left over in any case
    other.ask("BEGIN; SELECT 1 FROM " + schema_ + ".runs WHERE id = 's-r3' FOR UPDATE; SELECT 1 FROM " + schema_ +
              ".records WHERE id = 's-q3' FOR UPDATE");
    asmgr_cancel cancel;
    std::thread removing([&] { EXPECT_EQ(store.retain(remove_order("s", 1, 1), &cancel).status, ASMGR_OK); });
    const auto limit = steady_clock::now() + std::chrono::seconds(10);
    while (store.head("s").status != ASMGR_E_SESSION_NOT_FOUND && steady_clock::now() < limit) {
    }
    cancel.cancelled = true;
    removing.join();
    other.ask("ROLLBACK");
    ASSERT_EQ(ask("SELECT id FROM removed"), "s") << "it was stopped too late";
    EXPECT_EQ(ask("SELECT count(*) FROM records WHERE id = 's-q3'"), "1");
    EXPECT_THAT(store.events_of("s").items, IsEmpty());
    EXPECT_EQ(store.list_runs({}).items.size(), 5u);
    EXPECT_EQ(store.get_run("", "s-r4").status, ASMGR_E_RUN_NOT_FOUND);
    EXPECT_EQ(store.list_records({}).items.size(), 5u);
    EXPECT_EQ(store.get_record("", "queue", "s-q4").status, ASMGR_E_NOT_FOUND);
    EXPECT_EQ(number(store.measure(), "events"), 9u);
    EXPECT_EQ(number(store.measure(), "runs"), 5u);
    EXPECT_EQ(number(store.measure(), "records"), 5u);
    EXPECT_THAT(store.summarize("usage", "{}").items.at(0), HasSubstr("\"run_count\":5,"));
    EXPECT_THAT(store.check().items, IsEmpty()) << "what will be cleaned up is no problem";

    // Every id is free; what is made anew is not taken for what is left over.
    ASSERT_EQ(store.commit(whole_session("s", 4)).status, ASMGR_OK);
    const auto order = cleaner == std::string("compact") ? R"({"compact":{}})" : remove_order("none", 1);
    EXPECT_EQ(store.retain(order).status, ASMGR_OK);
    EXPECT_EQ(ask("SELECT count(*) FROM removed"), "0");
    EXPECT_EQ(ask("SELECT count(*) FROM events"), "13");
    EXPECT_EQ(ask("SELECT count(*) FROM runs"), "10");
    EXPECT_EQ(ask("SELECT count(*) FROM records"), "10");
    EXPECT_EQ(problem_with_chain(store.events_of("s").items, "s"), "");
    EXPECT_EQ(store.list_records({.session_id = "s"}).items.size(), 5u);
    EXPECT_THAT(store.check().items, IsEmpty());
    EXPECT_EQ(number(store.retain(remove_order("s", 1)), "rows_removed"), 15u);
  }
}

// Rows that another cleaner is at are left to it, and so is the end of the work.
TEST_F(PostgresMaintenance, TwoCleanersDoNotWaitForEachOther) {
  const StoreClient store("postgres", config(R"(,"busy_timeout":100)"));
  ASSERT_EQ(store.commit(whole_session("s", 20)).status, ASMGR_OK);
  Sql other;
  other.ask("BEGIN; SELECT 1 FROM " + schema_ + ".events WHERE seq = 7 FOR UPDATE");
  EXPECT_EQ(number(store.retain(remove_order("s", 1)), "rows_removed"), 30u) << "all but the one event";
  EXPECT_EQ(ask("SELECT count(*) FROM removed"), "1");
  other.ask("ROLLBACK");
  EXPECT_EQ(store.retain(R"({"compact":{}})").status, ASMGR_OK);
  EXPECT_EQ(ask("SELECT (SELECT count(*) FROM removed) + (SELECT count(*) FROM events)"), "0");
}

TEST_F(PostgresMaintenance, CompactingGivesTheSpaceBackToTheSystem) {
  const StoreClient store("postgres", config());
  Unit unit = whole_session("s", 2000);
  for (Event& event : unit.events) event.data = R"({"text":")" + std::string(1000, 'x') + "\"}";
  ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
  const std::uint64_t before = number(store.measure(), "bytes");
  ASSERT_EQ(number(store.retain(remove_order("s", 1)), "rows_removed"), 2011u);
  const std::uint64_t freed = number(store.retain(R"({"compact":{}})"), "bytes_freed");
  EXPECT_GT(freed, 1'000'000u);
  EXPECT_LT(number(store.measure(), "bytes"), before - 1'000'000);
}

// The connection of the order breaks anywhere, also when its COMMIT is on its way: every event is pruned, and counted,
// once.
TEST_F(PostgresMaintenance, AnOrderGoesOnOverANewConnection) {
  for (const char* pooler : {"none", "transaction"}) {
    test::Proxy proxy(test::one_server().port());
    const StoreClient store("postgres",
                            config_of_schema(schema_, proxy.port(),
                                             R"(,"reconnect_timeout":20000,"pooler":")" + std::string(pooler) + "\""));
    ASSERT_EQ(store.commit(whole_session("s", 300)).status, ASMGR_OK);
    std::uint64_t pruned = 0;
    for (std::uint64_t first = 1; first <= 300; first += 20) {
      proxy.cut_after(300 + (first * 61) % 5000);
      pruned += number(store.retain(prune_order("s", {{first, first + 19}}, 3)), "events_pruned");
    }
    EXPECT_GT(proxy.cuts(), 5);
    EXPECT_EQ(pruned, 300u);
    proxy.cut_after(20'000);
    EXPECT_EQ(number(store.retain(remove_order("s", 1, 10)), "rows_removed"), 311u);
    proxy.cut_after(0);
    EXPECT_THAT(store.check().items, IsEmpty());
  }
}

struct TableDamage {
  const char* name;
  const char* sql;
  const char* kind;
  const char* says;
};
std::ostream& operator<<(std::ostream& out, const TableDamage& damage) {
  return out << damage.sql;
}

class PostgresDamage : public PostgresMaintenance, public ::testing::WithParamInterface<TableDamage> {};
INSTANTIATE_TEST_SUITE_P(
    Tables, PostgresDamage,
    ::testing::Values(
        TableDamage{"SessionRow", "UPDATE sessions SET doc = '{}'", "checksum", "session 's' "},
        TableDamage{"RunRow", "UPDATE runs SET status = 3 WHERE id = 's-r1'", "checksum", "run 's-r1'"},
        TableDamage{"RecordRow", "UPDATE records SET value = 6 WHERE id = 's-q1'", "checksum", "queue record 's-q1'"},
        TableDamage{"ChangeRow", "UPDATE changes SET kinds = kinds || 1::bigint", "damaged", "row of changes 1 "},
        TableDamage{"LastChange", "UPDATE state SET last_change = 7", "damaged", "row of changes 1 "},
        TableDamage{"EventGone", "DELETE FROM events WHERE seq = 2", "gap", "event 3 where 2 should come"},
        TableDamage{"LastEventGone", "DELETE FROM events WHERE seq = 9", "head", "at event 9, its events end at 8"},
        TableDamage{"HeadGone", "DELETE FROM heads", "head", "has no head"},
        TableDamage{"LastHash", "UPDATE events SET hash = sha256('x') WHERE seq = 9", "head",
                    "not the hash of its last"},
        TableDamage{"NoHash", "UPDATE events SET hash = '' WHERE seq = 3", "damaged", "has no hash"},
        TableDamage{"LongerText", "UPDATE events SET data = data || ' ' WHERE seq = 3", "head", "bytes of text"},
        TableDamage{"PrunedWithText", "UPDATE events SET flags = 1 WHERE seq = 3", "damaged",
                    "pruned and has its text"},
        TableDamage{"Flags", "UPDATE events SET flags = 8 WHERE seq = 3", "damaged", "flags that nobody knows"},
        TableDamage{"Type", "UPDATE events SET type = 14 WHERE seq = 3", "damaged", "different numbers"},
        TableDamage{"RunOfNobody", "UPDATE runs SET session = 999 WHERE id = 's-r1'", "orphan", "Run 's-r1'"},
        TableDamage{"EventOfNobody", "UPDATE events SET session = 999 WHERE seq = 9", "orphan", "1 events belong"},
        TableDamage{"HeadOfNobody", "UPDATE heads SET key = 999", "orphan", "head of 's'"},
        TableDamage{"TagOfNobody", "INSERT INTO session_tags VALUES (999, 'x')", "orphan", "1 tags belong"},
        TableDamage{"TagGone", "DELETE FROM session_tags", "damaged", "tags of session 's'"},
        TableDamage{"Tokens", "UPDATE runs SET input_tokens = 8 WHERE id = 's-r1'", "damaged", "run 's-r1'"},
        TableDamage{"TableGone", "DROP TABLE changes", "damaged", "cannot be read to their end"}),
    [](const ::testing::TestParamInfo<TableDamage>& damage) { return std::string(damage.param.name); });

TEST_P(PostgresDamage, IsToldByKindAndPlace) {
  const StoreClient store("postgres", config());
  ASSERT_EQ(store.commit(whole_session("s", 9)).status, ASMGR_OK);
  ASSERT_THAT(store.check().items, IsEmpty());
  ask(GetParam().sql);
  const auto found = store.check();
  EXPECT_EQ(found.status, ASMGR_OK) << found.message;
  EXPECT_THAT(found.items, Contains(::testing::AllOf(HasSubstr("\"kind\":\"" + std::string(GetParam().kind) + "\""),
                                                     HasSubstr(GetParam().says))));
}

}  // namespace
}  // namespace asmgr::contract
