// What opencode has said in recordings, as the host gets to see it, and how it is called.
#include <gtest/gtest.h>

#include <random>

#include "tests/plugins/support/scripted_agent.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

struct Recording {
  const char* name;
  std::vector<std::string> options;  // of fake_agent; exit codes stand in the data's README
};

const std::vector<Recording>& recordings() {
  static const std::vector<Recording> all = {
      {"text", {"--exit", "0"}},
      {"tool", {"--exit", "0"}},
      {"error-400", {"--exit", "1"}},
      {"error-401", {"--exit", "1"}},
      {"midstream-truncate", {"--exit", "124"}},
      {"sigint", {}},
      {"sigint-during-tool", {}},
  };
  return all;
}

std::string script_of(const Recording& recording) {
  return test_data(std::string("opencode/") + recording.name + ".jsonl");
}

std::vector<std::string> options_of(const Recording& recording) {
  std::vector<std::string> options = recording.options;
  const std::string said = test_data(std::string("opencode/") + recording.name + ".stderr");
  if (std::filesystem::exists(said)) options.insert(options.end(), {"--stderr", said});
  return options;
}

class OpencodeRecording : public ::testing::TestWithParam<Recording> {};

TEST_P(OpencodeRecording, GivesTheExpectedEvents) {
  const Recording& recording = GetParam();
  ProviderUnderTest provider("opencode", playing(script_of(recording), options_of(recording)));
  FakeRun run("the prompt");
  provider.run(run);
  expect_seen(test_data(std::string("opencode/") + recording.name + ".expected"), run);
}

TEST_P(OpencodeRecording, CutOffItNeverCompletes) {
  const Recording& recording = GetParam();
  const std::string script = script_of(recording);
  const std::size_t lines = said_lines(script);
  expect_no_cut_completes("opencode", script, {"--exit", "0"}, "the prompt",
                          [&](std::size_t cut) { return cut >= lines; });
}

INSTANTIATE_TEST_SUITE_P(All, OpencodeRecording, ::testing::ValuesIn(recordings()), [](const auto& one) {
  std::string name = one.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(OpencodeCancel, LeavesNoProcessAtAnyMoment) {
  const std::uint32_t seed = asmgr::test::seed_or(20253);
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  expect_cancel_leaves_nothing("opencode", test_data("opencode/sigint-during-tool.jsonl"), {"--speed", "0.01"},
                               "the prompt", asmgr::test::in_profile(20, 200),
                               [&] { return static_cast<int>(random() % 100); });
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
