#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/tool_rules/judge_call.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

boost::json::object parse(const char* text) {
  return boost::json::parse(text).as_object();
}

TEST(ToolRules, WithoutRulesEveryToolMayBeCalled) {
  EXPECT_EQ(review("{}", "bash").action, ASMGR_ALLOW);
  EXPECT_EQ(review("{}", "").action, ASMGR_ALLOW);
}

TEST(ToolRules, ADeniedToolIsDeniedWithAReason) {
  const Answer answer = review(R"({"deny":["bash","mcp__*"]})", "bash");
  EXPECT_EQ(answer.action, ASMGR_DENY);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, "deny");
  EXPECT_EQ(answer.violations[0].message, "tool \"bash\" is denied by the rule \"bash\"");
  EXPECT_EQ(answer.violations[0].details,
            parse(R"({"kind":"tool_denied","tool_name":"bash","rule":"deny","matched":"bash",
                      "denied_tools":["bash","mcp__*"]})"));
}

TEST(ToolRules, AToolThatIsNotDeniedIsAllowed) {
  EXPECT_EQ(review(R"({"deny":["bash","mcp__*"]})", "read").action, ASMGR_ALLOW);
  EXPECT_EQ(review(R"({"deny":["bash"]})", "bash_tool").action, ASMGR_ALLOW);
}

TEST(ToolRules, WithAnAllowListEveryOtherToolIsDenied) {
  EXPECT_EQ(review(R"({"allow":["read","grep"]})", "grep").action, ASMGR_ALLOW);
  const Answer answer = review(R"({"allow":["read","grep"]})", "bash");
  EXPECT_EQ(answer.action, ASMGR_DENY);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, "allow");
  EXPECT_EQ(answer.violations[0].details,
            parse(R"({"kind":"tool_denied","tool_name":"bash","rule":"allow","allowed_tools":["read","grep"]})"));
}

TEST(ToolRules, DenyBeatsAskAndAskBeatsAllow) {
  constexpr const char* kConfig = R"({"allow":["*"],"ask":["b*","c*"],"deny":["c*"]})";
  EXPECT_EQ(review(kConfig, "a").action, ASMGR_ALLOW);
  EXPECT_EQ(review(kConfig, "b").action, ASMGR_REQUEST_APPROVAL);
  EXPECT_EQ(review(kConfig, "c").action, ASMGR_DENY);
}

TEST(ToolRules, AskSaysWhichToolNeedsApproval) {
  const Answer answer = review(R"({"ask":["git_push"]})", "git_push");
  EXPECT_EQ(answer.action, ASMGR_REQUEST_APPROVAL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, "ask");
  EXPECT_EQ(answer.violations[0].details.at("kind"), "approval_required");
  EXPECT_EQ(answer.violations[0].details.at("tool_name"), "git_push");
}

TEST(ToolRules, AToolThatIsAskedAboutNeedNotBeAllowedToo) {
  EXPECT_EQ(review(R"({"allow":["read"],"ask":["bash"]})", "bash").action, ASMGR_REQUEST_APPROVAL);
}

TEST(ToolRules, ADoubtAboutAnAskExcusesNobodyFromTheAllowList) {
  constexpr const char* kConfig = R"({"allow":["read"],"ask":["bash",{"tool":"write","path_under":"/a"}]})";
  EXPECT_EQ(review(kConfig, "b\u0430sh").action, ASMGR_DENY);
  EXPECT_EQ(review(kConfig, "write", R"({"path":"x"})").action, ASMGR_DENY);
  EXPECT_EQ(review(kConfig, "write", R"({"path":"/a/x"})").action, ASMGR_REQUEST_APPROVAL);
}

TEST(ToolRules, ADenialThatOnlyWarnsDoesNotSpareTheQuestion) {
  constexpr const char* kConfig = R"({"ask":["b*"],"deny":["bash"],"on_violation":"warn"})";
  EXPECT_EQ(review(kConfig, "bash").action, ASMGR_REQUEST_APPROVAL);
}

TEST(ToolRules, OnViolationDecidesWhatADenialDoes) {
  const auto action = [](const char* on_violation) {
    return review(std::string(R"({"deny":["bash"],"on_violation":")") + on_violation + "\"}", "bash").action;
  };
  EXPECT_EQ(action("cancel"), static_cast<uint32_t>(ASMGR_CANCEL));
  EXPECT_EQ(action("deny"), static_cast<uint32_t>(ASMGR_DENY));
  EXPECT_EQ(action("request_approval"), static_cast<uint32_t>(ASMGR_REQUEST_APPROVAL));
  EXPECT_EQ(action("warn"), static_cast<uint32_t>(ASMGR_WARN));
}

