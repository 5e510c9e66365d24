// What Codex has said in recordings, as the host gets to see it.
#include <gtest/gtest.h>

#include "tests/plugins/support/agent_recordings.hpp"
#include "tests/plugins/support/cancelled_anywhere.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

RecordedAgent agent(const AgentRecording& recording) {
  const bool is_server = recording.mode == "app_server";
  return {"codex", PLAYED_PLUGIN, "codex", is_server ? R"("turn/completed")" : R"("turn.completed")"};
}

// Exit codes stand in the data's README.
const std::vector<AgentRecording>& recordings() {
  static const std::vector<AgentRecording> all = {
      {"app-server-text", {}, "", "app_server"},
      {"app-server-tool-accepted", {}, "", "app_server"},
      {"app-server-tool-declined", {}, "no", "app_server"},
      {"app-server-error-400", {}, "", "app_server"},
      {"app-server-interrupt", {}, "", "app_server", "one "},
      {"text", {"--exit", "0"}, "", "exec"},
      {"tool", {"--exit", "0"}, "", "exec"},
      {"resume", {"--exit", "0"}, "", "exec"},
      {"midstream-truncate", {"--exit", "1"}, "", "exec"},
      {"error-400", {"--exit", "1"}, "", "exec"},
      {"error-401", {"--exit", "1"}, "", "exec"},
      {"error-429", {"--exit", "1"}, "", "exec"},
      {"error-500", {"--exit", "1"}, "", "exec"},
      {"inline-error", {"--exit", "1"}, "", "exec"},
      {"inline-event-error", {"--exit", "1"}, "", "exec"},
      {"resume-missing", {"--exit", "1"}, "", "exec"},
      {"bad-flag", {"--exit", "2"}, "", "exec"},
      {"wire_api-chat-rejected", {"--exit", "1"}, "", "exec"},
      {"sigint", {}, "", "exec"},
      {"sigint-during-tool", {}, "", "exec"},
      {"sigkill-during-tool", {}, "", "exec"},
  };
  return all;
}

class CodexRecording : public ::testing::TestWithParam<AgentRecording> {};

TEST_P(CodexRecording, GivesTheExpectedEvents) {
  expect_recorded_events(agent(GetParam()), GetParam());
}

TEST_P(CodexRecording, CutOffAnywhereItNeverCompletes) {
  expect_no_cut_completes(agent(GetParam()), GetParam());
}

INSTANTIATE_TEST_SUITE_P(All, CodexRecording, ::testing::ValuesIn(recordings()),
                         [](const auto& one) { return recording_test_name(one); });

TEST(CodexCancel, LeavesNoProcessAtAnyMoment) {
  expect_cancel_leaves_nothing("codex", stubborn(test_data("codex/app-server-interrupt.jsonl"), {"--speed", "0.01"}),
                               "the prompt");
}

}  // namespace
}  // namespace asmgr_test
