#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "tests/plugins/limits/limits_plugin.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr const char* kNothingKnown =
    R"({"input_chars":40,"input_tokens":10,"max_output_tokens":null,"cost_usd":null})";

Answer preflight(std::string_view config, std::string_view estimate = kNothingKnown) {
  const PolicyInstance policy(limits(), config);
  return policy.begin()->preflight(estimate);
}

Answer observe(std::string_view config, const asmgr_usage& usage, std::string_view effective = {}) {
  const PolicyInstance policy(limits(), config);
  return policy.begin(effective)->observe(ASMGR_EV_TOKEN_USAGE_UPDATED, "{}", usage);
}

asmgr_usage tokens(std::int64_t total) {
  asmgr_usage usage = no_usage();
  usage.total_tokens = total;
  return usage;
}

boost::json::object parse(const char* text) {
  return boost::json::parse(text).as_object();
}

// -- before a run
// -------------------------------------------------------------------------------------------------------

TEST(LimitsPreflight, WithoutBoundsEveryRunMayStart) {
  const Answer answer = preflight("{}");
  EXPECT_EQ(answer.action, ASMGR_ALLOW);
  EXPECT_THAT(answer.violations, IsEmpty());
  EXPECT_THAT(answer.holds, IsEmpty());
}

class ZeroBound : public ::testing::TestWithParam<const char*> {};

TEST_P(ZeroBound, IsRefusedBeforeAnythingIsSpent) {
  const std::string key = GetParam();
  const Answer answer = preflight("{\"" + key + "\":0}");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, key);
  EXPECT_EQ(answer.violations[0].details.at("kind"), "zero_budget");
}

INSTANTIATE_TEST_SUITE_P(EveryKey, ZeroBound,
                         ::testing::Values("max_total_tokens", "max_input_tokens", "max_output_tokens", "max_cost_usd",
                                           "max_duration", "max_tool_calls", "max_turns"));

TEST(LimitsPreflight, AnEstimateAboveABoundIsExceeded) {
  const Answer answer = preflight(R"({"max_input_tokens":9})");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, "max_input_tokens");
  EXPECT_EQ(answer.violations[0].details,
            parse(R"({"kind":"budget_exceeded","metric":"input_tokens","actual":10,"limit":9})"));
  EXPECT_EQ(answer.violations[0].message,
            "the run is estimated at 10 input tokens where max_input_tokens is 9 input tokens; shorten its input, or "
            "raise the bound");
}

TEST(LimitsPreflight, AnEstimateOfExactlyTheBoundIsFine) {
  EXPECT_EQ(preflight(R"({"max_input_tokens":10,"max_total_tokens":10})").action, ASMGR_ALLOW);
}

TEST(LimitsPreflight, WhatTheProviderMayAnswerAtMostIsNoEstimate) {
  EXPECT_EQ(preflight(R"({"max_total_tokens":100})", R"({"input_tokens":10,"max_output_tokens":64000})").action,
            ASMGR_ALLOW);
  EXPECT_EQ(preflight(R"({"max_cost_usd":0.5})", R"({"input_cost_usd":0.01,"cost_usd":0.97})").action, ASMGR_ALLOW);
}

TEST(LimitsPreflight, ThePolicysOwnEstimateStandsInForTheHosts) {
  EXPECT_EQ(preflight(R"({"max_total_tokens":100,"estimate":{"tokens":101}})").action, ASMGR_CANCEL);
  EXPECT_EQ(preflight(R"({"max_total_tokens":9,"estimate":{"tokens":9}})").action, ASMGR_ALLOW);
  EXPECT_EQ(preflight(R"({"max_cost_usd":0.5,"estimate":{"cost_usd":0.6}})", R"({"input_cost_usd":0.1})").action,
            ASMGR_CANCEL);
}

TEST(LimitsPreflight, AnEstimatedCostAboveTheBoundIsExceeded) {
  const Answer answer = preflight(R"({"max_cost_usd":0.5})", R"({"input_cost_usd":0.75,"cost_usd":2})");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].details,
            parse(R"({"kind":"budget_exceeded","metric":"cost_usd","actual":0.75,"limit":0.5})"));
  EXPECT_THAT(answer.violations[0].message, HasSubstr("0.75 USD where max_cost_usd is 0.5 USD"));
}

TEST(LimitsPreflight, ACostBoundWithoutAPriceIsRefused) {
  const Answer answer = preflight(R"({"max_cost_usd":0.5})");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, "max_cost_usd");
  EXPECT_EQ(answer.violations[0].details.at("kind"), "missing_price");
}

TEST(LimitsPreflight, AKnownPriceWillDoWhereNobodyKnowsHowLongAnAnswerMayBe) {
  EXPECT_EQ(preflight(R"({"max_cost_usd":0.5})", R"({"input_cost_usd":0.01,"cost_usd":null})").action, ASMGR_ALLOW);
  EXPECT_EQ(preflight(R"({"max_cost_usd":0.5})", R"({"input_cost_usd":0,"cost_usd":null})").action, ASMGR_ALLOW);
}

