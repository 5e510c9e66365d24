// asmgr.store.query/1: what is found, what is summed, and what is refused.
#include "tests/plugins/contract/query_world.hpp"

namespace asmgr::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Queries : public QueryTest {};
INSTANTIATE_TEST_SUITE_P(Stores, Queries, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(Queries, SessionsAreFoundByWhatTheyAre) {
  given(Session{.id = "a",
                .agent_id = "x",
                .doc = tagged({"red", "big"}),
                .status = ASMGR_SESSION_ACTIVE,
                .created_us = 10,
                .updated_us = 50});
  given(Session{.id = "b",
                .agent_id = "y",
                .doc = tagged({"red"}),
                .status = ASMGR_SESSION_FAILED,
                .created_us = 20,
                .updated_us = 40});
  given(Session{.id = "c", .agent_id = "y", .tenant = "t", .created_us = 30, .updated_us = 40});
  given(RunRow{.id = "r", .session_id = "b", .provider = "claude"});

  EXPECT_THAT(ids(store_.search_sessions("{}")), ElementsAre("a", "c", "b"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"order_by":"created_at_asc"})")), ElementsAre("a", "b", "c"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"order_by":"created_at_desc"})")), ElementsAre("c", "b", "a"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"agent_id":"y"})")), ElementsAre("c", "b"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"not_agent_id":"y"})")), ElementsAre("a"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"status":["active","failed"]})")), ElementsAre("a", "b"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"provider":["claude","other"]})")), ElementsAre("b"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"created_after":20,"created_before":30})")), ElementsAre("c", "b"));
  EXPECT_THAT(ids(store_.search_sessions("{}", "", "t")), ElementsAre("c"));
  EXPECT_EQ(sum("sessions", R"({"agent_id":"y","limit":1})"), R"({"count":2})");
}

TEST_P(Queries, TagsMustAllBeThere) {
  given(Session{.id = "a", .doc = tagged({"red", "big"})});
  given(Session{.id = "b", .doc = tagged({"red"})});
  given(Session{.id = "c", .doc = R"({"tags":"red"})"});
  given(Session{.id = "d", .doc = "no json"});
  EXPECT_THAT(ids(store_.search_sessions(R"({"tags":["red"],"order_by":"created_at_asc"})")), ElementsAre("a", "b"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"tags":["big","red"]})")), ElementsAre("a"));
  EXPECT_THAT(ids(store_.search_sessions(R"({"tags":["re"]})")), IsEmpty());
}

TEST_P(Queries, TagsFollowTheSession) {
  given(Session{.id = "a", .doc = tagged({"red"})});
  change(Session{.id = "a", .doc = tagged({"blue"}), .version = 2});
  EXPECT_THAT(ids(store_.search_sessions(R"({"tags":["red"]})")), IsEmpty());
  EXPECT_THAT(ids(store_.search_sessions(R"({"tags":["blue"]})")), ElementsAre("a"));
  ASSERT_EQ(store_.delete_session("", "a", store_.head("a").epoch).status, ASMGR_OK);
  EXPECT_THAT(ids(store_.search_sessions(R"({"tags":["blue"]})")), IsEmpty());
}

