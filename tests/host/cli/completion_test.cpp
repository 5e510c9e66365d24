// The completion scripts, in the shells that are installed here.
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/host/cli/program.hpp"

namespace asmgr::cli {
namespace {

class Completion : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::string shell : {"bash", "zsh", "fish"}) {
      const auto ended = world_.asmgr({"completion", shell});
      ASSERT_EQ(ended.code, 0) << ended.err;
      world_.folder().write("completion." + shell, ended.out);
    }
  }
  // What bash offers for a line; the last word is the one being completed.
  std::string bash_offers(const std::vector<std::string>& words) const {
    std::string line = "source ./completion.bash; COMP_WORDS=(";
    for (const auto& word : words) line += "'" + word + "' ";
    line += "); COMP_CWORD=" + std::to_string(words.size() - 1) + "; _asmgr; printf '%s ' \"${COMPREPLY[@]}\"";
    const auto ended = world_.program({"/bin/bash", "--norc", "-uc", line});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_EQ(ended.err, "");
    return ended.out;
  }
  World world_;
};

TEST_F(Completion, BashOffersTheCommands) {
  EXPECT_EQ(bash_offers({"asmgr", ""}),
            "run step session runs run-show cancel interrupt steer approvals events artifact usage audit work reload "
            "policy route plugin config store doctor completion ");
  EXPECT_EQ(bash_offers({"asmgr", "run"}), "run runs run-show ");
}

TEST_F(Completion, BashOffersTheCommandsOfANoun) {
  EXPECT_EQ(bash_offers({"asmgr", "-q", "session", "c"}), "create complete cancel ");
  EXPECT_EQ(bash_offers({"asmgr", "store", ""}), "migrate check prune stats copy ");
  EXPECT_EQ(bash_offers({"asmgr", "store", "prune", "--archive"}), "--archive-store --archive-folder ");
}

TEST_F(Completion, BashOffersOptionsOfTheCommandAndOfEveryCommand) {
  EXPECT_EQ(bash_offers({"asmgr", "run", "--pr"}), "--provider ");
  EXPECT_EQ(bash_offers({"asmgr", "run", "--out"}), "--output ");
  EXPECT_EQ(bash_offers({"asmgr", "runs", "ses_1", "--prov"}), " ");
}

TEST_F(Completion, BashOffersTheWordsAnOptionTakes) {
  EXPECT_EQ(bash_offers({"asmgr", "runs", "--output", "j"}), "json jsonl ");
  EXPECT_EQ(bash_offers({"asmgr", "run", "--approve", ""}), "ask grant deny ");
  EXPECT_EQ(bash_offers({"asmgr", "completion", ""}), "bash zsh fish ");
}

TEST_F(Completion, BashOffersNothingWhereAnIdIsWanted) {
  EXPECT_EQ(bash_offers({"asmgr", "run", "--session", ""}), " ");
}

TEST_F(Completion, TheZshScriptIsAcceptedByZsh) {
  if (::access("/usr/bin/zsh", X_OK) != 0) GTEST_SKIP() << "zsh is not installed";
  const auto ended = world_.program({"/usr/bin/zsh", "-f", "-c", "source ./completion.zsh"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
}

TEST_F(Completion, TheFishScriptIsAcceptedByFish) {
  if (::access("/usr/bin/fish", X_OK) != 0) GTEST_SKIP() << "fish is not installed";
  const auto ended = world_.program({"/usr/bin/fish", "--no-config", "-c", "source ./completion.fish"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.err, "");
}

}  // namespace
}  // namespace asmgr::cli
