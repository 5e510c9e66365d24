// What is ignored may change while a run works: by its own hand, or because somebody else goes on with its rollback.
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "tests/core/workspace/random_tree.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::workspace::test {
namespace {

class ChangedRules : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_.init_git();
    folder_.write("kept.txt", "kept\n");
    folder_.write(".gitignore", ".env\n*.log\nbuild/\n");
    folder_.write("sub/kept.txt", "kept\n");
    folder_.write("sub/.gitignore", "*.x\n");
    folder_.git("add -A");
    folder_.git("commit -qm first");
    folder_.write(".env", "KEY=1\n", 0600);
    folder_.write("build/out.o", "object");
    folder_.write("untracked.txt", "new\n");
    workspace_.emplace(open_workspace(folder_, Strategy::git));
    files_ = folder_.listing();
    state_ = folder_.git_state();
    before_ = take(*workspace_);
  }
  void roll_back() {
    const auto done = workspace_->rollback(before_);
    ASSERT_TRUE(done) << done.error().message();
    EXPECT_EQ(difference(files_, folder_.listing()), "");
    EXPECT_EQ(folder_.git_state(), state_);
  }

  ScratchFolder folder_;
  std::optional<Workspace> workspace_;
  ScratchFolder::Listing files_;
  std::string state_;
  Snapshot before_;
};

TEST_F(ChangedRules, WhatWasIgnoredStaysWhenTheRunTakesTheRuleAway) {
  folder_.write(".gitignore", "");
  (void)take(*workspace_, "after");
  roll_back();
}

TEST_F(ChangedRules, WhatWasIgnoredStaysWhenTheRunRemovesTheRulesFile) {
  folder_.remove(".gitignore");
  roll_back();
}

TEST_F(ChangedRules, WhatWasIgnoredStaysWhenTheRunAddsItToTheIndex) {
  folder_.git("add -f .env build");
  roll_back();
}

TEST_F(ChangedRules, WhatWasIgnoredByTheRepositorysOwnRulesStaysWithoutThem) {
  folder_.write("private.txt", "mine\n");
  folder_.write(".git/info/exclude", "private.txt\n");
  files_ = folder_.listing();
  before_ = take(*workspace_);
  folder_.write(".git/info/exclude", "");
  roll_back();
}

TEST_F(ChangedRules, WhatCameToBeIgnoredSinceTheLastSnapshotStaysToo) {
  folder_.write(".git/info/exclude", "private.txt\n");
  (void)take(*workspace_);
  folder_.write("private.txt", "mine\n");
  files_ = folder_.listing();
  before_ = take(*workspace_);
  folder_.write(".git/info/exclude", "");
  roll_back();
}

TEST_F(ChangedRules, WhatTheRunHasMadeGoesThoughItsRulesHideIt) {
  folder_.write(".gitignore", ".env\n*.log\nbuild/\n*.new\n");
  folder_.write("made.new", "x");
  folder_.write("fresh/.gitignore", "hidden\n");
  folder_.write("fresh/hidden", "x");
  folder_.write("untracked/.gitignore", "x\n");
  roll_back();
}

TEST_F(ChangedRules, RulesThatHideThemselvesHideNothingInAFolderOfTheSnapshot) {
  folder_.remove("sub/.gitignore");
  before_ = take(*workspace_);
  files_ = folder_.listing();
  folder_.write("sub/.gitignore", "*\n");
  folder_.write("sub/hidden", "x");
  roll_back();
}

TEST_F(ChangedRules, AFolderThatIgnoresItselfIsTheToolsThatMadeIt) {
  folder_.write(".cache/.gitignore", "*\n");
  folder_.write(".cache/entry", "x");
  ASSERT_TRUE(workspace_->rollback(before_));
  EXPECT_EQ(folder_.read(".cache/entry"), "x");
  folder_.remove(".cache");
  roll_back();
}

TEST_F(ChangedRules, ARulesFileThatAnotherHidesIsFound) {
  folder_.write("sub/deep/.gitignore", "");
  files_ = folder_.listing();
  before_ = take(*workspace_);
  folder_.write(".gitignore", ".env\n*.log\nbuild/\ndeep/\n");
  folder_.write("sub/deep/.gitignore", "*.y\n");
  folder_.write("sub/deep/made.y", "x");
  folder_.write("sub/deep/made.z", "x");
  roll_back();
}

