#include "core/plugin/plugin_store_queries.hpp"

#include <gtest/gtest.h>

#include "core/plugin/abi_convert.hpp"
#include "tests/core/plugin/fake_component.hpp"

namespace asmgr {
namespace {

// A store that can only be asked; a test sets what it answers.
struct FakeQueries {
  static const void* table(std::string_view id);
  std::function<asmgr_status(const asmgr_sink* rows, const asmgr_sink* next, asmgr_error*)> search;
  std::string answer;  // of summarize
  std::string asked;   // tenant, what, filter, cursor of the last call
  bool destroyed = false;
};

const void* FakeQueries::table(std::string_view id) {
  static const asmgr_store_query queries = [] {
    asmgr_store_query made{};
    made.size = sizeof made;
    made.search = [](asmgr_instance* self, asmgr_str tenant, asmgr_str what, asmgr_str filter, asmgr_str cursor,
                     const asmgr_sink* rows, const asmgr_sink* next, asmgr_error* error) noexcept -> asmgr_status {
      auto& fake = test::fake_of<FakeQueries>(self);
      fake.asked = test::text(tenant) + "|" + test::text(what) + "|" + test::text(filter) + "|" + test::text(cursor);
      return fake.search(rows, next, error);
    };
    made.summarize = [](asmgr_instance* self, asmgr_str tenant, asmgr_str what, asmgr_str filter,
                        const asmgr_sink* json, asmgr_error*) noexcept -> asmgr_status {
      auto& fake = test::fake_of<FakeQueries>(self);
      fake.asked = test::text(tenant) + "|" + test::text(what) + "|" + test::text(filter);
      if (!fake.answer.empty()) test::push_text(json, fake.answer);
      return ASMGR_OK;
    };
    return made;
  }();
  return id == ASMGR_IFACE_STORE_QUERY ? &queries : nullptr;
}

class PluginStoreQueriesTest : public testing::Test {
 protected:
  PluginStoreQueriesTest() { to_abi(session_, doc_, row_); }
  // Asks for one session, which `search` answers.
  Result<FoundPage<Session>> found(decltype(FakeQueries::search) search) {
    fake_.search = std::move(search);
    SessionSearch asked;
    asked.agent_id = "a";
    asked.limit = 1;
    return queries().search("t", asked, "place");
  }
  std::string lie(const std::string& answer, auto ask) {
    fake_.answer = answer;
    const auto result = ask(queries());
    return result ? std::string("believed") : result.error().message();
  }
  PluginStoreQueries queries() {
    if (!instance_) instance_.emplace(*Instance::create(component_.ref(), "local", component_.config()));
    return {*instance_, *instance_->find_table<asmgr_store_query>(ASMGR_IFACE_STORE_QUERY)};
  }

  FakeQueries fake_;
  test::FakeComponent<FakeQueries> component_{ComponentKind::store, fake_};
  std::optional<Instance> instance_;
  const Session session_ = test::a_session();
  const std::string doc_ = "{}";
  asmgr_session row_{};
};

TEST_F(PluginStoreQueriesTest, APageHasItsRowsAndWhereItEnded) {
  const auto page = found([&](const asmgr_sink* rows, const asmgr_sink* next, asmgr_error*) {
    test::push<asmgr_session>(rows, {row_});
    test::push_text(next, "further");
    return ASMGR_OK;
  });
  ASSERT_TRUE(page) << page.error().message();
  ASSERT_EQ(page->rows.size(), 1U);
  EXPECT_EQ(page->rows[0].id, "ses_1");
  EXPECT_EQ(page->next, "further");
  EXPECT_EQ(fake_.asked, R"(t|sessions|{"agent_id":"a","order_by":"updated_at_desc","limit":1}|place)");
}

TEST_F(PluginStoreQueriesTest, MoreThanWasAskedForIsALie) {
  auto page = found([&](const asmgr_sink* rows, const asmgr_sink*, asmgr_error*) {
    EXPECT_EQ(test::push<asmgr_session>(rows, {row_, row_}), 1) << "it is told to stop";
    return ASMGR_OK;
  });
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), ErrorCode::plugin_misbehaved);
  EXPECT_EQ(page.error().message(),
            "local.query.search broke the plugin contract: it pushed more than the 1 rows asked for");
  page = found([&](const asmgr_sink*, const asmgr_sink* next, asmgr_error*) {
    test::push_text(next, "one");
    test::push_text(next, "two");
    return ASMGR_OK;
  });
  EXPECT_EQ(page.error().message(), "local.query.search broke the plugin contract: it pushed more than one cursor");
}

TEST_F(PluginStoreQueriesTest, WhatTheStoreRefusesIsItsOwnSentence) {
  const auto page = found([](const asmgr_sink*, const asmgr_sink*, asmgr_error* error) {
    return test::fail(error, ASMGR_E_INVALID_CURSOR, "that is no cursor");
  });
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code(), ErrorCode::invalid_cursor);
  EXPECT_EQ(page.error().message(), "local.query.search: that is no cursor");
}

TEST_F(PluginStoreQueriesTest, SumsAreRead) {
  constexpr std::string_view kTokens =
      R"("input_tokens":1,"cache_read_tokens":2,"cache_write_tokens":3,"output_tokens":4,"reasoning_tokens":5,)"
      R"("total_tokens":15)";
  fake_.answer = R"({"groups":[{"provider":"p","run_count":2,)" + std::string(kTokens) +
                 R"(,"cost_micro_usd":7,"priced_runs":1,"unpriced":{"run_count":1,)" + std::string(kTokens) + "}}]}";
  UsageSearch search;
  search.by = {UsageKey::provider};
  auto usage = queries().usage("", search);
  ASSERT_TRUE(usage) << usage.error().message();
  ASSERT_EQ(usage->size(), 1U);
  EXPECT_EQ(usage->front().keys[UsageKey::provider], "p");
  EXPECT_EQ(usage->front().tokens.cache_write_tokens, 3);
  EXPECT_EQ(usage->front().unpriced.total_tokens, 15);
  EXPECT_EQ(fake_.asked, R"(|usage|{"by":["provider"]})");
  fake_.answer = R"({"count":5})";
  EXPECT_EQ(queries().count("t", EventSearch{}).value(), 5U);
  EXPECT_EQ(fake_.asked, R"(t|events|{"order_by":"sequence_asc"})");
}

TEST_F(PluginStoreQueriesTest, SumsThatAreNoneAreLies) {
  const std::string broke = "local.query.summarize broke the plugin contract: ";
  const auto count = [](auto queries) { return queries.count("", RunSearch{}); };
  EXPECT_EQ(lie("", count), broke + "it did not push one answer");
  EXPECT_TRUE(lie("[]", count).starts_with(broke));
  EXPECT_EQ(lie(R"({"count":-1})", count), broke + "its answer's \"count\" is not a whole number of at least 0");
  const auto usage = [](auto queries) { return queries.usage("", UsageSearch{}); };
  EXPECT_EQ(lie("{}", usage), broke + "its answer has no list of \"groups\"");
  EXPECT_EQ(lie(R"({"groups":[7]})", usage), broke + "one of its \"groups\" is no object");
  EXPECT_TRUE(lie(R"({"groups":[{}]})", usage).starts_with(broke));
  const auto stats = [](auto queries) { return queries.session_stats("", "s"); };
  EXPECT_TRUE(lie("{}", stats).starts_with(broke));
}

}  // namespace
}  // namespace asmgr
