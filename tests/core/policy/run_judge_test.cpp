#include "core/policy/run_judge.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/core/policy/scripted_policy.hpp"

namespace asmgr {
namespace {

using testing::bind;
using testing::broken;
using ::testing::HasSubstr;
using testing::named;
using testing::Script;

constexpr const char* kDenied = R"({"kind":"tool_denied"})";

std::unique_ptr<RunJudge> judge_of(std::vector<PolicyBinding> policies) {
  Session session;
  asmgr::Run run;
  run.id = "run_1";
  Result<std::unique_ptr<RunJudge>> judge =
      RunJudge::begin(stack_policies(policies, LimitMerge::tightest), session, run);
  if (judge.has_error()) throw std::runtime_error(judge.error().to_string());
  return std::move(*judge);
}

Script reviewing(Decision decision) {
  Script script;
  script.review_tool = [decision](std::string_view) { return decision; };
  return script;
}

Script observing(Decision answer) {
  Script script;
  script.observe = [answer](const EventView&, const RunUsage&, Decision& decision) {
    decision = answer;
    return Result<void>();
  };
  return script;
}

Script preflighting(Decision decision) {
  Script script;
  script.preflight = [decision](std::vector<Hold>&) { return decision; };
  return script;
}

Judgement observe(RunJudge& judge, EventType type, std::string_view data = "{}") {
  EventView event;
  event.type = type;
  event.data = data;
  return judge.observe(event, RunUsage{});
}

TEST(RunJudge, WithoutPoliciesEverythingIsAllowedAndNothingWanted) {
  const std::unique_ptr<RunJudge> judge = judge_of({});
  EXPECT_EQ(judge->preflight("{}").action, PolicyAction::allow);
  EXPECT_EQ(judge->review_tool("{}", "c1").action, PolicyAction::allow);
  EXPECT_EQ(observe(*judge, EventType::run_started).action, PolicyAction::allow);
  EXPECT_FALSE(judge->wants(EventType::tool_call_started));
  EXPECT_FALSE(judge->wants(EventType::unknown));
}

TEST(RunJudge, EveryPolicyBeginsWithTheCombination) {
  const PolicyBinding binding = bind(named("a"));
  const std::unique_ptr<RunJudge> judge = judge_of({binding});
  EXPECT_EQ(static_cast<testing::ScriptedPolicy&>(*binding.policy).seen_effective(), judge->policy().combined_text);
}

TEST(RunJudge, TheStrictestAnswerWinsAndEachViolationNamesItsPolicy) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("mild"), reviewing(broken(PolicyAction::warn, "r1"))),
                bind(named("strict"), reviewing(broken(PolicyAction::deny, "r2"))),
                bind(named("asking"), reviewing(broken(PolicyAction::request_approval, "r3")))});
  const Judgement judgement = judge->review_tool("{}", "c1");
  EXPECT_EQ(judgement.action, PolicyAction::deny);
  ASSERT_EQ(judgement.violations.size(), 3U);
  EXPECT_EQ(judgement.violations[0].policy, "mild");
  EXPECT_EQ(judgement.violations[0].action, PolicyAction::warn);
  EXPECT_EQ(judgement.violations[1].policy, "strict");
  EXPECT_EQ(judgement.violations[1].action, PolicyAction::deny);
}

TEST(RunJudge, RequestApprovalIsPassedOnAsItIs) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("a"), reviewing(broken(PolicyAction::request_approval, "ask")))});
  EXPECT_EQ(judge->review_tool("{}", "c1").action, PolicyAction::request_approval);
}

TEST(RunJudge, ABreachIsReportedOnceButItsActionStillCounts) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("a"), observing(broken(PolicyAction::cancel, "max_total_tokens")))});
  EXPECT_EQ(observe(*judge, EventType::token_usage_updated).violations.size(), 1U);
  const Judgement again = observe(*judge, EventType::token_usage_updated);
  EXPECT_EQ(again.action, PolicyAction::cancel);
  EXPECT_TRUE(again.violations.empty());
}

