#include "core/telemetry/metrics_file.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace asmgr {
namespace {

namespace fs = std::filesystem;

class MetricsFiles : public ::testing::Test {
 protected:
  MetricsFiles() {
    std::string pattern = (fs::temp_directory_path() / "asmgr-metrics-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    path_ = (folder_ / "asmgr.prom").string();
  }
  ~MetricsFiles() override { fs::remove_all(folder_); }
  [[nodiscard]] std::string content() const {
    std::ostringstream text;
    text << std::ifstream(path_).rdbuf();
    return text.str();
  }
  fs::path folder_;
  std::string path_;
};

TEST_F(MetricsFiles, IsThereAtOnceFollowsAndEndsWithTheLastState) {
  std::atomic<int> asked{0};
  {
    auto file = MetricsFile::open(
        path_, std::chrono::milliseconds(1), [&] { return "n " + std::to_string(++asked) + "\n"; }, EngineLog());
    ASSERT_TRUE(file) << file.error().message();
    EXPECT_FALSE(content().empty());
    for (int i = 0; i < 10'000 && asked < 3; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    EXPECT_GE(asked, 3);
  }
  EXPECT_EQ(content(), "n " + std::to_string(asked) + "\n");
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), {}), 1);  // no temporary file is left
}

TEST_F(MetricsFiles, AFolderThatIsNotThereIsAnErrorThatSaysWhatToDo) {
  const std::string path = (folder_ / "no" / "asmgr.prom").string();
  auto file = MetricsFile::open(
      path, std::chrono::hours(1), [] { return std::string(); }, EngineLog());
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().code(), ErrorCode::invalid_input);
  EXPECT_NE(file.error().message().find(path), std::string::npos);
  EXPECT_NE(file.error().message().find("name a file in a folder that exists"), std::string::npos);
}

TEST_F(MetricsFiles, AFailureLaterIsSaidOnceAndTheFileComesBack) {
  std::atomic<int> warned{0};
  std::atomic<int> asked{0};
  auto file = MetricsFile::open(
      path_, std::chrono::milliseconds(1), [&] { return ++asked, std::string("x 1\n"); },
      EngineLog([&](const LogLine&) { ++warned; }));
  ASSERT_TRUE(file);
  const auto eventually = [](auto condition) {
    for (int i = 0; i < 10'000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return condition();
  };
  fs::rename(folder_, folder_.string() + ".away");
  ASSERT_TRUE(eventually([&] { return warned == 1; }));
  const int then = asked;
  ASSERT_TRUE(eventually([&] { return asked > then + 3; }));
  fs::rename(folder_.string() + ".away", folder_);
  fs::remove(path_);
  EXPECT_TRUE(eventually([&] { return content() == "x 1\n"; }));
  EXPECT_EQ(warned, 1);
}

}  // namespace
}  // namespace asmgr