TEST_F(ChangedRules, WhatTheSnapshotHoldsComesBackThoughItIsIgnoredNow) {
  folder_.write(".git/info/exclude", "untracked.txt\n");
  folder_.write("untracked.txt", "broken\n");
  roll_back();
}

TEST_F(ChangedRules, WhatIsIgnoredOnlyAsLongAsWhatItLeadsToIsThereGoes) {
  folder_.remove("build");
  folder_.folder("made/by/the/run");
  folder_.link("build", "made");
  ASSERT_TRUE(workspace_->rollback(before_));
  EXPECT_FALSE(folder_.has("build"));
  EXPECT_FALSE(folder_.has("made"));
}

TEST_F(ChangedRules, AFileInTheIgnoredFoldersPlaceIsNoIgnoredFolder) {
  folder_.remove("build");
  folder_.write("build", "a file\n");
  EXPECT_EQ(folder_.git("show " + take(*workspace_, "after").ref + ":build"), "a file\n");
  ASSERT_TRUE(workspace_->rollback(before_));
  EXPECT_FALSE(folder_.has("build"));
}

TEST_F(ChangedRules, ALockOfTheIndexThatAnotherProgramHoldsIsLeftToIt) {
  folder_.git("add -A");
  folder_.write(".git/index.lock", "");
  const auto done = workspace_->rollback(before_);
  ASSERT_FALSE(done);
  EXPECT_NE(done.error().message().find("another program works on the index"), std::string::npos)
      << done.error().message();
  folder_.remove(".git/index.lock");
  (void)open_workspace(folder_, Strategy::git);
  EXPECT_EQ(folder_.git_state(), state_);
}

// Ends in the middle of its rollback.
void cut_off_rollback(const ScratchFolder& folder, const Settings& settings, Surroundings around, const Snapshot& to) {
  const pid_t child = ::fork();
  if (child == 0) {
    around.before_change = [](std::string_view) { ::_exit(9); };
    auto workspace = Workspace::open(settings, around);
    (void)workspace->rollback(to);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(WEXITSTATUS(status), 9) << folder.path();
}

class FinishedByAnother : public ::testing::TestWithParam<Strategy> {};

TEST_P(FinishedByAnother, WhatTheFirstLeftOutStays) {
  const ScratchFolder folder;
  if (GetParam() == Strategy::git) folder.init_git();
  folder.write("a.txt", "a\n");
  folder.write("cache/x", "x");
  folder.write("asmgr.db", "database");
  Settings settings = settings_for(folder, GetParam());
  settings.ignore.paths = {"cache"};
  if (GetParam() == Strategy::git) folder.write(".git/info/exclude", "cache\n");
  Surroundings around = folder.around();
  around.excluded = {folder.at("asmgr.db")};
  const auto files = folder.listing();
  Snapshot before;
  {
    auto workspace = Workspace::open(settings, around);
    ASSERT_TRUE(workspace);
    before = take(*workspace);
  }
  folder.write("a.txt", "broken\n");
  cut_off_rollback(folder, settings, around, before);
  // With no rules and no files of its own.
  (void)open_workspace(folder, GetParam());
  EXPECT_EQ(difference(files, folder.listing()), "");
}

INSTANTIATE_TEST_SUITE_P(Backends, FinishedByAnother, ::testing::Values(Strategy::git, Strategy::hash),
                         [](const auto& tested) { return std::string(strategy_name(tested.param)); });

TEST_P(FinishedByAnother, AJournalThatCannotBeFollowedSaysHowToLeaveItAtThat) {
  const ScratchFolder folder;
  if (GetParam() == Strategy::git) folder.init_git();
  folder.write("a.txt", "a\n");
  Snapshot before;
  {
    Workspace workspace = open_workspace(folder, GetParam());
    before = take(workspace);
  }
  folder.write("a.txt", "broken\n");
  cut_off_rollback(folder, settings_for(folder, GetParam()), folder.around(), before);
  std::string journal;
  for (const std::string& base : {folder.path() + "/.git", folder.state()}) {
    if (!std::filesystem::exists(base)) continue;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(base)) {
      if (entry.path().filename() == "rollback") journal = entry.path().string();
    }
  }
  ASSERT_NE(journal, "");
  std::filesystem::remove_all(std::filesystem::path(journal).parent_path() / "snapshots");
  const auto opened = Workspace::open(settings_for(folder, GetParam()), folder.around());
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().message().find("; to leave the folder as it is, remove '" + journal + "'"),
            std::string::npos)
      << opened.error().message();
  std::filesystem::remove(journal);
  (void)open_workspace(folder, GetParam());
  EXPECT_EQ(folder.read("a.txt"), "broken\n");
}

