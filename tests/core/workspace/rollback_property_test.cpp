// Whatever is done to a tree after a snapshot, a rollback undoes it, and git sees no difference.
#include "tests/core/workspace/random_tree.hpp"
#include "tests/support/profile.hpp"
#include "tests/support/seed.hpp"

namespace asmgr::workspace::test {
namespace {

constexpr int kCasesOfAFolder = 25;
constexpr int kEdits = 8;
// Tests of the same law with other seeds, so that they may run side by side.
constexpr int kShares = 4;

class Rollback : public ::testing::TestWithParam<std::tuple<Strategy, int>> {
 protected:
  static Strategy strategy() { return std::get<0>(GetParam()); }

  // A number of cases in one folder, so that caches and old snapshots take part.
  void cases_in_one_folder(std::mt19937& random) const {
    const ScratchFolder folder;
    const bool git = strategy() == Strategy::git;
    if (git) folder.init_git();
    Workspace workspace = open_workspace(folder, strategy());
    for (int i = 0; i < kCasesOfAFolder && !HasFailure(); ++i) {
      edit_at_random(folder, random, kEdits);
      if (git && i % 5 == 1) folder.git("add -A");
      if (git && i % 5 == 2) folder.git("commit -q --allow-empty -m more");
      const auto files = folder.listing();
      const std::string state = git ? folder.git_state() : std::string();
      const Snapshot before = take(workspace);
      edit_at_random(folder, random, kEdits);
      if (git && i % 5 == 3) folder.git("add -A");
      const Snapshot after = take(workspace, "after");
      const auto diff = workspace.diff(before, after, {});
      ASSERT_TRUE(diff) << diff.error().message();
      // What git does not keep of a tree is not in its ref.
      if (!git) {
        ASSERT_EQ(before.ref == after.ref, files == folder.listing());
      }
      const auto done = workspace.rollback(before);
      ASSERT_TRUE(done) << done.error().message();
      ASSERT_EQ(difference(files, folder.listing()), "");
      ASSERT_TRUE(!git || folder.git_state() == state) << "git's state is another";
    }
  }
};

TEST_P(Rollback, RestoresEveryTreeExactly) {
  const std::uint32_t seed = ::asmgr::test::seed_or(std::random_device()());
  SCOPED_TRACE(::asmgr::test::seed_text(seed));
  std::mt19937 random(seed + static_cast<std::uint32_t>(std::get<1>(GetParam())));
  const int folders = ::asmgr::test::in_profile(1000, 10000) / kCasesOfAFolder / kShares;
  for (int i = 0; i < folders && !HasFailure(); ++i) cases_in_one_folder(random);
}

INSTANTIATE_TEST_SUITE_P(Backends, Rollback,
                         ::testing::Combine(::testing::Values(Strategy::git, Strategy::hash),
                                            ::testing::Range(0, kShares)),
                         [](const auto& tested) {
                           return std::string(strategy_name(std::get<0>(tested.param))) + '_' +
                                  std::to_string(std::get<1>(tested.param));
                         });

}  // namespace
}  // namespace asmgr::workspace::test
