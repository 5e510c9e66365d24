// Tool calls that waited for a person while their run was left: decided, they are gone on with, once.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/redaction/redactor.hpp"
#include "tests/core/tools/tool_world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// A run whose model has wanted what `calls` say, and that was left because somebody has to be asked about a part of it:
// tools whose names begin with "ask_".
class LeftWorld : public ToolWorld {
 public:
  explicit LeftWorld(const std::string& calls, const std::string& store_plugin = "memory")
      : ToolWorld({calls}, {}, store_plugin) {
    server->prefix = "ask_";
  }
  void leave() {
    session = active_session();
    run_id = pending_run(session);
    ExecuteRunOptions options;
    options.run_id = run_id;
    options.execution.approver = Approver::nobody;
    const auto left = manager().execute_run(options);
    ASSERT_TRUE(left) << left.error().message();
    ASSERT_EQ(left->status, RunStatus::running) << to_text(to_json(*left));
  }
  RunResult await_end() {
    AwaitRunOptions options;
    options.run_id = run_id;
    options.timeout = std::chrono::seconds(10);
    auto ended = manager().await_run(options);
    EXPECT_TRUE(ended) << ended.error().message();
    return ended ? *ended : RunResult();
  }
  void redact(const std::string& secret) {
    RedactionOptions options;
    options.enabled = true;
    options.known_secrets = {secret};
    auto redactor = Redactor::make(std::move(options));
    EXPECT_TRUE(redactor) << redactor.error().message();
    wiring.redactor = std::make_shared<const Redactor>(std::move(*redactor));
    wiring.pipelines["default"].redactor = wiring.redactor;
  }
  std::string run_id;
};

std::string call_of(const std::string& tool, const std::string& text, const std::string& id = "c1") {
  return R"({"id":")" + id + R"(","name":")" + tool + R"(","input":{"text":")" + text + R"("}})";
}

TEST(LeftCalls, ThatAreGrantedRunAndTheModelIsToldWhatCameOfThem) {
  LeftWorld world("[" + call_of("ask_echo", "hi") + "]");
  world.leave();
  EXPECT_EQ(world.server->calls, 0);
  ASSERT_TRUE(world.decide(world.pending().id, true));
  EXPECT_EQ(world.await_end().status, RunStatus::completed);
  EXPECT_EQ(world.server->calls, 1);
  EXPECT_EQ(world.approvals().size(), 1U) << "nobody is asked twice about one call";
  EXPECT_THAT(world.types_of_tools(), ElementsAre("tool_approval_requested", "tool_approval_granted",
                                                  "tool_call_started", "tool_call_completed", "step_started"));
  EXPECT_TRUE(world.data_of(world.session, "tool_call_started").contains("approval_id"));
  ASSERT_EQ(world.seen().size(), 2U) << "the model that asked, and the one that was answered";
  EXPECT_EQ(world.seen()[1].turn, 2U) << "its input stands in the transcript";
  EXPECT_EQ(world.seen()[1].transcript,
            R"([{"role":"user","content":"hello"},)"
            R"({"role":"assistant","tool_call_id":"c1","tool_name":"ask_echo","tool_input":{"text":"hi"}},)"
            R"({"role":"tool","tool_call_id":"c1","tool_name":"ask_echo","tool_output":"hi"}])");
}

TEST(LeftCalls, ThatAreDeniedDoNotRunAndTheModelIsToldWhy) {
  LeftWorld world("[" + call_of("ask_echo", "hi") + "]");
  world.leave();
  ASSERT_TRUE(world.decide(world.pending().id, false, "too dear"));
  EXPECT_EQ(world.await_end().status, RunStatus::completed);
  EXPECT_EQ(world.server->calls, 0);
  EXPECT_THAT(world.seen().back().transcript, HasSubstr("too dear"));
  EXPECT_THAT(world.seen().back().transcript, HasSubstr(R"("is_error":true)"));
}

TEST(LeftCalls, RunWithWhatAPersonPutInThePlaceOfTheirInput) {
  LeftWorld world("[" + call_of("ask_echo", "hi") + "]");
  world.leave();
  DecideApprovalOptions decision;
  decision.approval_id = world.pending().id;
  decision.grant = true;
  decision.edited_input = boost::json::object{{"text", "something else"}};
  ASSERT_TRUE(world.manager().decide_approval(decision));
  EXPECT_EQ(world.await_end().status, RunStatus::completed);
  EXPECT_THAT(world.seen().back().transcript, HasSubstr(R"("tool_output":"something else")"));
}

