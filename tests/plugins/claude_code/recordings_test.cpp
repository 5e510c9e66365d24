// What Claude Code has said in recordings, as the host gets to see it.
#include <gtest/gtest.h>

#include "tests/plugins/support/agent_recordings.hpp"
#include "tests/plugins/support/cancelled_anywhere.hpp"

namespace asmgr_test {
namespace {

RecordedAgent agent() {
  return {"claude_code", PLAYED_PLUGIN, "claude_code", R"("type":"result")"};
}

// Exit codes stand in the data's README; a recording without anything from its driver needs a program that greets.
const std::vector<AgentRecording>& recordings() {
  static const std::vector<AgentRecording> all = {
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
      {"bidi-write-denied", {}, "operator said no"},
      {"bidi-interrupt", {}, "", "", "one "},
      {"bidi-after-interrupt", {}},
      {"bidi-plain-content", {}},
      {"bidi-unknown-input", {}},
      {"bidi-sigint", {}},
      {"bidi-sigterm", {}},
      {"bidi-stdinclose-midturn", {}},
  };
  return all;
}

class ClaudeRecording : public ::testing::TestWithParam<AgentRecording> {};

TEST_P(ClaudeRecording, GivesTheExpectedEvents) {
  expect_recorded_events(agent(), GetParam());
}

TEST_P(ClaudeRecording, CutOffAnywhereItNeverCompletes) {
  expect_no_cut_completes(agent(), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, ClaudeRecording, ::testing::ValuesIn(recordings()),
                         [](const auto& one) { return recording_test_name(one); });

TEST(ClaudeCancel, LeavesNoProcessAtAnyMoment) {
  expect_cancel_leaves_nothing(
      "claude_code", stubborn(test_data("claude_code/bidi-sigterm.jsonl"), {"--speed", "0.02"}), "the prompt");
}

}  // namespace
}  // namespace asmgr_test
