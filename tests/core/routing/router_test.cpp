// A router between a run and its targets, with nothing else around it.
#include "core/routing/router.hpp"

#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "core/routing/routed_token.hpp"
#include "tests/core/routing/support/hand_made.hpp"
#include "tests/core/routing/support/manual_clock.hpp"

namespace asmgr {
namespace {

using ::testing::ElementsAre;
using testing::HandMadeTarget;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::RecordingRun;
using ::testing::SizeIs;

class RouterTest : public ::testing::Test {
 protected:
  Router& router(RouteSettings settings = {}) {
    router_ = std::make_unique<Router>("best", settings, std::vector<Router::Target>{{a_, 1}, {b_, 1}, {c_, 1}},
                                       nullptr, clock_);
    return *router_;
  }
  static boost::json::object error_in(const std::string& result) {
    auto parsed = parse_json_object(result, "result");
    return parsed ? parsed->at("error").as_object() : boost::json::object();
  }
  testing::RoutingClock clock_;
  std::shared_ptr<HandMadeTarget> a_ = std::make_shared<HandMadeTarget>("a");
  std::shared_ptr<HandMadeTarget> b_ = std::make_shared<HandMadeTarget>("b");
  std::shared_ptr<HandMadeTarget> c_ = std::make_shared<HandMadeTarget>("c");
  std::unique_ptr<Router> router_;
};

TEST_F(RouterTest, TheFirstTargetServesAndWhatItSaysGoesThrough) {
  RecordingRun run;
  run.answer = EmitAnswer::pause;
  ASSERT_TRUE(router().start(run.context));
  ASSERT_THAT(a_->starts, SizeIs(1));
  EXPECT_EQ(a_->starts.front()->start, 1001U) << "a start of its own";
  EXPECT_NE(a_->starts.front()->channel, &run);
  EXPECT_EQ(a_->starts.front()->cancel, &run.token);
  a_->say();
  a_->complete();
  EXPECT_THAT(run.log, ElementsAre("start a", "message_streamed", "finish completed"));
  EXPECT_EQ(run.result, R"({"output":{"content":"a"}})");
  EXPECT_THAT(run.announced[0].candidates, ElementsAre("a", "b", "c"));
}

TEST_F(RouterTest, AnotherTargetTakesOverBeforeAnythingWasShown) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  a_->say(EventType::run_started);
  a_->fail("provider_unavailable");
  ASSERT_THAT(b_->starts, SizeIs(1));
  b_->say();
  b_->complete();
  EXPECT_THAT(run.log,
              ElementsAre("start a", "run_started", "start b after a", "message_streamed", "finish completed"));
  ASSERT_TRUE(run.announced[1].failure);
  EXPECT_EQ(run.announced[1].failure->error.code(), ErrorCode::provider_unavailable);
}

TEST_F(RouterTest, NotAfterSomethingWasShown) {
  for (const EventType shown : {EventType::message_streamed, EventType::message_received, EventType::reasoning_streamed,
                                EventType::tool_input_streamed, EventType::tool_call_started,
                                EventType::tool_call_completed, EventType::tool_call_failed}) {
    RecordingRun run;
    ASSERT_TRUE(router().start(run.context));
    a_->say(shown);
    a_->fail("provider_unavailable");
    EXPECT_THAT(run.log, ElementsAre("start a", type_name(shown), "finish failed"));
  }
}

TEST_F(RouterTest, ExceptWhereThatIsWanted) {
  RouteSettings settings;
  settings.failover_after_output = true;
  RecordingRun run;
  ASSERT_TRUE(router(settings).start(run.context));
  a_->say();
  a_->fail("provider_unavailable");
  b_->complete();
  EXPECT_THAT(run.log, ElementsAre("start a", "message_streamed", "start b after a", "finish completed"));
}

TEST_F(RouterTest, AQuestionAboutAToolIsOutput) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  a_->starts.front()->channel->ask(7, "{}");
  a_->fail("provider_unavailable");
  EXPECT_THAT(run.log, ElementsAre("start a", "ask 7", "finish failed"));
}

