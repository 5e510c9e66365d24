// Every refused/*.yaml is answered with exactly the text in the .txt beside it when the configuration is loaded.
// ASMGR_UPDATE_GOLDEN=1 writes the texts anew, to be read before they are committed.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "core/config/deployment.hpp"

namespace asmgr {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(ASMGR_SOURCE_DIR) / "tests/plugins/tool_rules/refused";

std::vector<std::string> refused_files() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Errors, or warnings when there are none; the name of the file without its folder.
std::string answer_to(const std::string& name) {
  LoadOptions options;
  options.extent = BuildExtent::check;
  options.environment = [](std::string_view variable) -> std::optional<std::string> {
    if (variable != "ASMGR_PLUGIN_PATH") return std::nullopt;
    return ASMGR_PLUGIN_DIR;
  };
  const std::string folder = kFolder.string() + "/";
  const Result<Deployment> deployment = Deployment::load(folder + name + ".yaml", options);
  std::string text = deployment ? deployment->rendered_warnings() : deployment.error().message();
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
    text.erase(at, folder.size());
  return text;
}

class RefusedFile : public ::testing::TestWithParam<std::string> {};

TEST_P(RefusedFile, IsAnsweredWithExactlyThisText) {
  const std::string actual = answer_to(GetParam());
  const std::filesystem::path golden = kFolder / (GetParam() + ".txt");
  if (std::getenv("ASMGR_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << actual;
    return;
  }
  std::ostringstream expected;
  expected << std::ifstream(golden, std::ios::binary).rdbuf();
  EXPECT_EQ(actual, expected.str());
  EXPECT_FALSE(actual.empty());
}

INSTANTIATE_TEST_SUITE_P(Files, RefusedFile, ::testing::ValuesIn(refused_files()),
                         [](const ::testing::TestParamInfo<std::string>& file) {
                           std::string name = file.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace asmgr