TEST(LimitsPreflight, AMissingPriceIsRefusedEvenWhenViolationsOnlyWarn) {
  EXPECT_EQ(preflight(R"({"max_cost_usd":0.5,"on_violation":"warn"})").action, ASMGR_CANCEL);
}

TEST(LimitsPreflight, AMissingPriceMayBeOnlyWarnedOf) {
  const Answer answer = preflight(R"({"max_cost_usd":0.5,"on_missing_price":"warn"})");
  EXPECT_EQ(answer.action, ASMGR_WARN);
  EXPECT_THAT(answer.violations, SizeIs(1));
}

TEST(LimitsPreflight, AMissingPriceDoesNotMatterWithoutACostBound) {
  EXPECT_EQ(preflight(R"({"max_total_tokens":100})").action, ASMGR_ALLOW);
}

TEST(LimitsPreflight, OnViolationWarnOnlyWarns) {
  EXPECT_EQ(preflight(R"({"max_input_tokens":9,"on_violation":"warn"})").action, ASMGR_WARN);
  EXPECT_EQ(preflight(R"({"max_turns":0,"on_violation":"warn"})").action, ASMGR_WARN);
}

TEST(LimitsPreflight, EveryBoundThatCannotBeKeptIsNamed) {
  EXPECT_THAT(preflight(R"({"max_turns":0,"max_input_tokens":9,"max_cost_usd":1})").violations, SizeIs(3));
}

TEST(LimitsPreflight, AnEstimateThatIsNoObjectIsTheHostsFault) {
  EXPECT_THROW(preflight(R"({"max_turns":1})", "[1"), PolicyFailure);
}

// -- while it runs
// --------------------------------------------------------------------------------------------------------

TEST(LimitsObserve, ExactlyTheBoundIsFineAndOneMoreIsNot) {
  EXPECT_EQ(observe(R"({"max_total_tokens":100})", tokens(100)).action, ASMGR_ALLOW);
  const Answer above = observe(R"({"max_total_tokens":100})", tokens(101));
  EXPECT_EQ(above.action, ASMGR_CANCEL);
  ASSERT_THAT(above.violations, SizeIs(1));
  EXPECT_EQ(above.violations[0].rule, "max_total_tokens");
  EXPECT_EQ(above.violations[0].details,
            parse(R"({"kind":"budget_exceeded","metric":"total_tokens","actual":101,"limit":100})"));
}

TEST(LimitsObserve, InputCountsWhatWasCachedAndOutputCountsReasoning) {
  asmgr_usage usage = no_usage();
  usage.input_tokens = 5;
  usage.cache_read_tokens = 3;
  usage.cache_write_tokens = 2;
  usage.output_tokens = 4;
  usage.reasoning_tokens = 6;
  EXPECT_EQ(observe(R"({"max_input_tokens":10,"max_output_tokens":10})", usage).action, ASMGR_ALLOW);
  EXPECT_EQ(observe(R"({"max_input_tokens":9})", usage).violations.at(0).details.at("actual"), 10);
  EXPECT_EQ(observe(R"({"max_output_tokens":9})", usage).violations.at(0).details.at("actual"), 10);
}

TEST(LimitsObserve, CostIsShownInUsd) {
  asmgr_usage usage = no_usage();
  usage.cost_micro_usd = 500001;
  const Answer answer = observe(R"({"max_cost_usd":0.5})", usage);
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  EXPECT_EQ(answer.violations.at(0).details,
            parse(R"({"kind":"budget_exceeded","metric":"cost_usd","actual":0.500001,"limit":0.5})"));
  usage.cost_micro_usd = 500000;
  EXPECT_EQ(observe(R"({"max_cost_usd":0.5})", usage).action, ASMGR_ALLOW);
}

TEST(LimitsObserve, WhatIsUnknownIsNeverViolated) {
  asmgr_usage usage = no_usage();
  usage.total_tokens = usage.input_tokens = usage.cache_read_tokens = usage.cache_write_tokens = -1;
  EXPECT_EQ(observe(R"({"max_cost_usd":0.5,"max_total_tokens":1,"max_input_tokens":1})", usage).action, ASMGR_ALLOW);
}

TEST(LimitsObserve, TimeToolCallsAndTurnsAreBoundedToo) {
  asmgr_usage usage = no_usage();
  usage.elapsed_ms = 1001;
  usage.tool_calls = 3;
  usage.turns = 4;
  EXPECT_EQ(observe(R"({"max_duration":1000})", usage).violations.at(0).details.at("metric"), "duration_ms");
  EXPECT_EQ(observe(R"({"max_tool_calls":2})", usage).violations.at(0).details.at("metric"), "tool_calls");
  EXPECT_EQ(observe(R"({"max_turns":3})", usage).violations.at(0).details.at("metric"), "turns");
  EXPECT_EQ(observe(R"({"max_duration":1001,"max_tool_calls":3,"max_turns":4})", usage).action, ASMGR_ALLOW);
}

