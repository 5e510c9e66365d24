// A run whose provider is a router: what is on record of its attempts, and what they cost.
#include "tests/core/engine/support/routed_world.hpp"
#include "tests/core/routing/support/manual_clock.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

void unavailable(ScriptedRun& run) {
  fail_with(run, "provider_unavailable");
}
void stream_and_fail(ScriptedRun& run) {
  run.text("half of it. ");
  fail_with(run, "provider_unavailable");
}

TEST(Routing, TheFirstTargetThatServesIsInTheResultAndOnTheRun) {
  RoutedWorld<> world({complete_with_text, complete_with_text});
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  const auto result = world.execute(run_id);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->provider, "best");
  ASSERT_TRUE(result->routing);
  EXPECT_EQ(to_text(*result->routing), R"({"routed_provider":"a","attempt":1,"candidates":["a","b"]})");
  const auto run = world.manager().get_run(run_id);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->provider, "best");
  EXPECT_EQ(run->metadata.at("routing"), boost::json::value(*result->routing));
  EXPECT_THAT(world.attempts(session), ElementsAre("1 run_started", "1 message_streamed", "1 run_completed"));
}

TEST(Routing, AnotherTargetTakesOverBeforeAnythingWasShown) {
  RoutedWorld<> world({[](ScriptedRun& run) {
                         run.emit(EventType::run_started, R"({"session_id":"native-a","model":"m-a"})");
                         unavailable(run);
                       },
                       complete_with_text});
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(to_text(*result->routing),
            R"({"routed_provider":"b","attempt":2,"candidates":["a","b"],"failover_from":"a",)"
            R"("failover_reason":"provider_unavailable"})");
  EXPECT_THAT(world.attempts(session),
              ElementsAre("1 run_started", "1 provider_started", "1 error_occurred", "2 step_reset",
                          "2 message_streamed", "2 error_recovered", "2 run_completed"));
  const auto failed = world.all_data(session, "error_occurred").front();
  EXPECT_EQ(failed.at("attempt").as_int64(), 1);
  EXPECT_EQ(failed.at("error_code").as_string(), "provider_unavailable");
  EXPECT_TRUE(failed.at("will_retry").as_bool());
  const auto reset = world.all_data(session, "step_reset").front();
  EXPECT_EQ(reset.at("attempt").as_int64(), 2);
  EXPECT_EQ(reset.at("reason").as_string(), "failover");
  const auto run = world.manager().get_run(result->run_id);
  EXPECT_FALSE(run->provider_metadata.contains("session_id")) << "that was the other one's";
  EXPECT_EQ(result->model, "");
}

TEST(Routing, NotAfterSomethingWasShown) {
  RoutedWorld<> world({stream_and_fail, complete_with_text});
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(world.targets[1]->starts, 0);
  EXPECT_THAT(world.attempts(session),
              ElementsAre("1 run_started", "1 message_streamed", "1 error_occurred", "1 run_failed"));
  EXPECT_FALSE(world.all_data(session, "error_occurred").front().at("will_retry").as_bool());
}

TEST(Routing, WithLeaveForThatWhatWasShownIsSuperseded) {
  RouteSettings settings;
  settings.failover_after_output = true;
  RoutedWorld<> world(
      {[](ScriptedRun& run) {
         run.text("half of it. ");
         run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"read","tool_input":{}})");
         unavailable(run);
       },
       [](ScriptedRun& run) {
         run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"read","tool_input":{}})");
         run.emit(EventType::tool_call_completed, R"({"tool_call_id":"c1","tool_name":"read","tool_output":"x"})");
         complete_with_text(run);
       }},
      settings);
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_THAT(world.attempts(session),
              ElementsAre("1 run_started", "1 message_streamed", "1 tool_call_started", "1 tool_call_failed",
                          "1 error_occurred", "2 step_reset", "2 tool_call_started", "2 tool_call_completed",
                          "2 message_streamed", "2 error_recovered", "2 run_completed"));
  EXPECT_EQ(world.all_data(session, "tool_call_failed").front().at("error_code").as_string(), "in_doubt");
  TranscriptOptions options;
  options.session_id = session;
  const auto transcript = world.manager().get_transcript(options);
  ASSERT_TRUE(transcript) << transcript.error().message();
  std::string said;
  for (const TranscriptMessage& message : transcript->messages) said += message.content.value_or("") + "|";
  EXPECT_THAT(said, Not(HasSubstr("half of it. ")));
  EXPECT_THAT(said, HasSubstr("hi"));
}

