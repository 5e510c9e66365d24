// A process that ends anywhere in a rollback leaves a folder that the next one to open it finishes.
#include <sys/wait.h>
#include <unistd.h>

#include "tests/core/workspace/scratch_folder.hpp"

namespace asmgr::workspace::test {
namespace {

constexpr int kKilled = 9;
constexpr int kFailed = 1;

class CutOff : public ::testing::TestWithParam<Strategy> {
 protected:
  void SetUp() override {
    if (GetParam() == Strategy::git) folder_.init_git();
    folder_.write("a.txt", "a\n");
    folder_.write("gone/b.txt", "b\n", 0600);
    folder_.write("gone/c.txt", "c\n");
    folder_.link("link", "a.txt");
    folder_.folder("hollow", 0700);
    folder_.write("mode.sh", "#!/bin/sh\n", 0755);
    if (GetParam() == Strategy::git) folder_.git("add a.txt link");
  }
  void spoil() const {
    folder_.write("a.txt", "A\n");
    folder_.remove("gone");
    folder_.write("gone", "a file now\n");
    folder_.remove("link");
    folder_.write("link/in/the/way.txt", "x");
    folder_.remove("hollow");
    folder_.write("mode.sh", "#!/bin/sh\n", 0644);
    folder_.write("new/one.txt", "1");
    if (GetParam() == Strategy::git) folder_.git("add -A");
  }
  // Rolls back in a process of its own that ends before its n-th change. How it ended.
  [[nodiscard]] int roll_back_until(const Snapshot& to, int n) const {
    const pid_t child = ::fork();
    if (child == 0) {
      Surroundings around = folder_.around();
      int left = n;
      around.before_change = [&left](std::string_view) {
        if (--left < 0) ::_exit(kKilled);
      };
      auto workspace = Workspace::open(settings_for(folder_, GetParam()), around);
      ::_exit(workspace && workspace->rollback(to) ? 0 : kFailed);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  ScratchFolder folder_;
};

TEST_P(CutOff, ARollbackIsFinishedByTheNextToOpenTheFolder) {
  const bool git = GetParam() == Strategy::git;
  const auto files = folder_.listing();
  const std::string state = git ? folder_.git_state() : std::string();
  Snapshot before;
  {
    Workspace workspace = open_workspace(folder_, GetParam());
    before = take(workspace);
  }
  int ended = kKilled;
  int n = 0;
  for (; ended == kKilled; ++n) {
    SCOPED_TRACE("cut off before change " + std::to_string(n));
    spoil();
    ended = roll_back_until(before, n);
    ASSERT_TRUE(ended == kKilled || ended == 0) << ended;
    Workspace next = open_workspace(folder_, GetParam());
    ASSERT_EQ(difference(files, folder_.listing()), "");
    ASSERT_TRUE(!git || folder_.git_state() == state);
  }
  EXPECT_GT(n, 10);
}

INSTANTIATE_TEST_SUITE_P(Backends, CutOff, ::testing::Values(Strategy::git, Strategy::hash),
                         [](const auto& tested) { return std::string(strategy_name(tested.param)); });

}  // namespace
}  // namespace asmgr::workspace::test