TEST(LimitsObserve, ABreachIsExplainedOnceAndAnsweredEachTime) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":100})");
  const std::unique_ptr<PolicyState> run = policy.begin();
  EXPECT_THAT(run->observe(ASMGR_EV_TOKEN_USAGE_UPDATED, "{}", tokens(101)).violations, SizeIs(1));
  const Answer again = run->observe(ASMGR_EV_TURN_COMPLETED, "{}", tokens(150));
  EXPECT_EQ(again.action, ASMGR_CANCEL);
  EXPECT_THAT(again.violations, IsEmpty());
}

TEST(LimitsObserve, TheNextRunStartsAnew) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":100})");
  EXPECT_THAT(policy.begin()->observe(ASMGR_EV_TURN_COMPLETED, "{}", tokens(101)).violations, SizeIs(1));
  EXPECT_THAT(policy.begin()->observe(ASMGR_EV_TURN_COMPLETED, "{}", tokens(101)).violations, SizeIs(1));
}

TEST(LimitsObserve, OnViolationDecidesTheAction) {
  EXPECT_EQ(observe(R"({"max_total_tokens":1,"on_violation":"warn"})", tokens(2)).action, ASMGR_WARN);
  EXPECT_EQ(observe(R"({"max_total_tokens":1,"on_violation":"request_approval"})", tokens(2)).action,
            ASMGR_REQUEST_APPROVAL);
}

TEST(LimitsObserve, AfterABreachThatWantsApprovalEachToolCallAsksForIt) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":1,"max_turns":9,"on_violation":"request_approval"})");
  const std::unique_ptr<PolicyState> run = policy.begin();
  constexpr const char* kCall = R"({"tool_call_id":"c1","tool_name":"bash","tool_input":{}})";
  EXPECT_EQ(run->review_tool(kCall).action, ASMGR_ALLOW);
  EXPECT_EQ(run->observe(ASMGR_EV_TOKEN_USAGE_UPDATED, "{}", tokens(2)).action, ASMGR_REQUEST_APPROVAL);
  for (int i = 0; i < 2; ++i) {
    const Answer asked = run->review_tool(kCall);
    EXPECT_EQ(asked.action, ASMGR_REQUEST_APPROVAL);
    ASSERT_THAT(asked.violations, SizeIs(1));
    EXPECT_EQ(asked.violations[0].details,
              parse(R"({"kind":"budget_exceeded","metric":"total_tokens","actual":2,"limit":1})"));
  }
}

TEST(LimitsObserve, AfterABreachThatCancelsOrWarnsToolCallsAreNobodysQuestion) {
  for (const std::string action : {"cancel", "warn"}) {
    const PolicyInstance policy(limits(), R"({"max_total_tokens":1,"on_violation":")" + action + "\"}");
    const std::unique_ptr<PolicyState> run = policy.begin();
    EXPECT_NE(run->observe(ASMGR_EV_TOKEN_USAGE_UPDATED, "{}", tokens(2)).action, ASMGR_ALLOW);
    EXPECT_EQ(run->review_tool("{}").action, ASMGR_ALLOW) << action;
  }
}

TEST(LimitsObserve, TheBoundInEffectIsTheStacks) {
  EXPECT_EQ(observe(R"({"max_total_tokens":100})", tokens(60), R"({"limits":{"max_total_tokens":50}})").action,
            ASMGR_CANCEL);
  EXPECT_EQ(observe(R"({"max_total_tokens":100})", tokens(150), R"({"limits":{"max_total_tokens":200}})").action,
            ASMGR_ALLOW);
}

TEST(LimitsObserve, AnotherPolicysBoundIsNotThisOnes) {
  EXPECT_EQ(observe(R"({"max_turns":9})", tokens(60), R"({"limits":{"max_total_tokens":50,"max_turns":9}})").action,
            ASMGR_ALLOW);
}

TEST(LimitsObserve, IsFarBelowTenMicroseconds) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":100,"max_cost_usd":1,"max_turns":5,"max_duration":10})");
  const std::unique_ptr<PolicyState> run = policy.begin();
  constexpr int kCalls = 20000;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < kCalls; ++i) {
    const Answer answer = run->observe(ASMGR_EV_TOKEN_USAGE_UPDATED, "{}", tokens(100));
    ASSERT_EQ(answer.action, ASMGR_ALLOW);
  }
  const std::chrono::duration<double, std::micro> spent = std::chrono::steady_clock::now() - begin;
  EXPECT_LT(spent.count() / kCalls, 10.0);
}

}  // namespace
}  // namespace asmgr::testing