TEST_F(RouterTest, AFailureThatTryingAgainDoesNotMendIsTheRuns) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  a_->fail("validation_error");
  EXPECT_THAT(run.log, ElementsAre("start a", "finish failed"));
  EXPECT_EQ(error_in(run.result).at("code").as_string(), "validation_error");
}

TEST_F(RouterTest, AtMostSoManyTargetsAreTried) {
  RouteSettings settings;
  settings.max_attempts = 2;
  RecordingRun run;
  ASSERT_TRUE(router(settings).start(run.context));
  a_->fail("provider_unavailable");
  b_->fail("provider_timeout");
  EXPECT_THAT(run.log, ElementsAre("start a", "start b after a", "finish failed"));
  const auto error = error_in(run.result);
  EXPECT_EQ(error.at("code").as_string(), "provider_timeout") << "of the last";
  const auto& attempts = error.at("details").at("attempts").as_array();
  ASSERT_EQ(attempts.size(), 2U);
  EXPECT_EQ(attempts[0].at("target").as_string(), "a");
  EXPECT_EQ(attempts[0].at("error_code").as_string(), "provider_unavailable");
}

TEST_F(RouterTest, ATargetThatRefusesItsStartHasFailed) {
  a_->refuses = Error(ErrorCode::provider_unavailable, "no socket");
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  b_->complete();
  EXPECT_THAT(run.log, ElementsAre("start a", "start b after a", "finish completed"));
}

TEST_F(RouterTest, ATargetThatMayNotBeCalledIsNoAttempt) {
  RouteSettings settings;
  settings.max_attempts = 1;
  RecordingRun run;
  run.forbids = Error(ErrorCode::plugin_disabled);
  ASSERT_TRUE(router(settings).start(run.context));
  ASSERT_THAT(b_->starts, SizeIs(1));
  b_->complete();
  EXPECT_THAT(a_->starts, IsEmpty());
}

TEST_F(RouterTest, OneDeadlineHoldsForAllAttempts) {
  RecordingRun run;
  run.context.deadline_mono_ns = clock_.monotonic_ns() + 1000;
  ASSERT_TRUE(router().start(run.context));
  EXPECT_EQ(a_->starts.front()->deadline_mono_ns, run.context.deadline_mono_ns);
  clock_.pass(std::chrono::nanoseconds(1000));
  a_->fail("provider_unavailable");
  EXPECT_THAT(run.log, ElementsAre("start a", "finish failed"));
}

TEST_F(RouterTest, WhatADeadAttemptSaysIsDropped) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  // Kept as a plugin keeps it that does not know when it is over; the attempt itself is kept by nobody.
  b_->in_start = [&](const RunContext&) {
    EventView event;
    event.type = EventType::message_streamed;
    RunChannel* dead = a_->starts.empty() ? nullptr : a_->starts.front()->channel;
    if (dead == nullptr) return;
    EXPECT_EQ(dead->emit({&event, 1}, EmitMode::asynchronous), EmitAnswer::stop);
    dead->ask(1, "{}");
    dead->finish(FinishStatus::completed, "{}");
    dead->misbehaved("x");
  };
  a_->starts.front()->channel->finish(FinishStatus::failed, R"({"error":{"code":"provider_unavailable"}})");
  b_->complete();
  EXPECT_THAT(run.log, ElementsAre("start a", "start b after a", "finish completed"));
}

TEST_F(RouterTest, TheNextRunPassesOverWhoFailed) {
  RecordingRun first;
  ASSERT_TRUE(router().start(first.context));
  a_->fail("provider_rate_limited", R"({"retry_after_ms":5000})");
  b_->complete();
  RecordingRun second("ses_2");
  ASSERT_TRUE(router_->start(second.context));
  EXPECT_THAT(second.announced[0].candidates, ElementsAre("b", "c"));
  b_->complete();
  clock_.pass(std::chrono::seconds(5));
  RecordingRun third("ses_3");
  ASSERT_TRUE(router_->start(third.context));
  EXPECT_THAT(third.announced[0].candidates, ElementsAre("a", "b", "c"));
  a_->complete();
}

