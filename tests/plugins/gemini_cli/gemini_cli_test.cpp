// What Gemini CLI has said in recordings, as the host gets to see it, and how it is called.
#include <gtest/gtest.h>

#include "tests/plugins/support/agent_recordings.hpp"
#include "tests/plugins/support/cancelled_anywhere.hpp"
#include "tests/plugins/support/scripted_agent.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

RecordedAgent agent() {
  return {"gemini_cli", PLAYED_PLUGIN, "gemini_cli", R"("type":"result")"};
}

// Exit codes stand in the data's README.
const std::vector<AgentRecording>& recordings() {
  static const std::vector<AgentRecording> all = {
      {"text", {"--exit", "0"}},
      {"tool-yolo", {"--exit", "0"}},
      {"tool-default", {"--exit", "0"}},
      {"error-400", {"--exit", "144"}},
      {"error-401", {"--exit", "145"}},
      {"midstream-truncate", {"--exit", "1"}},
      {"inline-error", {"--exit", "1"}},
      {"bad-flag", {"--exit", "42"}},
      {"sigint", {}},
      {"sigterm", {}},
      {"sigint-during-tool", {}},
  };
  return all;
}

class GeminiRecording : public ::testing::TestWithParam<AgentRecording> {};

TEST_P(GeminiRecording, GivesTheExpectedEvents) {
  expect_recorded_events(agent(), GetParam());
}

TEST_P(GeminiRecording, CutOffAnywhereItNeverCompletes) {
  expect_no_cut_completes(agent(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, GeminiRecording, ::testing::ValuesIn(recordings()),
                         [](const auto& one) { return recording_test_name(one); });

TEST(GeminiCancel, LeavesNoProcessAtAnyMoment) {
  expect_cancel_leaves_nothing(
      "gemini_cli", stubborn(test_data("gemini_cli/sigint-during-tool.jsonl"), {"--speed", "0.01"}), "the prompt");
}

TEST(GeminiConversation, ConfigurationBecomesArgumentsAndThePromptGoesIn) {
  ScriptedAgent agent;
  agent.heard("any").said(R"({"type":"result","status":"success"})");
  json::object config = agent.config();
  config["model"] = "gemini-2.5-flash";
  config["permission_mode"] = "plan";
  config["options"] = json::parse(R"({"sandbox":true})");
  ProviderUnderTest provider("gemini_cli", config);
  FakeRun run("go");
  run.resume_token = "S";
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_EQ(agent.arguments(),
            R"(["--output-format","stream-json","--model","gemini-2.5-flash","--approval-mode","plan",)"
            R"("--resume","S","--sandbox"])");
  EXPECT_EQ(agent.lines().at(1), "go");
}

TEST(GeminiConversation, AnAnswerThatIsWrittenAnewCountsOnce) {
  ScriptedAgent agent;
  const auto piece = [](const char* second, const char* text) {
    return std::string(R"({"type":"message","role":"assistant","delta":true,"timestamp":"2026-01-01T00:00:)") + second +
           R"(.000Z","content":")" + text + "\"}";
  };
  agent.said(piece("01", "Once ")).said(piece("01", "upon ")).said(piece("03", "Once ")).said(piece("03", "more"));
  agent.said(R"({"type":"result","status":"success"})");
  ProviderUnderTest provider("gemini_cli", agent.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().output().at("content"), "Once more");
  EXPECT_EQ(run.events_of(ASMGR_EV_ERROR_OCCURRED).size(), 1U);
}

TEST(GeminiConversation, AnExitCodeTellsTheHttpStatusWhereTheMessageDoesNot) {
  ScriptedAgent agent;
  agent.said(R"({"type":"result","status":"error","error":{"message":"denied"}})");
  ProviderUnderTest provider("gemini_cli", agent.config({"--exit", "173"}));
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_rate_limited") << seen_of(run);
}

TEST(GeminiConversation, AResultIsNotBelievedWhenTheProgramFailed) {
  ScriptedAgent agent;
  agent.said(R"({"type":"result","status":"success"})");
  ProviderUnderTest provider("gemini_cli", agent.config({"--exit", "1"}));
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_FAILED}) << seen_of(run);
}

TEST(GeminiConversation, ImagesAreRefusedWithAWayOut) {
  ScriptedAgent agent;
  ProviderUnderTest provider("gemini_cli", agent.config());
  FakeRun run(json::parse(R"({"messages":[{"role":"user","content":[
    {"type":"image","source":{"type":"url","url":"https://example.org/a.png"}}]}]})"));
  provider.run(run);
  EXPECT_TRUE(has(run.finish().error_message(), "takes no images")) << seen_of(run);
}

}  // namespace
}  // namespace asmgr_test
