// The shipped examples, built with the shipped plugins.
#include <gtest/gtest.h>

#include <filesystem>

#include "core/config/deployment.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

class ExampleConfig : public testing::TestWithParam<const char*> {};

TEST_P(ExampleConfig, IsWholeAndItsPoliciesCanBeEnforced) {
  LoadOptions options;
  options.extent = BuildExtent::check;  // opening its store would write beside the file
  options.environment = environment_of({{"ASMGR_PLUGIN_PATH", ASMGR_PLUGIN_DIR}});
  const auto deployment = Deployment::load(std::string(ASMGR_SOURCE_DIR) + "/configs/" + GetParam(), options);
  ASSERT_TRUE(deployment) << deployment.error().message();
  EXPECT_EQ(deployment->rendered_warnings(), "");
  EXPECT_EQ(deployment->wiring().policies.size(), 2U);
}

INSTANTIATE_TEST_SUITE_P(Files, ExampleConfig, testing::Values("failover.yaml", "quickstart.yaml", "replay.yaml"),
                         [](const testing::TestParamInfo<const char*>& file) {
                           return std::filesystem::path(file.param).stem().string();
                         });

}  // namespace
}  // namespace asmgr
