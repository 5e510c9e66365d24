#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

ConfigTree read_files(const std::string& path, Diagnostics& diagnostics) {
  return read_config(path, test_options(), diagnostics);
}

TEST(Include, MergesMapsAndTheIncludingFileWins) {
  const TemporaryFolder folder;
  folder.write("base.yaml", "version: 1\nhost: {log: {level: debug, format: json}}\n");
  const std::string path = folder.write("top.yaml", "include: [base.yaml]\nhost: {log: {level: warn}}\n");
  Diagnostics diagnostics;
  const ConfigTree tree = read_files(path, diagnostics);
  ASSERT_TRUE(diagnostics.empty());
  const ConfigNode* log = tree.root.find("host")->find("log");
  EXPECT_EQ(log->find("level")->text, "warn");
  EXPECT_EQ(log->find("format")->text, "json");
  EXPECT_EQ(tree.root.find("include"), nullptr);
}

TEST(Include, LetsTheLaterFileWinAndReplacesLists) {
  const TemporaryFolder folder;
  folder.write("a.yaml", "list: [1, 2, 3]\nname: a\n");
  folder.write("b.yaml", "list: [4]\nname: b\n");
  const std::string path = folder.write("top.yaml", "include: [a.yaml, b.yaml]\n");
  Diagnostics diagnostics;
  const ConfigTree tree = read_files(path, diagnostics);
  EXPECT_EQ(tree.root.find("name")->text, "b");
  ASSERT_EQ(tree.root.find("list")->items.size(), 1U);
}

TEST(Include, IsRelativeToTheIncludingFile) {
  const TemporaryFolder folder;
  folder.write("deep/down/leaf.yaml", "leaf: yes\n");
  folder.write("deep/branch.yaml", "include: down/leaf.yaml\n");
  const std::string path = folder.write("top.yaml", "include: [deep/branch.yaml]\n");
  Diagnostics diagnostics;
  const ConfigTree tree = read_files(path, diagnostics);
  ASSERT_TRUE(diagnostics.empty());
  ASSERT_NE(tree.root.find("leaf"), nullptr);
  EXPECT_EQ(tree.sources[tree.root.find("leaf")->position.source].name,
            (folder.path() / "deep/down/leaf.yaml").string());
}

TEST(Include, MakesPathsRelativeToTheFileTheyStandIn) {
  const TemporaryFolder folder;
  folder.write("parts/plugins.yaml", "plugins: {search_path: [./plugins, ../more]}\n");
  const std::string path =
      folder.write("top.yaml", "include: [parts/plugins.yaml]\n" + std::string(small_deployment()));
  Diagnostics diagnostics;
  const ConfigTree tree = read_files(path, diagnostics);
  const DeploymentSpec spec = parse_deployment(tree, {}, diagnostics);
  ASSERT_TRUE(diagnostics.empty()) << render(diagnostics, tree.sources);
  ASSERT_EQ(spec.plugins.search_path.size(), 2U);
  EXPECT_EQ(spec.plugins.search_path[0], (folder.path() / "parts/plugins").string());
  EXPECT_EQ(spec.plugins.search_path[1], (folder.path() / "more").string());
}

TEST(Include, SeesACircleThroughOtherNames) {
  const TemporaryFolder folder;
  folder.write("sub/b.yaml", "include: [../sub/../a.yaml]\n");
  const std::string path = folder.write("a.yaml", "include: [./sub/b.yaml]\n");
  Diagnostics diagnostics;
  read_files(path, diagnostics);
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_NE(diagnostics[0].message.find("includes itself"), std::string::npos);
}

TEST(Include, MayNameOneFileTwiceOnDifferentWays) {
  const TemporaryFolder folder;
  folder.write("common.yaml", "x: 1\n");
  folder.write("a.yaml", "include: [common.yaml]\n");
  folder.write("b.yaml", "include: [common.yaml]\n");
  Diagnostics diagnostics;
  read_files(folder.write("top.yaml", "include: [a.yaml, b.yaml]\n"), diagnostics);
  EXPECT_TRUE(diagnostics.empty());
}

TEST(Include, StopsAtADepth) {
  const TemporaryFolder folder;
  for (int i = 0; i < 30; ++i) {
    folder.write("f" + std::to_string(i) + ".yaml", "include: [f" + std::to_string(i + 1) + ".yaml]\n");
  }
  Diagnostics diagnostics;
  read_files((folder.path() / "f0.yaml").string(), diagnostics);
  ASSERT_EQ(diagnostics.size(), 1U);
  EXPECT_EQ(diagnostics[0].message, "files include each other more than 16 deep");
}

TEST(Include, ReportsTheMistakesOfEveryFile) {
  const TemporaryFolder folder;
  folder.write("a.yaml", "x: [1\n");
  folder.write("b.yaml", "y: 1\ny: 2\n");
  Diagnostics diagnostics;
  const ConfigTree tree = read_files(folder.write("top.yaml", "include: [a.yaml, b.yaml, c.yaml]\n"), diagnostics);
  EXPECT_EQ(diagnostics.size(), 3U) << render(diagnostics, tree.sources);
}

TEST(Include, SubstitutesInItsOwnEntries) {
  const TemporaryFolder folder;
  folder.write("hello.yaml", "x: 1\n");
  Diagnostics diagnostics;
  const ConfigTree tree = read_files(folder.write("top.yaml", "include: [\"${env:GREETING}.yaml\"]\n"), diagnostics);
  EXPECT_TRUE(diagnostics.empty());
  EXPECT_NE(tree.root.find("x"), nullptr);
}

}  // namespace
}  // namespace asmgr
