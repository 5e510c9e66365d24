// Budgets of many runs: what an instance with a window asks its host to hold.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/plugins/limits/limits_plugin.hpp"

namespace asmgr::testing {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr std::int64_t kHourUs = 3'600'000'000;
constexpr std::string_view kInputOnly = R"({"input_tokens":10,"max_output_tokens":null,"cost_usd":null})";

// Who runs, when, beside which other policies.
struct Asking {
  std::string session = "ses_1";
  std::string agent = "coder";
  std::string tenant = "acme";
  std::string doc = R"({"context":{},"metadata":{},"tags":["nightly"]})";
  std::string instance = "budget";
  std::string effective = {};
  std::int64_t now_us = 0;
};

Answer ask(const std::string& config, const Asking& asking = {}, std::string_view estimate = kInputOnly) {
  std::int64_t now_us = asking.now_us;
  asmgr_host host = *test_host();
  host.ctx = &now_us;
  host.now_us = [](void* ctx) noexcept -> int64_t { return *static_cast<std::int64_t*>(ctx); };
  const PolicyInstance policy(limits(), config, asking.instance, &host);
  asmgr_session session{};
  session.size = sizeof(session);
  session.id = to_abi(asking.session);
  session.agent_id = to_abi(asking.agent);
  session.tenant = to_abi(asking.tenant);
  session.doc = to_abi(asking.doc);
  return policy.begin(asking.effective, session)->preflight(estimate);
}

std::string turns_per(const std::string& per, const std::string& every = R"(,"every":3600000)") {
  return R"({"max_turns":5,"window":{"per":")" + per + "\"" + every + "}}";
}

std::string counter_of(const std::string& config, const Asking& asking = {}) {
  const Answer answer = ask(config, asking);
  EXPECT_THAT(answer.holds, SizeIs(1));
  return answer.holds.empty() ? std::string() : answer.holds.front().counter;
}

std::int64_t amount_of(const std::string& bound, const std::string& rest, std::string_view estimate,
                       const std::string& effective = {}) {
  Asking asking;
  asking.effective = effective;
  const Answer answer =
      ask("{" + bound + rest + R"(,"on_missing_price":"warn","window":{"per":"agent"}})", asking, estimate);
  EXPECT_THAT(answer.holds, SizeIs(1)) << bound;
  return answer.holds.empty() ? -1 : answer.holds.front().amount;
}

// -- which counters ---------------------------------------------------------------------------------------------------

TEST(LimitsWindow, ACounterIsNamedByInstanceFigureScopeWindowAndWho) {
  Asking late;
  late.now_us = 7 * kHourUs + 5;
  EXPECT_EQ(counter_of(turns_per("session"), late), "limits/budget/max_turns/session/3600000ms/7/acme/ses_1");
  EXPECT_EQ(counter_of(turns_per("agent"), late), "limits/budget/max_turns/agent/3600000ms/7/acme/coder");
  EXPECT_EQ(counter_of(turns_per("tag"), late), "limits/budget/max_turns/tag/3600000ms/7/acme/nightly");
  EXPECT_EQ(counter_of(turns_per("tenant"), late), "limits/budget/max_turns/tenant/3600000ms/7/acme");
}

TEST(LimitsWindow, WithoutEveryTheBudgetIsForEver) {
  Asking late;
  late.now_us = 7 * kHourUs;
  for (const std::string per : {"session", "agent", "tag", "tenant"})
    EXPECT_EQ(counter_of(turns_per(per, "")), counter_of(turns_per(per, ""), late)) << per;
}

TEST(LimitsWindow, WindowsAreAlignedToTheEpochAndTheLastMomentIsStillIn) {
  Asking first, last, next;
  first.now_us = 3 * kHourUs;
  last.now_us = 4 * kHourUs - 1;
  next.now_us = 4 * kHourUs;
  EXPECT_EQ(counter_of(turns_per("agent"), first), counter_of(turns_per("agent"), last));
  EXPECT_NE(counter_of(turns_per("agent"), last), counter_of(turns_per("agent"), next));
}

