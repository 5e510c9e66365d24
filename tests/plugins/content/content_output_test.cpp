#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/plugins/content/content_plugin.hpp"

namespace asmgr::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

const PolicyInstance& no_secrets() {
  static const PolicyInstance policy(content(), rules({rule("output", "secret")}));
  return policy;
}

TEST(ContentOutput, WhatIsFineMayBeSaid) {
  Conversation run(no_secrets(), R"("tell me the secret")");
  EXPECT_EQ(run.preflight().action, ASMGR_ALLOW);
  EXPECT_EQ(run.piece("no").action, ASMGR_ALLOW);
  EXPECT_EQ(run.message("no").action, ASMGR_ALLOW);
}

TEST(ContentOutput, AMatchInAPieceIsAnsweredAtOnce) {
  const Answer answer = Conversation(no_secrets()).piece("the secret is");
  EXPECT_EQ(answer.action, ASMGR_CANCEL);
  ASSERT_THAT(answer.violations, SizeIs(1));
  EXPECT_EQ(answer.violations[0].message, "what the run says matches the rule \"rules[0]\"");
  EXPECT_EQ(answer.violations[0].details,
            boost::json::parse(R"({"kind":"content_matched","rule":"rules[0]","on":"output"})"));
}

TEST(ContentOutput, AMatchThatIsCutBetweenPiecesIsFoundWithItsLastByte) {
  Conversation run(no_secrets());
  for (const char* piece : {"the s", "e", "", "cre"}) EXPECT_EQ(run.piece(piece).action, ASMGR_ALLOW) << piece;
  EXPECT_EQ(run.piece("t").action, ASMGR_CANCEL);
}

TEST(ContentOutput, AMatchInAWholeMessageIsAnswered) {
  Conversation run(no_secrets());
  EXPECT_THAT(names_in(run.message("a secret")), ElementsAre("rules[0]"));
}

TEST(ContentOutput, AMessageInPartsIsLookedAtPartByPart) {
  Conversation run(no_secrets());
  EXPECT_EQ(run.event(ASMGR_EV_MESSAGE_RECEIVED, R"({"content":[{"text":"sec"},{"text":"ret"}]})").action, ASMGR_ALLOW);
  EXPECT_EQ(run.event(ASMGR_EV_MESSAGE_RECEIVED, R"({"content":[{"text":"a secret"}]})").action, ASMGR_CANCEL);
}

TEST(ContentOutput, WhatWasFoundInThePiecesIsNotFoundAgainInTheWhole) {
  Conversation run(no_secrets());
  EXPECT_EQ(run.piece("a secret").action, ASMGR_CANCEL);
  EXPECT_EQ(run.piece(" and more").action, ASMGR_ALLOW);
  EXPECT_EQ(run.message("a secret and more").action, ASMGR_ALLOW);
}

TEST(ContentOutput, WhatThePiecesDidNotShowIsFoundInTheWhole) {
  Conversation run(no_secrets());
  EXPECT_EQ(run.piece("fine").action, ASMGR_ALLOW);
  EXPECT_THAT(names_in(run.message("fine, and a secret")), ElementsAre("rules[0]"));
}

TEST(ContentOutput, ARuleIsExplainedOnceAndAnsweredEachTime) {
  Conversation run(no_secrets());
  EXPECT_THAT(run.piece("secret").violations, SizeIs(1));
  const Answer next_piece = run.piece("secret");
  EXPECT_EQ(next_piece.action, ASMGR_CANCEL);
  EXPECT_THAT(next_piece.violations, IsEmpty());
  run.end_of_turn();
  const Answer next_message = run.message("secret");
  EXPECT_EQ(next_message.action, ASMGR_CANCEL);
  EXPECT_THAT(next_message.violations, IsEmpty());
}

TEST(ContentOutput, MessagesAreNotJoined) {
  for (const std::uint32_t type :
       {ASMGR_EV_TOOL_CALL_STARTED, ASMGR_EV_TOOL_CALL_COMPLETED, ASMGR_EV_TOOL_CALL_FAILED, ASMGR_EV_TURN_COMPLETED,
        ASMGR_EV_STEP_STARTED, ASMGR_EV_STEP_RESET, ASMGR_EV_MESSAGE_SENT, ASMGR_EV_MESSAGE_RECEIVED}) {
    Conversation run(no_secrets());
    EXPECT_EQ(run.piece("sec").action, ASMGR_ALLOW);
    EXPECT_EQ(run.event(type).action, ASMGR_ALLOW);
    EXPECT_EQ(run.piece("ret").action, ASMGR_ALLOW) << type;
  }
}

