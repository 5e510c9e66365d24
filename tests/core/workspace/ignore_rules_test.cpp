// Paths and globs of the hash backend.
#include "core/workspace/ignore_rules.hpp"

#include <gtest/gtest.h>

namespace asmgr::workspace {
namespace {

bool ignored(IgnoreRules rules, std::string_view path) {
  auto matcher = IgnoreMatcher::make(rules);
  EXPECT_TRUE(matcher) << matcher.error().message();
  return matcher && matcher->ignores(path);
}
bool by_glob(const std::string& glob, std::string_view path) {
  return ignored({{}, {glob}}, path);
}

TEST(IgnoreRules, PathsStandForAllBelowThem) {
  EXPECT_TRUE(ignored({{"out"}, {}}, "out"));
  EXPECT_TRUE(ignored({{"./out/"}, {}}, "out/x"));
  EXPECT_FALSE(ignored({{"out"}, {}}, "outer"));
  EXPECT_FALSE(ignored({{"out"}, {}}, "a/out"));
  EXPECT_TRUE(ignored({{"a/out"}, {}}, "a/out/x"));
}

TEST(IgnoreRules, AStarStaysWithinAName) {
  EXPECT_TRUE(by_glob("a/*.o", "a/x.o"));
  EXPECT_FALSE(by_glob("a/*.o", "a/b/x.o"));
  EXPECT_TRUE(by_glob("a/**/x.o", "a/x.o"));
  EXPECT_TRUE(by_glob("a/**/x.o", "a/b/c/x.o"));
  EXPECT_TRUE(by_glob("a/**", "a/b/c"));
  EXPECT_TRUE(by_glob("?.c", "x.c"));
  EXPECT_FALSE(by_glob("?.c", "xy.c"));
}

TEST(IgnoreRules, AGlobWithoutASlashMatchesAnyLastName) {
  EXPECT_TRUE(by_glob("*.pyc", "a/b/c.pyc"));
  EXPECT_TRUE(by_glob("*.pyc", "c.pyc"));
  EXPECT_FALSE(by_glob("/*.pyc", "a/c.pyc"));
}

TEST(IgnoreRules, OtherCharactersStandForThemselves) {
  EXPECT_TRUE(by_glob("a+(b).[c]", "a+(b).[c]"));
  EXPECT_FALSE(by_glob("a.c", "abc"));
  EXPECT_TRUE(by_glob("caf\xe9*", "caf\xe9.txt"));
}

TEST(IgnoreRules, APathThatLeadsOutIsRefused) {
  for (const char* path : {"", ".", "/etc", "..", "../x", "a/../b", "a/.."}) {
    auto matcher = IgnoreMatcher::make({{path}, {}});
    ASSERT_FALSE(matcher) << path;
    EXPECT_EQ(matcher.error().code(), ErrorCode::validation_error);
  }
  EXPECT_FALSE(IgnoreMatcher::make({{}, {""}}));
}

}  // namespace
}  // namespace asmgr::workspace