TEST(LimitsWindow, ACounterIsKeptForAnotherWindowAndADayOrForEver) {
  Asking late;
  late.now_us = 7 * kHourUs + 5;
  EXPECT_EQ(ask(turns_per("agent"), late).holds.at(0).keep_until_us, (7 + 2 + 24) * kHourUs);
  EXPECT_EQ(ask(turns_per("agent", ""), late).holds.at(0).keep_until_us, 0);
  EXPECT_EQ(ask(turns_per("agent", R"(,"every":9223372036854775)"), late).holds.at(0).keep_until_us, 0);
}

TEST(LimitsWindow, NoTwoBudgetsShareACounter) {
  std::vector<std::string> counters;
  for (const std::string every : {R"(,"every":3600000)", R"(,"every":7200000)", ""}) {
    for (const std::string per : {"session", "agent", "tag", "tenant"})
      counters.push_back(counter_of(turns_per(per, every)));
  }
  counters.push_back(counter_of(R"({"max_tool_calls":5,"window":{"per":"agent"}})"));
  const auto with = [&](auto change) {
    Asking asking;
    change(asking);
    counters.push_back(counter_of(turns_per("agent"), asking));
  };
  with([](Asking& a) { a.instance = "another"; });
  with([](Asking& a) { a.agent = "other"; });
  with([](Asking& a) { a.tenant = "other"; });
  with([](Asking& a) { a.tenant = ""; });
  // What would be one text, were parts only joined.
  with([](Asking& a) { a.tenant = "a/b", a.agent = "c"; });
  with([](Asking& a) { a.tenant = "a", a.agent = "b/c"; });
  with([](Asking& a) { a.agent = "a%2f"; });
  with([](Asking& a) { a.agent = "a/"; });
  with([](Asking& a) { a.agent = std::string(5000, 'x'); });
  with([](Asking& a) { a.agent = std::string(5001, 'x'); });
  with([](Asking& a) { a.agent = std::string("a\0b", 3); });
  const std::set<std::string> distinct(counters.begin(), counters.end());
  EXPECT_EQ(distinct.size(), counters.size());
  for (const std::string& counter : counters) EXPECT_LT(counter.size(), 400U) << counter;
}

TEST(LimitsWindow, TheBoundIsNoPartOfTheNameSoThatRaisingItKeepsWhatWasUsed) {
  EXPECT_EQ(counter_of(R"({"max_turns":5,"window":{"per":"agent"}})"),
            counter_of(R"({"max_turns":6,"window":{"per":"agent"}})"));
}

TEST(LimitsWindow, ASessionCountsForEachOfItsTagsOnce) {
  Asking tagged;
  tagged.doc = R"({"tags":["b","a","b"]})";
  const Answer answer = ask(turns_per("tag"), tagged);
  ASSERT_THAT(answer.holds, SizeIs(2));
  EXPECT_EQ(answer.holds[0].counter, "limits/budget/max_turns/tag/3600000ms/0/acme/a");
  EXPECT_EQ(answer.holds[1].counter, "limits/budget/max_turns/tag/3600000ms/0/acme/b");
}

TEST(LimitsWindow, ASessionWithoutTagsIsNotBoundedByTags) {
  Asking untagged;
  for (const std::string doc : {"", "{}", R"({"tags":[]})"}) {
    untagged.doc = doc;
    const Answer answer = ask(turns_per("tag"), untagged);
    EXPECT_EQ(answer.action, ASMGR_ALLOW);
    EXPECT_THAT(answer.holds, IsEmpty());
  }
  untagged.doc = "[";
  EXPECT_THROW(ask(turns_per("tag"), untagged), PolicyFailure);
}

// -- how much
// -----------------------------------------------------------------------------------------------------------

TEST(LimitsWindow, EveryBoundIsHeldUnderItselfAndSettledByItsOwnMetric) {
  const Answer answer = ask(R"({"max_total_tokens":1000,"max_input_tokens":100,"max_output_tokens":200,
      "max_cost_usd":0.5,"max_duration":60000,"max_tool_calls":7,"max_turns":9,
      "on_missing_price":"warn","window":{"per":"agent"}})");
  std::vector<std::string> seen;
  for (const AskedHold& hold : answer.holds)
    seen.push_back(hold.metric + " " + std::to_string(hold.amount) + "/" + std::to_string(hold.ceiling));
  EXPECT_THAT(seen, ::testing::ElementsAre("total_tokens 1000/1000", "input_tokens 10/100", "output_tokens 200/200",
                                           "cost_micro_usd 500000/500000", "elapsed_ms 60000/60000", "tool_calls 7/7",
                                           "turns 9/9"));
}

