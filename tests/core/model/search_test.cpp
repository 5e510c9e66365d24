#include "core/model/search.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"

namespace asmgr {
namespace {

boost::json::object json_of(const std::string& text) {
  auto parsed = parse_json_object(text, "search");
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed ? *parsed : boost::json::object{};
}

// What a store is told, or the sentence of the error behind its field.
template <typename Search>
std::string told(const Result<Search>& search) {
  if (search) return to_text(filter_of(*search));
  EXPECT_EQ(search.error().code(), ErrorCode::validation_error);
  return std::string(find_string(search.error().details(), "field").value_or("?")) + ": " + search.error().message();
}
std::string sessions(const std::string& text) {
  return told(session_search_from_json(json_of(text)));
}
std::string runs(const std::string& text) {
  return told(run_search_from_json(json_of(text)));
}
std::string events(const std::string& text) {
  return told(event_search_from_json(json_of(text)));
}
std::string usage(const std::string& text) {
  return told(usage_search_from_json(json_of(text)));
}

TEST(Search, HasDefaults) {
  EXPECT_EQ(sessions("{}"), R"({"order_by":"updated_at_desc"})");
  EXPECT_EQ(runs("{}"), R"({"order_by":"started_at_desc"})");
  EXPECT_EQ(events("{}"), R"({"order_by":"sequence_asc"})");
  EXPECT_EQ(usage("{}"), "{}");
  EXPECT_EQ(session_search_from_json({})->limit, 50U);
  EXPECT_EQ(event_search_from_json({})->limit, 100U);
}

TEST(Search, OfSessionsIsToldToAStoreInItsOwnTerms) {
  EXPECT_EQ(sessions(R"({"agent_id":"a","status":["failed","active"],"provider":"claude","tags":["b","a"],
                         "created_after":"1970-01-01T00:00:01Z","created_before":"1970-01-01T01:00:02+01:00",
                         "include_deleted":true,"order_by":"created_at_asc","limit":7})"),
            R"({"agent_id":"a","status":["active","failed"],"provider":["claude"],"tags":["a","b"],)"
            R"("created_after":1000000,"created_before":2000000,"include_deleted":true,"order_by":"created_at_asc"})");
}

TEST(Search, OfRunsAndEventsIsToldToAStoreInItsOwnTerms) {
  EXPECT_EQ(runs(R"({"session_id":"s","provider":["p"],"status":"running","started_after":"1970-01-01T00:00:01Z",
                     "min_tokens":5,"order_by":"token_usage_desc"})"),
            R"({"session_id":"s","provider":["p"],"status":["running"],"started_after":1000000,"min_tokens":5,)"
            R"("order_by":"token_usage_desc"})");
  EXPECT_EQ(events(R"({"session_ids":["s"],"run_ids":"r","types":["x.y"],"providers":["p"],
                       "until":"1970-01-01T00:00:01Z","correlation_id":"c","order_by":"timestamp_desc"})"),
            R"({"session_ids":["s"],"run_ids":["r"],"types":["x.y"],"providers":["p"],"until":1000000,)"
            R"("correlation_id":"c","order_by":"timestamp_desc"})");
  EXPECT_EQ(usage(R"({"agent_id":"a","tags":["t"],"by":["model","day"]})"),
            R"({"agent_id":"a","tags":["t"],"by":["day","model"]})");
}

TEST(Search, RefusesWhatItDoesNotKnowNamingIt) {
  EXPECT_EQ(usage(R"({"colour":"red"})"),
            "colour: cannot read question about usage: it knows no \"colour\", but session_id, agent_id, provider, "
            "tags, since, until, by");
  EXPECT_EQ(sessions(R"({"status":["running"]})"),
            "status: cannot read search of sessions: \"status\" must be one of pending, active, paused, completed, "
            "failed, cancelled, or a list of them, but it is an array");
  EXPECT_EQ(runs(R"({"order_by":"token_usage_asc"})"),
            "order_by: cannot read search of runs: \"order_by\" must be one of started_at_desc, started_at_asc, "
            "token_usage_desc, but it is \"token_usage_asc\"");
  EXPECT_EQ(
      events(R"({"since":"today"})"),
      "since: cannot read search of events: \"since\" must be a time like 2026-01-02T03:04:05.678901Z (RFC 3339), "
      "but it is \"today\"");
  EXPECT_EQ(sessions(R"({"not_agent_id":"a"})").substr(0, 13), "not_agent_id:");
  EXPECT_EQ(usage(R"({"by":"weather"})").substr(0, 3), "by:");
}

TEST(Search, LimitsAreOneToAThousand) {
  for (const std::string limit : {"0", "-1", "1001", "1.5", "\"5\""}) {
    EXPECT_EQ(sessions(R"({"limit":)" + limit + "}").substr(0, 6), "limit:") << limit;
    EXPECT_EQ(runs(R"({"limit":)" + limit + "}").substr(0, 6), "limit:") << limit;
    EXPECT_EQ(events(R"({"limit":)" + limit + "}").substr(0, 6), "limit:") << limit;
  }
  EXPECT_EQ(session_search_from_json(json_of(R"({"limit":1000})"))->limit, 1000U);
  SessionSearch made_in_code;
  made_in_code.limit = 1001;
  EXPECT_EQ(check(made_in_code).error().message(),
            "limit must be 1 to 1000, it is 1001; go on with the next_cursor for more");
}

TEST(Search, MadeInCodeIsCheckedToo) {
  SessionSearch search;
  search.tags = {""};
  EXPECT_EQ(check(search).error().message(), "tags has an empty value; leave it out");
  search.tags = {"\xff"};
  EXPECT_EQ(check(search).error().code(), ErrorCode::validation_error);
  search.tags.assign(1001, "t");
  EXPECT_EQ(check(search).error().code(), ErrorCode::validation_error);
  UsageSearch usage;
  usage.since = Timestamp{2'000'000};
  usage.until = Timestamp{1'000'000};
  EXPECT_EQ(
      check(usage).error().message(),
      "since is 1970-01-01T00:00:02.000000Z, which is later than until, 1970-01-01T00:00:01.000000Z: nothing lies "
      "between them");
}

}  // namespace
}  // namespace asmgr
