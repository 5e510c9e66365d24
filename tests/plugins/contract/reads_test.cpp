// Reading: pages, filters, tenants, deletion.
#include "tests/plugins/contract/store_test.hpp"

namespace asmgr::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Reads : public StoreTest {
 protected:
  void given_session_of(const std::string& id, const std::string& tenant) {
    Unit unit = create_session(id, "host");
    unit.session->tenant = tenant;
    ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  }
  void given_run(const std::string& id, const std::string& session_id, std::uint32_t status = ASMGR_RUN_PENDING) {
    Unit unit;
    unit.session_id = session_id;
    unit.runs.push_back(RunRow{.id = id, .session_id = session_id, .status = status});
    ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, Reads, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Reads, AnUnknownSessionHasNoEventsAndNoRow) {
  EXPECT_EQ(store_.events_of("s").status, ASMGR_OK);
  EXPECT_THAT(store_.events_of("s").items, IsEmpty());
  EXPECT_EQ(store_.get_session("", "s").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(store_.get_run("", "r").status, ASMGR_E_RUN_NOT_FOUND);
  EXPECT_EQ(store_.get_record("", "queue", "q").status, ASMGR_E_NOT_FOUND);
  EXPECT_THAT(store_.get_session("", "s").message, ::testing::HasSubstr("'s'"));
}

TEST_P(Reads, SessionsComeBackAsTheyWereWritten) {
  Unit unit = create_session("s", "host");
  *unit.session =
      Session{"s", "agent", "parent", "tenant", "chain", "{\"tags\": [\"x\"] }", ASMGR_SESSION_ACTIVE, 5, 0, 1, -2, 3};
  ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_THAT(store_.get_session("tenant", "s").items, ElementsAre(*unit.session));
}

TEST_P(Reads, RunsComeBackAsTheyWereWritten) {
  given_session("s");
  Unit unit;
  unit.session_id = "s";
  unit.runs.push_back(RunRow{"r", "s", "claude", "{\"input\": null}", ASMGR_RUN_COMPLETED, 5, 0, 1, 2, 3});
  ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  EXPECT_THAT(store_.get_run("", "r").items, ElementsAre(unit.runs[0]));
}

TEST_P(Reads, EventsArePagedUpAndDown) {
  given_session("s", 10);
  const std::string s = "s";
  EXPECT_THAT(numbers({.session_id = s, .limit = 3}), ElementsAre(1, 2, 3));
  EXPECT_THAT(numbers({.session_id = s, .after = 3, .limit = 3}), ElementsAre(4, 5, 6));
  EXPECT_THAT(numbers({.session_id = s, .after = 8}), ElementsAre(9, 10));
  EXPECT_THAT(numbers({.session_id = s, .after = 10}), IsEmpty());
  EXPECT_THAT(numbers({.session_id = s, .after = UINT64_MAX}), IsEmpty());
  EXPECT_THAT(numbers({.session_id = s, .before = 3}), ElementsAre(1, 2));
  EXPECT_THAT(numbers({.session_id = s, .before = UINT64_MAX, .limit = 1}), ElementsAre(1));
  EXPECT_THAT(numbers({.session_id = s, .after = 4, .before = 7}), ElementsAre(5, 6));
  EXPECT_THAT(numbers({.session_id = s, .after = 7, .before = 4}), IsEmpty());
  EXPECT_THAT(numbers({.session_id = s, .limit = 3, .order = ASMGR_ORDER_DESC}), ElementsAre(10, 9, 8));
  EXPECT_THAT(numbers({.session_id = s, .before = 8, .limit = 3, .order = ASMGR_ORDER_DESC}), ElementsAre(7, 6, 5));
  EXPECT_THAT(numbers({.session_id = s, .after = 9, .order = ASMGR_ORDER_DESC}), ElementsAre(10));
}

TEST_P(Reads, EventsAreAtMostAThousandUnlessMoreIsAsked) {
  given_session("s", 1500);
  EXPECT_EQ(numbers({.session_id = "s"}).size(), 1000u);
  EXPECT_EQ(numbers({.session_id = "s", .limit = 1400}).size(), 1400u);
  EXPECT_EQ(numbers({.session_id = "s", .order = ASMGR_ORDER_DESC}).back(), 501u);
}

TEST_P(Reads, FiltersOfEventsAreAndedAndTheLimitComesLast) {
  given_session("s", 0);
  Unit unit = append_events("s", "host", 1, 0, 12);
  for (std::size_t i = 0; i < unit.events.size(); ++i) {
    Event& event = unit.events[i];
    event.type_name = i % 3 == 0 ? "a" : i % 3 == 1 ? "b" : "c";
    event.run_id = i % 2 == 0 ? usual_id("run", 1) : "other run";
    event.time_us = static_cast<std::int64_t>(100 + i);
  }
  ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  const std::string s = "s";
  const std::string run = usual_id("run", 1);
  EXPECT_THAT(numbers({.session_id = s, .run_id = run}), ElementsAre(1, 3, 5, 7, 9, 11));
  EXPECT_THAT(numbers({.session_id = s, .run_id = "other run", .limit = 2}), ElementsAre(2, 4));
  EXPECT_THAT(numbers({.session_id = s, .run_id = "no run"}), IsEmpty());
  EXPECT_THAT(numbers({.session_id = s, .types = {"a"}}), ElementsAre(1, 4, 7, 10));
  EXPECT_THAT(numbers({.session_id = s, .types = {"c", "a", "unheard of"}}), ElementsAre(1, 3, 4, 6, 7, 9, 10, 12));
  EXPECT_THAT(numbers({.session_id = s, .types = {"unheard of"}}), IsEmpty());
  EXPECT_THAT(numbers({.session_id = s, .since_us = 110}), ElementsAre(11, 12)) << "at or after";
  EXPECT_THAT(numbers({.session_id = s, .run_id = run, .types = {"a", "b"}, .since_us = 104, .after = 2, .limit = 2}),
              ElementsAre(5, 7));
  EXPECT_THAT(numbers({.session_id = s, .types = {"a"}, .limit = 2, .order = ASMGR_ORDER_DESC}), ElementsAre(10, 7));
}

TEST_P(Reads, AnotherTenantsSessionDoesNotExist) {
  given_session_of("s", "t");
  given_run("r", "s");
  EXPECT_EQ(store_.get_session("t", "s").status, ASMGR_OK);
  EXPECT_EQ(store_.get_session("", "s").status, ASMGR_OK);
  EXPECT_EQ(store_.get_session("u", "s").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(store_.get_session("u", "s").message, store_.get_session("u", "s").message);
  EXPECT_EQ(store_.get_run("u", "r").status, ASMGR_E_RUN_NOT_FOUND);
  EXPECT_EQ(store_.get_run("t", "r").status, ASMGR_OK);
  EXPECT_THAT(numbers({.tenant = "u", .session_id = "s"}), IsEmpty());
  EXPECT_THAT(numbers({.tenant = "t", .session_id = "s"}), ElementsAre(1));
  EXPECT_THAT(ids(store_.list_runs({.tenant = "u", .session_id = "s"})), IsEmpty());
  EXPECT_THAT(ids(store_.list_runs({.tenant = "u"})), IsEmpty());
  EXPECT_THAT(ids(store_.list_sessions({.tenant = "u"})), IsEmpty());
  EXPECT_EQ(store_.delete_session("u", "s", 99).status, ASMGR_OK);
  EXPECT_EQ(store_.get_session("t", "s").status, ASMGR_OK) << "nothing was deleted";
}

TEST_P(Reads, SessionsAreListedInOrderOfIdByTheirFields) {
  for (const char* id : {"e", "a", "d", "b", "c"}) {
    Unit unit = create_session(id, "host");
    const bool vowel = std::string("ae").find(id) != std::string::npos;
    unit.session->status = vowel ? ASMGR_SESSION_ACTIVE : ASMGR_SESSION_COMPLETED;
    unit.session->agent_id = vowel ? "x" : "y";
    unit.session->tenant = *id < 'c' ? "t" : "";
    unit.session->deleted_us = *id == 'd' ? 5 : 0;
    ASSERT_EQ(store_.commit(unit).status, ASMGR_OK);
  }
  EXPECT_THAT(ids(store_.list_sessions({})), ElementsAre("a", "b", "c", "e"));
  EXPECT_THAT(ids(store_.list_sessions({.include_deleted = true})), ElementsAre("a", "b", "c", "d", "e"));
  EXPECT_THAT(ids(store_.list_sessions({.limit = 2})), ElementsAre("a", "b"));
  EXPECT_THAT(ids(store_.list_sessions({.after_id = "b", .limit = 2})), ElementsAre("c", "e"));
  EXPECT_THAT(ids(store_.list_sessions({.status_mask = 1u << ASMGR_SESSION_ACTIVE})), ElementsAre("a", "e"));
  EXPECT_THAT(ids(store_.list_sessions({.status_mask = 1u << ASMGR_SESSION_COMPLETED})), ElementsAre("b", "c"));
  EXPECT_THAT(ids(store_.list_sessions({.status_mask = 1u << ASMGR_SESSION_COMPLETED | 1u << ASMGR_SESSION_ACTIVE})),
              ElementsAre("a", "b", "c", "e"));
  EXPECT_THAT(ids(store_.list_sessions({.agent_id = "y"})), ElementsAre("b", "c"));
  EXPECT_THAT(ids(store_.list_sessions({.tenant = "t"})), ElementsAre("a", "b"));
  EXPECT_THAT(ids(store_.list_sessions({.tenant = "t", .agent_id = "x"})), ElementsAre("a"));
}

TEST_P(Reads, RunsAreListedInOrderOfIdBySessionAndStatus) {
  given_session("s");
  given_session("t");
  given_run("c", "s", ASMGR_RUN_RUNNING);
  given_run("a", "t", ASMGR_RUN_RUNNING);
  given_run("b", "s", ASMGR_RUN_COMPLETED);
  EXPECT_THAT(ids(store_.list_runs({})), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids(store_.list_runs({.session_id = "s"})), ElementsAre("b", "c"));
  EXPECT_THAT(ids(store_.list_runs({.session_id = "s", .after_id = "b"})), ElementsAre("c"));
  EXPECT_THAT(ids(store_.list_runs({.status_mask = 1u << ASMGR_RUN_RUNNING})), ElementsAre("a", "c"));
  EXPECT_THAT(ids(store_.list_runs({.status_mask = 1u << ASMGR_RUN_RUNNING, .limit = 1})), ElementsAre("a"));
  EXPECT_THAT(ids(store_.list_runs({.session_id = "s", .status_mask = 1u << ASMGR_RUN_RUNNING})), ElementsAre("c"));
  EXPECT_THAT(ids(store_.list_runs({.session_id = "nobody"})), IsEmpty());
}

TEST_P(Reads, ADeletedSessionTakesEverythingOfItsOwnAlong) {
  given_session("s", 3);
  given_session("t", 3);
  given_run("r", "s");
  given_run("q", "t");
  ASSERT_EQ(store_.commit(with_record({.id = "of s", .session_id = "s"})).status, ASMGR_OK);
  ASSERT_EQ(store_.commit(with_record({.id = "of t", .session_id = "t"})).status, ASMGR_OK);
  EXPECT_EQ(store_.delete_session("", "s", 0).status, ASMGR_E_STALE_EPOCH);
  EXPECT_EQ(store_.events_of("s").items.size(), 3u);
  EXPECT_EQ(store_.delete_session("", "s", 1).status, ASMGR_OK);
  EXPECT_EQ(store_.delete_session("", "s", 1).status, ASMGR_OK) << "a missing session is fine";
  EXPECT_EQ(store_.get_session("", "s").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(store_.head("s").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_THAT(store_.events_of("s").items, IsEmpty());
  EXPECT_EQ(store_.get_run("", "r").status, ASMGR_E_RUN_NOT_FOUND);
  EXPECT_THAT(ids(store_.list_records({})), ElementsAre("of t"));
  EXPECT_EQ(store_.events_of("t").items.size(), 3u);
  EXPECT_EQ(store_.get_run("", "q").status, ASMGR_OK);
}

TEST_P(Reads, ADeletedSessionCanBeMadeAnewAndStartsAtOne) {
  given_session("s", 3);
  ASSERT_EQ(store_.delete_session("", "s", 1).status, ASMGR_OK);
  const UnitResult result = store_.commit(create_session("s", "host", 1));
  EXPECT_EQ(result.status, ASMGR_OK) << result.message;
  EXPECT_EQ(result.epoch, 1u);
  EXPECT_EQ(store_.events_of("s").items.size(), 1u);
}

TEST_P(Reads, ASinkThatHasEnoughEndsTheRead) {
  given_session("s", 500);
  struct Stopper {
    std::uint32_t seen = 0;
  } stopper;
  asmgr_sink sink{};
  sink.size = sizeof(sink);
  sink.ctx = &stopper;
  sink.push = [](void* self, const asmgr_array* items) noexcept -> int32_t {
    static_cast<Stopper*>(self)->seen += items->count;
    return 1;
  };
  asmgr_event_query query{};
  query.size = sizeof(query);
  query.session_id = {"s", 1};
  query.since_us = INT64_MIN;
  EXPECT_EQ(store_.table().get_events(store_.instance(), &query, &sink, nullptr), ASMGR_OK);
  EXPECT_GE(stopper.seen, 1u);
  EXPECT_LE(stopper.seen, 64u);
}

TEST_P(Reads, DescribesItself) {
  const std::string text = store_.describe();
  for (const char* key : {"durable", "multi_process", "fast_commit", "readers", "limits"})
    EXPECT_THAT(text, ::testing::HasSubstr(std::string("\"") + key + "\"")) << text;
  // Whoever waits for a network is not fast.
  EXPECT_EQ(text.find("\"fast_commit\":true") != std::string::npos, plugin_for(GetParam()) != "postgres");
  EXPECT_EQ(text.find("\"durable\":true") != std::string::npos, GetParam() != "memory");
}

}  // namespace
}  // namespace asmgr::contract
