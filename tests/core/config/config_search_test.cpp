#include "core/config/config_search.hpp"

#include <gtest/gtest.h>

#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

TEST(ConfigSearch, TakesWhatIsNamedFirst) {
  const TemporaryFolder folder;
  const std::string given = folder.write("given.yaml", "");
  const std::string variable = folder.write("variable.yaml", "");
  const auto environment = environment_of({{"ASMGR_CONFIG", variable}});
  EXPECT_EQ(find_config(given, environment, ".")->path, given);
  EXPECT_EQ(find_config("", environment, ".")->path, variable);
}

TEST(ConfigSearch, RefusesAFileThatIsNamedAndNotThere) {
  const auto environment = environment_of({{"ASMGR_CONFIG", "/no/such/file.yaml"}});
  const auto by_option = find_config("/no/such/given.yaml", {}, ".");
  ASSERT_FALSE(by_option);
  EXPECT_EQ(by_option.error().code(), ErrorCode::config_invalid);
  EXPECT_EQ(by_option.error().message(), "/no/such/given.yaml: there is no such file; name another one with --config");
  const auto by_variable = find_config("", environment, ".");
  ASSERT_FALSE(by_variable);
  EXPECT_NE(by_variable.error().message().find("ASMGR_CONFIG"), std::string::npos);
}

TEST(ConfigSearch, PrefersTheWorkingDirectoryToTheUsersFolder) {
  const TemporaryFolder here;
  const TemporaryFolder home;
  home.write(".config/asmgr/asmgr.yaml", "");
  const auto environment = environment_of({{"HOME", home.path().string()}});
  EXPECT_EQ(find_config("", environment, here.path().string())->path,
            (home.path() / ".config/asmgr/asmgr.yaml").string());
  const std::string local = here.write("asmgr.yaml", "");
  EXPECT_EQ(find_config("", environment, here.path().string())->path, local);
}

TEST(ConfigSearch, FallsBackToABuiltInDeploymentBelowTheStateFolder) {
  const TemporaryFolder here;
  const auto environment = environment_of({{"XDG_STATE_HOME", "/var/state $x"}, {"HOME", here.path().string()}});
  const auto found = find_config("", environment, here.path().string());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->path, "");
  EXPECT_EQ(found->state_folder, "/var/state $x/asmgr");
}

TEST(ConfigSearch, NeedsSomewhereToKeepTheBuiltInStore) {
  const TemporaryFolder here;
  const auto found = find_config("", environment_of({}), here.path().string());
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code(), ErrorCode::config_invalid);
}

}  // namespace
}  // namespace asmgr
