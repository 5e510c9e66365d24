// What Codex has said in recordings, as the host gets to see it.
#include <gtest/gtest.h>

#include <random>

#include "tests/plugins/support/agent_replay.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

struct Recording {
  const char* name;
  const char* mode;
  std::vector<std::string> options;  // of fake_agent; exit codes stand in the data's README
};

const std::vector<Recording>& recordings() {
  static const std::vector<Recording> all = {
      {"app-server-text", "app_server", {}},
      {"app-server-tool-accepted", "app_server", {}},
      {"app-server-tool-declined", "app_server", {}},
      {"app-server-error-400", "app_server", {}},
      {"text", "exec", {"--exit", "0"}},
      {"tool", "exec", {"--exit", "0"}},
      {"resume", "exec", {"--exit", "0"}},
      {"midstream-truncate", "exec", {"--exit", "1"}},
      {"error-400", "exec", {"--exit", "1"}},
      {"error-401", "exec", {"--exit", "1"}},
      {"error-500", "exec", {"--exit", "1"}},
      {"inline-error", "exec", {"--exit", "1"}},
      {"inline-event-error", "exec", {"--exit", "1"}},
      {"resume-missing", "exec", {"--exit", "1"}},
      {"bad-flag", "exec", {"--exit", "2"}},
      {"wire_api-chat-rejected", "exec", {"--exit", "1"}},
      {"sigint", "exec", {}},
      {"sigint-during-tool", "exec", {}},
      {"sigkill-during-tool", "exec", {}},
  };
  return all;
}

std::string codex_script(const Recording& recording) {
  return test_data(std::string("codex/") + recording.name + ".jsonl");
}

std::vector<std::string> codex_options(const Recording& recording) {
  std::vector<std::string> options = recording.options;
  const std::string said = test_data(std::string("codex/") + recording.name + ".stderr");
  if (std::filesystem::exists(said)) options.insert(options.end(), {"--stderr", said});
  return options;
}

class CodexRecording : public ::testing::TestWithParam<Recording> {};

TEST_P(CodexRecording, GivesTheExpectedEvents) {
  const Recording& recording = GetParam();
  json::object config = playing(codex_script(recording), codex_options(recording));
  config["mode"] = recording.mode;
  ProviderUnderTest provider("codex", config);
  FakeRun run("the prompt");
  if (std::string(recording.name) == "app-server-tool-declined") run.answer.verdict = ASMGR_VERDICT_DENY;
  provider.run(run);
  expect_seen(test_data(std::string("codex/") + recording.name + ".expected"), run);
}

TEST_P(CodexRecording, CutOffItNeverCompletes) {
  const Recording& recording = GetParam();
  const std::string script = codex_script(recording);
  const std::size_t lines = said_lines(script);
  std::vector<std::string> options = codex_options(recording);
  options.emplace_back("--deaf");
  json::object keys;
  keys["mode"] = recording.mode;
  expect_no_cut_completes(
      "codex", script, options, "the prompt", [&](std::size_t cut) { return cut >= lines; }, keys);
}

INSTANTIATE_TEST_SUITE_P(All, CodexRecording, ::testing::ValuesIn(recordings()), [](const auto& one) {
  std::string name = one.param.name;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST(CodexCancel, InterruptsTheTurnInCodexsOwnWords) {
  ProviderUnderTest provider("codex", playing(test_data("codex/app-server-interrupt.jsonl")));
  FakeRun run("CASE:slow");
  provider.start(run);
  ASSERT_TRUE(eventually([&] { return !run.events_of(ASMGR_EV_MESSAGE_STREAMED).empty(); })) << seen_of(run);
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  expect_seen(test_data("codex/app-server-interrupt.expected"), run);
}

TEST(CodexCancel, LeavesNoProcessAtAnyMoment) {
  const std::uint32_t seed = asmgr::test::seed_or(20252);
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  const auto moment = [&] { return static_cast<int>(random() % 100); };
  expect_cancel_leaves_nothing("codex", test_data("codex/app-server-interrupt.jsonl"), {"--speed", "0.01"},
                               "the prompt", asmgr::test::in_profile(20, 200), moment);
}

}  // namespace
}  // namespace asmgr_test