TEST_F(RouterTest, WithoutACandidateItSaysWhyOfEach) {
  a_->change().capabilities.push_back({"x", CapabilityType::tool, true, "", {}, {}});
  RouteSettings settings;
  settings.max_attempts = 1;
  router(settings);
  RecordingRun first;
  ASSERT_TRUE(router_->start(first.context));
  a_->fail("provider_unavailable");
  RecordingRun run;
  run.context.required = {{CapabilityType::tool, "x"}};
  const auto refused = router_->start(run.context);
  ASSERT_FALSE(refused);
  const Error error = refused.error();
  EXPECT_EQ(error.code(), ErrorCode::provider_unavailable);
  EXPECT_THAT(error.message(),
              HasSubstr("'a': it cools down after provider_unavailable until 2026-01-01T00:00:30.000000Z"));
  const auto& targets = error.details().at("targets").as_array();
  ASSERT_EQ(targets.size(), 3U);
  EXPECT_EQ(targets[0].at("reason").as_string(), "cooldown");
  EXPECT_EQ(targets[1].at("target").as_string(), "b");
  EXPECT_EQ(targets[1].at("reason").as_string(), "capability_missing");
  EXPECT_THAT(run.log, IsEmpty()) << "nothing has begun";
}

TEST_F(RouterTest, ACancelReachesTheTargetAtWorkAndEndsTheSearch) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  a_->fail("provider_unavailable");
  run.token.cancel();
  router_->cancel(100);
  EXPECT_THAT(b_->calls, ElementsAre("cancel 1002"));
  EXPECT_THAT(a_->calls, IsEmpty());
  b_->fail("provider_unavailable");
  EXPECT_THAT(run.log, ElementsAre("start a", "start b after a", "finish failed"));
  RecordingRun other("ses_2");
  ASSERT_TRUE(router_->start(other.context));
  EXPECT_THAT(other.announced[0].candidates, ElementsAre("b", "c")) << "who was stopped is not ill";
  b_->complete();
}

TEST_F(RouterTest, ACancelBetweenTwoTargetsStartsNoMore) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  run.waits = true;
  a_->fail("provider_unavailable");
  router_->cancel(100);
  run.go();
  EXPECT_THAT(b_->starts, IsEmpty());
  EXPECT_EQ(run.log.back(), "finish failed");
}

TEST_F(RouterTest, WhatIsForTheRunGoesToTheTargetThatHasIt) {
  b_->token = "native";
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  a_->fail("provider_unavailable");
  router_->resume(100);
  ASSERT_TRUE(router_->resolve(100, 9, ToolVerdict::allow, "", ""));
  ASSERT_TRUE(router_->steer(100, "{}"));
  EXPECT_THAT(b_->calls, ElementsAre("resume 1002", "resolve 1002 9", "steer 1002 {}"));
  const auto token = router_->resume_token(100);
  ASSERT_TRUE(token);
  EXPECT_EQ(*token, R"({"target":"b","token":"native"})");
  b_->complete();
  router_->cancel(100);
  router_->resume(100);
  EXPECT_TRUE(router_->resolve(100, 9, ToolVerdict::allow, "", ""));
  EXPECT_EQ(router_->steer(100, "{}").error().code(), ErrorCode::run_not_found);
  EXPECT_THAT(b_->calls, SizeIs(3)) << "it is over";
}

TEST_F(RouterTest, OnlyTheTargetThatMadeASessionOfItsOwnGoesOnWithIt) {
  a_->change().can_resume_natively = b_->change().can_resume_natively = true;
  RecordingRun run;
  run.context.resume_token = to_text(RoutedToken{"b", "native"});
  run.context.transcript = "[1]";
  ASSERT_TRUE(router().start(run.context));
  EXPECT_EQ(a_->starts.front()->resume_token, "");
  EXPECT_EQ(a_->starts.front()->transcript, "[1]");
  a_->fail("provider_unavailable");
  EXPECT_EQ(b_->starts.front()->resume_token, "native");
  EXPECT_EQ(b_->starts.front()->transcript, "") << "it knows it";
  b_->complete();
}

