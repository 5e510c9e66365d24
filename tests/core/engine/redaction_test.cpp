// Secrets in what goes in and comes out of a run: what may be stored, shown, and who still gets them verbatim.
#include <gmock/gmock.h>

#include "core/model/json.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const std::string kToken = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

class RedactingWorld : public World {
 public:
  explicit RedactingWorld(ScriptedProvider::Script script, RedactionOptions options = {}) : World(std::move(script)) {
    auto redactor = Redactor::make(std::move(options));
    EXPECT_TRUE(redactor) << redactor.error().message();
    wiring.redactor = std::make_shared<const Redactor>(std::move(*redactor));
    wiring.pipelines["default"].redactor = wiring.redactor;
  }
  std::string pending(const std::string& session, const std::string& prompt) {
    StartRunOptions start;
    start.session_id = session;
    start.input = boost::json::object{{"prompt", prompt}};
    auto run = manager().start_run(start);
    EXPECT_TRUE(run) << run.error().message();
    return run->id;
  }
  // All that readers of the session can see, as one text.
  std::string all_that_is_shown(const std::string& session) {
    std::string text;
    for (const Event& event : events(session)) text += event_json(view_of(event)) + "\n";
    ListRunsOptions list;
    list.session_id = session;
    auto runs = manager().get_session_runs(list);
    EXPECT_TRUE(runs);
    for (const Run& run : *runs) text += to_text(to_json(run)) + "\n";
    auto shown = manager().get_session(session);
    EXPECT_TRUE(shown);
    return text + to_text(to_json(shown->session, 0));
  }
  std::string streamed(const std::string& session, EventType type = EventType::message_streamed) {
    std::string text;
    for (const Event& event : events(session)) {
      if (event.type != type) continue;
      auto data = parse_json_object(event.data, "data");
      const auto delta = find_string(*data, "delta");
      text += delta ? *delta : find_string(*data, "content").value_or("");
    }
    return text;
  }
};

TEST(Redaction, ASecretCutAnywhereLeavesTheStreamAsOnePlaceholder) {
  const std::string message = "the token is " + kToken + ", keep it";
  for (std::size_t cut = 1; cut < message.size(); ++cut) {
    std::string seen_by_callback;
    RedactingWorld world([&](ScriptedRun& run) {
      run.text(message.substr(0, cut));
      run.text(message.substr(cut));
      run.finish(FinishStatus::completed);
    });
    const std::string session = world.active_session();
    auto result =
        world.execute(world.pending_run(session), [&](const EventView& event) { seen_by_callback += event.data; });
    ASSERT_TRUE(result) << result.error().message();
    ASSERT_EQ(world.streamed(session), "the token is [REDACTED], keep it") << "cut at " << cut;
    ASSERT_THAT(seen_by_callback, Not(HasSubstr("ghp_0")));
    cut += 4;  // every place is tried in the room's own tests
  }
}

