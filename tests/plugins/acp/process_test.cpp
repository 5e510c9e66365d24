// The agent as a program: found or not, deaf, talkative, cancelled at any moment.
#include <gmock/gmock.h>

#include "tests/plugins/acp/recording.hpp"
#include "tests/plugins/support/cancelled_anywhere.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

json::object config_of(const TempFolder& folder, const std::vector<std::string>& command) {
  json::object config;
  config["command"] = json::array(command.begin(), command.end());
  config["cwd"] = folder.path().string();
  return config;
}

std::unique_ptr<FakeRun> run_of(const json::object& config) {
  ProviderUnderTest acp("acp", config);
  auto run = std::make_unique<FakeRun>("hello");
  acp.run(*run);
  return run;
}

TEST(AcpProcess, DescribesItself) {
  const TempFolder folder;
  ProviderUnderTest acp("acp", config_of(folder, {"agent"}));
  EXPECT_EQ(acp.describe().at("grade"), "intercept");
  EXPECT_EQ(acp.describe().at("usage"), "delta");
}

TEST(AcpProcess, SaysWhichProgramIsMissing) {
  const TempFolder folder;
  const auto run = run_of(config_of(folder, {"no-such-agent"}));
  EXPECT_EQ(run->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_THAT(run->finish().error_message(), HasSubstr("no-such-agent"));
}

TEST(AcpProcess, ShowsWhatAnAgentSaidBeforeItDied) {
  const TempFolder folder;
  json::object config = config_of(folder, {"/bin/sh", "-c", "echo no key $KEY >&2; exit 3"});
  config["env"] = json::object{{"KEY", "very-secret-value"}};
  const auto run = run_of(config);
  const std::string text = json::serialize(run->finish().result);
  EXPECT_THAT(text, HasSubstr("no key"));
  EXPECT_THAT(text, ::testing::Not(HasSubstr("very-secret-value")));
}

TEST(AcpProcess, GarbageIsPassedOver) {
  const TempFolder folder;
  const Recorded recorded{"example", 0, "", false, true, ""};
  json::object config = recorded.config(folder.path().string());
  std::string line = "echo 'not json'; echo; printf '[1]\\n{\"a\":1}\\n\\377\\n'; exec";
  for (const json::value& word : config["command"].as_array()) line += " '" + std::string(word.as_string()) + "'";
  config["command"] = json::array{"/bin/sh", "-c", json::value(line)};
  EXPECT_EQ(run_of(config)->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
}

TEST(AcpProcess, AnAgentThatDoesNotLeaveIsEnded) {
  const TempFolder folder;
  const std::string marker = unique_marker();
  const Recorded recorded{"codex", 0, "codex-api-key", false, true, ""};
  json::object config = recorded.config(folder.path().string(), {"--hang"});
  config["env"] = json::object{{marker.substr(0, marker.find('=')), marker.substr(marker.find('=') + 1)}};
  EXPECT_EQ(run_of(config)->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_THAT(processes_with(marker), IsEmpty());
}

TEST(AcpProcess, CancelledAtAnyMomentItLeavesNothingBehind) {
  const TempFolder folder;
  const Recorded recorded{"claude", 1, "", false, true, ""};
  json::object config = recorded.config(folder.path().string(), {"--speed", "0.02", "--hang"});
  json::array& command = config["command"].get_array();
  command.insert(command.begin() + 1, "--orphans");
  expect_cancel_leaves_nothing("acp", config, "hello");
}

TEST(AcpConfig, NeedsAProgramAndServersThatAreOneThing) {
  EXPECT_THAT(ProviderUnderTest::validate("acp", json::object{}), ElementsAre(HasSubstr("/command: names no program")));
  json::object server;
  server["command"] = json::array{"x"};
  server["url"] = "http://h";
  json::object servers;
  servers["both"] = server;
  servers["none"] = json::object();
  json::object config;
  config["command"] = json::array{"agent"};
  config["mcp_servers"] = servers;
  EXPECT_THAT(ProviderUnderTest::validate("acp", config),
              ElementsAre(HasSubstr("/mcp_servers/both"), HasSubstr("/mcp_servers/none")));
}

}  // namespace
}  // namespace asmgr_test