TEST(RunJudge, TwoPoliciesThatBreakARuleOfTheSameNameAreBothReported) {
  const Script script = observing(broken(PolicyAction::warn, "max_turns"));
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("a"), script), bind(named("b"), script)});
  EXPECT_EQ(observe(*judge, EventType::turn_completed).violations.size(), 2U);
}

TEST(RunJudge, APolicyThatIsListedTwiceReportsOnce) {
  const PolicyBinding binding = bind(named("a"), observing(broken(PolicyAction::warn, "max_turns")));
  const std::unique_ptr<RunJudge> judge = judge_of({binding, binding});
  EXPECT_EQ(observe(*judge, EventType::turn_completed).violations.size(), 1U);
}

TEST(RunJudge, APolicyThatIsListedTwiceNeedExplainItselfOnlyOnce) {
  Script script;
  script.preflight = [](std::vector<Hold>&) { return broken(PolicyAction::cancel, "max_turns"); };
  script.observe = observing(Decision{PolicyAction::cancel, {}}).observe;
  const PolicyBinding binding = bind(named("a"), script);
  const std::unique_ptr<RunJudge> judge = judge_of({binding, binding});
  EXPECT_EQ(judge->preflight("{}").violations.size(), 1U);
  EXPECT_TRUE(observe(*judge, EventType::turn_completed).violations.empty());
}

TEST(RunJudge, DenialsAreReportedOncePerToolCall) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("a"), reviewing(broken(PolicyAction::deny, "deny", kDenied)))});
  EXPECT_EQ(judge->review_tool("{}", "c1").violations.size(), 1U);
  EXPECT_EQ(judge->review_tool("{}", "c1").violations.size(), 0U);
  EXPECT_EQ(judge->review_tool("{}", "c2").violations.size(), 1U);
}

TEST(RunJudge, ADenialThatWasReviewedIsNotReportedAgainWhenItIsObserved) {
  Script script = reviewing(broken(PolicyAction::warn, "deny", kDenied));
  script.observe = observing(broken(PolicyAction::warn, "deny", kDenied)).observe;
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("a"), script)});
  EXPECT_EQ(judge->review_tool("{}", "c1").violations.size(), 1U);
  EXPECT_TRUE(observe(*judge, EventType::tool_call_started, R"({"tool_call_id":"c1"})").violations.empty());
  EXPECT_TRUE(observe(*judge, EventType::tool_call_completed, R"({"tool_call_id":"c1"})").violations.empty());
  EXPECT_EQ(observe(*judge, EventType::tool_call_started, R"({"tool_call_id":"c2"})").violations.size(), 1U);
}

TEST(RunJudge, ABudgetBreachedByAToolCallIsReportedOncePerRun) {
  const std::unique_ptr<RunJudge> judge = judge_of(
      {bind(named("a"), observing(broken(PolicyAction::warn, "max_tool_calls", R"({"kind":"budget_exceeded"})")))});
  EXPECT_EQ(observe(*judge, EventType::tool_call_started, R"({"tool_call_id":"c1"})").violations.size(), 1U);
  EXPECT_TRUE(observe(*judge, EventType::tool_call_started, R"({"tool_call_id":"c2"})").violations.empty());
}

TEST(RunJudge, ARuleThatWasWarnedOfIsReportedAgainWhenItIsBrokenInAnotherWay) {
  Script script = preflighting(broken(PolicyAction::warn, "max_cost_usd", R"({"kind":"missing_price"})"));
  script.observe = observing(broken(PolicyAction::cancel, "max_cost_usd", R"({"kind":"budget_exceeded"})")).observe;
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("a"), script)});
  EXPECT_EQ(judge->preflight("{}").violations.size(), 1U);
  EXPECT_EQ(observe(*judge, EventType::token_usage_updated).violations.size(), 1U);
}

TEST(RunJudge, EachCallThatNeedsApprovalIsReported) {
  const std::unique_ptr<RunJudge> judge = judge_of({bind(
      named("a"), observing(broken(PolicyAction::request_approval, "ask", R"({"kind":"approval","tool_name":"x"})")))});
  EXPECT_EQ(observe(*judge, EventType::tool_call_started, R"({"tool_call_id":"c1"})").violations.size(), 1U);
  EXPECT_EQ(observe(*judge, EventType::tool_call_started, R"({"tool_call_id":"c2"})").violations.size(), 1U);
}

