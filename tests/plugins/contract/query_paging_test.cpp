// asmgr.store.query/1: pages and cursors.
#include <set>

#include "tests/plugins/contract/query_world.hpp"

namespace asmgr::contract {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class QueryPaging : public QueryTest {
 protected:
  // All pages from the first to the last; a page is never empty but the only one.
  template <typename Search>
  std::vector<std::string> page_through(Search search) {
    std::vector<std::string> all;
    std::string cursor;
    do {
      const auto found = search(cursor);
      EXPECT_EQ(found.status, ASMGR_OK) << found.message;
      EXPECT_TRUE(cursor.empty() || !found.items.empty());
      for (const auto& item : found.items) all.push_back(item.id);
      cursor = found.next;
    } while (!cursor.empty() && all.size() < 1000);
    return all;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, QueryPaging, ::testing::ValuesIn(all_stores()), store_name);

TEST_P(QueryPaging, EveryOrderGoesThroughAllWithoutOverlapOrLoss) {
  // Equal times and equal tokens, so that ids decide.
  for (int i = 0; i < 5; ++i) {
    const std::string id = "s" + std::to_string(i);
    given(Session{.id = id, .created_us = i / 2, .updated_us = 9 - i / 2}, {make_event(id, 1), make_event(id, 2)});
    given(RunRow{.id = "r" + std::to_string(i),
                 .session_id = id,
                 .doc = R"({"token_usage":{"input_tokens":)" + std::to_string(i % 2) + "}}",
                 .started_us = 1 + i / 2});
  }
  const auto sessions = [&](const std::string& order) {
    return page_through([&](const std::string& cursor) {
      return store_.search_sessions(R"({"limit":2,"order_by":")" + order + "\"}", cursor);
    });
  };
  EXPECT_THAT(sessions("created_at_asc"), ElementsAre("s0", "s1", "s2", "s3", "s4"));
  EXPECT_THAT(sessions("created_at_desc"), ElementsAre("s4", "s3", "s2", "s1", "s0"));
  EXPECT_THAT(sessions("updated_at_desc"), ElementsAre("s1", "s0", "s3", "s2", "s4"));
  const auto runs = [&](const std::string& order) {
    return page_through([&](const std::string& cursor) {
      return store_.search_runs(R"({"limit":2,"order_by":")" + order + "\"}", cursor);
    });
  };
  EXPECT_THAT(runs("started_at_asc"), ElementsAre("r0", "r1", "r2", "r3", "r4"));
  EXPECT_THAT(runs("started_at_desc"), ElementsAre("r4", "r3", "r2", "r1", "r0"));
  EXPECT_THAT(runs("token_usage_desc"), ElementsAre("r3", "r1", "r4", "r2", "r0"));
  for (const std::string order : {"sequence_asc", "timestamp_asc", "timestamp_desc"}) {
    std::vector<std::string> seen;
    std::string cursor;
    do {
      const auto found = store_.search_events(R"({"limit":3,"order_by":")" + order + "\"}", cursor);
      for (const Event& event : found.items) seen.push_back(event.session_id + "/" + std::to_string(event.seq));
      cursor = found.next;
    } while (!cursor.empty());
    EXPECT_EQ(seen.size(), 10U) << order;
    EXPECT_EQ(std::set(seen.begin(), seen.end()).size(), 10U) << order;
  }
}

TEST_P(QueryPaging, TheLastPageHasNoCursorAlsoWhenItIsFull) {
  for (const char* id : {"a", "b"}) given(Session{.id = id}, {make_event(id, 1)});
  EXPECT_EQ(store_.search_sessions(R"({"limit":2})").next, "");
  EXPECT_NE(store_.search_sessions(R"({"limit":1})").next, "");
  EXPECT_EQ(store_.search_events(R"({"limit":2})").next, "");
  EXPECT_NE(store_.search_events(R"({"limit":1})").next, "");
  EXPECT_NE(store_.search_events(R"({"limit":1,"session_ids":["a","b"]})").next, "");
  EXPECT_EQ(store_.search_events(R"({"limit":1,"session_ids":["b"]})").next, "");
  EXPECT_EQ(store_.search_events(R"({"limit":2,"order_by":"timestamp_desc"})").next, "");
}

TEST_P(QueryPaging, RowsThatAreAddedShiftNothing) {
  for (const char* id : {"b", "d", "f"}) given(Session{.id = id, .created_us = 5}, {make_event(id, 1)});
  const std::string filter = R"({"limit":2,"order_by":"created_at_desc"})";
  const auto first = store_.search_sessions(filter);
  ASSERT_THAT(ids(first), ElementsAre("f", "d"));
  const auto events = store_.search_events(R"({"limit":2})");
  given(Session{.id = "g", .created_us = 6}, {make_event("g", 1)});
  given(Session{.id = "a", .created_us = 6}, {make_event("a", 1)});
  EXPECT_THAT(ids(store_.search_sessions(filter, first.next)), ElementsAre("b"));
  const auto rest = store_.search_events(R"({"limit":2})", events.next);
  ASSERT_EQ(rest.items.size(), 2U);
  EXPECT_EQ(rest.items[0].session_id, "f");
  EXPECT_EQ(rest.items[1].session_id, "g");
}

TEST_P(QueryPaging, WhereThePageEndedMayBeGone) {
  for (const char* id : {"a", "b", "c"}) given(Session{.id = id}, {make_event(id, 1), make_event(id, 2)});
  const auto sessions = store_.search_sessions(R"({"limit":2,"order_by":"created_at_asc"})");
  const auto events = store_.search_events(R"({"limit":3})");
  ASSERT_EQ(store_.delete_session("", "b", store_.head("b").epoch).status, ASMGR_OK);
  EXPECT_THAT(ids(store_.search_sessions(R"({"limit":2,"order_by":"created_at_asc"})", sessions.next)),
              ElementsAre("c"));
  const auto rest = store_.search_events(R"({"limit":3})", events.next);
  ASSERT_EQ(rest.items.size(), 2U);
  EXPECT_EQ(rest.items[0].session_id, "c");
}

TEST_P(QueryPaging, ATextThatIsNoCursorIsRefused) {
  for (const char* cursor : {"x", ".", "1.", "1.2.", "1.2", "9999999999999999999.0.a", "1.-1.a", " 1.0.a"}) {
    for (const char* what : {"sessions", "runs", "events"})
      EXPECT_EQ(store_.search(what, "{}", cursor).status, ASMGR_E_INVALID_CURSOR) << what << " " << cursor;
  }
}

}  // namespace
}  // namespace asmgr::contract
