// Snapshots of a git repository, looked at from outside: by git itself and by the files.
#include <filesystem>

#include "core/model/json.hpp"
#include "tests/core/workspace/scratch_folder.hpp"

namespace asmgr::workspace::test {
namespace {

class GitWorkspace : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.init_git();
    folder_.write("kept.txt", "one\ntwo\nthree\n");
    folder_.write("tool.sh", "#!/bin/sh\n", 0755);
    folder_.write(".gitignore", "*.log\nbuild/\n");
    folder_.git("add -A");
    folder_.git("commit -qm first");
  }
  [[nodiscard]] Workspace open() const { return open_workspace(folder_, Strategy::automatic); }

  ScratchFolder folder_;
};

TEST_F(GitWorkspace, IsChosenForARepositoryAndAFolderBelowItsTop) {
  EXPECT_EQ(open().backend(), Backend::git);
  folder_.folder("sub/deep");
  Settings settings = settings_for(folder_, Strategy::automatic);
  settings.path = folder_.at("sub/deep");
  auto below = Workspace::open(settings, folder_.around());
  ASSERT_TRUE(below);
  EXPECT_EQ(below->backend(), Backend::git);
  EXPECT_EQ(below->path(), folder_.path());
}

TEST_F(GitWorkspace, IsNotChosenForAFolderThatTheRepositoryIgnores) {
  folder_.folder("build/scratch");
  Settings settings = settings_for(folder_, Strategy::automatic);
  settings.path = folder_.at("build/scratch");
  auto below = Workspace::open(settings, folder_.around());
  ASSERT_TRUE(below);
  EXPECT_EQ(below->backend(), Backend::hash);
}

TEST_F(GitWorkspace, SaysThatThereIsNoRepository) {
  const ScratchFolder plain;
  auto opened = Workspace::open(settings_for(plain, Strategy::git), plain.around());
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), ErrorCode::validation_error);
  EXPECT_EQ(opened.error().message(),
            "'" + plain.path() + "' is not in the working tree of a git repository; use strategy hash, or auto");
}

TEST_F(GitWorkspace, ACleanTreeIsItsCommit) {
  Workspace workspace = open();
  const Snapshot snapshot = take(workspace);
  EXPECT_EQ(snapshot.ref + "\n", folder_.git("rev-parse HEAD"));
  EXPECT_EQ(snapshot.metadata.at("dirty"), false);
  EXPECT_EQ(snapshot.metadata.at("head_ref"), boost::json::value(snapshot.ref));
}

TEST_F(GitWorkspace, ASnapshotLeavesTheRepositoryAsItWas) {
  folder_.write("kept.txt", "stashed\n");
  folder_.git("stash -q");
  folder_.write("kept.txt", "staged\n");
  folder_.git("add kept.txt");
  folder_.write("kept.txt", "worked on\n");
  folder_.write("untracked.txt", "new\n");
  const std::string state = folder_.git_state();
  const std::string status = folder_.git("status --porcelain --branch");
  const auto files = folder_.listing();
  Workspace workspace = open();
  (void)take(workspace);
  EXPECT_EQ(folder_.git_state(), state);
  EXPECT_EQ(folder_.listing(), files);
  EXPECT_EQ(folder_.git("status --porcelain --branch"), status);
  EXPECT_EQ(folder_.git("fsck --strict --no-dangling"), "");
}

TEST_F(GitWorkspace, HoldsUntrackedFilesAndNoIgnoredOnes) {
  folder_.write("new.txt", "new\n");
  folder_.write("noise.log", "noise\n");
  folder_.write("build/out.o", "object");
  folder_.git("add -f --intent-to-add noise.log");
  folder_.git("rm -q --cached noise.log");
  Workspace workspace = open();
  const Snapshot snapshot = take(workspace);
  EXPECT_EQ(folder_.git("ls-tree -r --name-only " + snapshot.ref), ".gitignore\nkept.txt\nnew.txt\ntool.sh\n");
  EXPECT_EQ(folder_.git("show " + snapshot.ref + ":new.txt"), "new\n");
  EXPECT_EQ(folder_.git("rev-parse " + snapshot.ref + "^"), folder_.git("rev-parse HEAD"));
  EXPECT_EQ(folder_.git("rev-parse refs/asmgr/snapshots/" + std::string(*find_string(snapshot.metadata, "name"))),
            snapshot.ref + "\n");
}

