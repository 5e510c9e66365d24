// What Claude Code has said in recordings, as the host gets to see it.
#include <gtest/gtest.h>

#include <random>

#include "tests/plugins/support/agent_replay.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {
namespace {

struct Recording {
  const char* name;
  std::vector<std::string> options;  // of fake_agent
};

// A recording without anything from its driver needs one that greets; exit codes stand in the data's README.
const std::vector<Recording>& recordings() {
  static const std::vector<Recording> all = {
      {"text", {"--greet"}},
      {"text-partial", {"--greet"}},
      {"tool-allowed", {"--greet"}},
      {"tool-allowed-partial", {"--greet"}},
      {"tool-write-acceptEdits", {"--greet"}},
      {"maxturns", {"--greet", "--exit", "1"}},
      {"midstream-truncate", {"--greet"}},
      {"inline-error", {"--greet", "--exit", "1"}},
      {"error-400", {"--greet", "--exit", "1"}},
      {"error-401", {"--greet", "--exit", "124"}},
      {"error-429", {"--greet", "--exit", "1"}},
      {"error-500", {"--greet", "--exit", "1"}},
      {"json-single", {"--greet"}},
      {"badflag", {"--exit", "1"}},
      {"resume-missing", {"--exit", "1"}},
      {"sigint-during-tool", {"--greet"}},
      {"sigterm-during-tool", {"--greet"}},
      {"sigkill-during-tool", {"--greet"}},
      {"bidi-text", {}},
      {"bidi-tool", {}},
      {"bidi-write-denied", {}},
      {"bidi-after-interrupt", {}},
      {"bidi-plain-content", {}},
      {"bidi-unknown-input", {}},
      {"bidi-sigint", {}},
      {"bidi-sigterm", {}},
      {"bidi-stdinclose-midturn", {}},
  };
  return all;
}

std::string script_of(const Recording& recording) {
  return test_data(std::string("claude_code/") + recording.name + ".jsonl");
}

std::vector<std::string> options_of(const Recording& recording) {
  std::vector<std::string> options = recording.options;
  const std::string said = test_data(std::string("claude_code/") + recording.name + ".stderr");
  if (std::filesystem::exists(said)) options.insert(options.end(), {"--stderr", said});
  return options;
}

class ClaudeRecording : public ::testing::TestWithParam<Recording> {};

TEST_P(ClaudeRecording, GivesTheExpectedEvents) {
  const Recording& recording = GetParam();
  ProviderUnderTest provider("claude_code", playing(script_of(recording), options_of(recording)));
  FakeRun run("the prompt");
  // The recorded person allowed nothing.
  if (std::string(recording.name) == "bidi-write-denied") {
    run.answer.verdict = ASMGR_VERDICT_DENY;
    run.answer.note = "operator said no";
  }
  provider.run(run);
  expect_seen(test_data(std::string("claude_code/") + recording.name + ".expected"), run);
}

TEST_P(ClaudeRecording, CutOffItNeverCompletes) {
  const Recording& recording = GetParam();
  const std::string script = script_of(recording);
  const std::size_t lines = said_lines(script);
  std::vector<std::string> options = options_of(recording);
  options.emplace_back("--deaf");
  // The result is the last line: only a cut that cuts nothing may complete.
  expect_no_cut_completes("claude_code", script, options, "the prompt", [&](std::size_t cut) { return cut >= lines; });
}

INSTANTIATE_TEST_SUITE_P(All, ClaudeRecording, ::testing::ValuesIn(recordings()), [](const auto& one) {
  std::string name = one.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(ClaudeCancel, InterruptsTheTurnInClaudeCodesOwnWords) {
  ProviderUnderTest provider("claude_code", playing(test_data("claude_code/bidi-interrupt.jsonl")));
  FakeRun run("CASE:slow");
  provider.start(run);
  ASSERT_TRUE(run.wait_events(2)) << seen_of(run);  // it has begun, and said something
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  expect_seen(test_data("claude_code/bidi-interrupt.expected"), run);
}

TEST(ClaudeCancel, LeavesNoProcessAtAnyMoment) {
  const std::uint32_t seed = asmgr::test::seed_or(20251);
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  expect_cancel_leaves_nothing("claude_code", test_data("claude_code/tool-allowed-partial.jsonl"), {"--greet"},
                               "the prompt", asmgr::test::in_profile(10, 100),
                               [&] { return static_cast<int>(random() % 60); });
  expect_cancel_leaves_nothing("claude_code", test_data("claude_code/bidi-sigterm.jsonl"), {"--speed", "0.02"},
                               "the prompt", asmgr::test::in_profile(10, 100),
                               [&] { return static_cast<int>(random() % 120); });
}

}  // namespace
}  // namespace asmgr_test
