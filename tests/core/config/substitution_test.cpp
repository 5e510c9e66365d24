#include "core/config/substitution.hpp"

#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

struct Loaded {
  ConfigTree tree;
  Diagnostics diagnostics;
  [[nodiscard]] const ConfigNode& at(std::string_view key) const { return *tree.root.find(key); }
};

Loaded load_text(const TemporaryFolder& folder, std::string_view text, ReadOptions options = test_options()) {
  Loaded loaded;
  loaded.tree = read_config(folder.write("test.yaml", text), options, loaded.diagnostics);
  return loaded;
}

TEST(Substitution, ReplacesVariablesAnywhereInAValue) {
  const TemporaryFolder folder;
  const Loaded loaded = load_text(folder, "a: ${env:GREETING}\nb: \"<${env:GREETING}, ${env:PORT}>\"\n");
  EXPECT_EQ(loaded.at("a").text, "hello");
  EXPECT_EQ(loaded.at("b").text, "<hello, 7421>");
  EXPECT_EQ(loaded.at("b").origin, ValueOrigin::environment);
}

TEST(Substitution, UsesTheDefaultWhenTheVariableIsUnsetOrEmpty) {
  const TemporaryFolder folder;
  const Loaded loaded =
      load_text(folder, "a: ${env:NOPE:-else}\nb: ${env:EMPTY:-else}\nc: ${env:NOPE:-}\nd: ${env:EMPTY}\n");
  EXPECT_EQ(loaded.at("a").text, "else");
  EXPECT_EQ(loaded.at("b").text, "else");
  EXPECT_EQ(loaded.at("c").text, "");
  EXPECT_EQ(loaded.at("d").text, "");
  EXPECT_EQ(loaded.at("a").origin, ValueOrigin::literal) << "a default stands in the file for all to read";
  EXPECT_EQ(loaded.at("d").origin, ValueOrigin::environment);
}

TEST(Substitution, ReadsFilesRelativeToTheFileTheyAreNamedIn) {
  const TemporaryFolder folder;
  folder.write("secrets/key", "s3cr3t\n");
  folder.write("secrets/inner.yaml", "b: ${file:key}\n");
  const Loaded loaded = load_text(folder, "include: [secrets/inner.yaml]\na: ${file:secrets/key}\n");
  EXPECT_EQ(loaded.at("a").text, "s3cr3t");
  EXPECT_EQ(loaded.at("b").text, "s3cr3t");
  EXPECT_EQ(loaded.at("a").origin, ValueOrigin::file);
}

TEST(Substitution, RemovesOneTrailingNewlineOfAFile) {
  const TemporaryFolder folder;
  folder.write("two", "line\n\n");
  folder.write("windows", "line\r\n");
  const Loaded loaded = load_text(folder, "a: ${file:two}\nb: ${file:windows}\n");
  EXPECT_EQ(loaded.at("a").text, "line\n");
  EXPECT_EQ(loaded.at("b").text, "line");
}

TEST(Substitution, NeverReadsTheResultAsYamlOrAsMoreReferences) {
  const TemporaryFolder folder;
  ReadOptions options = test_options();
  options.environment = environment_of({{"EVIL", "x\nstores: {}\n\"${env:EVIL}\": [1"}, {"EMPTY", ""}});
  const Loaded loaded = load_text(folder, "a: ${env:EVIL}\n", options);
  EXPECT_TRUE(loaded.diagnostics.empty());
  EXPECT_EQ(loaded.tree.root.members.size(), 1U);
  EXPECT_EQ(loaded.at("a").text, "x\nstores: {}\n\"${env:EVIL}\": [1");
}

TEST(Substitution, LeavesDollarsThatBeginNoReference) {
  const TemporaryFolder folder;
  const Loaded loaded = load_text(folder, "a: $$5\nb: cost $5\nc: $$${env:GREETING}\nd: '$${env:GREETING}'\ne: $\n");
  EXPECT_EQ(loaded.at("a").text, "$5");
  EXPECT_EQ(loaded.at("b").text, "cost $5");
  EXPECT_EQ(loaded.at("c").text, "$hello");
  EXPECT_EQ(loaded.at("d").text, "${env:GREETING}");
  EXPECT_EQ(loaded.at("e").text, "$");
  EXPECT_EQ(loaded.at("d").origin, ValueOrigin::literal);
}

TEST(Substitution, LeavesKeysAlone) {
  const TemporaryFolder folder;
  const Loaded loaded = load_text(folder, "\"${env:GREETING}\": 1\n");
  EXPECT_NE(loaded.tree.root.find("${env:GREETING}"), nullptr);
}

TEST(Substitution, LetsTheSchemaTypeAValueThatIsOneReference) {
  const TemporaryFolder folder;
  const Loaded loaded = load_text(folder, "a: \"${env:PORT}\"\nb: \"x${env:PORT}\"\n");
  EXPECT_FALSE(loaded.at("a").quoted);
  EXPECT_TRUE(loaded.at("b").quoted);
}

TEST(Substitution, KeepsWhyAReferenceCannotBeReplaced) {
  const TemporaryFolder folder;
  folder.write("binary", std::string_view("a\0b", 3));
  folder.write("latin1", "gr\xfc\xdf");
  folder.write("huge", std::string(kMaxSubstitutedBytes + 1, 'x'));
  const Loaded loaded = load_text(
      folder, "a: ${env:NOPE}\nb: ${file:none}\nc: ${file:binary}\nd: ${file:latin1}\ne: ${file:huge}\nf: ${file:.}\n");
  const std::string where = folder.path().string();
  EXPECT_EQ(loaded.at("a").problem, "environment variable NOPE is not set");
  EXPECT_EQ(loaded.at("a").text, "${env:NOPE}");
  EXPECT_EQ(loaded.at("b").problem, "file " + where + "/none cannot be read: No such file or directory");
  EXPECT_EQ(loaded.at("c").problem, "file " + where + "/binary holds a NUL character");
  EXPECT_EQ(loaded.at("d").problem, "file " + where + "/latin1 is not UTF-8 text");
  EXPECT_EQ(loaded.at("e").problem, "file " + where + "/huge cannot be read: larger than 1048576 bytes");
  EXPECT_FALSE(loaded.at("f").problem.empty());
  EXPECT_TRUE(loaded.diagnostics.empty()) << "who uses the value reports it";
}

TEST(Substitution, ReportsAMissingVariableOnlyWhereItIsReached) {
  const TemporaryFolder folder;
  const std::string path = folder.write("test.yaml", R"(version: 1
stores:
  local: {plugin: sqlite, config: {path: ./x.db}}
providers:
  shell: {plugin: shell}
  claude: {plugin: model, config: {api_key: "${env:NOPE}"}}
pipelines:
  default: {store: local, provider: shell}
  model: {store: local, provider: claude, store_retry: "${env:NOPE}"}
)");
  EXPECT_EQ(diagnose(path, test_options(), Selection::only("default")), "");
  const std::string text = diagnose(path, test_options(), Selection::only("model"));
  EXPECT_NE(text.find("test.yaml:6:45: providers.claude.config.api_key: environment variable NOPE is not set"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("test.yaml:9:56: pipelines.model.store_retry: environment variable NOPE is not set"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("2 errors"), std::string::npos) << text;
}

}  // namespace
}  // namespace asmgr
