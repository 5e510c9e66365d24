// Sessions and runs through their lives, as a caller sees them.
#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(Lifecycle, OneRunLeavesExactlyItsEventsInOrder) {
  World world(complete_with_text);
  RunOnceOptions options;
  options.input = boost::json::object{{"prompt", "hello"}};
  auto result = world.manager().run_once(options);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->token_usage.total_tokens, 4);
  EXPECT_THAT(world.checked_types(result->session_id),
              ElementsAre("session_created", "session_started", "message_sent", "run_started", "message_streamed",
                          "run_completed", "session_completed"));
  auto session = world.manager().get_session(result->session_id);
  ASSERT_TRUE(session);
  EXPECT_EQ(session->session.status, SessionStatus::completed);
  auto run = world.manager().get_run(result->run_id);
  ASSERT_TRUE(run);
  EXPECT_EQ(run->status, RunStatus::completed);
  EXPECT_EQ(run->provider, "test");
}

TEST(Lifecycle, TheResultCarriesTheFirstAndTheLastEventOfTheRun) {
  World world(complete_with_text);
  auto result = world.execute(world.pending_run(world.active_session()));
  ASSERT_TRUE(result);
  ASSERT_EQ(result->events.size(), 2U);
  EXPECT_EQ(result->events[0].type_name, "run_started");
  EXPECT_EQ(result->events[1].type_name, "run_completed");
}