TEST(ToolRules, ACallWithoutANameCannotBeJudged) {
  EXPECT_THROW(review(R"({"deny":["bash"]})", ""), PolicyFailure);
  const PolicyInstance policy(tool_rules(), R"({"deny":["bash"]})");
  EXPECT_THROW(static_cast<void>(policy.begin()->review_tool("{")), PolicyFailure);
}

// -- names
// ------------------------------------------------------------------------------------------------------------------

struct Pattern {
  const char* pattern;
  const char* name;
  bool matches;
};

class Globs : public ::testing::TestWithParam<Pattern> {};

TEST_P(Globs, MatchWholeNames) {
  const boost::json::object allow{{"allow", boost::json::array{GetParam().pattern}}};
  const boost::json::object deny{{"deny", boost::json::array{GetParam().pattern}}};
  EXPECT_EQ(review(boost::json::serialize(allow), GetParam().name).action == ASMGR_ALLOW, GetParam().matches);
  EXPECT_EQ(review(boost::json::serialize(deny), GetParam().name).action != ASMGR_ALLOW, GetParam().matches);
}

INSTANTIATE_TEST_SUITE_P(
    Patterns, Globs,
    ::testing::Values(Pattern{"*", "anything", true}, Pattern{"mcp__*", "mcp__files__read", true},
                      Pattern{"mcp__*", "mcp_files", false}, Pattern{"*__read", "mcp__files__read", true},
                      Pattern{"a*b*c", "aXbYbZc", true}, Pattern{"a*b*c", "aXbYbZ", false}, Pattern{"?at", "cat", true},
                      Pattern{"?at", "at", false}, Pattern{"?", "\xC3\xA9", true}, Pattern{"[a-c]x", "bx", true},
                      Pattern{"[a-c]x", "dx", false}, Pattern{"[!a-c]x", "dx", true}, Pattern{"[!a-c]x", "ax", false},
                      Pattern{"[]]", "]", true}, Pattern{"\\*", "*", true}, Pattern{"\\*", "x", false},
                      Pattern{"bash", "Bash", false}, Pattern{"bash", "bash2", false}));

TEST(ToolNames, LetterCaseCountsUnlessItIsIgnored) {
  EXPECT_EQ(review(R"({"deny":["bash"]})", "Bash").action, ASMGR_ALLOW);
  EXPECT_EQ(review(R"({"deny":["bash"],"names":"ignore_case"})", "BaSh").action, ASMGR_DENY);
  EXPECT_EQ(review(R"({"deny":["BASH"],"names":"ignore_case"})", "bash").action, ASMGR_DENY);
  EXPECT_EQ(review(R"({"allow":["Bash"],"names":"ignore_case"})", "bash").action, ASMGR_ALLOW);
  EXPECT_EQ(review(R"({"deny":["[A-C]at"],"names":"ignore_case"})", "bat").action, ASMGR_DENY);
  EXPECT_EQ(review(R"({"deny":["[M-_]at"],"names":"ignore_case"})", "Pat").action, ASMGR_DENY);
}

class LookAlikes : public ::testing::TestWithParam<const char*> {};

TEST_P(LookAlikes, OfADeniedNameAreDeniedAndOfAnAllowedOneAreNotAllowed) {
  EXPECT_EQ(review(R"({"deny":["bash"]})", GetParam()).action, ASMGR_DENY);
  EXPECT_EQ(review(R"({"ask":["bash"]})", GetParam()).action, ASMGR_REQUEST_APPROVAL);
  EXPECT_EQ(review(R"({"deny":["ba*"]})", GetParam()).action, ASMGR_DENY);
  EXPECT_EQ(review(R"({"allow":["bash"]})", GetParam()).action, ASMGR_DENY);
}

INSTANTIATE_TEST_SUITE_P(OfBash, LookAlikes,
                         ::testing::Values("b\u0430sh",                                 // Cyrillic a
                                           "b\u0430\u0455h",                            // Cyrillic a, s
                                           "\uFF42\uFF41\uFF53\uFF48",                  // full width
                                           "ba\u200Bsh",                                // zero width space
                                           "\u202Ebash",                                // direction override
                                           "ba\u00ADsh",                                // soft hyphen
                                           "b\u0300ash",                                // combining mark
                                           "bash ",                                     // blank at the end
                                           "bash\u00A0",                                // no-break space
                                           "\U0001D41B\U0001D41A\U0001D42C\U0001D421",  // mathematical bold
                                           "\u24D1\u24D0\u24E2\u24D7",                  // circled
                                           "ba\uFEFFsh", "ba\U000E0020sh"));

TEST(ToolNames, APatternWrittenWithLookAlikesCoversThePlainName) {
  EXPECT_EQ(review("{\"deny\":[\"b\u0430sh\"]}", "bash").action, ASMGR_DENY);
}

