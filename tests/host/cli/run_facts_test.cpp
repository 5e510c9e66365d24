#include "host/cli/run_facts.hpp"

#include <gtest/gtest.h>

namespace asmgr::cli {
namespace {

using std::chrono::seconds;

class RunFactsTest : public testing::Test {
 protected:
  void see(EventType type, std::string_view data) {
    EventView view;
    view.type = type;
    view.data = data;
    facts_.observe(view);
  }
  RunFacts facts_{Wiring{}};
};

TEST_F(RunFactsTest, WhatIsKnownIsSaidAndNoMore) {
  EXPECT_EQ(facts_.text(seconds(0)), "0s");
  see(EventType::run_started, R"({"provider":"best"})");
  EXPECT_EQ(facts_.text(seconds(12)), "best, 12s");
  see(EventType::provider_started, R"({"model":"small"})");
  see(EventType::token_usage_updated, R"({"input_tokens":900,"output_tokens":80})");
  see(EventType::token_usage_updated, R"({"input_tokens":3,"output_tokens":1})");
  EXPECT_EQ(facts_.text(seconds(185)), "small, 984 tokens (903 in, 81 out), 3m05s");
}

TEST_F(RunFactsTest, ApprovalsAreCountedWhileTheyWait) {
  see(EventType::tool_approval_requested, R"({"approval_id":"1"})");
  EXPECT_EQ(facts_.text(seconds(1)), "1s, 1 approval waits");
  see(EventType::tool_approval_requested, R"({"approval_id":"2"})");
  EXPECT_EQ(facts_.text(seconds(1)), "1s, 2 approvals wait");
  see(EventType::tool_approval_granted, R"({"approval_id":"1"})");
  see(EventType::tool_approval_denied, R"({"approval_id":"2"})");
  EXPECT_EQ(facts_.text(seconds(1)), "1s");
}

}  // namespace
}  // namespace asmgr::cli