TEST(Lifecycle, ACallbackSeesEveryEventOfTheRunOnceAndInOrder) {
  World world([](ScriptedRun& run) {
    for (int i = 0; i < 3000; ++i) run.text(std::to_string(i));
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  std::vector<std::uint64_t> seen;
  auto result = world.execute(run, [&](const EventView& event) { seen.push_back(event.sequence_number); });
  ASSERT_TRUE(result);
  ASSERT_EQ(seen.size(), 3003U);
  for (std::size_t i = 0; i < seen.size(); ++i) ASSERT_EQ(seen[i], 3 + i);
}

TEST(Lifecycle, AThrowingCallbackIsCountedAndTheRunCompletes) {
  World world(complete_with_text);
  auto result = world.execute(world.pending_run(world.active_session()),
                              [](const EventView&) { throw std::runtime_error("no"); });
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::completed);
  EXPECT_EQ(result->callback_failures, 4U);
}

TEST(Lifecycle, ABlockingVerbInsideACallbackIsRefusedAndAnAsynchronousOneWorks) {
  World world([](ScriptedRun& run) {
    run.text("one");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  const std::string run_id = world.pending_run(world.active_session());
  std::optional<ErrorCode> refused;
  bool asked = false;
  auto result = world.execute(run_id, [&](const EventView& event) {
    if (event.type != EventType::message_streamed || asked) return;
    asked = true;
    auto blocked = world.manager().cancel_run({run_id, "", {}, {}});
    if (!blocked) refused = blocked.error().code();
    world.manager().begin_cancel_run({run_id, "", {}, {}}, [](const Result<asmgr::Run>&) {});
  });
  ASSERT_TRUE(result);
  EXPECT_EQ(refused, ErrorCode::invalid_operation);
  EXPECT_EQ(result->status, RunStatus::cancelled);
}

TEST(Lifecycle, SessionVerbsFollowTheStateMachine) {
  World world(complete_with_text);
  SessionManager& manager = world.manager();
  StartSessionOptions start;
  start.agent_id = "tester";
  const std::string id = manager.start_session(start)->id;
  const SessionVerbOptions verb{id, "", {}, {}};
  EXPECT_EQ(manager.complete_session(verb).error().code(), ErrorCode::invalid_transition);
  EXPECT_EQ(manager.pause_session(verb).error().code(), ErrorCode::invalid_transition);
  EXPECT_EQ(manager.activate_session(verb)->status, SessionStatus::active);
  EXPECT_EQ(manager.activate_session(verb)->status, SessionStatus::active);
  EXPECT_EQ(manager.pause_session(verb)->status, SessionStatus::paused);
  EXPECT_EQ(manager.resume_session(verb)->status, SessionStatus::active);
  EXPECT_EQ(manager.complete_session(verb)->status, SessionStatus::completed);
  EXPECT_EQ(manager.complete_session(verb)->status, SessionStatus::completed);
  EXPECT_EQ(manager.activate_session(verb).error().code(), ErrorCode::invalid_transition);
  EXPECT_EQ(manager.fail_session({id, "", std::nullopt, {}, {}}).error().code(), ErrorCode::invalid_transition);
  EXPECT_THAT(world.checked_types(id), ElementsAre("session_created", "session_started", "session_paused",
                                                   "session_resumed", "session_completed"));
}

TEST(Lifecycle, AFailedSessionKeepsItsErrorInTheEventAndTheDocument) {
  World world(complete_with_text);
  const std::string id = world.active_session();
  auto failed = world.manager().fail_session({id, "", Error(ErrorCode::timeout, "too slow"), {}, {}});
  ASSERT_TRUE(failed);
  EXPECT_EQ(to_text(failed->metadata.at("last_error").at("code")), R"("timeout")");
  EXPECT_THAT(world.events(id).back().data, HasSubstr("too slow"));
}

TEST(Lifecycle, RunsNeedAnActiveSession) {
  World world(complete_with_text);
  StartSessionOptions start;
  start.agent_id = "tester";
  const std::string id = world.manager().start_session(start)->id;
  StartRunOptions run;
  run.session_id = id;
  EXPECT_EQ(world.manager().start_run(run).error().code(), ErrorCode::invalid_operation);
  run.session_id = "ses_nowhere";
  EXPECT_EQ(world.manager().start_run(run).error().code(), ErrorCode::session_not_found);
  run.session_id = id;
  run.auto_activate = true;
  EXPECT_TRUE(world.manager().start_run(run));
}

TEST(Lifecycle, AMissingRequiredCapabilityMakesNoRun) {
  World world(complete_with_text);
  const std::string id = world.active_session();
  StartRunOptions run;
  run.session_id = id;
  run.required_capabilities = {{CapabilityType::code_execution, ""}};
  EXPECT_EQ(world.manager().start_run(run).error().code(), ErrorCode::missing_required_capability);
  EXPECT_TRUE(world.manager().get_session_runs({id, "", {}, "", 10})->empty());
}

TEST(Lifecycle, AProviderThatFailsFailsTheRunOnce) {
  World world([](ScriptedRun& run) {
    run.emit(EventType::run_failed, R"({"error_code":"provider_error","error_message":"no"})");
    run.finish(FinishStatus::failed, R"({"error":{"code":"provider_rate_limited","message":"slow down"}})");
  });
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->status, RunStatus::failed);
  EXPECT_EQ(result->error->code(), ErrorCode::provider_rate_limited);
  EXPECT_THAT(world.checked_types(session),
              ElementsAre("session_created", "session_started", "message_sent", "run_started", "run_failed"));
}

TEST(Lifecycle, AProviderMayNotForgeTheEnginesEvents) {
  World world([](ScriptedRun& run) {
    run.emit(EventType::session_completed, "{}");
    run.emit(EventType::policy_violation, "{}");
    run.emit(EventType::run_started, R"({"session_id":"native-7","model":"m1"})");
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_THAT(world.checked_types(session), ElementsAre("session_created", "session_started", "message_sent",
                                                        "run_started", "provider_started", "run_completed"));
  EXPECT_EQ(result->model, "m1");
  auto stored = world.manager().get_session(session);
  EXPECT_EQ(to_text(stored->session.metadata.at("provider_sessions")),
            R"({"test":{"provider_session_id":"native-7","model":"m1"}})");
}

TEST(Lifecycle, CancellingAPendingRunCallsNoProvider) {
  World world(complete_with_text);
  const std::string run = world.pending_run(world.active_session());
  auto cancelled = world.manager().cancel_run({run, "", {}, {}});
  ASSERT_TRUE(cancelled) << cancelled.error().message();
  EXPECT_EQ(cancelled->status, RunStatus::cancelled);
  EXPECT_EQ(world.provider->starts, 0);
  EXPECT_EQ(world.execute(run).error().code(), ErrorCode::invalid_operation);
  EXPECT_TRUE(world.manager().cancel_run({run, "", {}, {}}));
}

TEST(Lifecycle, CancellingForAnApprovalAnswersItsId) {
  World world([](ScriptedRun& run) {
    run.text("thinking");
    run.wait_for_cancel();
    run.finish(FinishStatus::cancelled);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending_run(session);
  std::thread executing([&] { EXPECT_EQ(world.execute(run)->status, RunStatus::cancelled); });
  ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
  CancelForApprovalOptions options;
  options.run_id = run;
  EXPECT_EQ(world.manager().cancel_for_approval(options).error().code(), ErrorCode::validation_error);
  options.approval = {"bash", "call_1", {}, "tools", "tool_denied"};
  auto approval = world.manager().cancel_for_approval(options);
  executing.join();
  ASSERT_TRUE(approval) << approval.error().message();
  const std::vector<Event> events = world.events(session);
  EXPECT_EQ(events[events.size() - 2].data, R"({"reason":"approval_requested"})");
  EXPECT_EQ(events.back().type_name, "tool_approval_requested");
  EXPECT_THAT(events.back().data, HasSubstr(*approval));
  EXPECT_EQ(world.store->get_record("", "approval", *approval)->status, "pending");
}

TEST(Lifecycle, AWorkspaceThatCannotBeIsRefusedBeforeTheRunBegins) {
  World world(complete_with_text);
  ExecuteRunOptions options;
  options.run_id = world.pending_run(world.active_session());
  options.execution.workspace["strategy"] = "svn";
  auto refused = world.manager().execute_run(options);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code(), ErrorCode::validation_error);
  EXPECT_THAT(refused.error().message(), HasSubstr("workspace.strategy"));
}

TEST(Lifecycle, RunsWaitForASlotInOrder) {
  std::mutex mutex;
  std::vector<std::string> order;
  std::atomic<bool> go{false};
  World world([&](ScriptedRun& run) {
    {
      std::lock_guard lock(mutex);
      order.push_back(run.context().run->id);
    }
    EXPECT_TRUE(eventually([&] { return go.load(); }));
    run.finish(FinishStatus::completed);
  });
  world.wiring.pipelines["default"].queue.max_queued_runs = 2;
  const std::string session = world.active_session();
  std::vector<std::string> runs;
  for (int i = 0; i < 4; ++i) runs.push_back(world.pending_run(session));
  std::vector<std::thread> threads;
  std::atomic<int> completed{0};
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back(
        [&, i] { completed += world.execute(runs[static_cast<std::size_t>(i)])->status == RunStatus::completed; });
    if (i == 0) {
      ASSERT_TRUE(eventually([&] { return world.provider->starts == 1; }));
    }
    RecordQuery queued;
    queued.kind = "queue";
    queued.status = "queued";
    ASSERT_TRUE(eventually([&] { return world.store->list_records(queued)->size() == static_cast<std::size_t>(i); }));
  }
  EXPECT_EQ(world.execute(runs[3]).error().code(), ErrorCode::max_runs_exceeded);
  go = true;
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(completed, 3);
  EXPECT_THAT(order, ElementsAre(runs[0], runs[1], runs[2]));
}

}  // namespace
}  // namespace asmgr::testing
