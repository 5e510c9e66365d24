// Conditions on a call's input: a prohibition applies unless it surely does not, a permission only when it surely does.
#include <gtest/gtest.h>

#include "tests/plugins/tool_rules/judge_call.hpp"

namespace asmgr::testing {
namespace {

enum class Holds { yes, maybe, no };

struct Case {
  const char* rule;
  const char* input;
  Holds holds;
};

void PrintTo(const Case& given, std::ostream* out) {
  *out << given.rule << " of " << given.input;
}

class Conditions : public ::testing::TestWithParam<Case> {};

TEST_P(Conditions, DenyWhatTheyMayHoldForAndAllowWhatTheySurelyHoldFor) {
  const std::string rule = std::string(R"({"tool":"t",)") + GetParam().rule + "}";
  const Answer denied = review(R"({"deny":[)" + rule + "]}", "t", GetParam().input);
  EXPECT_EQ(denied.action, GetParam().holds == Holds::no ? ASMGR_ALLOW : ASMGR_DENY);
  const Answer asked = review(R"({"ask":[)" + rule + "]}", "t", GetParam().input);
  EXPECT_EQ(asked.action, GetParam().holds == Holds::no ? ASMGR_ALLOW : ASMGR_REQUEST_APPROVAL);
  const Answer allowed = review(R"({"allow":[)" + rule + "]}", "t", GetParam().input);
  EXPECT_EQ(allowed.action, GetParam().holds == Holds::yes ? ASMGR_ALLOW : ASMGR_DENY);
}

constexpr const char* kEtc = R"("path_under":"/etc")";

INSTANTIATE_TEST_SUITE_P(
    PathUnder, Conditions,
    ::testing::Values(
        Case{kEtc, R"({"path":"/etc/passwd"})", Holds::yes}, Case{kEtc, R"({"path":"/etc"})", Holds::yes},
        Case{kEtc, R"({"path":"/etc/"})", Holds::yes}, Case{kEtc, R"({"file_path":"/etc/passwd"})", Holds::yes},
        Case{kEtc, R"({"path":"/etcetera/x"})", Holds::no}, Case{kEtc, R"({"path":"/home/etc/x"})", Holds::no},
        Case{kEtc, R"({"path":"//etc///passwd"})", Holds::yes}, Case{kEtc, R"({"path":"/./etc/./passwd"})", Holds::yes},
        Case{kEtc, R"({"path":"/tmp/../etc/passwd"})", Holds::yes},
        Case{kEtc, R"({"path":"/etc/../tmp/x"})", Holds::no}, Case{kEtc, R"({"path":"/../../etc/passwd"})", Holds::yes},
        Case{kEtc, R"({"path":"/etc/ssl/../../tmp"})", Holds::no},
        // Where it starts from is not known.
        Case{kEtc, R"({"path":"passwd"})", Holds::maybe}, Case{kEtc, R"({"path":"../../etc/passwd"})", Holds::maybe},
        // The call says where it starts from.
        Case{kEtc, R"({"path":"passwd","cwd":"/etc"})", Holds::yes},
        Case{kEtc, R"({"path":"../etc/passwd","cwd":"/tmp"})", Holds::maybe},
        Case{kEtc, R"({"path":"x","cwd":"/tmp"})", Holds::no}, Case{kEtc, R"({"cwd":"/etc"})", Holds::yes},
        Case{kEtc, R"({"path":"x","cwd":7})", Holds::maybe},
        // Something else decides what it means.
        Case{kEtc, R"({"path":"~/x"})", Holds::maybe}, Case{kEtc, R"({"path":"file:///etc/passwd"})", Holds::maybe},
        Case{kEtc, R"({"path":"/tmp\\..\\etc"})", Holds::maybe},
        Case{kEtc, R"({"path":"FILE:/etc/passwd"})", Holds::maybe},
        Case{kEtc, R"({"path":" /etc/passwd"})", Holds::maybe}, Case{kEtc, R"({"path":"/home/x\n"})", Holds::maybe},
        // Several, or none, or no text.
        Case{kEtc, R"({"path":["/etc/a","/etc/b"]})", Holds::yes},
        Case{kEtc, R"({"path":["/tmp/a","/etc/b"]})", Holds::maybe},
        Case{kEtc, R"({"path":"/tmp/a","file_path":"/etc/b"})", Holds::maybe},
        Case{kEtc, R"({"path":{}})", Holds::maybe}, Case{kEtc, R"({"url":"/etc/passwd"})", Holds::no},
        Case{kEtc, R"({"path":null})", Holds::no}, Case{kEtc, "null", Holds::maybe},
        // Elsewhere in the input.
        Case{R"("path_under":"/etc","field":"target")", R"({"target":"/etc/x","path":"/tmp"})", Holds::yes},
        Case{R"("path_under":"/etc","field":"target")", R"({"path":"/etc/x"})", Holds::no},
        Case{R"("path_under":"/etc","field":"/edits/0/file")", R"({"edits":[{"file":"/etc/x"}]})", Holds::yes},
        // A root that is relative, too.
        Case{R"("path_under":"src")", R"({"path":"src/a.c"})", Holds::yes},
        Case{R"("path_under":"src")", R"({"path":"src/../b.c"})", Holds::no},
        Case{R"("path_under":"src")", R"({"path":"../src/b.c"})", Holds::maybe},
        Case{R"("path_under":"src")", R"({"path":"/src/b.c"})", Holds::maybe}));

constexpr const char* kGitLog = R"("command_prefix":"git log")";
constexpr const char* kRm = R"("command_prefix":"rm")";

INSTANTIATE_TEST_SUITE_P(
    CommandPrefix, Conditions,
    ::testing::Values(
        Case{kGitLog, R"({"command":"git log"})", Holds::yes},
        Case{kGitLog, R"({"command":"git  log -1"})", Holds::yes},
        Case{kGitLog, R"({"command":"git logs"})", Holds::no}, Case{kGitLog, R"({"command":"git status"})", Holds::no},
        Case{kGitLog, R"({"command":"git log; rm -rf /"})", Holds::maybe},
        Case{kGitLog, R"({"command":"git log && rm x"})", Holds::maybe},
        Case{kGitLog, R"({"command":"git log | sh"})", Holds::maybe},
        Case{kGitLog, R"({"command":"git log\nrm x"})", Holds::maybe},
        Case{kGitLog, R"_({"command":"git log $(rm x)"})_", Holds::maybe},
        Case{kGitLog, R"({"command":"git log `rm x`"})", Holds::maybe},
        Case{kGitLog, R"({"command":"git log > /etc/x"})", Holds::maybe},
        Case{kGitLog, R"({"command":"git -C /x log"})", Holds::maybe},
        Case{kGitLog, R"({"command":["git","log","-1"]})", Holds::yes},
        Case{kGitLog, R"({"command":["git","log;rm"]})", Holds::maybe},
        Case{kGitLog, R"({"cmd":"git log"})", Holds::no}, Case{kGitLog, R"({"command":7})", Holds::maybe},
        Case{kGitLog, R"({"command":["git",1]})", Holds::maybe},
        Case{R"("command_prefix":"git","field":"cmd")", R"({"cmd":"git log"})", Holds::yes},
        Case{kRm, R"({"command":"rm -rf /"})", Holds::yes}, Case{kRm, R"({"command":"ls; rm x"})", Holds::maybe},
        Case{kRm, R"({"command":"/bin/rm x"})", Holds::maybe}, Case{kRm, R"({"command":"sudo -n rm x"})", Holds::maybe},
        Case{kRm, R"({"command":"bash -c 'rm x'"})", Holds::maybe},
        Case{kRm, R"({"command":["bash","-lc","rm x"]})", Holds::maybe},
        Case{kRm, R"({"command":"FOO=1 rm x"})", Holds::maybe}, Case{kRm, R"({"command":">out rm x"})", Holds::maybe},
        Case{kRm, R"({"command":"r'm' x"})", Holds::maybe}, Case{kRm, R"({"command":"\\rm x"})", Holds::maybe},
        Case{kRm, R"({"command":"$CMD x"})", Holds::maybe}, Case{kRm, R"({"command":"r${X}m x"})", Holds::maybe},
        Case{kRm, R"({"command":"/bin/r? x"})", Holds::maybe},
        Case{kRm, R"({"command":"if true; then rm x; fi"})", Holds::maybe},
        Case{kRm, R"({"command":"find . -exec rm {} +"})", Holds::maybe},
        Case{kRm, R"({"command":"ls | xargs rm"})", Holds::maybe}, Case{kRm, R"({"command":"git rm x"})", Holds::no},
        Case{kRm, R"({"command":"ls rm"})", Holds::no}, Case{kRm, R"({"command":"rmdir x"})", Holds::no},
        Case{kRm, R"({"command":""})", Holds::no}, Case{kRm, R"({"command":"echo $HOME"})", Holds::no}));

// Ways to say the command that a shell reads as the command.
INSTANTIATE_TEST_SUITE_P(
    DisguisedCommand, Conditions,
    ::testing::Values(Case{kRm, R"({"command":"r\\\nm x"})", Holds::maybe},
                      Case{kRm, R"({"command":"# c \\\nr\\\nm x"})", Holds::maybe},
                      Case{kRm, R"({"command":"{rm,-rf,x}"})", Holds::maybe},
                      Case{R"("command_prefix":"git push")", R"({"command":"git {push,origin}"})", Holds::maybe},
                      Case{kRm, R"({"command":"A=\"x y\" rm z"})", Holds::maybe},
                      Case{kRm, R"({"command":"A='x;y' rm z"})", Holds::maybe},
                      Case{kRm, R"({"command":"A=${B}x rm z"})", Holds::maybe},
                      Case{kRm, R"_({"command":"A=$(true)x rm z"})_", Holds::maybe},
                      Case{kRm, R"({"command":"2>&1 rm z"})", Holds::maybe},
                      Case{kRm, R"({"command":">|x rm z"})", Holds::maybe},
                      Case{kRm, R"({"command":"> \"a b\" rm z"})", Holds::maybe},
                      Case{kRm, R"({"command":"<<- E rm z"})", Holds::maybe},
                      Case{kRm, R"({"command":"rm>/dev/null z"})", Holds::maybe},
                      Case{kRm, R"({"command":"sh -c 'A=\"x;y\" rm z'"})", Holds::maybe},
                      Case{kRm, R"({"command":"eval 'A=\"x' 'y\" rm z'"})", Holds::maybe},
                      Case{R"("command_prefix":"\"my tool\"")", R"({"command":"\"my tool\" x; ls"})", Holds::maybe},
                      Case{kRm, R"({"command":"git commit -m \"rm old\""})", Holds::no},
                      Case{kRm, R"({"command":"curl -d '{\"a\":1,\"b\":2}' x 2>&1"})", Holds::no}));

constexpr const char* kHttp = R"("field":"url","matches":"^http://")";

INSTANTIATE_TEST_SUITE_P(Matches, Conditions,
                         ::testing::Values(Case{kHttp, R"({"url":"http://x"})", Holds::yes},
                                           Case{kHttp, R"({"url":"https://x"})", Holds::no},
                                           Case{kHttp, R"({"url":["http://x","https://y"]})", Holds::maybe},
                                           Case{kHttp, R"({"other":"http://x"})", Holds::no},
                                           Case{R"("field":"n","matches":"7")", R"({"n":71})", Holds::maybe},
                                           Case{R"("field":"n","matches":"7")", R"({"n":8})", Holds::no}));

INSTANTIATE_TEST_SUITE_P(Together, Conditions,
                         ::testing::Values(Case{R"("path_under":"/etc","field":"path","matches":"passwd")",
                                                R"({"path":"/etc/passwd"})", Holds::yes},
                                           Case{R"("path_under":"/etc","field":"path","matches":"passwd")",
                                                R"({"path":"/etc/group"})", Holds::no},
                                           Case{R"("path_under":"/etc","field":"path","matches":"passwd")",
                                                R"({"path":"~/passwd"})", Holds::maybe}));

TEST(Cwd, SaysWhereRelativePathsStart) {
  constexpr const char* kDeny = R"({"deny":[{"tool":"t","path_under":"/etc"}],"cwd":"/work"})";
  EXPECT_EQ(review(kDeny, "t", R"({"path":"notes.txt"})").action, ASMGR_ALLOW);
  EXPECT_EQ(review(kDeny, "t", R"({"path":"../etc/passwd"})").action, ASMGR_DENY);
  constexpr const char* kAllow = R"({"allow":[{"tool":"t","path_under":"src"}],"cwd":"/work"})";
  EXPECT_EQ(review(kAllow, "t", R"({"path":"src/a.c"})").action, ASMGR_ALLOW);
  EXPECT_EQ(review(kAllow, "t", R"({"path":"/work/src/a.c"})").action, ASMGR_ALLOW);
  EXPECT_EQ(review(kAllow, "t", R"({"path":"src/../../etc/passwd"})").action, ASMGR_DENY);
}

TEST(Messages, SayWhenADenialIsADoubt) {
  const Answer answer =
      review(R"({"deny":[{"tool":"t","path_under":"/etc"}]})", "t", R"({"path":"secret-name-of-a-file"})");
  EXPECT_EQ(
      answer.violations.at(0).message,
      "tool \"t\" is denied by the rule {\"tool\":\"t\",\"path_under\":\"/etc\"}, which its input does not surely "
      "escape");
}

}  // namespace
}  // namespace asmgr::testing
