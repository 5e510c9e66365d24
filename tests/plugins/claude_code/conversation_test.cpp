// What is said to Claude Code, and how the host's answers reach it.
#include <gtest/gtest.h>

#include "tests/plugins/support/scripted_agent.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

class Script : public ScriptedAgent {
 public:
  Script& initialized() {
    heard(R"({"type":"control_request","request_id":"1","request":{"subtype":"initialize"}})");
    said(R"({"type":"control_response","response":{"subtype":"success","request_id":"1","response":{}}})");
    return heard(R"({"type":"user","message":{}})");
  }
  Script& said(const std::string& line) { return static_cast<Script&>(ScriptedAgent::said(line)); }
  Script& heard(const std::string& line) { return static_cast<Script&>(ScriptedAgent::heard(line)); }
  Script& asked(const std::string& request, const std::string& tool_id) {
    return said(R"({"type":"control_request","request_id":")" + request +
                R"(","request":{"subtype":"can_use_tool","tool_name":"Bash","input":{"command":"ls"},"tool_use_id":")" +
                tool_id + "\"}}");
  }
  Script& answered(const std::string& request, const std::string& behavior) {
    return heard(R"({"type":"control_response","response":{"subtype":"success","request_id":")" + request +
                 R"(","response":{"behavior":")" + behavior + "\"}}}");
  }
  Script& tool_result(const std::string& tool_id) {
    return said(R"({"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":")" + tool_id +
                R"(","content":"done"}]}})");
  }
  Script& result(const std::string& text) {
    return said(R"({"type":"result","subtype":"success","is_error":false,"result":")" + text + "\"}");
  }
};

TEST(ClaudeConversation, AnAllowedToolRunsWithTheInputThatWasEdited) {
  Script script;
  script.initialized().asked("r1", "t1").answered("r1", "allow").tool_result("t1").result("ok");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("go");
  run.answer.edited_input = R"({"command":"ls -a"})";
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  const json::object answer = script.read_by_program().at(2);
  EXPECT_EQ(json::serialize(answer.at("response").at("response")),
            R"({"behavior":"allow","updatedInput":{"command":"ls -a"}})");
  EXPECT_EQ(json::serialize(run.events_of(ASMGR_EV_TOOL_CALL_STARTED).at(0).data),
            R"({"tool_call_id":"t1","tool_name":"Bash","tool_input":{"command":"ls -a"}})");
}

TEST(ClaudeConversation, ADeniedToolIsRefusedWithTheReason) {
  Script script;
  script.initialized().asked("r1", "t1").answered("r1", "deny").result("ok");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("go");
  run.answer.verdict = ASMGR_VERDICT_DENY;
  run.answer.note = "not on a Friday";
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_EQ(json::serialize(script.read_by_program().at(2).at("response").at("response")),
            R"({"behavior":"deny","message":"not on a Friday"})");
  EXPECT_TRUE(run.events_of(ASMGR_EV_TOOL_CALL_STARTED).empty());
}

TEST(ClaudeConversation, SeveralQuestionsAreOpenAtOnceAndAnsweredInAnyOrder) {
  Script script;
  script.initialized().asked("r1", "t1").asked("r2", "t2").answered("r2", "allow").answered("r1", "deny").result("ok");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("go");
  run.answer.silent = true;
  provider.start(run);
  ASSERT_TRUE(run.wait_asked(2));
  FakeRun::Answer allow;
  provider.resolve(run.start(), 2, allow);
  ASSERT_TRUE(run.wait_events(1));  // the second call has begun
  FakeRun::Answer deny;
  deny.verdict = ASMGR_VERDICT_DENY;
  provider.resolve(run.start(), 1, deny);
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
}

TEST(ClaudeConversation, TheHookBeforeAToolSendsItToTheHost) {
  Script script;
  script.initialized();
  script.said(R"({"type":"control_request","request_id":"h1","request":{"subtype":"hook_callback","callback_id":"x",)"
              R"("input":{"hook_event_name":"PreToolUse","tool_name":"Read","tool_input":{}},"tool_use_id":"t1"}})");
  script.answered("h1", "").result("ok");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("go");
  provider.run(run);
  const auto lines = script.read_by_program();
  EXPECT_TRUE(lines.at(0).at("request").at("hooks").as_object().contains("PreToolUse"));
  EXPECT_EQ(lines.at(2).at("response").at("response").at("hookSpecificOutput").at("permissionDecision"), "ask");
}

TEST(ClaudeConversation, WhilePlanningWhatNeedsAPermissionIsDenied) {
  Script script;
  script.initialized().asked("r1", "t1").answered("r1", "deny").result("ok");
  json::object config = script.config();
  config["permission_mode"] = "plan";
  ProviderUnderTest provider("claude_code", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_TRUE(run.asked().empty());
}

TEST(ClaudeConversation, WhatIsSaidDuringATurnReachesItAndItsTurnIsWaitedFor) {
  Script script;
  script.initialized().said(R"({"type":"user","isReplay":true,"message":{}})");
  script.said(R"({"type":"system","subtype":"init","session_id":"s","model":"m"})");
  script.heard(R"({"type":"user","message":{}})").result("first").said(R"({"type":"user","isReplay":true})");
  script.result("second");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("go");
  provider.start(run);
  ASSERT_TRUE(run.wait_events(1));
  EXPECT_EQ(provider.inject(run.start(), R"({"role":"user","content":"and more"})"), "");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().output().at("content"), "second");
  EXPECT_EQ(json::serialize(script.read_by_program().at(2).at("message")),
            R"({"role":"user","content":[{"type":"text","text":"and more"}]})");
  EXPECT_TRUE(has(provider.inject(run.start(), R"({"role":"user","content":"late"})"), "the run is over"));
  EXPECT_EQ(provider.token(run.start()), "s");
}

