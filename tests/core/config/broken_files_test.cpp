// Every broken/*.yaml is answered with exactly the text in the .txt beside it. ASMGR_UPDATE_GOLDEN=1 writes the texts
// anew.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

std::vector<std::string> broken_files() {
  std::vector<std::string> names;
  const std::filesystem::path folder = std::filesystem::path(ASMGR_SOURCE_DIR) / "tests/core/config/broken";
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".yaml") names.push_back(entry.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

// Where the sources lie differs from machine to machine: shown names must not.
std::string diagnose_file(const std::string& name) {
  const std::string folder = std::string(ASMGR_SOURCE_DIR) + "/tests/core/config/broken/";
  std::string text = diagnose(folder + name + ".yaml");
  for (std::size_t at = text.find(folder); at != std::string::npos; at = text.find(folder))
    text.erase(at, folder.size());
  return text;
}

class BrokenFile : public testing::TestWithParam<std::string> {};

TEST_P(BrokenFile, IsAnsweredWithExactlyThisText) {
  const std::string actual = diagnose_file(GetParam());
  const std::filesystem::path golden =
      std::filesystem::path(ASMGR_SOURCE_DIR) / "tests/core/config/broken" / (GetParam() + ".txt");
  if (std::getenv("ASMGR_UPDATE_GOLDEN") != nullptr) {
    std::ofstream(golden, std::ios::binary) << actual;
    return;
  }
  EXPECT_EQ(actual, read_text(golden));
  EXPECT_TRUE(actual.find("error") != std::string::npos) << "a broken file must be refused";
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenFile, testing::ValuesIn(broken_files()),
                         [](const testing::TestParamInfo<std::string>& file) {
                           std::string name = file.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

TEST(BrokenFiles, AreAtLeastForty) {
  EXPECT_GE(broken_files().size(), 40U);
}

}  // namespace
}  // namespace asmgr
