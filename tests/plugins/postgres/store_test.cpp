// What only a server shared by hosts can show: locks, deaths by its clock, schemas, notifications, damage.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <thread>

#include "tests/plugins/contract/store_client.hpp"
#include "tests/plugins/postgres/one_server.hpp"
#include "tests/plugins/postgres/sql_client.hpp"

namespace asmgr::contract {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;
using ::testing::HasSubstr;

class PostgresStore : public ::testing::Test {
 protected:
  std::string config(const std::string& more = "") const {
    return R"({"dsn":")" + test::one_server().dsn() + R"(","schema":")" + schema_ + "\"" + more + "}";
  }
  std::string table(const std::string& name) const { return schema_ + "." + name; }
  static Unit take(const std::string& owner, std::uint64_t epoch, std::uint64_t last_seq) {
    Unit unit = append_events("s", owner, epoch, last_seq, 1);
    unit.flags = ASMGR_UNIT_TAKE;
    return unit;
  }
  template <typename Condition>
  static bool eventually(Condition condition) {
    const auto limit = steady_clock::now() + std::chrono::seconds(10);
    while (!condition()) {
      if (steady_clock::now() > limit) return false;
      std::this_thread::sleep_for(milliseconds(2));
    }
    return true;
  }
  // How late a waiter of `waiting` is for commits of `writing`, at the median.
  static milliseconds lateness(const StoreClient& writing, const StoreClient& waiting) {
    EXPECT_EQ(writing.commit(create_session("s", "host", 1)).status, ASMGR_OK);
    std::vector<steady_clock::duration> all;
    for (std::uint64_t last = 1; last <= 15; ++last) {
      const std::uint64_t cursor = waiting.latest_change();
      auto woken = std::async(std::launch::async, [&] {
        waiting.wait_change(cursor, 10'000);
        return steady_clock::now();
      });
      std::this_thread::sleep_for(milliseconds(20));  // into its wait, most likely; right either way
      EXPECT_EQ(writing.commit(append_events("s", "host", 1, last, 1)).status, ASMGR_OK);
      const auto committed = steady_clock::now();
      all.push_back(woken.get() - committed);
      EXPECT_EQ(waiting.read_changes(cursor).items.size(), 1u);
    }
    std::sort(all.begin(), all.end());
    return std::chrono::duration_cast<milliseconds>(all[all.size() / 2]);
  }

  const std::string schema_ = schema_of_test();
};

TEST_F(PostgresStore, AWaiterWakesForACommitOfAnotherHost) {
  const StoreClient one("postgres", config());
  const StoreClient two("postgres", config());
  EXPECT_LT(lateness(one, two), milliseconds(50));
}

TEST_F(PostgresStore, BehindAPoolerAWaiterWakesWithItsPoll) {
  const StoreClient one("postgres", config(R"(,"pooler":"transaction")"));
  const StoreClient two("postgres", config(R"(,"pooler":"transaction")"));
  EXPECT_LT(lateness(one, two), milliseconds(500));
}

TEST_F(PostgresStore, ManyCommitsAreToldOfByFewNotifications) {
  const StoreClient store("postgres", config());
  ASSERT_EQ(store.commit(create_session("s", "host", 0)).status, ASMGR_OK);
  const std::unique_ptr<PGconn, decltype(&PQfinish)> listener(PQconnectdb(test::one_server().dsn().c_str()), &PQfinish);
  PQclear(PQexec(listener.get(), ("LISTEN asmgr_" + schema_).c_str()));
  const auto start = steady_clock::now();
  for (std::uint64_t last = 0; last < 300; ++last)
    ASSERT_EQ(store.commit(append_events("s", "host", 1, last, 1)).status, ASMGR_OK);
  const auto took = std::chrono::duration_cast<milliseconds>(steady_clock::now() - start);
  int told = 0;
  std::string last_told;
  ASSERT_TRUE(eventually([&] {
    PQconsumeInput(listener.get());
    while (PGnotify* notification = PQnotifies(listener.get())) {
      ++told;
      last_told = notification->extra;
      PQfreemem(notification);
    }
    return last_told == std::to_string(store.latest_change());
  }));
  EXPECT_LE(told, took / milliseconds(10) + 2) << "one in 10 ms at most";
}

TEST_F(PostgresStore, AHostIsDeadByTheServersClock) {
  const StoreClient one("postgres", config());
  const StoreClient two("postgres", config());
  ASSERT_EQ(one.commit(create_session("s", "theirs", 1)).status, ASMGR_OK);
  std::int64_t expires = 0;
  ASSERT_EQ(one.renew_host("theirs", 2000, &expires).status, ASMGR_OK);
  Sql sql;
  const std::int64_t now = std::stoll(sql.ask("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint"));
  EXPECT_NEAR(static_cast<double>(expires), static_cast<double>(now) + 2'000'000, 1'900'000);
  EXPECT_TRUE(two.head("s").owner_alive);
  EXPECT_EQ(two.commit(take("ours", 1, 1)).status, ASMGR_E_STALE_EPOCH);
  ASSERT_TRUE(eventually([&] { return !two.head("s").owner_alive; }));
  EXPECT_EQ(two.commit(take("ours", 1, 1)).status, ASMGR_OK);
  EXPECT_EQ(one.commit(append_events("s", "theirs", 1, 1, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(one.commit(append_events("s", "theirs", 1, 2, 1)).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(two.events_of("s").items.size(), 2u);
}

TEST_F(PostgresStore, LockedRowsAnswerBusyWithinTheBoundsAndNothingIsWritten) {
  const StoreClient store("postgres", config(R"(,"busy_timeout":200)"));
  ASSERT_EQ(store.commit(create_session("s", "host", 1)).status, ASMGR_OK);
  ASSERT_EQ(store.commit(create_session("t", "host", 1)).status, ASMGR_OK);
  Sql other;
  other.ask("BEGIN");
  other.ask("SELECT 1 FROM " + table("heads") + " WHERE id = 's' FOR UPDATE");
  const auto timed = [&](std::uint64_t wait_us) {
    const auto start = steady_clock::now();
    EXPECT_EQ(store.commit(append_events("s", "host", 1, 1, 1), wait_us).status, ASMGR_E_BUSY);
    return steady_clock::now() - start;
  };
  EXPECT_LT(timed(0), milliseconds(150));
  EXPECT_GE(timed(50'000), milliseconds(49));
  EXPECT_GE(timed(UINT64_MAX), milliseconds(199)) << "the store's own limit";
  EXPECT_EQ(store.head("s").last_seq, 1u) << "reading needs no lock";
  EXPECT_EQ(store.commit(append_events("t", "host", 1, 1, 1)).status, ASMGR_OK) << "another session is not locked";
  other.ask("ROLLBACK");
  EXPECT_EQ(store.commit(append_events("s", "host", 1, 1, 1), 0).status, ASMGR_OK);
}

TEST_F(PostgresStore, HostsThatStartAtOnceMakeTheSchemaOnce) {
  std::vector<std::future<void>> starts;
  for (int i = 0; i < 8; ++i)
    starts.push_back(std::async(std::launch::async, [&] { const StoreClient store("postgres", config()); }));
  for (auto& start : starts) EXPECT_NO_THROW(start.get());
  EXPECT_EQ(Sql().ask("SELECT count(*) = max(version) FROM " + table("schema_version")), "t");
}

// As the first version had it: nothing was taken out of docs.
TEST_F(PostgresStore, AnOlderSchemaIsBroughtUpAndWhatItHoldsIsCounted) {
  {
    const StoreClient store("postgres", config());
    for (int i = 0; i < 1200; ++i) {  // more than are read at once
      Unit unit = create_session("s" + std::to_string(i), "host", 0);
      unit.session->doc = i % 2 == 0 ? R"({"tags":["red"]})" : "{}";
      unit.runs.push_back({.id = "r" + std::to_string(i),
                           .provider = "p",
                           .doc = R"({"token_usage":{"input_tokens":3},"cost_usd":0.5})",
                           .started_us = 5});
      ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
    }
  }
  Sql sql;
  sql.ask("DROP TABLE " + table("session_tags"));
  for (const char* column : {"input_tokens", "cache_read_tokens", "cache_write_tokens", "output_tokens",
                             "reasoning_tokens", "total_tokens", "cost_micro_usd", "model"})
    sql.ask("ALTER TABLE " + table("runs") + " DROP COLUMN " + column);
  for (const char* index : {"sessions_by_update", "sessions_by_creation", "runs_by_start", "runs_by_provider"})
    sql.ask("DROP INDEX " + table(index));
  sql.ask("DROP TABLE " + table("removed"));
  sql.ask("ALTER TABLE " + table("heads") + " DROP COLUMN text_events, DROP COLUMN text_bytes");
  sql.ask("ALTER TABLE " + table("records") + " DROP COLUMN key");
  sql.ask("DROP SEQUENCE " + table("record_keys"));
  sql.ask("DELETE FROM " + table("schema_version") + " WHERE version > 1");
  const StoreClient store("postgres", config());
  EXPECT_EQ(store.summarize("sessions", R"({"tags":["red"]})").items.at(0), R"({"count":600})");
  const std::string usage = store.summarize("usage", "{}").items.at(0);
  EXPECT_THAT(usage, HasSubstr(R"("run_count":1200,"input_tokens":3600,)"));
  EXPECT_THAT(usage, HasSubstr(R"("cost_micro_usd":600000000,)"));
  EXPECT_EQ(store.get_session("", "s7").status, ASMGR_OK) << "the checksums hold";
}

// Docs hold any text; what is taken out of them must never be why a commit fails.
TEST_F(PostgresStore, TagsThatNoIndexTakesAreKeptAndFound) {
  const StoreClient store("postgres", config());
  const std::string tag = std::string(20'000, 'x');
  Unit unit = create_session("s", "host", 0);
  unit.session->doc = R"({"tags":[")" + tag + R"(","a\u0000b"]})";
  unit.runs.push_back({.id = "r", .doc = R"({"provider_metadata":{"model":"m\u0000"}})", .started_us = 1});
  const UnitResult result = store.commit(unit);
  ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(store.search_sessions(R"({"tags":[")" + tag + R"("]})").items.size(), 1u);
  EXPECT_EQ(store.search_sessions(R"({"tags":["a\u0000b"]})").items.size(), 1u);
  EXPECT_EQ(store.summarize("usage", R"({"by":["model"]})").status, ASMGR_OK);
}

TEST_F(PostgresStore, ANewerSchemaIsRefused) {
  { const StoreClient store("postgres", config()); }
  Sql().ask("INSERT INTO " + table("schema_version") + " VALUES (999, 0)");
  try {
    const StoreClient store("postgres", config());
    FAIL() << "it was opened";
  } catch (const StoreClient::CreateError& error) {
    EXPECT_EQ(error.status, ASMGR_E_MIGRATION_REQUIRED);
    EXPECT_THAT(error.message, HasSubstr("version 999"));
    EXPECT_THAT(error.details, HasSubstr("\"found_version\":999"));
  }
}

TEST_F(PostgresStore, WhereItMayNotMigrateASchemaThatIsNotThisVersionsIsRefusedAndLeftAsItIs) {
  const auto refused = [&] {
    try {
      const StoreClient store("postgres", config(R"(,"migrate":false)"));
    } catch (const StoreClient::CreateError& error) {
      EXPECT_EQ(error.status, ASMGR_E_MIGRATION_REQUIRED) << error.message;
      EXPECT_THAT(error.message, HasSubstr("asmgr store migrate"));
      return error.details;
    }
    return std::string("it was opened");
  };
  Sql sql;
  EXPECT_THAT(refused(), HasSubstr(R"({"from":0,"to":)"));
  EXPECT_EQ(sql.ask("SELECT count(*) FROM pg_namespace WHERE nspname = '" + schema_ + "'"), "0");
  { const StoreClient store("postgres", config()); }
  EXPECT_EQ(refused(), "it was opened");
  sql.ask("DELETE FROM " + table("schema_version") + " WHERE version > 2");
  EXPECT_THAT(refused(), HasSubstr(R"({"from":2,"to":)"));
  EXPECT_EQ(sql.ask("SELECT max(version) FROM " + table("schema_version")), "2");
}

TEST_F(PostgresStore, ASchemaOfSomethingElseIsLeftAlone) {
  Sql sql;
  sql.ask("CREATE SCHEMA " + schema_);
  sql.ask("CREATE TABLE " + table("theirs") + " (x int)");
  try {
    const StoreClient store("postgres", config());
    FAIL() << "it was opened";
  } catch (const StoreClient::CreateError& error) {
    EXPECT_EQ(error.status, ASMGR_E_STORAGE_CONNECTION);
    EXPECT_THAT(error.message, HasSubstr("give another `schema`"));
  }
}

TEST_F(PostgresStore, ADamagedRowIsNamed) {
  const StoreClient store("postgres", config());
  Unit unit = create_session("s", "host", 0);
  unit.runs.push_back({.id = "r"});
  unit.records.push_back({.kind = "counter", .id = "c", .value = 4});
  ASSERT_EQ(store.commit(unit).status, ASMGR_OK);
  Sql sql;
  sql.ask("UPDATE " + table("sessions") + " SET agent_id = 'another'");
  sql.ask("UPDATE " + table("runs") + " SET doc = '{}x'");
  sql.ask("UPDATE " + table("records") + " SET value = 5");
  EXPECT_EQ(store.get_session("", "s").status, ASMGR_E_STORAGE_READ);
  EXPECT_THAT(store.get_session("", "s").message, HasSubstr("session 's' is damaged"));
  EXPECT_THAT(store.get_run("", "r").message, HasSubstr("run 'r' is damaged"));
  EXPECT_THAT(store.get_record("", "counter", "c").message, HasSubstr("counter record 'c' is damaged"));
}

TEST_F(PostgresStore, AnIdThatTheServerCannotKeepIsRefusedAloneAndTheOthersAreWritten) {
  const StoreClient store("postgres", config());
  const std::string bad = "bad\xff";
  const CommitAnswer answer =
      store.commit({with_record({.id = "a"}), with_record({.id = bad}), with_record({.id = "b"})});
  ASSERT_EQ(answer.status, ASMGR_OK) << answer.message;
  EXPECT_EQ(answer.units[0].status, ASMGR_OK);
  EXPECT_EQ(answer.units[1].status, ASMGR_E_INVALID_INPUT) << answer.units[1].message;
  EXPECT_EQ(answer.units[2].status, ASMGR_OK);
  EXPECT_EQ(store.get_record("", "queue", "b").status, ASMGR_OK);
}

TEST_F(PostgresStore, WrongPlacesAreSaidInASentence) {
  const auto refused = [&](const std::string& dsn) {
    try {
      const StoreClient store("postgres", R"({"dsn":")" + dsn + R"(","reconnect_timeout":0})");
    } catch (const StoreClient::CreateError& error) {
      EXPECT_EQ(error.status, ASMGR_E_STORAGE_CONNECTION) << error.message;
      return error.message;
    }
    return std::string("it was opened");
  };
  EXPECT_THAT(refused("host=127.0.0.1 port=1 dbname=postgres"), HasSubstr("check the dsn and that the server runs"));
  EXPECT_THAT(refused(test::one_server().dsn() + " dbname=nowhere"), HasSubstr("\"nowhere\" does not exist"));
  EXPECT_THAT(refused("host=127.0.0.1 prot=5432"), HasSubstr("prot"));
  EXPECT_THAT(refused("postgresql://asmgr:hunter2@127.0.0.1:1/postgres"), ::testing::Not(HasSubstr("hunter2")));
}

// Two hosts, each many threads, on the same few sessions and records, in groups: nobody waits for ever, nothing is done
// twice or half.
TEST_F(PostgresStore, HostsThatWriteTheSameRowsTakeTurns) {
  constexpr int kHosts = 3;
  constexpr int kCalls = 60;
  std::vector<std::unique_ptr<StoreClient>> stores;
  for (int i = 0; i < kHosts; ++i) stores.push_back(std::make_unique<StoreClient>("postgres", config()));
  std::atomic<int> added{0};
  std::vector<std::thread> hosts;
  for (int i = 0; i < kHosts; ++i) {
    hosts.emplace_back([&, i] {
      for (int call = 0; call < kCalls; ++call) {
        std::vector<Unit> units;
        for (int unit = 0; unit < 6; ++unit) {
          // In another order each time, and some that only one of them can make.
          const std::string id = std::to_string((call * 7 + unit * (i + 1)) % 11);
          units.push_back(
              with_record({.kind = "counter", .id = id, .flags = ASMGR_RECORD_ADD, .add = 1, .ceiling = INT64_MAX}));
          units.push_back(create_session("s" + std::to_string(call) + "_" + id, "host" + std::to_string(i), 1));
        }
        const CommitAnswer answer = stores[static_cast<std::size_t>(i)]->commit(units);
        ASSERT_EQ(answer.status, ASMGR_OK) << answer.message;
        for (std::size_t n = 0; n < units.size(); ++n) {
          if (units[n].session_id.empty()) {
            ASSERT_EQ(answer.units[n].status, ASMGR_OK) << answer.units[n].message;
            ++added;
          }
        }
      }
    });
  }
  for (std::thread& host : hosts) host.join();
  std::int64_t sum = 0;
  RecordQuery query;
  query.kind = "counter";
  for (const Record& record : stores[0]->list_records(query).items) sum += record.value;
  EXPECT_EQ(sum, added);
  EXPECT_EQ(added, kHosts * kCalls * 6);
  SessionQuery sessions;
  sessions.limit = 100'000;
  for (const Session& session : stores[0]->list_sessions(sessions).items)
    ASSERT_EQ(stores[0]->head(session.id).last_seq, 1u) << session.id;
}

}  // namespace
}  // namespace asmgr::contract
