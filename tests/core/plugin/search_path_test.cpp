#include "core/plugin/search_path.hpp"

#include <gtest/gtest.h>

#include "tests/core/plugin/temp_folder.hpp"

namespace asmgr {
namespace {

using test::TempFolder;

std::string message_of(const Result<std::filesystem::path>& found) {
  return found ? "found " + found->string() : found.error().message();
}

TEST(PluginReference, ANameIsAFile) {
  EXPECT_EQ(*parse_plugin_reference("sqlite"), (PluginReference{"sqlite", "", false}));
}

TEST(PluginReference, FileAndNameSelectAComponent) {
  EXPECT_EQ(*parse_plugin_reference("suite/replay"), (PluginReference{"suite", "replay", false}));
}

TEST(PluginReference, AnAbsolutePathIsAPath) {
  EXPECT_EQ(*parse_plugin_reference("/opt/x.so"), (PluginReference{"/opt/x.so", "", true}));
}

TEST(PluginReference, ARelativePathMustHaveBeenResolvedByTheCaller) {
  const auto parsed = parse_plugin_reference("./x.asmgr.so");
  ASSERT_FALSE(parsed);
  EXPECT_EQ(parsed.error().code(), ErrorCode::config_invalid);
  EXPECT_EQ(
      parsed.error().message(),
      "plugin './x.asmgr.so' cannot be looked for: a relative path means nothing here; write NAME, FILE/NAME or a "
      "path");
}

TEST(PluginReference, WhatIsNoNameIsRefused) {
  for (const std::string& bad : {std::string(), std::string("Upper"), std::string("a/b/c"), std::string("a/"),
                                 std::string("1a"), std::string("a b"), std::string("..")}) {
    const auto parsed = parse_plugin_reference(bad);
    ASSERT_FALSE(parsed) << bad;
    EXPECT_EQ(parsed.error().message(),
              "plugin '" + bad +
                  "' cannot be looked for: a name is a lowercase letter followed by lowercase "
                  "letters, digits, '_' or '-'; write NAME, FILE/NAME or a path");
  }
}

TEST(PluginSearchPath, SearchesTheConfigurationThenTheEnvironmentThenBesideTheProgram) {
  const PluginSearchPath path({"/conf"}, "/env1::/env2", "/opt/asmgr/bin");
  EXPECT_EQ(path.folders(),
            (std::vector<std::filesystem::path>{"/conf", "/env1", "/env2", "/opt/asmgr/lib/asmgr/plugins"}));
}

TEST(PluginSearchPath, FindsTheFileOfAName) {
  const TempFolder temp;
  const auto file = temp.write("sqlite.asmgr.so", "");
  const PluginSearchPath path({temp.path()}, "", "");
  EXPECT_EQ(message_of(path.find("sqlite")), "found " + file.string());
}

TEST(PluginSearchPath, NeverLooksIntoTheWorkingDirectory) {
  const TempFolder temp;
  temp.write("sqlite.asmgr.so", "");
  const auto before = std::filesystem::current_path();
  std::filesystem::current_path(temp.path());
  const auto found = PluginSearchPath({}, ":", "").find("sqlite");
  std::filesystem::current_path(before);
  EXPECT_EQ(message_of(found),
            "plugin 'sqlite' cannot be loaded: there is no sqlite.asmgr.so: no folder to search is known; install it "
            "there, or add its folder to plugins.search_path");
}

TEST(PluginSearchPath, AnUnknownNameListsWhereItLookedAndWhatComesNear) {
  const TempFolder temp;
  temp.write("sqlite.asmgr.so", "");
  temp.write("shell.asmgr.so", "");
  const PluginSearchPath path({temp.path(), "/nowhere"}, "", "");
  const auto found = path.find("sqlit");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::plugin_load_failed);
  EXPECT_EQ(found.error().message(), "plugin 'sqlit' cannot be loaded: there is no sqlit.asmgr.so in " +
                                         temp.path().string() + " or /nowhere; did you mean 'sqlite'?");
}

TEST(PluginSearchPath, TwoFilesOfOneNameAreAnErrorNamingBoth) {
  const TempFolder temp;
  temp.folder("a");
  temp.folder("b");
  const auto first = temp.write("a/sqlite.asmgr.so", "1");
  const auto second = temp.write("b/sqlite.asmgr.so", "2");
  const PluginSearchPath path({temp.path() / "a", temp.path() / "b"}, "", "");
  const auto found = path.find("sqlite");
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::plugin_load_failed);
  EXPECT_EQ(found.error().message(), "plugin 'sqlite' cannot be loaded: two files have this name: " + first.string() +
                                         " and " + second.string() +
                                         "; remove one of them, or name the file by its path");
}

TEST(PluginSearchPath, TheSameFileTwiceIsOneFile) {
  const TempFolder temp;
  const auto file = temp.write("sqlite.asmgr.so", "1");
  std::filesystem::create_directory_symlink(temp.path(), temp.path() / "again");
  const PluginSearchPath path({temp.path(), temp.path() / "again", temp.path()}, "", "");
  EXPECT_EQ(message_of(path.find("sqlite")), "found " + file.string());
}

TEST(PluginSearchPath, AFolderReachedByTwoSpellingsIsListedOnce) {
  const TempFolder temp;
  temp.write("one.asmgr.so", "");
  const auto all = PluginSearchPath({temp.path(), temp.path() / "." / ""}, "", "").list();
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].file, temp.path() / "one.asmgr.so");
}

TEST(PluginSearchPath, ListsEveryPluginFile) {
  const TempFolder temp;
  temp.write("b.asmgr.so", "");
  temp.write("a.asmgr.so", "");
  temp.write("libc.so", "");
  const auto all = PluginSearchPath({temp.path(), "/nowhere"}, "", "").list();
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[0].name, "a");
  EXPECT_EQ(all[1].file, temp.path() / "b.asmgr.so");
}

}  // namespace
}  // namespace asmgr
