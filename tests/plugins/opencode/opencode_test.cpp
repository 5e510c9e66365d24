// What opencode has said in recordings, as the host gets to see it, and how it is called.
#include <gtest/gtest.h>

#include "tests/plugins/support/agent_recordings.hpp"
#include "tests/plugins/support/cancelled_anywhere.hpp"
#include "tests/plugins/support/scripted_agent.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

RecordedAgent agent() {
  return {"opencode", PLAYED_PLUGIN, "opencode", R"("type":"step_finish")"};
}

// Exit codes stand in the data's README.
const std::vector<AgentRecording>& recordings() {
  static const std::vector<AgentRecording> all = {
      {"text", {"--exit", "0"}},
      {"tool", {"--exit", "0"}},
      {"tool-refused", {"--exit", "0"}},
      {"error-400", {"--exit", "1"}},
      {"error-401", {"--exit", "1"}},
      {"midstream-truncate", {"--exit", "124"}},
      {"sigint", {}},
      {"sigint-during-tool", {}},
  };
  return all;
}

class OpencodeRecording : public ::testing::TestWithParam<AgentRecording> {};

TEST_P(OpencodeRecording, GivesTheExpectedEvents) {
  expect_recorded_events(agent(), GetParam());
}

TEST_P(OpencodeRecording, CutOffAnywhereItNeverCompletes) {
  expect_no_cut_completes(agent(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, OpencodeRecording, ::testing::ValuesIn(recordings()),
                         [](const auto& one) { return recording_test_name(one); });

TEST(OpencodeCancel, LeavesNoProcessAtAnyMoment) {
  expect_cancel_leaves_nothing(
      "opencode", stubborn(test_data("opencode/sigint-during-tool.jsonl"), {"--speed", "0.01"}), "the prompt");
}

TEST(OpencodeConversation, ConfigurationBecomesArgumentsAndThePromptGoesIn) {
  ScriptedAgent agent;
  agent.heard("any").said(R"({"type":"step_finish","sessionID":"S","part":{"reason":"stop"}})");
  json::object config = agent.config();
  config["model"] = "openai/gpt-5";
  config["permission_mode"] = "full_auto";
  ProviderUnderTest provider("opencode", config);
  FakeRun run("go");
  run.resume_token = "S";
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_COMPLETED}) << seen_of(run);
  EXPECT_EQ(agent.arguments(), R"(["run","--format","json","--model","openai/gpt-5","--session","S","--auto"])");
  EXPECT_EQ(agent.lines().at(1), "go");
  EXPECT_EQ(provider.token(run.start()), "S");
}

TEST(OpencodeConversation, AStepThatIsTriedTooOftenEndsTheRun) {
  json::object config = playing(test_data("opencode/midstream-truncate.jsonl"), {"--hang"});
  config["max_tries"] = 3;
  ProviderUnderTest provider("opencode", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_unavailable") << seen_of(run);
  EXPECT_EQ(run.events_of(ASMGR_EV_ERROR_OCCURRED).size(), 3U);
}

TEST(OpencodeConversation, AProgramThatSaysNothingIsEnded) {
  ScriptedAgent agent;
  json::object config = agent.config({"--hang"});
  config["timeouts"] = json::parse(R"({"first_byte":100})");
  ProviderUnderTest provider("opencode", config);
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_timeout") << seen_of(run);
}

TEST(OpencodeRefusal, EndsTheRunAsADeniedToolAndSaysWhichWasRefused) {
  ProviderUnderTest provider("opencode", playing(test_data("opencode/tool-refused.jsonl"), {"--exit", "0"}));
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_FAILED}) << seen_of(run);
  EXPECT_EQ(run.finish().error_code(), "tool_permission_denied") << seen_of(run);
  EXPECT_EQ(run.events_of(ASMGR_EV_TOOL_CALL_FAILED).size(), 1U);
}

TEST(OpencodeRefusal, DoesNotCountWhereItGoesOn) {
  ScriptedAgent agent;
  agent.heard("any")
      .said(R"({"type":"tool_use","sessionID":"S","part":{"tool":"bash","callID":"1","state":{"status":"error",)"
            R"("input":{},"error":"The user rejected permission to use this specific tool call."}}})")
      .said(R"({"type":"step_finish","sessionID":"S","part":{"reason":"tool-calls"}})")
      .said(R"({"type":"step_start","sessionID":"S","part":{}})")
      .said(R"({"type":"step_finish","sessionID":"S","part":{"reason":"tool-calls"}})");
  ProviderUnderTest provider("opencode", agent.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(run.finish().error_code(), "provider_error") << seen_of(run);
}

}  // namespace
}  // namespace asmgr_test