TEST(Routing, WhenAllFailTheLastErrorSaysOfTheOthers) {
  RoutedWorld<> world({unavailable, [](ScriptedRun& run) { fail_with(run, "provider_rate_limited"); }});
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  ASSERT_TRUE(result->error);
  EXPECT_EQ(result->error->code(), ErrorCode::provider_rate_limited);
  EXPECT_EQ(result->error->details().at("attempts").as_array().size(), 2U);
  EXPECT_THAT(world.attempts(session),
              ElementsAre("1 run_started", "1 error_occurred", "2 step_reset", "2 error_occurred", "2 run_failed"));
}

TEST(Routing, WithoutACandidateTheRunFailsWithWhy) {
  RoutedWorld<> world({unavailable, unavailable});
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  ASSERT_TRUE(result->error);
  EXPECT_EQ(result->error->code(), ErrorCode::provider_unavailable);
  EXPECT_THAT(result->error->message(), HasSubstr("'a': it cools down after provider_unavailable until "));
  EXPECT_EQ(world.targets[0]->starts, 1);
}

TEST(Routing, EachAttemptIsPricedByItsOwnTarget) {
  RoutedWorld<> world({[](ScriptedRun& run) {
                         run.emit(EventType::token_usage_updated, R"({"input_tokens":400,"output_tokens":0})");
                         run.emit(EventType::token_usage_updated, R"({"input_tokens":1000,"output_tokens":0})");
                         unavailable(run);
                       },
                       [](ScriptedRun& run) {
                         run.emit(EventType::token_usage_updated, R"({"input_tokens":100,"output_tokens":0})");
                         run.emit(EventType::token_usage_updated, R"({"input_tokens":100,"output_tokens":0})");
                         run.finish(FinishStatus::completed);
                       }});
  boost::json::object prices;
  prices["va"] = {{"m", {{"input", 1}, {"output", 1}}}};
  prices["vb"] = {{"m", {{"input", 10}, {"output", 10}}}};
  world.wiring.prices = std::make_shared<const PriceTable>(*PriceTable().with_overrides(prices));
  world.targets[0]->set_vendor("va", true);
  world.targets[1]->set_vendor("vb", false);
  for (const auto& target : world.targets) target->set_models({"m"});
  world.route({});
  const auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->token_usage.input_tokens, 1200) << "totals of the one, deltas of the other";
  EXPECT_NEAR(result->cost_usd.value_or(-1), 0.003, 1e-9);
}

TEST(Routing, TheUsageOfAFailedAttemptsResultCounts) {
  RoutedWorld<> world({[](ScriptedRun& run) {
                         fail_with(run, "provider_unavailable",
                                   R"(,"token_usage":{"input_tokens":50,"output_tokens":1},"cost_usd":0.5)");
                       },
                       [](ScriptedRun& run) { run.finish(FinishStatus::completed, R"({"cost_usd":0.25})"); }});
  const auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->token_usage.input_tokens, 50);
  EXPECT_NEAR(result->cost_usd.value_or(-1), 0.75, 1e-9);
}

TEST(Routing, ACancelDuringTheSecondAttemptEndsTheRun) {
  Latch second;
  RoutedWorld<> world({unavailable,
                       [&](ScriptedRun& run) {
                         second.open();
                         // By its call: one that ends when its token says so may be gone before that comes.
                         EXPECT_TRUE(eventually([&] { return world.targets[1]->cancels == 1; }));
                         run.finish(FinishStatus::cancelled);
                       },
                       complete_with_text});
  const std::string session = world.active_session();
  const std::string run_id = world.pending_run(session);
  auto told = world.begin(run_id);
  second.wait();
  CancelRunOptions cancel;
  cancel.run_id = run_id;
  ASSERT_TRUE(world.manager().cancel_run(cancel));
  const auto result = told.get();
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::cancelled);
  EXPECT_EQ(world.targets[0]->cancels, 0);
  EXPECT_EQ(world.targets[2]->starts, 0);
  EXPECT_EQ(world.attempts(session).back(), "2 run_cancelled");
}