TEST(ToolNames, OtherScriptsAreNamesLikeAnyOther) {
  EXPECT_EQ(review("{\"deny\":[\"\u8AAD\u3080\"]}", "\u8AAD\u3080").action, ASMGR_DENY);
  EXPECT_EQ(review("{\"allow\":[\"\u8AAD\u3080\"]}", "\u8AAD\u3080").action, ASMGR_ALLOW);
  EXPECT_EQ(review("{\"deny\":[\"\u8AAD\u3080\"]}", "\u66F8\u304F").action, ASMGR_ALLOW);
}

// -- before and beside reviews
// ----------------------------------------------------------------------------------------------

TEST(ToolRulesObserve, JudgesCallsThatWereNotReviewed) {
  const PolicyInstance policy(tool_rules(), R"({"deny":["bash"]})");
  const std::unique_ptr<PolicyState> run = policy.begin();
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("bash"), no_usage()).action, ASMGR_DENY);
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("read"), no_usage()).action, ASMGR_ALLOW);
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_COMPLETED, tool_call("bash"), no_usage()).action, ASMGR_ALLOW);
}

TEST(ToolRulesObserve, ACallThatWasReviewedIsNotJudgedAgain) {
  const PolicyInstance policy(tool_rules(), R"({"ask":["bash"]})");
  const std::unique_ptr<PolicyState> run = policy.begin();
  EXPECT_EQ(run->review_tool(tool_call("bash", "{}", "c1")).action, ASMGR_REQUEST_APPROVAL);
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("bash", "{}", "c1"), no_usage()).action, ASMGR_ALLOW);
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("bash", "{}", "c2"), no_usage()).action,
            ASMGR_REQUEST_APPROVAL);
}

TEST(ToolRulesObserve, AReviewIsGoodForOneStart) {
  const PolicyInstance policy(tool_rules(), R"({"deny":["bash"]})");
  const std::unique_ptr<PolicyState> run = policy.begin();
  EXPECT_EQ(run->review_tool(tool_call("read", "{}", "c1")).action, ASMGR_ALLOW);
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("read", "{}", "c1"), no_usage()).action, ASMGR_ALLOW);
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("bash", "{}", "c1"), no_usage()).action, ASMGR_DENY);
}

TEST(ToolRulesObserve, ADeniedCallThatStartsAllTheSameIsDeniedAgain) {
  const PolicyInstance policy(tool_rules(), R"({"deny":["bash"]})");
  const std::unique_ptr<PolicyState> run = policy.begin();
  EXPECT_EQ(run->review_tool(tool_call("bash", "{}", "c1")).action, ASMGR_DENY);
  EXPECT_EQ(run->observe(ASMGR_EV_TOOL_CALL_STARTED, tool_call("bash", "{}", "c1"), no_usage()).action, ASMGR_DENY);
}

TEST(ToolRulesPreflight, AStackThatContradictsItselfIsRefused) {
  const PolicyInstance policy(tool_rules(), R"({"deny":["bash"]})");
  const Answer answer =
      policy.begin(R"({"tool_rules":[{"deny":["bash"]},{"allow":["bash","read"]}]})")->preflight("{}");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, "contradictory_rules");
  EXPECT_EQ(answer.violations[0].details, parse(R"({"kind":"contradictory_rules","tools":["bash"]})"));
  EXPECT_EQ(answer.violations[0].message,
            "this run's policies deny what they allow: \"bash\" is denied by \"bash\"; remove one of the two");
}

TEST(ToolRulesPreflight, AGlobThatDeniesWhatAnotherPolicyAllowsIsAContradiction) {
  const PolicyInstance policy(tool_rules(), R"({"deny":["mcp__*"]})");
  const Answer answer =
      policy.begin(R"({"tool_rules":[{"deny":["mcp__*"]},{"allow":["read",{"tool":"mcp__x","path_under":"/a"}]}]})")
          ->preflight("{}");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  EXPECT_EQ(answer.violations.at(0).rule, "contradictory_rules");
}

TEST(ToolRulesPreflight, AnEmptyAllowListInTheStackIsRefused) {
  const PolicyInstance policy(tool_rules(), R"({"deny":["bash"]})");
  const Answer answer = policy.begin(R"({"tool_rules":[{"allow":[]}]})")->preflight("{}");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  EXPECT_EQ(answer.violations.at(0).rule, "empty_allow_list");
}

TEST(ToolRulesPreflight, AStackThatHoldsTogetherMayStart) {
  const PolicyInstance policy(tool_rules(), R"({"allow":["read"],"deny":["mcp__*"]})");
  const Answer answer =
      policy
          .begin(
              R"({"tool_rules":[{"allow":["read","mcp*"]},{"deny":["mcp__*",{"tool":"read","path_under":"/etc"}]}]})")
          ->preflight("{}");
  EXPECT_EQ(answer.action, ASMGR_ALLOW);
  EXPECT_THAT(answer.violations, IsEmpty());
}

}  // namespace
}  // namespace asmgr::testing
