// What is said to Codex, and how the host's answers reach it.
#include <gtest/gtest.h>

#include "tests/plugins/support/scripted_agent.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

ScriptedAgent& open_thread(ScriptedAgent& agent, const char* method = "thread/start") {
  agent.heard(R"({"id":0,"method":"initialize"})").said(R"({"id":0,"result":{}})");
  agent.heard(R"({"method":"initialized"})").heard(std::string(R"({"id":1,"method":")") + method + "\"}");
  agent.said(R"({"id":1,"result":{"thread":{"id":"T"},"model":"gpt-5"}})");
  agent.heard(R"({"id":2,"method":"turn/start"})");
  return agent.said(R"({"id":2,"result":{"turn":{"id":"U"}}})");
}

ScriptedAgent& turn_completed(ScriptedAgent& agent) {
  return agent.said(R"({"method":"turn/completed","params":{"threadId":"T","turn":{"id":"U","status":"completed"}}})");
}

TEST(CodexConversation, ConfigurationOpensTheThread) {
  ScriptedAgent agent;
  turn_completed(open_thread(agent));
  json::object config = agent.config();
  config["model"] = "gpt-5";
  config["permission_mode"] = "plan";
  config["system_prompt"] = "be kind";
  config["options"] = json::parse(R"({"config":{"web_search":"disabled"}})");
  ProviderUnderTest provider("codex", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_EQ(json::serialize(agent.read_by_program().at(2).at("params")),
            R"({"model":"gpt-5","developerInstructions":"be kind","approvalPolicy":"untrusted","sandbox":"read-only",)"
            R"("config":{"web_search":"disabled"}})");
  EXPECT_EQ(provider.token(run.start()), "T");
}

TEST(CodexConversation, AContinuedSessionIsResumed) {
  ScriptedAgent agent;
  turn_completed(open_thread(agent, "thread/resume"));
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go on");
  run.resume_token = "T";
  run.transcript = R"([{"role":"user","content":"hello"}])";
  provider.run(run);
  EXPECT_EQ(agent.read_by_program().at(2).at("params").at("threadId"), "T");
  EXPECT_EQ(json::serialize(agent.read_by_program().at(3).at("params").at("input")),
            R"([{"type":"text","text":"go on"}])");
}

TEST(CodexConversation, FileChangesAreAskedAboutWithWhatTheyChange) {
  ScriptedAgent agent;
  open_thread(agent);
  agent.said(R"({"method":"item/started","params":{"threadId":"T","item":{"type":"fileChange","id":"f1",)"
             R"("changes":[{"path":"/a","kind":"add"}]}}})");
  agent.said(R"({"method":"item/fileChange/requestApproval","id":"q-1","params":{"threadId":"T","itemId":"f1"}})");
  agent.heard(R"({"id":"q-1","result":{"decision":"accept"}})");
  agent.said(R"({"method":"item/completed","params":{"threadId":"T","item":{"type":"fileChange","id":"f1",)"
             R"("changes":[],"status":"completed"}}})");
  turn_completed(agent);
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_EQ(json::serialize(run.asked().at(0)),
            R"({"tool_call_id":"f1","tool_name":"apply_patch","tool_input":{"changes":[{"path":"/a","kind":"add"}]}})");
  EXPECT_EQ(run.event_types(),
            (std::vector<std::string>{"run_started", "tool_call_started", "tool_call_completed", "turn_completed"}));
}

TEST(CodexConversation, AnEditedCallIsDeclinedSinceCodexRunsItsOwn) {
  ScriptedAgent agent;
  open_thread(agent);
  agent.said(R"({"method":"item/started","params":{"item":{"type":"commandExecution","id":"c","command":"ls"}}})");
  agent.said(R"({"method":"item/commandExecution/requestApproval","id":4,"params":{"itemId":"c","command":"ls"}})");
  agent.heard(R"({"id":4,"result":{"decision":"decline"}})");
  turn_completed(agent);
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go");
  run.answer.edited_input = R"({"command":"ls -a"})";
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_TRUE(run.events_of(ASMGR_EV_TOOL_CALL_STARTED).empty());
}

TEST(CodexConversation, WhatIsSaidDuringATurnSteersIt) {
  ScriptedAgent agent;
  open_thread(agent);
  agent.said(R"({"method":"item/agentMessage/delta","params":{"threadId":"T","itemId":"m","delta":"hm"}})");
  agent.heard(R"({"id":3,"method":"turn/steer"})").said(R"({"id":3,"result":{}})");
  turn_completed(agent);
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go");
  provider.start(run);
  ASSERT_TRUE(run.wait_events(2));
  EXPECT_EQ(provider.inject(run.start(), R"({"role":"user","content":"and more"})"), "");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(json::serialize(agent.read_by_program().at(4).at("params")),
            R"({"threadId":"T","expectedTurnId":"U","input":[{"type":"text","text":"and more"}]})");
}

TEST(CodexConversation, WhatATurnDoesNotTakeBeginsTheNextOne) {
  ScriptedAgent agent;
  open_thread(agent);
  agent.said(R"({"method":"item/agentMessage/delta","params":{"threadId":"T","itemId":"m","delta":"hm"}})");
  agent.heard(R"({"id":3,"method":"turn/steer"})");
  turn_completed(agent);
  agent.said(R"({"id":3,"error":{"code":-32600,"message":"no active turn"}})");
  agent.heard(R"({"id":4,"method":"turn/start"})").said(R"({"id":4,"result":{"turn":{"id":"V"}}})");
  agent.said(
      R"({"method":"item/completed","params":{"threadId":"T","item":{"type":"agentMessage","id":"n","text":"second"}}})");
  agent.said(R"({"method":"turn/completed","params":{"threadId":"T","turn":{"id":"V","status":"completed"}}})");
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go");
  provider.start(run);
  ASSERT_TRUE(run.wait_events(2));
  EXPECT_EQ(provider.inject(run.start(), R"({"role":"user","content":"and more"})"), "");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_EQ(run.finish().output().at("content"), "second");
  EXPECT_EQ(json::serialize(agent.read_by_program().at(5).at("params").at("input")),
            R"([{"type":"text","text":"and more"}])");
}

TEST(CodexConversation, WhatOtherThreadsSayIsNotThisRuns) {
  ScriptedAgent agent;
  open_thread(agent);
  agent.said(R"({"method":"item/agentMessage/delta","params":{"threadId":"other","itemId":"m","delta":"no"}})");
  agent.said(R"({"method":"turn/completed","params":{"threadId":"other","turn":{"id":"X","status":"failed"}}})");
  turn_completed(agent);
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_TRUE(run.events_of(ASMGR_EV_MESSAGE_STREAMED).empty());
}

TEST(CodexConversation, UnknownRequestsAndLinesDoNotStopIt) {
  ScriptedAgent agent;
  open_thread(agent);
  agent.said("not JSON").said("[]").said(R"({"method":"brand/new","params":7})").said(R"({"id":99,"result":{}})");
  agent.said(R"({"method":"item/started","params":{"item":{"type":"brandNew"}}})");
  agent.said(R"({"id":5,"method":"item/tool/requestUserInput","params":{}})").heard(R"({"id":5,"error":{}})");
  turn_completed(agent);
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
}

TEST(CodexConversation, AThreadThatCannotBeOpenedFailsWithCodexsReason) {
  ScriptedAgent agent;
  agent.heard(R"({"id":0,"method":"initialize"})").said(R"({"id":0,"result":{}})");
  agent.heard(R"({"method":"initialized"})").heard(R"({"id":1,"method":"thread/resume"})");
  agent.said(R"({"id":1,"error":{"code":-32600,"message":"no rollout found"}})");
  ProviderUnderTest provider("codex", agent.config());
  FakeRun run("go");
  run.resume_token = "gone";
  provider.run(run);
  EXPECT_TRUE(has(run.finish().error_message(), "thread/resume failed: no rollout found")) << seen_of(run);
}

TEST(CodexExec, ArgumentsAndPromptReachTheProgram) {
  ScriptedAgent agent;
  agent.heard("go\n").said(R"({"type":"turn.completed","usage":{}})");
  json::object config = agent.config({"--deaf"});
  config["mode"] = "exec";
  config["model"] = "gpt-5";
  config["permission_mode"] = "dangerously_skip_permissions";
  ProviderUnderTest provider("codex", config);
  EXPECT_EQ(provider.describe().at("grade"), "cancel");
  FakeRun run("go");
  run.resume_token = "T";
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_EQ(
      agent.arguments(),
      R"(["exec","--json","--skip-git-repo-check","--dangerously-bypass-approvals-and-sandbox","--model","gpt-5",)"
      R"("resume","T","-"])");
  EXPECT_TRUE(has(provider.inject(run.start(), R"({"role":"user","content":"x"})"), "mode app_server"));
}

}  // namespace
}  // namespace asmgr_test