TEST(Routing, OneDeadlineHoldsForAllAttempts) {
  RoutedWorld<> world({[](ScriptedRun& run) {
                         run.context().cancel->wait_for(std::chrono::milliseconds(200));
                         unavailable(run);
                       },
                       [](ScriptedRun& run) {
                         run.wait_for_cancel();
                         run.finish(FinishStatus::cancelled);
                       }});
  world.wiring.pipelines["default"].timeouts.run = std::chrono::milliseconds(400);
  const std::int64_t before = system_clock().monotonic_ns();
  const auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::timeout);
  EXPECT_EQ(world.targets[1]->starts, 1);
  EXPECT_LT(system_clock().monotonic_ns() - before, 10'000'000'000);
}

TEST(Routing, ASessionStaysWithTheTargetOfItsLastRun) {
  RouteSettings settings;
  settings.strategy = RouteStrategy::round_robin;
  RoutedWorld<> world({complete_with_text, complete_with_text}, settings);
  const std::string first = world.active_session();
  const std::string second = world.active_session();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(world.execute(world.pending_run(first))->routing->at("routed_provider").as_string(), "a");
    EXPECT_EQ(world.execute(world.pending_run(second))->routing->at("routed_provider").as_string(), "b");
  }
}

TEST(Routing, TheBreakerOpensAndOneRunProbes) {
  RoutingClock clock;
  std::atomic<bool> down{true};
  Latch probing;
  Latch others_done;
  std::atomic<int> probes{0};
  RoutedWorld<> world({[&](ScriptedRun& run) {
                         if (down) return unavailable(run);
                         ++probes;
                         probing.open();
                         others_done.wait();
                         complete_with_text(run);
                       },
                       complete_with_text});
  RouteSettings settings;
  settings.cooldown = std::chrono::milliseconds(0);
  settings.sticky_ttl = std::chrono::milliseconds(0);
  settings.circuit_breaker = {2, std::chrono::seconds(30), 1};
  world.wiring.providers["best"] = std::make_shared<Router>(
      "best", settings, std::vector<Router::Target>{{world.targets[0], 1}, {world.targets[1], 1}}, nullptr, clock);
  const auto execute = [&] {
    const auto result = world.execute(world.pending_run(world.active_session()));
    return result ? std::string(result->routing->at("routed_provider").as_string()) : result.error().message();
  };
  for (int i = 0; i < 4; ++i) EXPECT_EQ(execute(), "b");
  EXPECT_EQ(world.targets[0]->starts, 2) << "open after two failures";
  down = false;
  clock.pass(std::chrono::seconds(30));
  auto probe = world.begin(world.pending_run(world.active_session()));
  probing.wait();
  for (int i = 0; i < 3; ++i) EXPECT_EQ(execute(), "b") << "while the probe is under way";
  others_done.open();
  ASSERT_TRUE(probe.get());
  EXPECT_EQ(probes, 1);
  EXPECT_EQ(execute(), "a") << "closed";
}

TEST(Routing, ANativeSessionIsOnlyGoneOnWithByTheTargetThatMadeIt) {
  std::vector<std::string> seen;
  std::atomic<bool> a_is_down{false};
  const auto script = [&](const std::string& name) {
    return [&, name](ScriptedRun& run) {
      if (name == "a" && a_is_down) return unavailable(run);
      seen.push_back(name + ":" + run.context().resume_token + ":" + (run.context().transcript.empty() ? "" : "told"));
      if (name == "a") run.emit(EventType::run_started, R"({"session_id":"native-a"})");
      run.emit(EventType::message_received, R"({"role":"assistant","content":"re"})");
      run.finish(FinishStatus::completed);
    };
  };
  RouteSettings settings;
  settings.cooldown = std::chrono::milliseconds(0);
  settings.sticky_ttl = std::chrono::milliseconds(0);
  RoutedWorld<> world({script("a"), script("b")}, settings);
  world.targets[0]->set_resumes_natively();
  world.route(settings);
  world.wiring.pipelines["default"].continuation.mode = ContinuationMode::auto_;
  const std::string session = world.active_session();
  const auto execute = [&] { ASSERT_TRUE(world.execute(world.pending_run(session))); };
  execute();
  const auto known = world.manager().get_session(session);
  EXPECT_EQ(to_text(known->session.metadata.at("provider_sessions")),
            R"({"best":{"target":"a","provider_session_id":"native-a"}})");
  execute();
  a_is_down = true;
  execute();
  a_is_down = false;
  execute();
  EXPECT_THAT(seen, ElementsAre("a::", "a:native-a:", "b::told", "a::told"))
      << "a's session misses what b said, so that a is told";
}