TEST_P(Queries, DeletedSessionsAreFoundOnRequestAndHideTheirRunsAndEvents) {
  given(Session{.id = "a", .deleted_us = 5}, {make_event("a", 1)});
  given(RunRow{.id = "r", .session_id = "a", .started_us = 3});
  EXPECT_THAT(ids(store_.search_sessions("{}")), IsEmpty());
  EXPECT_THAT(ids(store_.search_sessions(R"({"include_deleted":true})")), ElementsAre("a"));
  EXPECT_THAT(ids(store_.search_runs("{}")), IsEmpty());
  EXPECT_THAT(ids(store_.search_events("{}")), IsEmpty());
  EXPECT_THAT(ids(store_.search_events(R"({"order_by":"timestamp_asc"})")), IsEmpty());
  EXPECT_EQ(store_.summarize("session", R"({"session_id":"a"})").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_THAT(sum("usage"), HasSubstr(R"("run_count":1)"));
}

TEST_P(Queries, RunsAreFoundByWhatTheyAre) {
  given(Session{.id = "s"});
  given(Session{.id = "other", .tenant = "t"});
  given(RunRow{.id = "a",
               .session_id = "s",
               .provider = "claude",
               .doc = R"({"token_usage":{"input_tokens":7}})",
               .status = ASMGR_RUN_COMPLETED,
               .started_us = 10});
  given(RunRow{.id = "b",
               .session_id = "s",
               .provider = "codex",
               .doc = R"({"token_usage":{"total_tokens":9}})",
               .status = ASMGR_RUN_FAILED,
               .started_us = 20});
  given(RunRow{.id = "c", .session_id = "other", .provider = "claude", .started_us = 30});
  given(RunRow{.id = "d", .session_id = "s"});

  EXPECT_THAT(ids(store_.search_runs("{}")), ElementsAre("c", "b", "a", "d"));
  EXPECT_THAT(ids(store_.search_runs(R"({"order_by":"started_at_asc"})")), ElementsAre("d", "a", "b", "c"));
  EXPECT_THAT(ids(store_.search_runs(R"({"order_by":"token_usage_desc"})")), ElementsAre("b", "a", "d", "c"));
  EXPECT_THAT(ids(store_.search_runs(R"({"status":["completed","failed"]})")), ElementsAre("b", "a"));
  EXPECT_THAT(ids(store_.search_runs(R"({"provider":["claude"]})")), ElementsAre("c", "a"));
  EXPECT_THAT(ids(store_.search_runs(R"({"session_id":"s"})")), ElementsAre("b", "a", "d"));
  EXPECT_THAT(ids(store_.search_runs(R"({"session_id":"none"})")), IsEmpty());
  EXPECT_THAT(ids(store_.search_runs(R"({"min_tokens":8})")), ElementsAre("b"));
  EXPECT_THAT(ids(store_.search_runs(R"({"started_before":20})")), ElementsAre("b", "a"));
  EXPECT_THAT(ids(store_.search_runs(R"({"started_after":20})")), ElementsAre("c", "b"));
  EXPECT_THAT(ids(store_.search_runs("{}", "", "t")), ElementsAre("c"));
  EXPECT_EQ(sum("runs", R"({"session_id":"s"})"), R"({"count":3})");
}

TEST_P(Queries, EventsAreFoundByWhatTheyAre) {
  const auto event = [](const std::string& session, std::uint64_t seq, std::int64_t time, const std::string& type) {
    Event e = make_event(session, seq);
    e.id = session + std::to_string(seq);
    e.time_us = time;
    e.type_name = type;
    return e;
  };
  std::vector<Event> first = {event("a", 1, 30, "x.y"), event("a", 2, 10, "message_sent")};
  first[0].run_id = usual_id("run", 1);
  first[1].run_id = "r";
  first[1].provider = "claude";
  first[1].correlation_id = usual_id("cor", 1);
  given(Session{.id = "a"}, first);
  given(Session{.id = "b", .agent_id = "y", .tenant = "t"}, {event("b", 1, 20, "message_sent")});

  EXPECT_THAT(ids(store_.search_events("{}")), ElementsAre("a1", "a2", "b1"));
  EXPECT_THAT(ids(store_.search_events(R"({"order_by":"timestamp_asc"})")), ElementsAre("a2", "b1", "a1"));
  EXPECT_THAT(ids(store_.search_events(R"({"order_by":"timestamp_desc"})")), ElementsAre("a1", "b1", "a2"));
  EXPECT_THAT(ids(store_.search_events(R"({"session_ids":["b","none"]})")), ElementsAre("b1"));
  EXPECT_THAT(ids(store_.search_events(R"({"session_ids":["b","a"]})")), ElementsAre("a1", "a2", "b1"));
  EXPECT_THAT(ids(store_.search_events(R"({"run_ids":["r",")" + usual_id("run", 1) + "\"]}")), ElementsAre("a1", "a2"));
  EXPECT_THAT(ids(store_.search_events(R"({"types":["x.y","never"]})")), ElementsAre("a1"));
  EXPECT_THAT(ids(store_.search_events(R"({"types":["never"]})")), IsEmpty());
  EXPECT_THAT(ids(store_.search_events(R"({"providers":["claude"]})")), ElementsAre("a2"));
  EXPECT_THAT(ids(store_.search_events(R"({"since":20,"until":30})")), ElementsAre("a1", "b1"));
  EXPECT_THAT(ids(store_.search_events(R"({"correlation_id":")" + usual_id("cor", 1) + "\"}")), ElementsAre("a2"));
  EXPECT_THAT(ids(store_.search_events(R"({"not_agent_id":"y"})")), ElementsAre("a1", "a2"));
  EXPECT_THAT(ids(store_.search_events("{}", "", "t")), ElementsAre("b1"));
  EXPECT_EQ(store_.search_events(R"({"session_ids":["a"]})").items, first);
  EXPECT_EQ(sum("events", R"({"types":["message_sent"]})"), R"({"count":2})");
}

