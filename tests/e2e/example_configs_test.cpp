// Every deployment that is shipped as an example starts, as it is, wherever it is copied to.
#include <gtest/gtest.h>

#include <cctype>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

namespace fs = std::filesystem;

class ExampleConfig : public testing::TestWithParam<std::string> {};

TEST_P(ExampleConfig, IsCheckedAndRuns) {
  const Workplace work;
  fs::copy(fs::path(ASMGR_SOURCE_DIR) / "configs", work.path("configs"), fs::copy_options::recursive);
  const std::string config = "configs/" + GetParam();
  const Ended check = work.asmgr({"config", "check", "-c", config});
  EXPECT_EQ(check.code, 0) << check.out << check.err;
  const Ended run = work.asmgr({"run", "-c", config, "--output", "json", "echo hello"});
  EXPECT_EQ(run.code, 0) << run.out << run.err;
  EXPECT_EQ(at(json_of(run.out), "/status"), "completed");
}

std::vector<std::string> example_configs() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(fs::path(ASMGR_SOURCE_DIR) / "configs")) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().filename().string());
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Shipped, ExampleConfig, testing::ValuesIn(example_configs()), [](const auto& tested) {
  std::string name = tested.param.substr(0, tested.param.find('.'));
  for (char& letter : name) letter = std::isalnum(static_cast<unsigned char>(letter)) != 0 ? letter : '_';
  return name;
});

}  // namespace
}  // namespace asmgr::e2e