TEST(Redaction, WhatIsHeldBackGoesOutBeforeTheEventThatEndsTheText) {
  RedactingWorld world([](ScriptedRun& run) {
    run.emit(EventType::reasoning_streamed, R"({"delta":"maybe sk-"})");
    run.text("about sk-");
    run.emit(EventType::tool_input_streamed, R"({"tool_call_id":"c1","delta":"{\"q\":\"sk-"})");
    run.emit(EventType::tool_call_started, R"({"tool_call_id":"c1","tool_name":"grep","tool_input":{"q":"sk-"}})");
    run.emit(EventType::tool_call_completed, R"({"tool_call_id":"c1","tool_name":"grep","tool_output":{}})");
    run.text("done sk-");
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  ASSERT_TRUE(world.execute(world.pending_run(session)));
  EXPECT_THAT(
      world.checked_types(session),
      ::testing::ElementsAre("session_created", "session_started", "message_sent", "run_started", "reasoning_streamed",
                             "message_streamed", "tool_input_streamed", "reasoning_streamed", "message_streamed",
                             "tool_input_streamed", "tool_call_started", "tool_call_completed", "message_streamed",
                             "message_streamed", "run_completed"));
  EXPECT_EQ(world.streamed(session), "about sk-done sk-");
  EXPECT_EQ(world.streamed(session, EventType::reasoning_streamed), "maybe sk-");
  EXPECT_EQ(world.streamed(session, EventType::tool_input_streamed), "{\"q\":\"sk-");
}

TEST(Redaction, TheProviderGetsTheInputVerbatimAndNobodyElseDoes) {
  std::string got;
  RedactingWorld world([&](ScriptedRun& run) {
    got = to_text(run.context().run->input);
    run.finish(FinishStatus::completed, R"({"output":{"content":"used password: hunter2secret","api_key":"abc"}})");
  });
  const std::string session = world.active_session();
  const std::string run = world.pending(session, "deploy with " + kToken);
  EXPECT_TRUE(world.store->get_record({}, record_kind::kInput, run));
  auto result = world.execute(run);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_THAT(got, HasSubstr(kToken));
  EXPECT_EQ(to_text(*result->output), R"({"content":"used password: [REDACTED]","api_key":"[REDACTED]"})");
  EXPECT_THAT(world.all_that_is_shown(session), Not(HasSubstr("ghp_0")));
  EXPECT_THAT(world.all_that_is_shown(session), Not(HasSubstr("hunter2")));
  EXPECT_FALSE(world.store->get_record({}, record_kind::kInput, run)) << "kept longer than it is needed";
}

TEST(Redaction, AnInputThatWaitsOutlivesItsHost) {
  std::string got;
  RedactingWorld world([&](ScriptedRun& run) {
    got = to_text(run.context().run->input);
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  const std::string run = world.pending(session, "deploy with " + kToken);
  world.end_manager();
  ASSERT_TRUE(world.execute(run));
  EXPECT_THAT(got, HasSubstr(kToken));
}

TEST(Redaction, AnInputThatMayNotBeKeptIsLostWithItsHostAndTheRunSaysSo) {
  RedactingWorld world([](ScriptedRun& run) { run.finish(FinishStatus::completed); });
  world.wiring.pipelines["default"].keep_pending = false;
  const std::string session = world.active_session();
  const std::string kept = world.pending(session, "deploy with " + kToken);
  const std::string lost = world.pending(session, "again with " + kToken);
  EXPECT_FALSE(world.store->get_record({}, record_kind::kInput, kept));
  auto result = world.execute(kept);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::completed);
  world.end_manager();
  result = world.execute(lost);
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(result->status, RunStatus::failed);
  ASSERT_TRUE(result->error);
  EXPECT_EQ(result->error->code(), ErrorCode::input_redacted);
  EXPECT_EQ(world.provider->starts, 1) << "nothing was spent on it";
}

TEST(Redaction, ACancelledPendingRunLeavesNoInputBehind) {
  RedactingWorld world(complete_with_text);
  const std::string session = world.active_session();
  const std::string run = world.pending(session, "deploy with " + kToken);
  ASSERT_TRUE(world.manager().cancel_run({run, "", {}, {}, {}}));
  EXPECT_FALSE(world.store->get_record({}, record_kind::kInput, run));
}

TEST(Redaction, ErrorsToolCallsAndWhatTheProviderSaysOfItselfAreCleaned) {
  RedactingWorld world([](ScriptedRun& run) {
    run.emit(EventType::run_started, R"({"session_id":"s1","model":"m","env":{"API_KEY":"verysecretvalue"}})");
    if (run.ask("c1", "bash") != ToolVerdict::allow) return;
    run.emit(EventType::tool_call_completed,
             R"({"tool_call_id":"c1","tool_name":"bash","tool_output":{"text":"export GH=)" + kToken + R"("}})");
    run.emit(EventType::tool_call_started,
             R"({"tool_call_id":"c2","tool_name":"bash","tool_input":{"password":"opensesame99"}})");
    run.finish(FinishStatus::failed, R"({"error":{"code":"provider_error","message":"401 for )" + kToken +
                                         R"(","details":{"authorization":"Basic Zm9vOmJhcg=="}}})");
  });
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->error->message(), "401 for [REDACTED]");
  const std::string shown = world.all_that_is_shown(session);
  for (const std::string secret : {"verysecretvalue", "ghp_0", "opensesame99", "Zm9v"}) {
    EXPECT_THAT(shown, Not(HasSubstr(secret)));
  }
  EXPECT_THAT(shown, HasSubstr(R"("model":"m")"));
}

TEST(Redaction, AFailedSessionKeepsItsErrorWithoutTheSecret) {
  RedactingWorld world(complete_with_text);
  const std::string session = world.active_session();
  ASSERT_TRUE(world.manager().fail_session(
      {session, "", Error(ErrorCode::provider_error, "login with " + kToken + " failed"), {}, {}}));
  EXPECT_THAT(world.all_that_is_shown(session), Not(HasSubstr("ghp_0")));
  EXPECT_THAT(world.all_that_is_shown(session), HasSubstr("login with [REDACTED] failed"));
}

TEST(Redaction, KnownSecretsAreTakenOutOfLogLines) {
  RedactionOptions options;
  options.known_secrets = {"correct-horse-battery"};
  RedactingWorld world(complete_with_text, options);
  world.wiring.warnings = {"the store says: correct-horse-battery is wrong"};
  (void)world.manager();
  EXPECT_EQ(world.logged("correct-horse").size(), 0U);
  EXPECT_EQ(world.logged("the store says: [REDACTED]").size(), 1U);
}

TEST(Redaction, ManyPiecesThatAreHeldBackGiveTheProviderItsRoomBack) {
  RedactingWorld world([](ScriptedRun& run) {
    for (int i = 0; i < 5000; ++i) ASSERT_EQ(run.text(i == 0 ? "password=" : "x"), EmitAnswer::go_on);
    run.finish(FinishStatus::completed);
  });
  const std::string session = world.active_session();
  auto result = world.execute(world.pending_run(session));
  ASSERT_TRUE(result) << result.error().message();
  EXPECT_EQ(world.streamed(session), "password=[REDACTED]");
}

}  // namespace
}  // namespace asmgr::testing