TEST_F(GitWorkspace, HoldsATrackedFileThatTheRulesWouldIgnore) {
  folder_.write("tracked.log", "kept\n");
  folder_.git("add -f tracked.log");
  Workspace workspace = open();
  const Snapshot snapshot = take(workspace);
  EXPECT_EQ(folder_.git("show " + snapshot.ref + ":tracked.log"), "kept\n");
}

TEST_F(GitWorkspace, FollowsARuleThatIsChangedBetweenTwoSnapshots) {
  folder_.write("a.tmp", "x");
  Workspace workspace = open();
  EXPECT_NE(folder_.git("ls-tree -r --name-only " + take(workspace).ref).find("a.tmp"), std::string::npos);
  folder_.write(".gitignore", "*.tmp\n");
  EXPECT_EQ(folder_.git("ls-tree -r --name-only " + take(workspace).ref).find("a.tmp"), std::string::npos);
  folder_.write(".gitignore", "");
  folder_.write(".git/info/exclude", "*.tmp\n");
  EXPECT_EQ(folder_.git("ls-tree -r --name-only " + take(workspace).ref).find("a.tmp"), std::string::npos);
}

TEST_F(GitWorkspace, WorksBeforeTheFirstCommit) {
  const ScratchFolder empty;
  empty.init_git();
  Workspace workspace = open_workspace(empty, Strategy::automatic);
  const Snapshot nothing = take(workspace);
  empty.write("first.txt", "1\n");
  const Snapshot something = take(workspace);
  EXPECT_TRUE(something.metadata.at("head_ref").is_null());
  const auto diff = workspace.diff(nothing, something, {});
  ASSERT_TRUE(diff) << diff.error().message();
  EXPECT_EQ(diff->changed_paths, std::vector<std::string>{"first.txt"});
  ASSERT_TRUE(workspace.rollback(nothing));
  EXPECT_TRUE(empty.listing().empty());
  EXPECT_EQ(empty.git("status --porcelain"), "");
}

TEST_F(GitWorkspace, ReadsNothingTwice) {
  folder_.write("untracked.txt", "new\n");
  Workspace workspace = open();
  auto first = workspace.take("before", system_clock().now(), nullptr);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->files_read, 4U);
  // A state that is younger than the grain of the clock is read once more.
  auto again = workspace.take("after", system_clock().now(), nullptr);
  for (int i = 0; i < 1000 && again && again->files_read != 0; ++i) {
    again = workspace.take("after", system_clock().now(), nullptr);
  }
  ASSERT_TRUE(again);
  EXPECT_EQ(again->files_read, 0U);
  EXPECT_EQ(again->snapshot.ref, first->snapshot.ref);
  folder_.write("kept.txt", "one\ntwo\nTHREE\n");
  again = workspace.take("after", system_clock().now(), nullptr);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->files_read, 1U);
  EXPECT_NE(again->snapshot.ref, first->snapshot.ref);
}

TEST_F(GitWorkspace, ADiffIsOneThatGitApplies) {
  const std::string binary("\0\1\2binary\xff", 10);
  folder_.write("old.bin", binary);
  folder_.write("caf\xe9.txt", "latin\n");
  folder_.write("with space.txt", "a\nb\n");
  folder_.link("link", "kept.txt");
  Workspace workspace = open();
  const Snapshot before = take(workspace);
  folder_.write("kept.txt", "one\n2\nthree\n");
  folder_.write("tool.sh", "#!/bin/sh\n", 0644);
  folder_.write("old.bin", binary + binary);
  folder_.write("new.bin", binary);
  folder_.remove("caf\xe9.txt");
  folder_.remove("link");
  folder_.link("link", "tool.sh");
  folder_.write("with space.txt", "a\nb\nc\n");
  folder_.write("deep/new.txt", "text without an end");
  const Snapshot after = take(workspace, "after");
  const auto diff = workspace.diff(before, after, {});
  ASSERT_TRUE(diff) << diff.error().message();
  EXPECT_EQ(diff->changed_paths, (std::vector<std::string>{"\"caf\\351.txt\"", "deep/new.txt", "kept.txt", "link",
                                                           "new.bin", "old.bin", "tool.sh", "with space.txt"}));
  EXPECT_EQ(diff->files_changed, 8U);
  EXPECT_EQ(diff->insertions, 4U);  // 2, c, the new file's line, the link's
  EXPECT_EQ(diff->deletions, 3U);   // two, latin, the link's
  ASSERT_TRUE(diff->patch);
  EXPECT_EQ(diff->patch_bytes, diff->patch->size());
  const auto there = folder_.listing();
  ASSERT_TRUE(workspace.rollback(before));
  folder_.write("build/patch", *diff->patch);
  folder_.git("apply build/patch");
  folder_.remove("build");
  EXPECT_EQ(difference(folder_.listing(), there), "");
}