TEST(RunJudge, OnlyPoliciesThatWantAnEventSeeIt) {
  PolicyInfo info = named("a");
  info.observes_all = false;
  info.events = {EventType::turn_completed};
  const std::unique_ptr<RunJudge> judge = judge_of({bind(info, observing(broken(PolicyAction::cancel, "r")))});
  EXPECT_TRUE(judge->wants(EventType::turn_completed));
  EXPECT_FALSE(judge->wants(EventType::run_started));
  EXPECT_FALSE(judge->wants(EventType::unknown));
  EXPECT_EQ(observe(*judge, EventType::run_started).action, PolicyAction::allow);
  EXPECT_EQ(observe(*judge, EventType::turn_completed).action, PolicyAction::cancel);
}

TEST(RunJudge, APolicyThatObservesAllSeesTypesThisVersionDoesNotKnow) {
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("a"), observing(broken(PolicyAction::cancel, "r")))});
  EXPECT_TRUE(judge->wants(EventType::unknown));
  EXPECT_EQ(observe(*judge, EventType::unknown).action, PolicyAction::cancel);
}

TEST(RunJudge, PreflightCollectsTheHoldsOfAllPolicies) {
  Script script;
  script.preflight = [](std::vector<Hold>& holds) {
    holds.push_back(Hold{"team", "total_tokens", 10, 100});
    return Decision{};
  };
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("a"), script), bind(named("b"), script)});
  EXPECT_EQ(judge->preflight("{}").holds.size(), 2U);
}

// -- policies that misbehave ------------------------------------------------------------------------------------------

PolicyAction expected_action(OnPolicyError on_error) {
  if (on_error == OnPolicyError::warn) return PolicyAction::warn;
  return on_error == OnPolicyError::deny ? PolicyAction::deny : PolicyAction::cancel;
}

class FailingPolicy : public ::testing::TestWithParam<OnPolicyError> {
 protected:
  static void expect_policy_error(const Judgement& judgement, const char* reason) {
    EXPECT_EQ(judgement.action, expected_action(GetParam()));
    ASSERT_EQ(judgement.violations.size(), 1U);
    EXPECT_EQ(judgement.violations[0].violation.rule, "policy_error");
    EXPECT_EQ(judgement.violations[0].action, expected_action(GetParam()));
    EXPECT_THAT(judgement.violations[0].violation.message, HasSubstr("policy \"bad\" failed"));
    EXPECT_THAT(judgement.violations[0].violation.message, HasSubstr(reason));
    EXPECT_THAT(judgement.violations[0].violation.details, HasSubstr(R"("kind":"policy_error")"));
  }
};

TEST_P(FailingPolicy, AnErrorCountsAsOnErrorSays) {
  Script script;
  script.preflight = [](std::vector<Hold>&) -> Result<Decision> { return Error(ErrorCode::timeout, "too slow"); };
  script.review_tool = [](std::string_view) -> Result<Decision> { return Error(ErrorCode::timeout, "too slow"); };
  script.observe = [](const EventView&, const RunUsage&, Decision&) -> Result<void> {
    return Error(ErrorCode::timeout, "too slow");
  };
  expect_policy_error(judge_of({bind(named("bad"), script, GetParam())})->preflight("{}"), "too slow");
  expect_policy_error(judge_of({bind(named("bad"), script, GetParam())})->review_tool("{}", "c"), "too slow");
  expect_policy_error(observe(*judge_of({bind(named("bad"), script, GetParam())}), EventType::run_started), "too slow");
}

TEST_P(FailingPolicy, AnExceptionIsAPolicyError) {
  Script script;
  script.preflight = [](std::vector<Hold>&) -> Result<Decision> { throw std::runtime_error("boom"); };
  script.review_tool = [](std::string_view) -> Result<Decision> { throw 7; };
  script.observe = [](const EventView&, const RunUsage&, Decision&) -> Result<void> { throw std::logic_error("bang"); };
  expect_policy_error(judge_of({bind(named("bad"), script, GetParam())})->preflight("{}"), "boom");
  expect_policy_error(judge_of({bind(named("bad"), script, GetParam())})->review_tool("{}", "c"), "no exception");
  expect_policy_error(observe(*judge_of({bind(named("bad"), script, GetParam())}), EventType::run_started), "bang");
}

