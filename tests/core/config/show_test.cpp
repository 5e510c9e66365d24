#include "core/config/show.hpp"

#include <gtest/gtest.h>

#include "core/config/masking.hpp"
#include "core/config/schema.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

std::string show(std::string_view yaml, const std::vector<std::string>& secret_keys = {}) {
  Diagnostics diagnostics;
  const ConfigTree tree = read_config_text(std::string(yaml), "test.yaml", test_options(), diagnostics);
  std::vector<const ConfigNode*> secrets;
  for (const std::string& key : secret_keys) secrets.push_back(tree.root.find(key));
  return show_tree(tree.root, secrets);
}

TEST(Show, WritesTheMergedFileAsYaml) {
  EXPECT_EQ(show("version: 1\nstores: {local: {plugin: sqlite, config: {path: ./x.db, list: [a, {b: 2}], empty: {}, "
                 "none: []}}}\n"),
            "version: 1\n"
            "stores:\n"
            "  local:\n"
            "    plugin: sqlite\n"
            "    config:\n"
            "      path: ./x.db\n"
            "      list:\n"
            "        - a\n"
            "        -\n"
            "          b: 2\n"
            "      empty: {}\n"
            "      none: []\n");
}

TEST(Show, MasksSecretsAndWhatCameFromOutside) {
  EXPECT_EQ(show("key: literal-secret\nmap: {a: 1}\ntoken: ${env:TOKEN}\nmixed: \"Bearer ${env:TOKEN}\"\n"
                 "default: ${env:NOPE:-visible}\nport: ${env:PORT}\n",
                 {"key", "map"}),
            "key: \"***\"\nmap: \"***\"\ntoken: \"***\"\nmixed: \"***\"\ndefault: visible\nport: \"***\"\n");
}

TEST(Show, LeavesWhatCouldNotBeReplacedAsItIsWritten) {
  EXPECT_EQ(show("a: ${env:NOPE}\n"), "a: \"${env:NOPE}\"\n");
}

TEST(Show, ReadsBackAsTheSameTree) {
  const std::string text =
      "a: \"1\"\nb: 1\nc: 'yes'\nd: \"line\\nbreak\"\ne: $$money\nf: \"#no comment\"\ng: ~\nh: \"\"\ni: 'a: b'\nj: -x\n"
      "k: \"true\"\nl: 0123\nm: \"\\u00e9\\\\\"\n\"quoted key: x\": [[1, [2]], {}]\n";
  const std::string once = show(text);
  EXPECT_EQ(show(once), once) << once;
  Diagnostics diagnostics;
  const ConfigTree before = read_config_text(text, "a", test_options(), diagnostics);
  const ConfigTree after = read_config_text(once, "b", test_options(), diagnostics);
  ASSERT_TRUE(diagnostics.empty()) << render(diagnostics, after.sources);
  const boost::json::object anything{{"type", "object"}};
  EXPECT_EQ(*apply_schema(before.root, anything, "", before.sources, {}, diagnostics),
            *apply_schema(after.root, anything, "", after.sources, {}, diagnostics));
}

TEST(Show, KnowsKeysThatSoundSecret) {
  Diagnostics diagnostics;
  const ConfigTree tree = read_config_text(
      "api_key: a\nAPI_TOKEN: b\nmax_total_tokens: 5\nnested: {db: {password: c}}\npath: d\n", "t", {}, diagnostics);
  EXPECT_EQ(values_that_sound_secret(tree.root).size(), 3U);
}

TEST(SecretMask, TakesSecretsOutOfSentences) {
  Diagnostics diagnostics;
  const ConfigTree tree =
      read_config_text("a: ${env:TOKEN}\nb: plain words\nc: s3cr3t-value-long\n", "t", test_options(), diagnostics);
  SecretMask mask;
  mask.add_substituted(tree.root);
  mask.add(*tree.root.find("c"));
  EXPECT_EQ(mask.apply("got s3cr3t-value and s3cr3t-value-long, plain words"), "got *** and ***, plain words");
}

}  // namespace
}  // namespace asmgr