TEST_F(RouterTest, ALaterTurnStaysWithTheTargetOfTheFirstWhateverItsHealth) {
  RecordingRun first;
  first.run.id = "run_1";
  ASSERT_TRUE(router().start(first.context));
  a_->fail("provider_unavailable");
  b_->finish(FinishStatus::tool_calls);
  RecordingRun other("ses_2");
  ASSERT_TRUE(router_->start(other.context));
  b_->fail("provider_unavailable");
  c_->complete();
  RecordingRun second;
  second.context.turn = 2;
  second.run.id = "run_1";
  ASSERT_TRUE(router_->start(second.context));
  ASSERT_THAT(b_->starts, SizeIs(1));
  b_->fail("provider_unavailable");
  EXPECT_THAT(second.log, ElementsAre("start b", "finish failed"));
}

TEST_F(RouterTest, WhoBreaksTheRulesIsPassedOver) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  a_->starts.front()->channel->misbehaved("emitted nonsense");
  run.token.cancel();
  a_->finish(FinishStatus::cancelled);
  RecordingRun other("ses_2");
  ASSERT_TRUE(router_->start(other.context));
  EXPECT_THAT(other.announced[0].candidates, ElementsAre("b", "c"));
  b_->complete();
}

TEST_F(RouterTest, ARunThatIsForgottenWhileItWaitsIsFinished) {
  RecordingRun run;
  run.waits = true;
  ASSERT_TRUE(router().start(run.context));
  run.waiting.clear();
  EXPECT_EQ(run.log.back(), "finish cancelled");
  EXPECT_TRUE(router_->board().look({}).standings[0].left_out.empty());
}

TEST_F(RouterTest, ARunOutlivesItsRouter) {
  RecordingRun run;
  ASSERT_TRUE(router().start(run.context));
  router_.reset();
  a_->fail("provider_unavailable");
  b_->complete();
  EXPECT_EQ(run.log.back(), "finish completed");
}

TEST_F(RouterTest, ATargetMayBeARouter) {
  const auto inner = std::make_shared<Router>("inner", RouteSettings{}, std::vector<Router::Target>{{a_, 1}, {b_, 1}},
                                              nullptr, clock_);
  Router outer("best", {}, {{inner, 1}, {c_, 1}}, nullptr, clock_);
  RecordingRun run;
  ASSERT_TRUE(outer.start(run.context));
  a_->fail("provider_unavailable");
  outer.resume(100);
  EXPECT_THAT(b_->calls, SizeIs(1)) << "through both";
  b_->token = "native";
  EXPECT_EQ(*outer.resume_token(100), R"({"target":"b","token":"native"})");
  b_->fail("provider_unavailable");
  c_->complete();
  EXPECT_THAT(run.log,
              ElementsAre("start inner", "start a", "start b after a", "start c after inner", "finish completed"));
  for (const NextTarget& next : run.announced) EXPECT_THAT(next.candidates, ElementsAre("inner", "c"));
  EXPECT_EQ(a_->calls.size(), 0U);
}

TEST_F(RouterTest, ARunGoesOnInANestedRouterWithTheTargetThatHadIt) {
  b_->change().can_resume_natively = true;
  const auto inner = std::make_shared<Router>("inner", RouteSettings{}, std::vector<Router::Target>{{a_, 1}, {b_, 1}},
                                              nullptr, clock_);
  Router outer("best", {}, {{c_, 1}, {inner, 1}}, nullptr, clock_);
  RecordingRun run;
  run.run.metadata["routing"].emplace_object()["routed_provider"] = "b";
  run.context.resume_token = to_text(RoutedToken{"b", "native"});
  ASSERT_TRUE(outer.start(run.context));
  ASSERT_THAT(b_->starts, SizeIs(1));
  EXPECT_EQ(b_->starts.front()->resume_token, "native");
  b_->complete();
}

}  // namespace
}  // namespace asmgr