TEST(Routing, OnlyTargetsWithWhatIsRequiredServe) {
  RoutedWorld<> world({complete_with_text, complete_with_text});
  world.targets[1]->offer({"bash", CapabilityType::tool, true, "", {}, {}});
  world.route({});
  ExecuteRunOptions options;
  options.run_id = world.pending_run(world.active_session());
  options.execution.required_capabilities = {{CapabilityType::tool, "bash"}};
  const auto result = world.manager().execute_run(options);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->routing->at("routed_provider").as_string(), "b");
  options.run_id = world.pending_run(world.active_session());
  options.execution.required_capabilities = {{CapabilityType::tool, "fly"}};
  const auto refused = world.manager().execute_run(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::missing_required_capability);
}

TEST(Routing, ATargetMayBeARouter) {
  RoutedWorld<> world({unavailable, unavailable, complete_with_text});
  const auto inner = std::make_shared<Router>(
      "inner", RouteSettings{}, std::vector<Router::Target>{{world.targets[0], 1}, {world.targets[1], 1}});
  world.wiring.providers["best"] =
      std::make_shared<Router>("best", RouteSettings{}, std::vector<Router::Target>{{inner, 1}, {world.targets[2], 1}});
  const std::string session = world.active_session();
  const auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(to_text(*result->routing),
            R"({"routed_provider":"c","attempt":3,"candidates":["inner","c"],"failover_from":"inner",)"
            R"("failover_reason":"provider_unavailable"})");
  EXPECT_THAT(world.attempts(session),
              ElementsAre("1 run_started", "1 error_occurred", "2 step_reset", "2 error_occurred", "3 step_reset",
                          "3 message_streamed", "3 error_recovered", "3 run_completed"));
}

TEST(Routing, ATargetThatHangsInItsStartIsTheOneThatIsBlamed) {
  RoutedWorld<> world({complete_with_text, complete_with_text});
  world.wiring.host.plugin_call_timeout = std::chrono::milliseconds(100);
  auto hung = std::make_shared<std::atomic<bool>>(true);
  world.targets[0]->in_start = [hung](const RunContext&) {
    while (hung->load()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  };
  const auto result = world.begin(world.pending_run(world.active_session())).get();
  *hung = false;
  ASSERT_TRUE(result) << result.error().message();
  ASSERT_TRUE(result->error);
  EXPECT_EQ(result->error->code(), ErrorCode::plugin_hung);
  EXPECT_THAT(result->error->message(), HasSubstr("'a'"));
}

TEST(Routing, ATargetThatBreaksTheRulesIsNamed) {
  RoutedWorld<> world({[](ScriptedRun& run) {
                         run.context().channel->misbehaved("emitted nonsense");
                         run.wait_for_cancel();
                         run.finish(FinishStatus::cancelled);
                       },
                       complete_with_text});
  const auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error->code(), ErrorCode::plugin_misbehaved);
  EXPECT_THAT(result->error->message(), HasSubstr("provider 'a' emitted nonsense"));
}

TEST(Routing, AManagerMayEndWhileATargetIsAtWork) {
  Latch begun;
  RoutedWorld<> world({[&](ScriptedRun& run) {
                         begun.open();
                         run.wait_for_cancel();
                         unavailable(run);
                       },
                       complete_with_text});
  world.wiring.host.drain_timeout = std::chrono::milliseconds(10);
  auto told = world.begin(world.pending_run(world.active_session()));
  begun.wait();
  world.end_manager();
  EXPECT_EQ(world.targets[1]->starts, 0);
}

}  // namespace
}  // namespace asmgr::testing