TEST_P(FailingPolicy, AHoldThatMakesNoSenseIsAPolicyErrorAndHoldsNothing) {
  Script script;
  script.preflight = [](std::vector<Hold>& holds) {
    holds.push_back(Hold{"team", "total_tokens", -1, 100});
    return Decision{};
  };
  const Judgement judgement = judge_of({bind(named("bad"), script, GetParam())})->preflight("{}");
  expect_policy_error(judgement, "hold");
  EXPECT_TRUE(judgement.holds.empty());
}

TEST_P(FailingPolicy, AFailureWhileObservingIsReportedOnce) {
  Script script;
  script.observe = [](const EventView&, const RunUsage&, Decision&) -> Result<void> { throw std::logic_error("bang"); };
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("bad"), script, GetParam())});
  EXPECT_EQ(observe(*judge, EventType::run_started).violations.size(), 1U);
  const Judgement again = observe(*judge, EventType::run_started);
  EXPECT_TRUE(again.violations.empty());
  EXPECT_EQ(again.action, expected_action(GetParam()));
}

INSTANTIATE_TEST_SUITE_P(OnError, FailingPolicy,
                         ::testing::Values(OnPolicyError::cancel, OnPolicyError::deny, OnPolicyError::warn));

Script that_cannot_begin() {
  Script script;
  script.begin = []() -> Result<void> { throw std::runtime_error("no state"); };
  return script;
}

TEST(RunJudge, APolicyThatCannotBeginEndsTheRunBeforeItStarts) {
  const std::vector<PolicyBinding> policies{bind(named("bad"), that_cannot_begin(), OnPolicyError::deny)};
  asmgr::Run run;
  run.id = "run_1";
  const Result<std::unique_ptr<RunJudge>> judge =
      RunJudge::begin(stack_policies(policies, LimitMerge::tightest), Session{}, run);
  ASSERT_TRUE(judge.has_error());
  EXPECT_EQ(judge.error().code(), ErrorCode::policy_violation);
  EXPECT_EQ(judge.error().message(), "policy \"bad\" could not begin run run_1: begin threw: no state");
}

TEST(RunJudge, APolicyThatCannotBeginButOnlyWarnsIsReportedOnceAndTheOthersStillJudge) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("bad"), that_cannot_begin(), OnPolicyError::warn),
                bind(named("good"), reviewing(broken(PolicyAction::deny, "deny", kDenied)))});
  const Judgement preflight = judge->preflight("{}");
  EXPECT_EQ(preflight.action, PolicyAction::warn);
  ASSERT_EQ(preflight.violations.size(), 1U);
  EXPECT_EQ(preflight.violations[0].violation.rule, "policy_error");
  const Judgement review = judge->review_tool("{}", "c1");
  EXPECT_EQ(review.action, PolicyAction::deny);
  ASSERT_EQ(review.violations.size(), 1U);
  EXPECT_EQ(review.violations[0].policy, "good");
}

TEST(RunJudge, AnAnswerWithoutAReasonIsRecordedAsSuch) {
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("a"), reviewing(Decision{PolicyAction::deny, {}}))});
  const Judgement judgement = judge->review_tool("{}", "c1");
  EXPECT_EQ(judgement.action, PolicyAction::deny);
  ASSERT_EQ(judgement.violations.size(), 1U);
  EXPECT_EQ(judgement.violations[0].violation.rule, "unexplained");
  EXPECT_EQ(judgement.violations[0].violation.message, "policy \"a\" answered deny without saying why");
}

TEST(RunJudge, APolicyThatExplainedItselfOnceNeedNotDoSoAgain) {
  bool first = true;
  Script script;
  script.observe = [&first](const EventView&, const RunUsage&, Decision& decision) {
    decision = first ? broken(PolicyAction::cancel, "max_turns") : Decision{PolicyAction::cancel, {}};
    first = false;
    return Result<void>();
  };
  const std::unique_ptr<RunJudge> judge = judge_of({bind(named("a"), script)});
  EXPECT_EQ(observe(*judge, EventType::turn_completed).violations.size(), 1U);
  EXPECT_TRUE(observe(*judge, EventType::turn_completed).violations.empty());
}

