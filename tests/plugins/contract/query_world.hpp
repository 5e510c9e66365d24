// Sessions, runs and events for searches: a fixture that fills a store in a line each.
#pragma once

#include <string>
#include <vector>

#include "tests/plugins/contract/store_test.hpp"

namespace asmgr::contract {

// Skips stores without asmgr.store.query/1.
class QueryTest : public StoreTest {
 protected:
  void SetUp() override {
    if (!store_.has_queries()) GTEST_SKIP() << "this store has no asmgr.store.query/1";
  }

  // A doc with these tags: {"tags":["a","b"]}.
  static std::string tagged(const std::vector<std::string>& tags) {
    std::string doc = R"({"context":{},"metadata":{},"tags":[)";
    for (const std::string& tag : tags) doc.append(&tag == &tags.front() ? "\"" : ",\"").append(tag).append("\"");
    return doc + "]}";
  }
  void given(Session session, std::vector<Event> events = {}) {
    Unit unit = create_session(session.id, "host", 0);
    unit.expected_last_seq = 0;
    if (session.chain_id.empty()) session.chain_id = session.id;
    unit.session = std::move(session);
    unit.events = std::move(events);
    const UnitResult result = store_.commit(unit);
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  }
  void given(const RunRow& run) {
    Unit unit;
    unit.session_id = run.session_id;
    unit.runs.push_back(run);
    unit.runs.back().expected_version = ASMGR_VERSION_ANY;
    const UnitResult result = store_.commit(unit);
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  }
  // Writes the session's row again.
  void change(Session session) {
    const Head head = store_.head(session.id);
    Unit unit;
    unit.session_id = session.id;
    unit.owner = "host";
    unit.epoch = head.epoch;
    unit.expected_last_seq = head.last_seq;
    session.expected_version = ASMGR_VERSION_ANY;
    if (session.chain_id.empty()) session.chain_id = session.id;
    unit.session = std::move(session);
    const UnitResult result = store_.commit(unit);
    ASSERT_EQ(result.status, ASMGR_OK) << result.message;
  }
  std::string sum(const std::string& what, const std::string& filter = "{}", const std::string& tenant = {}) {
    const auto page = store_.summarize(what, filter, tenant);
    EXPECT_EQ(page.status, ASMGR_OK) << page.message;
    return page.items.empty() ? std::string() : page.items.front();
  }
};

}  // namespace asmgr::contract