TEST(LeftCalls, RunBesideThoseThatHadRunAlreadyWhichDoNotRunAgain) {
  LeftWorld world("[" + call_of("free_tool", "x", "c0") + "," + call_of("ask_echo", "hi", "c1") + "," +
                  call_of("ask_echo", "ho", "c2") + "]");
  world.leave();
  for (const Approval& asked : world.approvals(ApprovalStatus::pending)) ASSERT_TRUE(world.decide(asked.id, true));
  EXPECT_EQ(world.await_end().status, RunStatus::completed);
  EXPECT_EQ(world.server->calls, 2);
  EXPECT_EQ(world.count(world.session, "tool_call_started"), 3U);
  const std::string told = world.seen().back().transcript;
  EXPECT_THAT(told, HasSubstr("there is no tool 'free_tool'"));
  EXPECT_THAT(told, HasSubstr(R"("tool_call_id":"c1","tool_name":"ask_echo","tool_output":"hi")"));
  EXPECT_THAT(told, HasSubstr(R"("tool_call_id":"c2","tool_name":"ask_echo","tool_output":"ho")"));
  EXPECT_THAT(told, Not(HasSubstr("waits for a person")));
}

TEST(LeftCalls, GoOnInAnotherHostThanThatOfTheirRun) {
  LeftWorld world("[" + call_of("ask_echo", "hi") + "]", "sqlite");
  world.session = world.active_session();
  world.run_id = world.pending_run(world.session);
  auto left = world.begin(world.run_id);
  const Approval asked = world.pending();
  world.end_manager();
  world.serves = true;
  ASSERT_TRUE(world.decide(asked.id, true));
  EXPECT_EQ(world.await_end().status, RunStatus::completed);
  EXPECT_EQ(world.server->calls, 1);
  EXPECT_THAT(world.seen().back().transcript, HasSubstr(R"("tool_output":"hi")"));
}

TEST(LeftCalls, RunWithTheSecretThatTheLogDoesNotShow) {
  LeftWorld world("[" + call_of("ask_echo", "open-sesame-1234") + "]");
  world.redact("open-sesame-1234");
  std::string given;
  world.server->add("echo", [&](const boost::json::object& input, const FakeToolServer::Answer& answer) {
    given = input.at("text").as_string();
    answer({false, "opened"});
  });
  world.leave();
  ASSERT_TRUE(world.decide(world.pending().id, true));
  EXPECT_EQ(world.await_end().status, RunStatus::completed);
  EXPECT_EQ(given, "open-sesame-1234");
  for (const Event& event : world.events(world.session)) EXPECT_THAT(event.data, Not(HasSubstr("open-sesame")));
}

TEST(LeftCalls, WhoseSecretWasNotKeptAreToldToTheModelInstead) {
  LeftWorld world("[" + call_of("ask_echo", "open-sesame-1234") + "]");
  world.redact("open-sesame-1234");
  world.wiring.pipelines["default"].keep_pending = false;
  world.leave();
  // The model that is told so does not ask again.
  world.instead_of_turn = [](ScriptedRun& run) {
    run.finish(FinishStatus::completed);
    return true;
  };
  ASSERT_TRUE(world.decide(world.pending().id, true));
  EXPECT_EQ(world.await_end().status, RunStatus::completed);
  EXPECT_EQ(world.server->calls, 0);
  EXPECT_THAT(world.seen().back().transcript, HasSubstr("make the same call again"));
}

// The host dies while a call that was granted runs: nobody knows what came of it.
TEST(LeftCalls, AreNeverRunASecondTime) {
  LeftWorld world("[" + call_of("ask_hang", "x") + "]", "sqlite");
  FakeToolServer::Answer never;
  world.server->add("hang",
                    [&](const boost::json::object&, FakeToolServer::Answer answer) { never = std::move(answer); });
  world.leave();
  ASSERT_TRUE(world.decide(world.pending().id, true));
  ASSERT_TRUE(eventually([&] { return world.server->calls == 1; }));
  world.end_manager();
  never({false, "late"});
  world.serves = true;
  const asmgr::Run ended = world.run(world.run_id);
  EXPECT_TRUE(is_terminal(ended.status)) << to_text(to_json(ended));
  EXPECT_EQ(world.server->calls, 1);
  EXPECT_EQ(world.count(world.session, "tool_call_started"), 1U);
  EXPECT_EQ(world.count(world.session, "tool_call_failed"), 1U);
}

}  // namespace
}  // namespace asmgr::testing
