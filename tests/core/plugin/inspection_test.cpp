#include "core/plugin/inspection.hpp"

#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "tests/core/plugin/temp_folder.hpp"

namespace asmgr {
namespace {

using test::broken_plugin;

Inspector inspector(std::chrono::milliseconds limit = std::chrono::seconds(30)) {
  return {ASMGR_PLUGIN_INSPECTOR, {}, limit};
}

std::string error_of(const boost::json::object& entry) {
  const boost::json::object* error = find_object(entry, "error");
  return error == nullptr ? "(no error)"
                          : std::string(find_string(*error, "code").value_or("")) + ": " +
                                std::string(find_string(*error, "message").value_or(""));
}

TEST(Inspection, AChildDescribesAPlugin) {
  const auto entry = inspect_in_child(inspector(), broken_plugin("several"));
  EXPECT_EQ(error_of(entry), "(no error)");
  EXPECT_EQ(entry.at("name").as_string(), "several");
  EXPECT_EQ(entry.at("id").as_string(), "org.asmgr.test");
  EXPECT_EQ(entry.at("abi").as_string(), "1.0");
  ASSERT_EQ(entry.at("components").as_array().size(), 3U);
  EXPECT_EQ(entry.at("components").at(2).at("kind").as_string(), "policy");
  EXPECT_EQ(entry.at("components").at(0).at("config_schema").at("type").as_string(), "object");
}

TEST(Inspection, AChildReportsWhyAPluginDoesNotLoad) {
  EXPECT_EQ(error_of(inspect_in_child(inspector(), broken_plugin("major_old"))),
            "plugin_abi_mismatch: plugin 'major_old' cannot be loaded: " + broken_plugin("major_old").string() +
                ": it was built for ABI 0, this host has 1.0; build the plugin with a newer SDK");
}

TEST(Inspection, APluginThatCrashesTakesOnlyTheChildWithIt) {
  EXPECT_EQ(error_of(inspect_in_child(inspector(), broken_plugin("aborts"))),
            "plugin_crashed: plugin 'aborts' cannot be loaded: " + broken_plugin("aborts").string() +
                ": loading it crashed: Aborted; tell the plugin's author: loading must do no work");
}

TEST(Inspection, APluginThatHangsIsGivenUp) {
  EXPECT_EQ(error_of(inspect_in_child(inspector(std::chrono::milliseconds(300)), broken_plugin("load_hangs"))),
            "plugin_hung: plugin 'load_hangs' cannot be loaded: " + broken_plugin("load_hangs").string() +
                ": loading it did not end within 300 ms; tell the plugin's author: loading must do no work");
}

TEST(Inspection, AnInspectorThatIsNotThereIsNamed) {
  EXPECT_EQ(error_of(inspect_in_child({"/nowhere/asmgr", {}, std::chrono::seconds(10)}, broken_plugin("good"))),
            "plugin_load_failed: plugin 'good' cannot be loaded: " + broken_plugin("good").string() +
                ": the program that inspects it cannot be started: No such file or directory; check /nowhere/asmgr");
}

TEST(Inspection, OutputThatIsNoDescriptionIsAnError) {
  EXPECT_EQ(
      error_of(
          inspect_in_child({ASMGR_PLUGIN_INSPECTOR, {"--chatter"}, std::chrono::seconds(30)}, broken_plugin("good"))),
      "plugin_load_failed: plugin 'good' cannot be loaded: " + broken_plugin("good").string() +
          ": inspecting it gave no description (exit code 3); tell the plugin's author: loading must print nothing "
          "and not exit");
}

TEST(Inspection, EveryFileOfTheSearchPathIsListed) {
  const test::TempFolder temp;
  std::filesystem::copy_file(broken_plugin("good"), temp.path() / "good.asmgr.so");
  temp.write("broken.asmgr.so", "x");
  const auto all = inspect_all(inspector(), PluginSearchPath({temp.path()}, "", ""));
  ASSERT_EQ(all.size(), 2U);
  EXPECT_TRUE(error_of(all[0]).starts_with("plugin_load_failed: plugin 'broken' cannot be loaded: "));
  EXPECT_EQ(error_of(all[1]), "(no error)");
}

}  // namespace
}  // namespace asmgr
