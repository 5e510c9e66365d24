#include "core/config/setting.hpp"

#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

std::string with_settings(std::vector<std::string> settings, DeploymentSpec* out = nullptr) {
  const TemporaryFolder folder;
  ReadOptions options = test_options();
  options.settings = std::move(settings);
  const std::string path = folder.write("test.yaml", small_deployment());
  if (out != nullptr) {
    Diagnostics diagnostics;
    *out = parse_deployment(read_config(path, options, diagnostics), {}, diagnostics);
  }
  return diagnose(path, options, {});
}

TEST(Setting, ReplacesOneValue) {
  DeploymentSpec spec;
  EXPECT_EQ(with_settings({"pipelines.default.timeouts.run=90s", "host.limits.max_parallel_runs=7"}, &spec), "");
  EXPECT_EQ(spec.pipelines.at("default").pipeline.timeouts.run, std::chrono::seconds(90));
  EXPECT_EQ(spec.host.max_parallel_runs, 7U);
}

TEST(Setting, TakesListsMapsAndQuotedValues) {
  DeploymentSpec spec;
  EXPECT_EQ(with_settings({"pipelines.default.policies=[]", "pipelines.default.queue={max_queued_runs: 3}",
                           "providers.shell.config.model=\"7\""},
                          &spec),
            "");
  EXPECT_TRUE(spec.pipelines.at("default").pipeline.policies.empty());
  EXPECT_EQ(spec.pipelines.at("default").pipeline.queue.max_queued_runs, 3U);
}

TEST(Setting, ReachesItemsOfLists) {
  EXPECT_EQ(with_settings(
                {"providers.shell.config.allowed_commands[0]=cat", "providers.shell.config.allowed_commands[1]=wc"}),
            "");
  EXPECT_NE(with_settings({"providers.shell.config.allowed_commands[5]=cat"}), "");
}

TEST(Setting, TakesTextThatYamlWouldNotRead) {
  EXPECT_EQ(with_settings({"providers.shell.config.model=@a: b # c"}), "");
  EXPECT_EQ(with_settings({"providers.shell.config.model="}), "");
}

TEST(Setting, SubstitutesReferences) {
  EXPECT_EQ(with_settings({"providers.shell.config.max_turns=${env:PORT}"}),
            "--set providers.shell.config.max_turns: providers.shell.config.max_turns: the value is more than 100\n"
            "1 error\n");
}

TEST(Setting, IsNamedAsTheOriginOfAnErrorAndItsValueIsNotShown) {
  EXPECT_EQ(with_settings({"stores.local.config.jurnal_mode=wal"}),
            "--set stores.local.config.jurnal_mode: stores.local.config.jurnal_mode: unknown key; did you mean "
            "'journal_mode'?\n1 error\n");
  EXPECT_EQ(with_settings({"host.log.level=loud"}),
            "--set host.log.level: host.log.level: \"loud\" is not one of: trace, debug, info, warn, error, off\n"
            "1 error\n");
}

TEST(Setting, SaysWhatIsWrongWithItself) {
  const std::string form =
      "not of the form PATH=VALUE; for example --set providers.shell.config.timeout=10s\n1 error\n";
  EXPECT_EQ(with_settings({"stores"}), "--set stores: " + form);
  EXPECT_EQ(with_settings({"stores..x=1"}), "--set stores..x: " + form);
  EXPECT_EQ(with_settings({"=1"}), "--set : " + form);
  EXPECT_EQ(with_settings({"a[x]=1"}), "--set a[x]: " + form);
  EXPECT_EQ(with_settings({"a.=1"}), "--set a.: " + form);
  EXPECT_EQ(
      with_settings({"stores.local.plugin.deep=1"}),
      "--set stores.local.plugin.deep: the path does not fit the file; a step with a name needs a map, [N] a list "
      "that has N items\n1 error\n");
  EXPECT_NE(with_settings({"pipelines.default.policies=[a"}), "") << "not closed";
  EXPECT_EQ(with_settings({"include=[x.yaml]"}),
            "--set include: include cannot be set; name the file with --config\n1 error\n");
}

TEST(Setting, ResolvesPathsAgainstTheWorkingDirectory) {
  const TemporaryFolder folder;
  const TemporaryFolder elsewhere;
  ReadOptions options = test_options();
  options.working_directory = elsewhere.path().string();
  options.settings = {"plugins.search_path=[./mine]"};
  Diagnostics diagnostics;
  const ConfigTree tree = read_config(folder.write("test.yaml", small_deployment()), options, diagnostics);
  const DeploymentSpec spec = parse_deployment(tree, {}, diagnostics);
  ASSERT_EQ(spec.plugins.search_path.size(), 1U);
  EXPECT_EQ(spec.plugins.search_path[0], (elsewhere.path() / "mine").string());
}

}  // namespace
}  // namespace asmgr