TEST(ClaudeConversation, ConfigurationAndRunOptionsBecomeArguments) {
  Script script;
  script.initialized().result("ok");
  json::object config = script.config();
  config["model"] = "configured";
  config["max_turns"] = 7;
  config["permission_mode"] = "accept_edits";
  config["system_prompt"] = "be kind";
  config["options"] = json::parse(R"({"add-dir":["/a","/b"],"fork-session":true,"off":false})");
  ProviderUnderTest provider("claude_code", config);
  FakeRun run("go");
  run.options = R"({"model":"chosen","output_schema":{"type":"object"}})";
  run.resume_token = "native-1";
  provider.run(run);
  const std::string arguments = script.arguments();
  for (const char* part :
       {R"("--model","chosen")", R"("--max-turns","7")", R"("--permission-mode","acceptEdits")",
        R"("--append-system-prompt","be kind")", R"("--resume","native-1")",
        R"("--json-schema","{\"type\":\"object\"}")", R"("--add-dir","/a","--add-dir","/b","--fork-session"])"}) {
    EXPECT_TRUE(has(arguments, part)) << part << " in " << arguments;
  }
}

TEST(ClaudeConversation, ATranscriptIsToldToASessionThatWasNotThere) {
  Script script;
  script.initialized().result("ok");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("and now?");
  run.transcript = R"([{"role":"user","content":"hello"},{"role":"assistant","content":"hi"}])";
  provider.run(run);
  const json::object message = script.read_by_program().at(1);
  const std::string text(message.at("message").at("content").at(0).at("text").as_string());
  EXPECT_TRUE(has(text, "User: hello\n\nAssistant: hi")) << text;
  EXPECT_TRUE(has(text, "and now?")) << text;
}

TEST(ClaudeConversation, ImagesArePassedOn) {
  Script script;
  script.initialized().result("ok");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run(json::parse(R"({"messages":[{"role":"user","content":[{"type":"text","text":"what is it?"},
    {"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}}]}]})"));
  provider.run(run);
  EXPECT_EQ(json::serialize(script.read_by_program().at(1).at("message").at("content").at(1)),
            R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AAAA"}})");
}

TEST(ClaudeFailure, AMissingProgramSaysHowToInstallIt) {
  json::object config;
  config["command"] = json::array{"no-such-program-anywhere"};
  ProviderUnderTest provider("claude_code", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_unavailable");
  EXPECT_EQ(run.finish().result.at("error").at("provider_error").at("kind"), "cli_not_found");
  EXPECT_TRUE(has(run.finish().error_message(), "npm install -g @anthropic-ai/claude-code"));
}

TEST(ClaudeFailure, AConfiguredSecretIsBlottedOutOfWhatTheProgramSaid) {
  TempFolder folder;
  const std::string said = folder.write("stderr", "bad key sk-very-secret given").string();
  const std::string script = folder.write("script.jsonl", "").string();
  json::object config = playing(script, {"--stderr", said, "--exit", "1"});
  config["env"] = json::parse(R"({"ANTHROPIC_API_KEY":"sk-very-secret"})");
  ProviderUnderTest provider("claude_code", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_FALSE(has(seen_of(run), "sk-very-secret")) << seen_of(run);
  EXPECT_TRUE(has(run.finish().error_message(), "bad key [hidden] given"));
}

TEST(ClaudeFailure, ASilentProgramIsEndedAfterTheIdleTime) {
  Script script;
  script.initialized().said(R"({"type":"system","subtype":"init","session_id":"s","model":"m"})");
  json::object config = script.config({"--hang"});
  config["timeouts"] = json::parse(R"({"idle":100})");
  ProviderUnderTest provider("claude_code", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_timeout") << seen_of(run);
}

TEST(ClaudeFailure, ATurnThatTheProgramRefusesToBeginFails) {
  Script script;
  script.heard(R"({"type":"control_request","request_id":"1","request":{"subtype":"initialize"}})");
  script.said(R"({"type":"control_response","response":{"subtype":"error","request_id":"1","error":"too old"}})");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_TRUE(has(run.finish().error_message(), "too old")) << seen_of(run);
}

TEST(ClaudeFailure, LinesThatAreNoMessagesArePassedOver) {
  Script script;
  script.initialized().said("warning: not JSON").said("[1,2]").said(R"({"type":"brand_new"})").said(R"({"type":7})");
  script.said(R"({"type":"assistant"})").said(R"({"type":"stream_event","event":3})").said(R"({"type":"user"})");
  script.said(R"({"type":"control_request","request_id":"x","request":{"subtype":"brand_new"}})").result("ok");
  ProviderUnderTest provider("claude_code", script.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
}

TEST(ClaudeFailure, WhenTheHostTakesNoMoreTheProgramIsEnded) {
  ProviderUnderTest provider("claude_code",
                             playing(test_data("claude_code/text-partial.jsonl"), {"--greet", "--hang"}));
  FakeRun run("go");
  run.on_emit = [](const SeenEvent&) { return std::uint32_t{ASMGR_STOP}; };
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_CANCELLED});
}

}  // namespace
}  // namespace asmgr_test
