#include <gtest/gtest.h>

#include <asmgr/cpp/status.hpp>
#include <cstdio>
#include <fstream>
#include <sstream>
#include <string>

namespace asmgr::sdk::test {
namespace {

std::string read(const std::string& path) {
  std::ifstream file(std::string(ASMGR_SOURCE_DIR) + "/" + path);
  EXPECT_TRUE(file.good()) << path;
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

TEST(Readme, TheFirstPluginIsTheOneThatIsBuiltAndRun) {
  EXPECT_NE(read("sdk/README.md").find("```cpp\n" + read("tests/sdk/package/plain_cpp/echo.cpp") + "```"),
            std::string::npos)
      << "put tests/sdk/package/plain_cpp/echo.cpp into sdk/README.md again";
}

TEST(Readme, TheTableHasEveryStatusWithItsCode) {
  const std::string readme = read("sdk/README.md");
  for (const detail::StatusName& entry : detail::kStatusNames) {
    char number[16];
    std::snprintf(number, sizeof(number), "| `0x%04X` |", entry.status);
    const std::size_t row = readme.find(number);
    ASSERT_NE(row, std::string::npos) << number;
    const std::string line = readme.substr(row, readme.find('\n', row) - row);
    EXPECT_NE(line.find("| `" + std::string(entry.name) + "` |"), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace asmgr::sdk::test
