// Snapshots of a folder that no version control looks after.
#include "core/model/json.hpp"
#include "tests/core/workspace/scratch_folder.hpp"

namespace asmgr::workspace::test {
namespace {

class HashWorkspace : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.write("a.txt", "one\ntwo\n");
    folder_.write("deep/er/b.txt", "b\n", 0600);
    folder_.write("run.sh", "#!/bin/sh\n", 0755);
    folder_.link("link", "a.txt");
    folder_.folder("hollow", 0711);
  }
  [[nodiscard]] Workspace open(IgnoreRules ignore) const {
    Settings settings = settings_for(folder_, Strategy::automatic);
    settings.ignore = std::move(ignore);
    auto opened = Workspace::open(settings, folder_.around());
    if (!opened) throw std::runtime_error(opened.error().message());
    return std::move(*opened);
  }

  ScratchFolder folder_;
};

TEST_F(HashWorkspace, TheSameTreeHasTheSameRefAndAnotherAnother) {
  Workspace workspace = open({});
  EXPECT_EQ(workspace.backend(), Backend::hash);
  const Snapshot first = take(workspace);
  EXPECT_EQ(first.ref.size(), 64U);
  EXPECT_EQ(take(workspace).ref, first.ref);
  folder_.write("a.txt", "one\nTWO\n");
  EXPECT_NE(take(workspace).ref, first.ref);
  folder_.write("a.txt", "one\ntwo\n");
  EXPECT_EQ(take(workspace).ref, first.ref);
}

TEST_F(HashWorkspace, ReadsNothingTwice) {
  Workspace workspace = open({});
  auto taken = workspace.take("before", system_clock().now(), nullptr);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->files_read, 3U);
  for (int i = 0; i < 1000 && taken && taken->files_read != 0; ++i) {
    taken = workspace.take("after", system_clock().now(), nullptr);
  }
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->files_read, 0U);
  Workspace another = open({});
  taken = another.take("before", system_clock().now(), nullptr);
  ASSERT_TRUE(taken);
  EXPECT_EQ(taken->files_read, 0U);
}

TEST_F(HashWorkspace, HasADiffAPatchAndAWayBack) {
  folder_.write("names \xff.bin", std::string("\0\1", 2));
  Workspace workspace = open({});
  const auto files = folder_.listing();
  const Snapshot before = take(workspace);
  folder_.write("a.txt", "one\n2\n");
  folder_.write("new/file.txt", "new\n");
  folder_.remove("deep");
  folder_.remove("hollow");
  folder_.remove("link");
  folder_.folder("link");
  folder_.write("names \xff.bin", std::string("\0\2", 2));
  const Snapshot after = take(workspace, "after");
  const auto diff = workspace.diff(before, after, {});
  ASSERT_TRUE(diff) << diff.error().message();
  EXPECT_EQ(diff->changed_paths,
            (std::vector<std::string>{"a.txt", "deep/er/b.txt", "link", "\"names \\377.bin\"", "new/file.txt"}));
  EXPECT_EQ(diff->insertions, 2U);
  EXPECT_EQ(diff->deletions, 3U);
  ASSERT_TRUE(diff->patch);
  EXPECT_NE(diff->patch->find("-two\n+2\n"), std::string::npos) << *diff->patch;
  EXPECT_NE(diff->patch->find("GIT binary patch"), std::string::npos) << *diff->patch;
  const auto done = workspace.rollback(before);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(difference(folder_.listing(), files), "");
  EXPECT_EQ(take(workspace).ref, before.ref);
}

TEST_F(HashWorkspace, WithoutAPatchOnlyTheNumbersAreMade) {
  Workspace workspace = open({});
  const Snapshot before = take(workspace);
  folder_.write("a.txt", "one\n2\n");
  const auto diff = workspace.diff(before, take(workspace, "after"), {.capture_patch = false});
  ASSERT_TRUE(diff);
  EXPECT_FALSE(diff->patch);
  EXPECT_EQ(diff->insertions, 1U);
}