TEST_P(Queries, UsageIsSummedByWhatIsAskedFor) {
  given(Session{.id = "s", .agent_id = "x", .doc = tagged({"red", "big"})});
  given(Session{.id = "t", .agent_id = "y"});
  constexpr std::int64_t kDay = 86'400'000'000;
  given(RunRow{.id = "a",
               .session_id = "s",
               .provider = "claude",
               .doc = R"({"token_usage":{"input_tokens":10,"output_tokens":5,"total_tokens":15},"cost_usd":0.25,)"
                      R"("provider_metadata":{"model":"m"}})",
               .started_us = kDay});
  given(RunRow{.id = "b",
               .session_id = "t",
               .provider = "codex",
               .doc = R"({"token_usage":{"input_tokens":1,"cache_read_tokens":2,"output_tokens":4}})",
               .started_us = 2 * kDay});
  given(RunRow{.id = "waits", .session_id = "t"});

  EXPECT_EQ(sum("usage"),
            R"({"groups":[{"run_count":2,"input_tokens":11,"cache_read_tokens":2,"cache_write_tokens":0,)"
            R"("output_tokens":9,"reasoning_tokens":0,"total_tokens":22,"cost_micro_usd":250000,"priced_runs":1,)"
            R"("unpriced":{"run_count":1,"input_tokens":1,"cache_read_tokens":2,"cache_write_tokens":0,)"
            R"("output_tokens":4,"reasoning_tokens":0,"total_tokens":7}}]})");
  EXPECT_THAT(sum("usage", R"({"by":["provider","model"]})"),
              HasSubstr(R"({"provider":"claude","model":"m","run_count":1,)"));
  EXPECT_THAT(sum("usage", R"({"by":["day"]})"), HasSubstr(R"({"day":"1970-01-03","run_count":1,"input_tokens":1,)"));
  EXPECT_THAT(sum("usage", R"({"by":["agent"]})"), HasSubstr(R"({"agent":"y","run_count":1,"input_tokens":1,)"));
  const std::string by_tag = sum("usage", R"({"by":["tag"]})");
  EXPECT_THAT(by_tag, HasSubstr(R"({"tag":"","run_count":1,"input_tokens":1,)"));
  EXPECT_THAT(by_tag, HasSubstr(R"({"tag":"big","run_count":1,"input_tokens":10,)"));
  EXPECT_THAT(by_tag, HasSubstr(R"({"tag":"red","run_count":1,"input_tokens":10,)"));
  EXPECT_THAT(sum("usage", R"({"tags":["red"]})"), HasSubstr(R"("total_tokens":15,"cost)"));
  EXPECT_THAT(sum("usage", R"({"session_id":"t"})"), HasSubstr(R"("total_tokens":7,"cost)"));
  EXPECT_THAT(sum("usage", R"({"agent_id":"x"})"), HasSubstr(R"("total_tokens":15,"cost)"));
  EXPECT_EQ(sum("usage", R"({"provider":["none"]})"), R"({"groups":[]})");
  EXPECT_EQ(sum("usage", "{}", "tenant"), R"({"groups":[]})");
}

TEST_P(Queries, CountsOfAStrangeDocAreTakenAsFarAsTheyAreNumbers) {
  given(Session{.id = "s"});
  const auto total_of = [&](const std::string& doc) {
    given(RunRow{.id = "r", .session_id = "s", .doc = doc, .started_us = 1});
    const std::string json = sum("usage");
    const auto at = json.find("\"total_tokens\":") + 15;
    return json.substr(at, json.find(',', at) - at);
  };
  EXPECT_EQ(total_of("no json"), "0");
  EXPECT_EQ(total_of("[]"), "0");
  EXPECT_EQ(total_of(R"({"token_usage":7,"cost_usd":"1","provider_metadata":[]})"), "0");
  EXPECT_EQ(total_of(R"({"token_usage":{"input_tokens":"5","output_tokens":-3,"reasoning_tokens":2.9}})"), "2");
  EXPECT_EQ(total_of(R"({"token_usage":{"input_tokens":1,"total_tokens":100}})"), "100");
  EXPECT_EQ(total_of(R"({"token_usage":{"input_tokens":9223372036854775807}})"), "1000000000000");
  const std::string deep = std::string(60, '[') + std::string(60, ']');
  EXPECT_EQ(total_of(R"({"input":)" + deep + R"(,"token_usage":{"input_tokens":3}})"), "3");
  EXPECT_EQ(total_of(R"({"token_usage":{"input_tokens":1e300,"output_tokens":1}})"), "1000000000001");
}

TEST_P(Queries, ASessionHasFigures) {
  std::vector<Event> events = {make_event("s", 1), make_event("s", 2)};
  events[0].time_us = 100;
  events[1].time_us = 200;
  given(Session{.id = "s", .tenant = "t"}, events);
  given(RunRow{.id = "a",
               .session_id = "s",
               .provider = "codex",
               .doc = R"({"token_usage":{"input_tokens":3}})",
               .status = ASMGR_RUN_COMPLETED,
               .started_us = 1});
  given(RunRow{.id = "b", .session_id = "s", .provider = "claude", .status = ASMGR_RUN_COMPLETED, .started_us = 1});
  given(RunRow{.id = "c", .session_id = "s"});
  EXPECT_EQ(sum("session", R"({"session_id":"s"})", "t"),
            R"({"event_count":2,"run_count":3,"input_tokens":3,"cache_read_tokens":0,"cache_write_tokens":0,)"
            R"("output_tokens":0,"reasoning_tokens":0,"total_tokens":3,"providers":["claude","codex"],)"
            R"("first_event_us":100,"last_event_us":200,"status_counts":{"pending":1,"completed":2}})");
  EXPECT_EQ(store_.summarize("session", R"({"session_id":"s"})", "other").status, ASMGR_E_SESSION_NOT_FOUND);
  EXPECT_EQ(store_.summarize("session", R"({"session_id":"none"})").status, ASMGR_E_SESSION_NOT_FOUND);
}

TEST_P(Queries, WhatCannotBeReadIsRefusedNamingIt) {
  EXPECT_EQ(store_.search("sessions", "[]").status, ASMGR_E_VALIDATION);
  EXPECT_EQ(store_.search("sessions", "{").status, ASMGR_E_VALIDATION);
  EXPECT_THAT(store_.search("sessions", R"({"colour":"red"})").message, HasSubstr("'colour'"));
  EXPECT_THAT(store_.search("sessions", R"({"status":["running"]})").message, HasSubstr("'status'"));
  EXPECT_THAT(store_.search("sessions", R"({"limit":0})").message, HasSubstr("'limit'"));
  EXPECT_THAT(store_.search("sessions", R"({"limit":1001})").message, HasSubstr("'limit'"));
  EXPECT_THAT(store_.search("runs", R"({"order_by":"sideways"})").message, HasSubstr("'order_by'"));
  EXPECT_THAT(store_.search("events", R"({"since":"today"})").message, HasSubstr("'since'"));
  EXPECT_THAT(store_.summarize("usage", R"({"by":["weather"]})").message, HasSubstr("'by'"));
  EXPECT_EQ(store_.search("weather", "{}").status, ASMGR_E_UNSUPPORTED);
  EXPECT_EQ(store_.summarize("weather", "{}").status, ASMGR_E_UNSUPPORTED);
}

}  // namespace
}  // namespace asmgr::contract
