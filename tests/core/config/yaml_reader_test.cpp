#include "core/config/yaml_reader.hpp"

#include <gtest/gtest.h>

#include "core/config/scalar.hpp"

namespace asmgr {
namespace {

struct Read {
  Sources sources;
  Diagnostics diagnostics;
  ConfigNode root;
};

Read read(std::string text) {
  Read result;
  result.sources.push_back({"test.yaml", ".", std::move(text), SourceKind::file});
  if (auto root = read_yaml(result.sources, 0, result.diagnostics)) result.root = std::move(*root);
  return result;
}

TEST(YamlReader, KeepsKeysInTheOrderOfTheFile) {
  const Read result = read("zebra: 1\napple: 2\nmango: 3\n");
  ASSERT_EQ(result.root.members.size(), 3U);
  EXPECT_EQ(result.root.members[0].key, "zebra");
  EXPECT_EQ(result.root.members[1].key, "apple");
  EXPECT_EQ(result.root.members[2].key, "mango");
}

TEST(YamlReader, PointsAtKeysAndValues) {
  const Read result = read("stores:\n  main: {path: \"a b\"}\n");
  const ConfigMember* stores = result.root.find_member("stores");
  ASSERT_NE(stores, nullptr);
  EXPECT_EQ(stores->key_position, (Position{0, 1, 1, 6}));
  EXPECT_EQ(stores->value.position, (Position{0, 1, 1, 6})) << "a block is pointed at by its key";
  const ConfigNode* main = stores->value.find("main");
  ASSERT_NE(main, nullptr);
  EXPECT_EQ(main->position, (Position{0, 2, 9, 1})) << "a map in braces by its brace";
  EXPECT_EQ(main->find("path")->position, (Position{0, 2, 16, 5})) << "quotes included";
}

TEST(YamlReader, TellsQuotedFromPlainScalars) {
  const Read result = read("a: 1\nb: \"1\"\nc: '1'\nd: |\n  1\ne: ~\nf:\n");
  EXPECT_FALSE(result.root.find("a")->quoted);
  EXPECT_TRUE(result.root.find("b")->quoted);
  EXPECT_TRUE(result.root.find("c")->quoted);
  EXPECT_TRUE(result.root.find("d")->quoted);
  EXPECT_EQ(result.root.find("d")->text, "1\n");
  EXPECT_TRUE(result.root.find("e")->null);
  EXPECT_TRUE(result.root.find("f")->null);
}

TEST(YamlReader, WritesAliasesOut) {
  const Read result = read("base: &base {plugin: sqlite}\ncopy: *base\nlist: [&x 5, *x]\n");
  EXPECT_TRUE(result.diagnostics.empty());
  ASSERT_NE(result.root.find("copy"), nullptr);
  EXPECT_EQ(result.root.find("copy")->find("plugin")->text, "sqlite");
  EXPECT_EQ(result.root.find("list")->items[1].text, "5");
}

TEST(YamlReader, AllowsAMergeKeyThatIsQuoted) {
  const Read result = read("\"<<\": 1\n");
  EXPECT_TRUE(result.diagnostics.empty());
  EXPECT_NE(result.root.find("<<"), nullptr);
}

TEST(YamlReader, ReadsAnEmptyTextAsAnEmptyMap) {
  for (const char* text : {"", "\n\n", "# nothing\n", "---\n", "~\n"}) {
    const Read result = read(text);
    EXPECT_TRUE(result.root.is_map()) << text;
    EXPECT_TRUE(result.diagnostics.empty()) << text;
  }
}

TEST(YamlReader, GoesOnAfterADuplicateKeyAndKeepsTheFirstValue) {
  const Read result = read("a: 1\na: 2\nb: 3\nb: 4\n");
  EXPECT_EQ(result.diagnostics.size(), 2U);
  EXPECT_EQ(result.root.find("a")->text, "1");
  EXPECT_EQ(result.root.find("b")->text, "3");
}

TEST(YamlReader, AcceptsMultiLineQuotesAndEscapes) {
  const Read result = read("a: \"one\n  two\"\nb: 'it''s'\nc: \"tab\\t\\u00e9\"\n");
  EXPECT_TRUE(result.diagnostics.empty());
  EXPECT_EQ(result.root.find("a")->text, "one two");
  EXPECT_EQ(result.root.find("b")->text, "it's");
  EXPECT_EQ(result.root.find("c")->text, "tab\t\u00e9");
}

TEST(YamlReader, RefusesANulThatAnEscapeBringsIn) {
  const Read result = read("a: \"x\\0y\"\n");
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].message, "a value holds a NUL character");
}

TEST(YamlReader, RefusesAFileThatIsTooLarge) {
  const Read result = read("a: " + std::string(kMaxConfigBytes, 'x') + "\n");
  ASSERT_EQ(result.diagnostics.size(), 1U);
  EXPECT_EQ(result.diagnostics[0].message, "larger than 4 MiB");
}

ScalarType type_of(std::string_view text) {
  ConfigNode node;
  node.text = text;
  return type_scalar(node).type;
}

TEST(Scalar, IsABooleanOnlyAsTrueAndFalse) {
  for (const char* text : {"true", "True", "TRUE", "false", "False", "FALSE"}) {
    EXPECT_EQ(type_of(text), ScalarType::boolean) << text;
  }
  for (const char* text : {"yes", "no", "on", "off", "y", "n", "tRUE"})
    EXPECT_EQ(type_of(text), ScalarType::string) << text;
}

TEST(Scalar, IsANumberByTheCoreSchemaAlone) {
  for (const char* text : {"0", "7", "-12", "+3", "0x1F", "0o17"})
    EXPECT_EQ(type_of(text), ScalarType::integer) << text;
  for (const char* text : {"1.5", "-0.5", ".5", "1.", "1e3", "1E-2", "9223372036854775808"}) {
    EXPECT_EQ(type_of(text), ScalarType::number) << text;
  }
  for (const char* text : {"0123", "00", "1_000", "1,5", ".inf",  ".nan",       "0b1", "0x",   "0xG", "-",
                           "+",    ".",  "e3",    "1e",  "12:30", "2001-01-01", "",    "0x-1", "+-1", "-+1"}) {
    EXPECT_EQ(type_of(text), ScalarType::string) << text;
  }
}

TEST(Scalar, HasTheValueThatIsWritten) {
  ConfigNode node;
  node.text = "0o17";
  EXPECT_EQ(type_scalar(node).value, boost::json::value(15));
  node.text = "-9223372036854775808";
  EXPECT_EQ(type_scalar(node).value, boost::json::value(std::numeric_limits<std::int64_t>::min()));
  node.text = "+1.5";
  EXPECT_EQ(type_scalar(node).value, boost::json::value(1.5));
}

}  // namespace
}  // namespace asmgr