TEST(ContentOutput, WhatOnlyTheEndDecidesIsAnsweredThere) {
  const PolicyInstance policy(content(), rules({rule("output", R"(\bsecret\b)"), rule("output", "over$")}));
  Conversation longer(policy);
  EXPECT_EQ(longer.piece("secret").action, ASMGR_ALLOW);
  EXPECT_EQ(longer.piece("ary over").action, ASMGR_ALLOW);
  EXPECT_EQ(longer.piece("board").action, ASMGR_ALLOW);
  EXPECT_EQ(longer.end_of_turn().action, ASMGR_ALLOW);
  Conversation ended(policy);
  EXPECT_EQ(ended.piece("secret").action, ASMGR_ALLOW);
  EXPECT_THAT(names_in(ended.end_of_turn()), ElementsAre("rules[0]"));
  Conversation gone_on(policy);
  EXPECT_EQ(gone_on.piece("secret").action, ASMGR_ALLOW);
  EXPECT_THAT(names_in(gone_on.piece(" over")), ElementsAre("rules[0]"));
  EXPECT_THAT(names_in(gone_on.message("")), ElementsAre("rules[1]"));
}

TEST(ContentOutput, APieceIsItsDeltaElseItsContent) {
  const auto piece = [](const char* data) {
    return Conversation(no_secrets()).event(ASMGR_EV_MESSAGE_STREAMED, data).action;
  };
  EXPECT_EQ(piece(R"({"content":"a secret"})"), ASMGR_CANCEL);
  EXPECT_EQ(piece(R"( { "delta" : "a secret" , "content" : "" } )"), ASMGR_CANCEL);
  EXPECT_EQ(piece(R"({"content":"a secret","delta":""})"), ASMGR_CANCEL);
  EXPECT_EQ(piece(R"({"content":"a secret","delta":null})"), ASMGR_CANCEL);
  EXPECT_EQ(piece(R"({"content":"a secret","delta":"b"})"), ASMGR_ALLOW);
  EXPECT_EQ(piece(R"({"\u0064elta":"a \u0073ecret"})"), ASMGR_CANCEL);
  EXPECT_EQ(piece(R"({"thread_id":"secret","x":[{"delta":"secret"},1,true],"y":{"delta":"secret"},"delta":"b"})"),
            ASMGR_ALLOW);
  EXPECT_EQ(piece(R"({"content":7,"delta":{"text":[]}})"), ASMGR_ALLOW);
  EXPECT_EQ(piece("{}"), ASMGR_ALLOW);
  EXPECT_EQ(piece(""), ASMGR_ALLOW);
}

TEST(ContentOutput, ReasoningAndToolsAreNotWhatIsSaid) {
  Conversation run(no_secrets());
  EXPECT_EQ(run.event(ASMGR_EV_REASONING_STREAMED, R"({"delta":"secret"})").action, ASMGR_ALLOW);
  EXPECT_EQ(run.event(ASMGR_EV_TOOL_CALL_STARTED, R"({"tool_name":"secret","tool_input":{"x":"secret"}})").action,
            ASMGR_ALLOW);
  EXPECT_EQ(run.event(ASMGR_EV_TOOL_CALL_COMPLETED, R"({"tool_output":"secret"})").action, ASMGR_ALLOW);
}

TEST(ContentOutput, TextThatCannotBeReadIsAFailureOfThePolicy) {
  for (const char* data : {"[]", "7", "{", R"({"delta)", R"({"delta":)", R"({"delta":"secret)", R"({"delta":"\u12"})",
                           R"({"delta" "x"})", R"({"delta":"x"]", R"({"delta":"x\)"}) {
    Conversation run(no_secrets());
    try {
      run.event(ASMGR_EV_MESSAGE_STREAMED, data);
      ADD_FAILURE() << data;
    } catch (const PolicyFailure& failure) {
      EXPECT_EQ(failure.status, static_cast<asmgr_status>(ASMGR_E_INVALID_FORMAT)) << data;
    }
  }
}

TEST(ContentOutput, RunsDoNotShareWhatWasSaid) {
  Conversation one(no_secrets());
  Conversation other(no_secrets());
  EXPECT_EQ(one.piece("sec").action, ASMGR_ALLOW);
  EXPECT_EQ(other.piece("ret").action, ASMGR_ALLOW);
  EXPECT_EQ(one.piece("ret").action, ASMGR_CANCEL);
}

}  // namespace
}  // namespace asmgr::testing