TEST(LimitsWindow, HeldIsThePolicysEstimateElseTheHostsElseAllOfIt) {
  constexpr std::string_view kAllKnown = R"({"input_tokens":10,"max_output_tokens":30,"cost_usd":0.1})";
  const std::string own = R"(,"estimate":{"tokens":25,"cost_usd":0.2})";
  EXPECT_EQ(amount_of(R"("max_total_tokens":100)", own, kAllKnown), 25);
  EXPECT_EQ(amount_of(R"("max_total_tokens":100)", "", kAllKnown), 40);
  EXPECT_EQ(amount_of(R"("max_total_tokens":100)", "", kInputOnly), 100);
  EXPECT_EQ(amount_of(R"("max_input_tokens":100)", "", kAllKnown), 10);
  EXPECT_EQ(amount_of(R"("max_output_tokens":100)", "", kAllKnown), 30);
  EXPECT_EQ(amount_of(R"("max_output_tokens":20)", "", kAllKnown), 20);
  EXPECT_EQ(amount_of(R"("max_cost_usd":1)", own, kAllKnown), 200'000);
  EXPECT_EQ(amount_of(R"("max_cost_usd":1)", "", kAllKnown), 100'000);
  EXPECT_EQ(amount_of(R"("max_cost_usd":1)", "", kInputOnly), 1'000'000);
  EXPECT_EQ(amount_of(R"("max_input_tokens":100)", "", R"({"input_tokens":0})"), 1) << "nothing at all bounds nothing";
}

TEST(LimitsWindow, WhatTheStackAllowsASingleRunIsTheMostThatIsHeld) {
  const std::string stack = R"({"limits":{"max_total_tokens":40,"max_turns":3,"max_duration_ms":2000}})";
  EXPECT_EQ(amount_of(R"("max_total_tokens":100)", "", kInputOnly, stack), 40);
  EXPECT_EQ(amount_of(R"("max_turns":100)", "", kInputOnly, stack), 3);
  EXPECT_EQ(amount_of(R"("max_duration":60000)", "", kInputOnly, stack), 2000);
  EXPECT_EQ(amount_of(R"("max_tool_calls":5)", "", kInputOnly, stack), 5);
}

TEST(LimitsWindow, TheStacksBoundOfASingleRunDoesNotReplaceTheBudget) {
  Asking beside;
  beside.effective = R"({"limits":{"max_total_tokens":40}})";
  const Answer answer = ask(R"({"max_total_tokens":100,"window":{"per":"agent"}})", beside);
  ASSERT_THAT(answer.holds, SizeIs(1));
  EXPECT_EQ(answer.holds[0].ceiling, 100);
}

TEST(LimitsWindow, WhatCannotFitIntoAnEmptyBudgetIsRefusedWithoutAHold) {
  for (const std::string bounds : {R"("max_total_tokens":100,"estimate":{"tokens":101})", R"("max_input_tokens":9)",
                                   R"("max_turns":0)", R"("max_cost_usd":1)"}) {
    const Answer answer = ask("{" + bounds + R"(,"window":{"per":"agent"}})");
    EXPECT_EQ(answer.action, ASMGR_CANCEL) << bounds;
    EXPECT_THAT(answer.violations, SizeIs(1)) << bounds;
    EXPECT_THAT(answer.holds, IsEmpty()) << bounds;
  }
}

TEST(LimitsWindow, ASingleRunThatPassesTheBudgetIsStoppedByItself) {
  const PolicyInstance policy(limits(), R"({"max_total_tokens":100,"window":{"per":"agent"}})");
  asmgr_usage usage = no_usage();
  usage.total_tokens = 101;
  const Answer answer =
      policy.begin(R"({"limits":{"max_total_tokens":40}})")->observe(ASMGR_EV_TOKEN_USAGE_UPDATED, "{}", usage);
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].details.at("limit"), 100);
}

}  // namespace
}  // namespace asmgr::testing
