// Nothing outside of the folder is ever read or written, whatever a path looks like.
#include "plugins/acp/workspace.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "tests/sdk/toolkit/process_probe.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr_test {
namespace {

namespace fs = std::filesystem;
using asmgr::acp::FileProblem;
using asmgr::acp::Workspace;

void put(const fs::path& file, const std::string& text) {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

FileProblem::Kind problem(const asmgr::acp::FileResult<std::string>& result) {
  return std::get<FileProblem>(result).kind;
}

class AcpWorkspace : public ::testing::Test {
 protected:
  AcpWorkspace() : root(around.path() / "work"), outside(around.path() / "outside") {
    put(root / "a.txt", "one\ntwo\nthree");
    put(outside / "secret", "secret");
    workspace.emplace(root.string());
  }
  TempFolder around;
  fs::path root;
  fs::path outside;
  std::optional<Workspace> workspace;
};

TEST_F(AcpWorkspace, ReadsWholeFilesAndSomeLines) {
  const std::string file = (root / "a.txt").string();
  EXPECT_EQ(std::get<std::string>(workspace->read(file, {}, {})), "one\ntwo\nthree");
  EXPECT_EQ(std::get<std::string>(workspace->read(file, 2, 1)), "two\n");
  EXPECT_EQ(std::get<std::string>(workspace->read(file, 2, {})), "two\nthree");
  EXPECT_EQ(std::get<std::string>(workspace->read(file, 9, 5)), "");
  EXPECT_EQ(std::get<std::string>(workspace->read(file, {}, 0)), "");
}

TEST_F(AcpWorkspace, SaysWhatCannotBeRead) {
  put(root / "binary", std::string("\xFF\xFE\0x", 4));
  mkfifo((root / "pipe").c_str(), 0600);
  EXPECT_EQ(problem(workspace->read((root / "none").string(), {}, {})), FileProblem::Kind::kNotFound);
  EXPECT_EQ(problem(workspace->read((root / "binary").string(), {}, {})), FileProblem::Kind::kUnusable);
  EXPECT_EQ(problem(workspace->read((root / "pipe").string(), {}, {})), FileProblem::Kind::kUnusable);
  EXPECT_EQ(problem(workspace->read(root.string(), {}, {})), FileProblem::Kind::kUnusable);
  std::ofstream(root / "big") << "x";
  fs::resize_file(root / "big", Workspace::kMaxFileBytes + 1);
  EXPECT_EQ(problem(workspace->read((root / "big").string(), {}, {})), FileProblem::Kind::kUnusable);
}

TEST_F(AcpWorkspace, WritesNewFilesWithTheirFoldersAndReplacesOldOnes) {
  EXPECT_EQ(workspace->write((root / "x/y/new").string(), "text"), std::nullopt);
  EXPECT_EQ(read_whole_file(root / "x/y/new"), "text");
  fs::permissions(root / "a.txt", fs::perms(0750));
  EXPECT_EQ(workspace->write((root / "x/../a.txt").string(), "changed"), std::nullopt);
  EXPECT_EQ(read_whole_file(root / "a.txt"), "changed");
  EXPECT_EQ(fs::status(root / "a.txt").permissions(), fs::perms(0750));
  EXPECT_EQ(std::distance(fs::directory_iterator(root), fs::directory_iterator()), 2) << "a temporary file is left";
}

TEST_F(AcpWorkspace, FollowsLinksWithinAndKeepsThem) {
  fs::create_symlink("a.txt", root / "link");
  EXPECT_EQ(std::get<std::string>(workspace->read((root / "link").string(), 1, 1)), "one\n");
  EXPECT_EQ(workspace->write((root / "link").string(), "through"), std::nullopt);
  EXPECT_TRUE(fs::is_symlink(root / "link"));
  EXPECT_EQ(read_whole_file(root / "a.txt"), "through");
}

TEST_F(AcpWorkspace, AnswersToBothNamesOfALinkedFolder) {
  fs::create_directory_symlink(root, around.path() / "alias");
  const Workspace linked((around.path() / "alias").string());
  for (const fs::path& name : {around.path() / "alias", root}) {
    EXPECT_EQ(std::get<std::string>(linked.read((name / "a.txt").string(), 1, 1)), "one\n");
  }
}

TEST_F(AcpWorkspace, RefusesEveryWayOut) {
  fs::create_symlink(outside, root / "absolute");
  fs::create_symlink("../outside", root / "relative");
  fs::create_symlink("../outside/secret", root / "file");
  fs::create_symlink("../outside/not_yet", root / "dangling");
  fs::create_symlink("/proc/self/root", root / "magic");
  fs::create_symlink("loop", root / "loop");
  const std::string in = root.string();
  const std::vector<std::string> ways{in + "/../outside/secret",
                                      in + "/x/../../outside/secret",
                                      (outside / "secret").string(),
                                      in + "/absolute/secret",
                                      in + "/relative/secret",
                                      in + "/file",
                                      in + "/dangling",
                                      in + "/magic" + (outside / "secret").string(),
                                      in + "/loop",
                                      in + "side/secret",
                                      "a.txt",
                                      "../outside/secret",
                                      "",
                                      "/",
                                      std::string("/\0", 2),
                                      in + std::string("/a.txt\0", 7)};
  for (const std::string& way : ways) {
    EXPECT_TRUE(std::holds_alternative<FileProblem>(workspace->read(way, {}, {}))) << way;
    EXPECT_TRUE(workspace->write(way, "broken in").has_value()) << way;
    EXPECT_TRUE(std::holds_alternative<FileProblem>(workspace->folder(way))) << way;
  }
  EXPECT_EQ(problem(workspace->read(in + "/file", {}, {})), FileProblem::Kind::kOutside);
  EXPECT_EQ(read_whole_file(outside / "secret"), "secret");
  EXPECT_FALSE(fs::exists(outside / "not_yet"));
}

// Random paths through a tree with links of all kinds: what is outside stays as it was and is never shown.
TEST_F(AcpWorkspace, NoRandomPathLeavesTheFolder) {
  put(root / "d/e/f", "inner");
  fs::create_symlink("../../outside", root / "d/out");
  fs::create_symlink(outside, root / "d/e/abs");
  fs::create_symlink("e", root / "d/in");
  fs::create_symlink("..", root / "d/up");
  const std::vector<std::string> parts{"..",  ".",  "",   "d",      "e",       "f",    "out",
                                       "abs", "in", "up", "secret", "outside", "work", "new"};
  const std::uint32_t seed = asmgr::test::seed_or(std::random_device{}());
  SCOPED_TRACE(asmgr::test::seed_text(seed));
  std::mt19937 random(seed);
  const int tries = asmgr::test::in_profile(1500, 200'000);
  for (int i = 0; i < tries; ++i) {
    std::string path = random() % 8 == 0 ? around.path().string() : root.string();
    for (auto n = random() % 7; n > 0; --n) path += "/" + parts[random() % parts.size()];
    const auto seen = workspace->read(path, {}, {});
    const auto* text = std::get_if<std::string>(&seen);
    ASSERT_TRUE(text == nullptr || *text != "secret") << path;
    static_cast<void>(workspace->write(path, "inner"));
    ASSERT_EQ(read_whole_file(outside / "secret"), "secret") << path;
    ASSERT_EQ(std::distance(fs::directory_iterator(outside), fs::directory_iterator()), 1) << path;
    ASSERT_EQ(std::distance(fs::directory_iterator(around.path()), fs::directory_iterator()), 2) << path;
  }
}

}  // namespace
}  // namespace asmgr_test