TEST_F(GitWorkspace, ARollbackRestoresTreeAndIndexAndLeavesHeadAlone) {
  folder_.write("staged.txt", "staged\n");
  folder_.git("add staged.txt");
  folder_.write("kept.txt", "worked on\n", 0600);
  folder_.write("secret.env", "KEY=1\n", 0600);
  folder_.folder("hollow", 0750);
  folder_.write("noise.log", "before\n");
  Workspace workspace = open();
  const auto files = folder_.listing();
  const std::string state = folder_.git_state();
  const Snapshot before = take(workspace);
  folder_.git("add -A");
  folder_.write("kept.txt", "broken\n");
  folder_.remove("secret.env");
  folder_.remove("hollow");
  folder_.remove("tool.sh");
  folder_.folder("tool.sh");
  folder_.write("tool.sh/now-a-folder", "x");
  folder_.write("made/by/the/run.txt", "x");
  ASSERT_TRUE(workspace.rollback(before));
  EXPECT_EQ(difference(folder_.listing(), files), "");
  EXPECT_EQ(folder_.git_state(), state);
  folder_.git("commit -qam second");
  const std::string head = folder_.git("rev-parse HEAD");
  ASSERT_TRUE(workspace.rollback(before));
  EXPECT_EQ(folder_.git("rev-parse HEAD"), head);
  EXPECT_EQ(difference(folder_.listing(), files), "");
}

TEST_F(GitWorkspace, ARollbackLeavesIgnoredFilesAlone) {
  Workspace workspace = open();
  const Snapshot before = take(workspace);
  folder_.write("noise.log", "after\n");
  folder_.write("build/out.o", "object");
  folder_.write("mixed/gone.txt", "x");
  folder_.write("mixed/stays.log", "x");
  ASSERT_TRUE(workspace.rollback(before));
  EXPECT_EQ(folder_.read("noise.log"), "after\n");
  EXPECT_EQ(folder_.read("build/out.o"), "object");
  EXPECT_TRUE(folder_.has("mixed/stays.log"));
  EXPECT_FALSE(folder_.has("mixed/gone.txt"));
}

TEST_F(GitWorkspace, TakesSubmodulesAsTheyAre) {
  const ScratchFolder origin;
  origin.init_git();
  origin.write("lib.txt", "lib\n");
  origin.git("add -A");
  origin.git("commit -qm lib");
  folder_.git("submodule --quiet add '" + origin.path() + "' sub");
  folder_.git("submodule --quiet add '" + origin.path() + "' empty");
  folder_.git("commit -qam submodules");
  folder_.git("submodule --quiet deinit -f empty");
  Workspace workspace = open();
  EXPECT_EQ(take(workspace).metadata.at("dirty"), false);
  folder_.write("sub/lib.txt", "worked on\n");
  folder_.write("sub/untracked.txt", "new\n");
  const Snapshot before = take(workspace);
  const auto files = folder_.listing();
  folder_.write("sub/lib.txt", "broken\n");
  folder_.remove("sub/untracked.txt");
  folder_.write("sub/more.txt", "x");
  folder_.write("kept.txt", "broken\n");
  const Snapshot after = take(workspace, "after");
  const auto diff = workspace.diff(before, after, {});
  ASSERT_TRUE(diff) << diff.error().message();
  EXPECT_EQ(diff->changed_paths,
            (std::vector<std::string>{"kept.txt", "sub/lib.txt", "sub/more.txt", "sub/untracked.txt"}));
  EXPECT_NE(diff->patch->find("--- a/sub/lib.txt\n+++ b/sub/lib.txt\n"), std::string::npos) << *diff->patch;
  const auto done = workspace.rollback(before);
  ASSERT_TRUE(done) << done.error().message();
  EXPECT_EQ(difference(folder_.listing(), files), "");
  EXPECT_EQ(folder_.git("status --porcelain", "sub"), " M lib.txt\n?? untracked.txt\n");
}

