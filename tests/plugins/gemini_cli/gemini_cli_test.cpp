// What Gemini CLI has said in recordings, as the host gets to see it, and how it is called.
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

std::string script_of(const Recording& recording) {
  return test_data(std::string("gemini_cli/") + recording.name + ".jsonl");
}

std::vector<std::string> options_of(const Recording& recording) {
  std::vector<std::string> options = recording.options;
  const std::string said = test_data(std::string("gemini_cli/") + recording.name + ".stderr");
  if (std::filesystem::exists(said)) options.insert(options.end(), {"--stderr", said});
  return options;
}

class GeminiRecording : public ::testing::TestWithParam<Recording> {};

TEST_P(GeminiRecording, GivesTheExpectedEvents) {
  const Recording& recording = GetParam();
  ProviderUnderTest provider("gemini_cli", playing(script_of(recording), options_of(recording)));
  FakeRun run("the prompt");
  provider.run(run);
  expect_seen(test_data(std::string("gemini_cli/") + recording.name + ".expected"), run);
}

TEST_P(GeminiRecording, CutOffItNeverCompletes) {
  const Recording& recording = GetParam();
  const std::string script = script_of(recording);
  const std::size_t lines = said_lines(script);
  expect_no_cut_completes("gemini_cli", script, {"--exit", "0"}, "the prompt",
                          [&](std::size_t cut) { return cut >= lines; });
}

INSTANTIATE_TEST_SUITE_P(All, GeminiRecording, ::testing::ValuesIn(recordings()), [](const auto& one) {
  std::string name = one.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(GeminiCancel, LeavesNoProcessAtAnyMoment) {
  const std::uint32_t seed = asmgr::test::seed_or(20253);
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  expect_cancel_leaves_nothing("gemini_cli", test_data("gemini_cli/sigint-during-tool.jsonl"), {"--speed", "0.01"},
                               "the prompt", asmgr::test::in_profile(20, 200),
                               [&] { return static_cast<int>(random() % 100); });
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
