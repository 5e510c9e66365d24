// Conversations of real agents, played again to the built plugin.
#include <gmock/gmock.h>

#include <cstdlib>
#include <fstream>

#include "tests/plugins/acp/client_rules.hpp"
#include "tests/plugins/acp/recording.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"
#include "tests/support/profile.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

std::unique_ptr<FakeRun> play(const Recorded& recorded, const std::string& cwd,
                              const std::vector<std::string>& arguments) {
  ProviderUnderTest acp("acp", recorded.config(cwd, arguments));
  auto run = std::make_unique<FakeRun>("hello");
  if (!recorded.allow) run->answer.verdict = ASMGR_VERDICT_DENY;
  if (!recorded.allow) run->answer.note = "not today";
  acp.start(*run);
  if (!recorded.cancel_after.empty()) {
    const bool came = eventually([&] {
      for (const SeenEvent& event : run->events_of(ASMGR_EV_MESSAGE_STREAMED))
        if (event.text.find(recorded.cancel_after) != std::string::npos) return true;
      return !run->finishes().empty();
    });
    EXPECT_TRUE(came);
    run->cancel();
  }
  EXPECT_TRUE(run->wait_finished());
  return run;
}

class Recording : public ::testing::TestWithParam<Recorded> {};

// Expectations are read by people before they are checked in: ASMGR_UPDATE_GOLDEN=1 writes them next to the old ones.
TEST_P(Recording, IsToldAsExpected) {
  const TempFolder folder;
  const Recorded& recorded = GetParam();
  const auto run = play(recorded, folder.path().string(), {});
  const std::vector<std::string> told = told_by(*run);
  const std::string file = acp_data("expected/" + recorded.name + "." + std::to_string(recorded.prompt) + ".jsonl");
  if (std::getenv("ASMGR_UPDATE_GOLDEN") != nullptr) {
    std::ofstream out(file, std::ios::trunc);
    for (const std::string& line : told) out << line << '\n';
  }
  EXPECT_EQ(told, lines_of_file(file));
}

TEST_P(Recording, IsAnsweredInKeepingWithTheProtocol) {
  const TempFolder folder;
  const std::string heard = (folder.path() / "heard").string();
  static_cast<void>(play(GetParam(), folder.path().string(), {"--heard", heard}));
  const std::vector<std::string> lines = lines_of_file(heard);
  EXPECT_GE(lines.size(), 3U);
  for (const std::string& line : lines) EXPECT_EQ(broken_rule(line), "");
}

INSTANTIATE_TEST_SUITE_P(Acp, Recording, ::testing::ValuesIn(all_recorded()), [](const auto& recorded) {
  return recorded.param.name + "_" + std::to_string(recorded.param.prompt);
});

// The process leaves in the midst; conversation_cuts_test asks the same at every byte, without processes.
TEST(RecordingThatBreaksOff, NeverCompletes) {
  const TempFolder folder;
  const Recorded recorded{"claude", 1, "", false, true, ""};
  const long step = asmgr::test::in_profile(911, 53);
  for (long cut = 0; cut < 6'000; cut += step) {  // less than all there is
    SCOPED_TRACE(cut);
    const auto run = play(recorded, folder.path().string(), {"--cut", std::to_string(cut)});
    EXPECT_EQ(run->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
    EXPECT_EQ(run->finish().error_code(), "provider_error");
  }
}

}  // namespace
}  // namespace asmgr_test