TEST(FinishedRollback, IsNoneWhereTheFolderIsGone) {
  Snapshot gone;
  std::string state;
  {
    const ScratchFolder folder;
    Workspace workspace = open_workspace(folder, Strategy::hash);
    gone = take(workspace);
    state = folder.state();
  }
  Surroundings around;
  around.state_folder = state;
  const auto finished = Workspace::finish_rollback(gone, around);
  ASSERT_TRUE(finished) << finished.error().message();
  EXPECT_FALSE(*finished);
  EXPECT_FALSE(std::filesystem::exists(state));
}

// The law: what a snapshot holds is as it was; of what it left out nothing is gone that was there; what is there beside
// is ignored by the rules that are back.
class IgnoredAtRandom {
 public:
  explicit IgnoredAtRandom(std::uint32_t seed) : random_(seed) { folder_.init_git(); }

  void one_case() {
    edit();
    const auto files = folder_.listing();
    const std::set<std::string> ignored_then = ignored();
    const std::string state = folder_.git_state();
    Workspace workspace = open_workspace(folder_, Strategy::git);
    const Snapshot before = take(workspace);
    edit();
    const auto spoiled = folder_.listing();
    const auto done = workspace.rollback(before);
    ASSERT_TRUE(done) << done.error().message();
    const auto back = folder_.listing();
    for (const auto& [path, what] : files) {
      if (!is_judged(what)) continue;
      const auto there = back.find(path);
      if (!ignored_then.contains(path)) {
        ASSERT_TRUE(there != back.end() && there->second == what) << path << ": " << what;
      } else if (const auto then = spoiled.find(path); then != spoiled.end() && !then->second.starts_with("folder")) {
        ASSERT_TRUE(there != back.end() && there->second == then->second) << "ignored " << path;
      }
    }
    const std::set<std::string> ignored_now = ignored();
    for (const auto& [path, what] : back) {
      if (!is_judged(what) || (files.contains(path) && !ignored_then.contains(path))) continue;
      ASSERT_TRUE(ignored_now.contains(path)) << path << ": " << what;
    }
    ASSERT_EQ(folder_.git_state(), state);
  }

 private:
  // To libgit2's rules a link to a folder is a folder, to the git program's it is none.
  static bool is_judged(const std::string& what) { return what.starts_with("file"); }

  int pick(int below) { return std::uniform_int_distribution<int>(0, below - 1)(random_); }

  void edit() {
    edit_at_random(folder_, random_, 10);
    static const std::vector<std::string> kRules{"a", "z/", "*.txt", "/a b", "/z", ".hidden", "b.txt"};
    for (const char* where : {".gitignore", "a/.gitignore", "z/.gitignore"}) {
      if (pick(3) != 0) continue;
      std::string text;
      for (int i = pick(4); i > 0; --i) text += kRules[static_cast<std::size_t>(pick(7))] + '\n';
      const std::string above = std::string(where).substr(0, 1);
      std::error_code failed;
      const auto there = std::filesystem::symlink_status(folder_.at(above), failed);
      if (above != "." && !std::filesystem::is_directory(there)) continue;
      folder_.remove(where);
      folder_.write(where, text);
    }
    if (pick(4) == 0) folder_.git("add -A");
    if (pick(6) == 0) folder_.git("add -A -f");
  }

  // Files, by the rules of now.
  std::set<std::string> ignored() {
    std::set<std::string> paths;
    const std::string text = folder_.git("ls-files -z -o -i --exclude-standard");
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\0', at);
      paths.insert(text.substr(at, end - at));
      at = end + 1;
    }
    return paths;
  }

  ScratchFolder folder_;
  std::mt19937 random_;
};

TEST(IgnoredFiles, SurviveRollbacksWhateverBecomesOfTheRules) {
  const std::uint32_t seed = ::asmgr::test::seed_or(std::random_device()());
  SCOPED_TRACE(::asmgr::test::seed_text(seed));
  const int folders = ::asmgr::test::in_profile(20, 400);
  for (int i = 0; i < folders && !::testing::Test::HasFailure(); ++i) {
    IgnoredAtRandom folder(seed + static_cast<std::uint32_t>(i));
    for (int n = 0; n < 5 && !::testing::Test::HasFailure(); ++n) folder.one_case();
  }
}

}  // namespace
}  // namespace asmgr::workspace::test
