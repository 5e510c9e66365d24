// Looking across the sessions of a store: pages and their cursors, figures, usage and its cost.
#include <gmock/gmock.h>

#include "core/engine/audit_act.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

void reports_ten_tokens(ScriptedRun& run) {
  run.emit(EventType::run_started, R"({"model":"m"})");
  run.emit(EventType::token_usage_updated, R"({"input_tokens":8,"output_tokens":2})");
  run.finish(FinishStatus::completed);
}

class SearchTest : public ::testing::TestWithParam<std::string> {
 protected:
  World world_{reports_ten_tokens, GetParam()};

  std::string session(const std::string& agent, std::vector<std::string> tags = {}) {
    StartSessionOptions start;
    start.agent_id = agent;
    start.tags = std::move(tags);
    auto made = world_.manager().start_session(start);
    EXPECT_TRUE(made) << made.error().message();
    return made->id;
  }
  void run_in(const std::string& session_id) {
    ASSERT_TRUE(world_.manager().activate_session({session_id, "", {}, {}}));
    ASSERT_TRUE(world_.execute(world_.pending_run(session_id)));
  }
  std::vector<std::string> ids(const Result<FoundSessions>& found) {
    std::vector<std::string> out;
    EXPECT_TRUE(found) << found.error().message();
    if (!found) return out;
    for (const ListedSession& listed : found->sessions) out.push_back(listed.session.id);
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Stores, SearchTest, ::testing::Values("memory", "sqlite"),
                         [](const auto& of) { return of.param; });

TEST_P(SearchTest, PagesLeadFromOneToTheNextAndCountOnRequest) {
  std::vector<std::string> made;
  for (int i = 0; i < 3; ++i) made.push_back(session("a"));
  SearchSessionsOptions options;
  options.search.order_by = SessionOrder::created_at_asc;
  options.search.limit = 2;
  auto first = world_.manager().search_sessions(options);
  EXPECT_THAT(ids(first), ElementsAre(made[0], made[1]));
  EXPECT_FALSE(first->total_count);
  EXPECT_EQ(first->sessions[0].last_sequence, 1U);
  options.cursor = first->next_cursor;
  options.search.limit = 10;  // may change from page to page
  options.total = TotalCount::counted;
  auto rest = world_.manager().search_sessions(options);
  EXPECT_THAT(ids(rest), ElementsAre(made[2]));
  EXPECT_EQ(rest->next_cursor, "");
  EXPECT_EQ(rest->total_count, 3U);
}

TEST_P(SearchTest, ACursorBelongsToItsSearch) {
  for (int i = 0; i < 3; ++i) session("a");
  SearchSessionsOptions options;
  options.search.limit = 1;
  auto page = world_.manager().search_sessions(options);
  ASSERT_TRUE(page);
  const std::string cursor = page->next_cursor;
  ASSERT_NE(cursor, "");
  const auto refused = [&](SearchSessionsOptions asked, const std::string& with) {
    asked.cursor = with;
    auto answer = world_.manager().search_sessions(asked);
    return !answer && answer.error().code() == ErrorCode::invalid_cursor;
  };
  EXPECT_FALSE(refused(options, cursor));
  auto other = options;
  other.search.order_by = SessionOrder::created_at_asc;
  EXPECT_TRUE(refused(other, cursor));
  other = options;
  other.search.agent_id = "a";
  EXPECT_TRUE(refused(other, cursor));
  other = options;
  other.tenant = "t";
  EXPECT_TRUE(refused(other, cursor));
  SearchRunsOptions runs;
  runs.cursor = cursor;
  EXPECT_EQ(world_.manager().search_runs(runs).error().code(), ErrorCode::invalid_cursor);
  EXPECT_TRUE(refused(options, "garbage"));
  EXPECT_TRUE(refused(options, cursor + "A"));
  for (std::size_t i = 0; i < cursor.size(); ++i) {
    std::string changed = cursor;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    EXPECT_TRUE(refused(options, changed)) << i;
    EXPECT_TRUE(refused(options, cursor.substr(0, i)) || i == 0) << i;
  }
}

TEST_P(SearchTest, RunsAndEventsAreFoundAcrossSessions) {
  const std::string one = session("a");
  const std::string two = session("b");
  run_in(one);
  run_in(two);
  SearchRunsOptions runs;
  runs.search.order_by = RunOrder::started_at_asc;
  runs.search.status = {RunStatus::completed};
  auto found = world_.manager().search_runs(runs);
  ASSERT_TRUE(found) << found.error().message();
  ASSERT_EQ(found->runs.size(), 2U);
  EXPECT_EQ(found->runs[0].session_id, one);
  runs.search.min_tokens = 11;
  EXPECT_TRUE(world_.manager().search_runs(runs)->runs.empty());

  SearchEventsOptions events;
  events.search.types = {"run_completed"};
  auto ended = world_.manager().search_events(events);
  ASSERT_TRUE(ended) << ended.error().message();
  ASSERT_EQ(ended->events.size(), 2U);
  EXPECT_EQ(ended->events[0].session_id, std::min(one, two));
  EXPECT_EQ(world_.manager().count_events(events).value(), 2U);
  events.search.run_ids = {found->runs[1].id};
  EXPECT_EQ(world_.manager().count_events(events).value(), 1U);
  // The same event as the session's own log has.
  const auto log = world_.events(found->runs[1].session_id);
  const auto same = world_.manager().search_events(events)->events.front();
  EXPECT_EQ(same, log[same.sequence_number - 1]);
}

TEST_P(SearchTest, ASessionHasFigures) {
  const std::string id = session("a");
  run_in(id);
  auto stats = world_.manager().get_session_stats(id);
  ASSERT_TRUE(stats) << stats.error().message();
  EXPECT_EQ(stats->run_count, 1U);
  EXPECT_EQ(stats->tokens.total_tokens, 10);
  EXPECT_THAT(stats->providers, ElementsAre("test"));
  EXPECT_EQ(stats->event_count, world_.events(id).size());
  EXPECT_EQ(stats->status_counts["completed"], 1U);
  EXPECT_EQ(world_.manager().get_session_stats("ses_none").error().code(), ErrorCode::session_not_found);
}

TEST_P(SearchTest, UsageIsSummedAndPricedByTodaysPricesWhereARunHasNoCost) {
  const std::string id = session("a", {"red", "big"});
  run_in(id);  // nobody knew a price
  UsageSummaryOptions options;
  options.search.by = {UsageKey::tag};
  auto usage = world_.manager().get_usage_summary(options);
  ASSERT_TRUE(usage) << usage.error().message();
  ASSERT_EQ(usage->rows.size(), 2U);
  EXPECT_EQ(usage->rows[0].keys[UsageKey::tag], "big");
  EXPECT_EQ(usage->rows[0].tokens.total_tokens, 10);
  EXPECT_EQ(usage->total.runs, 1U);
  EXPECT_EQ(usage->total.tokens.total_tokens, 10);
  EXPECT_EQ(usage->total.cost_usd, 0);
  EXPECT_EQ(usage->total.unmapped_runs, 1U);

  world_.end_manager();
  auto prices = PriceTable::shipped().with_overrides(
      {{"test", boost::json::object{{"m", boost::json::object{{"input", 100'000}, {"output", 1'000'000}}}}}});
  ASSERT_TRUE(prices) << prices.error().message();
  world_.wiring.prices = std::make_shared<const PriceTable>(*prices);
  usage = world_.manager().get_usage_summary(options);
  ASSERT_TRUE(usage) << usage.error().message();
  EXPECT_DOUBLE_EQ(usage->total.cost_usd, 8 * 0.1 + 2 * 1.0);
  EXPECT_EQ(usage->total.unmapped_runs, 0U);
  run_in(session("b"));  // has a cost of its own now
  EXPECT_DOUBLE_EQ(world_.manager().get_usage_summary({})->total.cost_usd, 2 * (8 * 0.1 + 2 * 1.0));
}

TEST_P(SearchTest, AuditStreamsAreFoundByWhoAsksForThem) {
  const std::string id = session("a");
  DeleteSessionOptions remove;
  remove.session_id = session("b");
  ASSERT_TRUE(world_.manager().delete_session(remove));
  world_.end_manager();  // has written its audit stream by then
  EXPECT_THAT(ids(world_.manager().search_sessions({})), ElementsAre(id));
  SearchSessionsOptions audit;
  audit.search.agent_id = std::string(kAuditAgent);
  EXPECT_EQ(ids(world_.manager().search_sessions(audit)).size(), 1U);
}

TEST_P(SearchTest, WhatCannotBeAskedIsRefused) {
  SearchSessionsOptions options;
  options.search.limit = 0;
  EXPECT_EQ(world_.manager().search_sessions(options).error().code(), ErrorCode::validation_error);
  options.search.limit = 1;
  world_.store->hide_queries = true;
  auto refused = world_.manager().search_sessions(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::capability_not_supported);
  EXPECT_EQ(refused.error().message(),
            "store 'local' cannot be searched across sessions (its plugin has no asmgr.store.query/1); use one that "
            "can, such as sqlite");
  EXPECT_EQ(world_.manager().get_usage_summary({}).error().code(), ErrorCode::capability_not_supported);
}

}  // namespace
}  // namespace asmgr::testing