TEST(RunJudge, AViolationBesideAllowCountsAsAWarning) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("a"), preflighting(broken(PolicyAction::allow, "odd")))});
  const Judgement judgement = judge->preflight("{}");
  EXPECT_EQ(judgement.action, PolicyAction::warn);
  ASSERT_EQ(judgement.violations.size(), 1U);
  EXPECT_EQ(judgement.violations[0].action, PolicyAction::warn);
}

TEST(RunJudge, AnActionThisVersionDoesNotKnowCountsAsCancel) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("a"), preflighting(broken(static_cast<PolicyAction>(9), "odd")))});
  EXPECT_EQ(judge->preflight("{}").action, PolicyAction::cancel);
}

TEST(RunJudge, DetailsThatAreNoObjectAreDropped) {
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(named("a"), preflighting(broken(PolicyAction::warn, "odd", "[1,")))});
  EXPECT_EQ(judge->preflight("{}").violations.at(0).violation.details, "{}");
}

// -- time -----------------------------------------------------------------------------------------------------------

PolicyInfo bounded(std::string name, const char* limits, bool wants_time = true) {
  PolicyInfo info = named(std::move(name));
  info.limits = boost::json::parse(limits).as_object();
  info.wants_time = wants_time;
  return info;
}

Judgement pass_time(RunJudge& judge) {
  EventView moment;
  moment.type_name = kTimePassed;
  return judge.time_passed(moment, RunUsage{});
}

TEST(RunJudge, EveryDurationOfAPolicyThatWantsTheTimeIsToldOfOnceAndInOrder) {
  const std::unique_ptr<RunJudge> judge = judge_of({bind(bounded("late", R"({"max_duration_ms":500})")),
                                                    bind(bounded("early", R"({"max_duration_ms":50})")),
                                                    bind(bounded("again", R"({"max_duration_ms":500})")),
                                                    bind(bounded("deaf", R"({"max_duration_ms":70})", false))});
  EXPECT_EQ(judge->durations(), (std::vector<std::int64_t>{50, 500}));
}

TEST(RunJudge, ADurationOfAllTogetherIsToldOfToo) {
  const std::unique_ptr<RunJudge> judge = judge_of(
      {bind(bounded("late", R"({"max_duration_ms":500})")), bind(bounded("deaf", R"({"max_duration_ms":70})", false))});
  EXPECT_EQ(judge->durations(), (std::vector<std::int64_t>{70, 500}));
}

TEST(RunJudge, NobodyIsToldTheTimeWhoDoesNotWantItOrHasNoDuration) {
  EXPECT_TRUE(judge_of({bind(bounded("deaf", R"({"max_duration_ms":70})", false))})->durations().empty());
  EXPECT_TRUE(judge_of({bind(bounded("unbounded", R"({"max_turns":7})"))})->durations().empty());
  EXPECT_TRUE(judge_of({bind(bounded("odd", R"({"max_duration_ms":-1})"))})->durations().empty());
  EXPECT_TRUE(judge_of({bind(bounded("endless", R"({"max_duration_ms":1e300})"))})->durations().empty());
}

TEST(RunJudge, TheTimeIsToldToThoseWhoWantItAndABreachIsOneViolation) {
  const Script strict = observing(broken(PolicyAction::cancel, "max_duration"));
  const std::unique_ptr<RunJudge> judge =
      judge_of({bind(bounded("told", R"({"max_duration_ms":5})"), strict), bind(bounded("deaf", "{}", false), strict)});
  const Judgement first = pass_time(*judge);
  EXPECT_EQ(first.action, PolicyAction::cancel);
  ASSERT_EQ(first.violations.size(), 1U);
  EXPECT_EQ(first.violations[0].policy, "told");
  const Judgement second = pass_time(*judge);
  EXPECT_EQ(second.action, PolicyAction::cancel);
  EXPECT_TRUE(second.violations.empty());
}

}  // namespace
}  // namespace asmgr