TEST_F(HashWorkspace, LeavesOutWhatTheRulesSayAndWhatToolsMake) {
  for (const char* name : {"node_modules/x.js", "_build/x", "deps/x", "cache/x", "a.pyc", "deep/b.pyc", "out/x.o",
                           "out/y/z.o", "kept/node_modules/x.js"}) {
    folder_.write(name, "1");
  }
  Workspace workspace = open({{"cache"}, {"*.pyc", "out/**/*.o"}});
  const Snapshot before = take(workspace);
  for (const char* name :
       {"node_modules/x.js", "_build/x", "deps/x", "cache/x", "a.pyc", "deep/b.pyc", "out/x.o", "out/y/z.o"}) {
    folder_.write(name, "2");
  }
  EXPECT_EQ(take(workspace).ref, before.ref);
  folder_.write("kept/node_modules/x.js", "2");
  const auto diff = workspace.diff(before, take(workspace, "after"), {});
  ASSERT_TRUE(diff);
  EXPECT_EQ(diff->changed_paths, std::vector<std::string>{"kept/node_modules/x.js"});
  ASSERT_TRUE(workspace.rollback(before));
  EXPECT_EQ(folder_.read("cache/x"), "2");
  EXPECT_EQ(folder_.read("out/y/z.o"), "2");
}

TEST_F(HashWorkspace, RestoresFoldersThatTheRunHasShut) {
  Workspace workspace = open({});
  const auto files = folder_.listing();
  const Snapshot before = take(workspace);
  folder_.write("deep/er/b.txt", "changed\n", 0000);
  folder_.folder("deep/er", 0000);
  folder_.folder("deep", 0500);
  const auto done = workspace.rollback(before);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(difference(folder_.listing(), files), "");
}

TEST_F(HashWorkspace, SaysWhatIsWrongWithTheFolder) {
  Settings settings = settings_for(folder_, Strategy::hash);
  settings.path = folder_.at("nothing");
  auto opened = Workspace::open(settings, folder_.around());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::validation_error);
  EXPECT_NE(opened.error().message().find("No such file"), std::string::npos) << opened.error().message();
  settings.path = folder_.at("a.txt");
  opened = Workspace::open(settings, folder_.around());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::validation_error);
}

TEST_F(HashWorkspace, RefusesSnapshotsOfAnotherFolderOrBackend) {
  const ScratchFolder other;
  Workspace workspace = open({});
  Workspace elsewhere = open_workspace(other, Strategy::hash);
  const Snapshot here = take(workspace);
  const auto diff = workspace.diff(here, take(elsewhere), {});
  ASSERT_FALSE(diff);
  EXPECT_EQ(diff.error().code(), ErrorCode::validation_error);
  Snapshot by_git = here;
  by_git.backend = Backend::git;
  const auto rolled = workspace.rollback(by_git);
  ASSERT_FALSE(rolled);
  EXPECT_EQ(rolled.error().code(), ErrorCode::validation_error);
}

TEST_F(HashWorkspace, AWalkThatIsStoppedEndsCancelled) {
  Workspace workspace = open({});
  const std::atomic<bool> stop{true};
  const auto taken = workspace.take("before", system_clock().now(), &stop);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code(), ErrorCode::cancelled);
}

TEST_F(HashWorkspace, DropsContentsThatNoKeptSnapshotNames) {
  Workspace workspace = open({});
  for (int i = 0; i < 100; ++i) {
    folder_.write("a.txt", std::to_string(i));
    (void)take(workspace);
  }
  const Snapshot before = take(workspace);
  folder_.write("a.txt", "broken");
  folder_.remove("deep");
  ASSERT_TRUE(workspace.rollback(before));
  EXPECT_EQ(folder_.read("a.txt"), "99");
  EXPECT_EQ(folder_.read("deep/er/b.txt"), "b\n");
}

}  // namespace
}  // namespace asmgr::workspace::test