TEST_F(GitWorkspace, RemovesARepositoryThatTheRunHasMade) {
  Workspace workspace = open();
  const Snapshot before = take(workspace);
  folder_.init_git("cloned");
  folder_.write("cloned/a.txt", "a");
  folder_.git("add -A", "cloned");
  folder_.git("commit -qm a", "cloned");
  const Snapshot after = take(workspace, "after");
  const auto diff = workspace.diff(before, after, {});
  ASSERT_TRUE(diff) << diff.error().message();
  EXPECT_EQ(diff->changed_paths, std::vector<std::string>{"cloned"});
  ASSERT_TRUE(workspace.rollback(before));
  EXPECT_FALSE(folder_.has("cloned"));
}

TEST_F(GitWorkspace, WorksInALinkedWorktree) {
  folder_.git("worktree add -q ../linked -b other");
  Settings settings = settings_for(folder_, Strategy::automatic);
  settings.path = folder_.path() + "/../linked";
  auto linked = Workspace::open(settings, folder_.around());
  ASSERT_TRUE(linked) << linked.error().message();
  const std::string file = settings.path + "/kept.txt";
  const Snapshot before = take(*linked);
  std::filesystem::remove(file);
  ASSERT_TRUE(linked->rollback(before));
  EXPECT_EQ(folder_.read("../linked/kept.txt"), "one\ntwo\nthree\n");
  EXPECT_EQ(folder_.git("status --porcelain", "../linked"), "");
}

TEST_F(GitWorkspace, NeverLooksAtWhatIsExcluded) {
  folder_.write("asmgr.db", "database");
  folder_.write("asmgr.db-wal", "log");
  folder_.write("artifacts/one", "x");
  Surroundings around = folder_.around();
  around.excluded = {folder_.at("asmgr.db"), folder_.at("artifacts")};
  auto workspace = Workspace::open(settings_for(folder_, Strategy::automatic), around);
  ASSERT_TRUE(workspace);
  const Snapshot before = take(*workspace);
  folder_.write("asmgr.db", "more");
  folder_.write("artifacts/two", "x");
  const auto diff = workspace->diff(before, take(*workspace, "after"), {});
  ASSERT_TRUE(diff);
  EXPECT_TRUE(diff->changed_paths.empty());
  ASSERT_TRUE(workspace->rollback(before));
  EXPECT_EQ(folder_.read("asmgr.db"), "more");
  EXPECT_TRUE(folder_.has("artifacts/two"));
}

TEST_F(GitWorkspace, DoesNotFollowALinkThatTheRunHasPutInAFoldersPlace) {
  const ScratchFolder elsewhere;
  elsewhere.write("file.txt", "untouched\n");
  folder_.write("dir/file.txt", "inside\n");
  Workspace workspace = open();
  const Snapshot before = take(workspace);
  folder_.remove("dir");
  folder_.link("dir", elsewhere.path());
  ASSERT_TRUE(workspace.rollback(before));
  EXPECT_EQ(elsewhere.read("file.txt"), "untouched\n");
  EXPECT_EQ(folder_.read("dir/file.txt"), "inside\n");
  EXPECT_FALSE(std::filesystem::is_symlink(folder_.at("dir")));
}

TEST_F(GitWorkspace, KeepsALimitedNumberOfSnapshots) {
  Workspace workspace = open();
  Snapshot first = take(workspace);
  for (int i = 0; i < 200; ++i) {
    folder_.write("kept.txt", std::to_string(i));
    (void)take(workspace);
  }
  const std::string refs = folder_.git("for-each-ref refs/asmgr");
  EXPECT_LE(std::count(refs.begin(), refs.end(), '\n'), 128);
  const auto rolled = workspace.rollback(first);
  ASSERT_FALSE(rolled);
  EXPECT_NE(rolled.error().message().find("is not kept any more"), std::string::npos) << rolled.error().message();
}

TEST_F(GitWorkspace, StartsAnewWhenWhatItKeptIsDamagedOrGone) {
  folder_.write("untracked.txt", "new\n");
  Workspace workspace = open();
  const Snapshot first = take(workspace);
  folder_.write(".git/asmgr/cache", "garbage");
  EXPECT_EQ(folder_.git("rev-parse " + take(workspace).ref + "^{tree}"),
            folder_.git("rev-parse " + first.ref + "^{tree}"));
  folder_.git("for-each-ref --format='delete %(refname)' refs/asmgr | git update-ref --stdin");
  folder_.git("gc -q --prune=now");
  const Snapshot after = take(workspace);
  EXPECT_EQ(folder_.git("show " + after.ref + ":untracked.txt"), "new\n");
}

}  // namespace
}  // namespace asmgr::workspace::test
