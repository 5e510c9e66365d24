// Paths that mean another place than they say, since a symbolic link stands in them.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "tests/plugins/tool_rules/judge_call.hpp"

namespace asmgr::testing {
namespace {

namespace fs = std::filesystem;

// open/ and secret/ with links between them.
class LinkedFolders : public ::testing::Test {
 protected:
  LinkedFolders() {
    std::string pattern = (fs::canonical(fs::temp_directory_path()) / "asmgr-links-XXXXXX").string();
    root_ = mkdtemp(pattern.data());
    fs::create_directories(root_ / "open/sub");
    fs::create_directories(root_ / "secret/sub");
    std::ofstream(root_ / "secret/key") << "k";
    std::ofstream(root_ / "open/note") << "n";
    link("door", "../secret");
    link("far_door", (root_ / "secret/sub").string());
    link("second_door", "door/sub");
    link("key_of_nobody", "../secret/not_yet");
    link("window", "sub");
    link("circle", "circle");
    fs::create_directory_symlink("open", root_ / "alias");
  }
  ~LinkedFolders() override { fs::remove_all(root_); }

  void link(const char* name, const std::string& target) const { fs::create_symlink(target, root_ / "open" / name); }
  [[nodiscard]] std::string at(const std::string& path) const { return (root_ / path).string(); }

  [[nodiscard]] std::string config(const char* list, const std::string& under) const {
    return std::string(R"({")") + list + R"(":[{"tool":"t","path_under":")" + at(under) + R"("}],"cwd":")" +
           at("open") + "\"}";
  }
  [[nodiscard]] static std::string input(const std::string& path) { return R"({"path":")" + path + "\"}"; }
  [[nodiscard]] bool denied(const std::string& path, const std::string& under = "secret") const {
    return review(config("deny", under), "t", input(path)).action == ASMGR_DENY;
  }
  [[nodiscard]] bool allowed(const std::string& path, const std::string& under = "open") const {
    return review(config("allow", under), "t", input(path)).action == ASMGR_ALLOW;
  }

  fs::path root_;
};

TEST_F(LinkedFolders, ADenialHoldsForWhatALinkLeadsTo) {
  EXPECT_TRUE(denied(at("open/door/key")));
  EXPECT_TRUE(denied(at("open/door")));
  EXPECT_TRUE(denied(at("open/far_door/x")));
  EXPECT_TRUE(denied(at("open/second_door/x/y")));
  EXPECT_TRUE(denied(at("open/key_of_nobody"))) << "writing through the link makes the file";
  EXPECT_TRUE(denied(at("alias/door/key")));
  EXPECT_TRUE(denied("door/key"));
  EXPECT_TRUE(denied(at("open/circle/x"))) << "where it leads cannot be told";
  EXPECT_FALSE(denied(at("open/note")));
  EXPECT_FALSE(denied(at("open/window/x")));
  EXPECT_FALSE(denied(at("open/not_there/x")));
}

TEST_F(LinkedFolders, ADenialHoldsForWhatThePathSaysToo) {
  fs::create_directory_symlink("../open", root_ / "secret/exit");
  EXPECT_TRUE(denied(at("secret/exit/note")));
  EXPECT_TRUE(denied(at("secret/not_there/x")));
}

TEST_F(LinkedFolders, TwoDotsBehindALinkLeaveTheFolderItLeadsTo) {
  EXPECT_TRUE(denied(at("open/far_door/../key"))) << "secret/sub/.. is secret";
  EXPECT_TRUE(denied(at("open/x/../door/sub/../key")));
  EXPECT_TRUE(denied(at("open/window/../door/key")));
  EXPECT_TRUE(review(config("deny", "secret"), "t", R"({"path":"../key","cwd":"far_door"})").action == ASMGR_DENY);
}

TEST_F(LinkedFolders, ADeniedFolderThatIsALinkIsDeniedUnderItsOtherNames) {
  EXPECT_TRUE(denied(at("open/note"), "alias"));
  EXPECT_TRUE(denied(at("secret/key"), "open/door"));
  EXPECT_FALSE(denied(at("open/note"), "open/door"));
}

TEST_F(LinkedFolders, APermissionHoldsOnlyWhereBothReadingsLieUnderIt) {
  EXPECT_TRUE(allowed(at("open/note")));
  EXPECT_TRUE(allowed(at("open/window/x")));
  EXPECT_TRUE(allowed(at("open/not_there/x")));
  EXPECT_TRUE(allowed("note"));
  EXPECT_TRUE(allowed(at("alias/note"), "alias"));
  EXPECT_FALSE(allowed(at("open/door/key")));
  EXPECT_FALSE(allowed(at("open/key_of_nobody")));
  EXPECT_FALSE(allowed(at("open/far_door/../../open/note"), "secret"));
  EXPECT_FALSE(allowed(at("alias/note"))) << "by its text it lies elsewhere";
  EXPECT_FALSE(allowed(at("open/circle")));
}

TEST_F(LinkedFolders, WhatMayNotBeLookedIntoIsInDoubt) {
  const std::string long_name(5000, 'x');
  EXPECT_TRUE(denied(at("open/") + long_name));
  EXPECT_FALSE(allowed(at("open/") + long_name));
  if (geteuid() == 0) return;  // to whom every folder is open
  fs::create_directory(root_ / "open/shut");
  fs::permissions(root_ / "open/shut", fs::perms::none);
  EXPECT_TRUE(denied(at("open/shut/x")));
  fs::permissions(root_ / "open/shut", fs::perms::owner_all);
}

TEST_F(LinkedFolders, ObservingLooksAtTheTextAlone) {
  const PolicyInstance policy(tool_rules(), config("deny", "secret"));
  const std::unique_ptr<PolicyState> run = policy.begin();
  const auto observed = [&](const std::string& path, const char* id) {
    return run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("t", input(at(path)), id), no_usage()).action;
  };
  EXPECT_EQ(observed("open/door/key", "c1"), ASMGR_ALLOW);
  EXPECT_EQ(observed("secret/key", "c2"), ASMGR_DENY);
}

}  // namespace
}  // namespace asmgr::testing
