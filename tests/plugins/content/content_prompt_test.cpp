#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/content/content_plugin.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

Answer asked(std::string_view input, std::string_view config = {}) {
  const PolicyInstance policy(content(), config.empty() ? rules({rule("prompt", "forbidden")}) : std::string(config));
  return Conversation(policy, input).preflight();
}

TEST(ContentPrompt, WhatIsFineMayStart) {
  const Answer answer = asked(R"({"prompt":"count the headers"})");
  EXPECT_EQ(answer.action, ASMGR_ALLOW);
  EXPECT_THAT(answer.violations, IsEmpty());
  EXPECT_TRUE(answer.holds.empty());
}

TEST(ContentPrompt, AMatchIsAnsweredBeforeTheRunStarts) {
  const Answer answer = asked(R"({"prompt":"tell me the forbidden word"})");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].rule, "rules[0]");
  EXPECT_EQ(answer.violations[0].message,
            "what the run is asked matches the rule \"rules[0]\"; say it in another way, or change the rule");
  EXPECT_EQ(answer.violations[0].details,
            boost::json::parse(R"({"kind":"content_matched","rule":"rules[0]","on":"prompt"})"));
}

TEST(ContentPrompt, EveryStringOfTheInputIsLookedAtAtAnyDepth) {
  EXPECT_EQ(asked(R"("forbidden")").action, ASMGR_CANCEL);
  EXPECT_EQ(asked(R"({"messages":[{"role":"user","content":"x"},{"content":[{"text":"is forbidden."}]}]})").action,
            ASMGR_CANCEL);
  std::string deep = R"("forbidden")";
  for (int i = 0; i < 500; ++i) deep = R"([{"x":)" + deep + "}]";
  EXPECT_EQ(asked(deep).action, ASMGR_CANCEL);
}

TEST(ContentPrompt, KeysAndWhatIsNoInputAreNotLookedAt) {
  EXPECT_EQ(asked(R"({"forbidden":{"forbidden" : 1},"x":["a","b"]})").action, ASMGR_ALLOW);
  EXPECT_EQ(asked("null").action, ASMGR_ALLOW);  // the document says it in its output
}

TEST(ContentPrompt, AMatchDoesNotSpanStrings) {
  EXPECT_EQ(asked(R"(["forb","idden"])").action, ASMGR_ALLOW);
  EXPECT_EQ(asked(R"(["x","forbidden"])", rules({rule("prompt", "^forbidden$")})).action, ASMGR_CANCEL);
}

TEST(ContentPrompt, EscapesAreReadAsWhatTheyStandFor) {
  EXPECT_EQ(asked(R"("forbi\u0064den")").action, ASMGR_CANCEL);
  EXPECT_EQ(asked(R"("a\"b\\c\/d\b\f\n\r\t\u00e9\u20ac\ud83d\ude00")",
                  rules({rule("prompt", "^a\"b\\\\c/d\\x08\\f\\n\\r\\t\u00e9\u20ac\U0001F600$")}))
                .action,
            ASMGR_CANCEL);
  EXPECT_EQ(asked(R"("\ud83d forbidden")").action, ASMGR_CANCEL);
  EXPECT_EQ(asked(R"({"k\"ey":"\\","forbidden\\":"\\\""})").action, ASMGR_ALLOW);
}

TEST(ContentPrompt, ANulIsACharacterLikeOthers) {
  EXPECT_EQ(asked(R"("a\u0000 forbidden")").action, ASMGR_CANCEL);
  EXPECT_EQ(asked(R"("a\u0000b")", rules({rule("prompt", R"(a\x00b)")})).action, ASMGR_CANCEL);
}

TEST(ContentPrompt, CaseCountsUnlessToldOtherwise) {
  EXPECT_EQ(asked(R"("FORBIDDEN")").action, ASMGR_ALLOW);
  EXPECT_EQ(asked(R"("FORBIDDEN")", rules({rule("prompt", "allowed|forbidden", R"("ignore_case":true)")})).action,
            ASMGR_CANCEL);
}

TEST(ContentPrompt, EveryRuleThatMatchesIsNamedAndTheStrictestActionHolds) {
  const Answer answer = asked(R"(["one two","two"])", rules({rule("prompt", "two", R"("name":"2","action":"warn")"),
                                                             rule("output", "one"), rule("prompt", "three"),
                                                             rule("prompt", "one", R"("action":"request_approval")")}));
  EXPECT_EQ(answer.action, ASMGR_REQUEST_APPROVAL);
  EXPECT_THAT(names_in(answer), ElementsAre("2", "rules[3]"));
}

TEST(ContentPrompt, WhatIsSentLaterIsLookedAtToo) {
  const PolicyInstance policy(content(), rules({rule("prompt", "forbidden")}));
  Conversation run(policy);
  EXPECT_EQ(run.preflight().action, ASMGR_ALLOW);
  EXPECT_EQ(run.event(ASMGR_EV_MESSAGE_SENT, R"({"role":"user","content":"fine"})").action, ASMGR_ALLOW);
  const Answer answer = run.event(ASMGR_EV_MESSAGE_SENT, R"({"role":"user","content":[{"text":"forbidden"}]})");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  EXPECT_THAT(names_in(answer), ElementsAre("rules[0]"));
}

TEST(ContentPrompt, WhatWasFoundInTheInputIsExplainedOnce) {
  const PolicyInstance policy(content(), rules({rule("prompt", "forbidden", R"("action":"warn")")}));
  Conversation run(policy, R"("forbidden")");
  EXPECT_THAT(run.preflight().violations, SizeIs(1));
  const Answer again = run.event(ASMGR_EV_MESSAGE_SENT, R"({"content":"forbidden"})");
  EXPECT_EQ(again.action, ASMGR_WARN);
  EXPECT_THAT(again.violations, IsEmpty());
}

TEST(ContentPrompt, TheTextThatMatchedIsNeverShown) {
  const Answer answer = asked(R"("card 4111-1111")", rules({rule("prompt", R"(\d{4}-\d{4})")}));
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_THAT(answer.violations[0].message, Not(HasSubstr("4111")));
  EXPECT_THAT(boost::json::serialize(answer.violations[0].details), Not(HasSubstr("4111")));
}

TEST(ContentPrompt, WhatTheModelSaysDoesNotConcernPromptRules) {
  const PolicyInstance policy(content(), rules({rule("prompt", "forbidden")}));
  Conversation run(policy);
  EXPECT_EQ(run.piece("forbidden").action, ASMGR_ALLOW);
  EXPECT_EQ(run.message("forbidden").action, ASMGR_ALLOW);
}

}  // namespace
}  // namespace asmgr::testing
