// How calls of tools and approvals become messages: every call one result, every result a call.
#include <gmock/gmock.h>

#include "tests/core/transcript/session_log.hpp"

namespace asmgr {
namespace {

using test::kInDoubtText;
using test::kWaitingText;
using test::SessionLog;
using testing::ElementsAre;

std::string result(std::string_view id, std::string_view text) {
  return "result " + std::string(id) + ": " + std::string(text);
}

SessionLog& asked(SessionLog& log, std::string_view id) {
  return log.add(EventType::tool_approval_requested, "run_1",
                 SessionLog::tool(id, R"("tool_input":{"path":"/"},"approval_id":"apr_1")"));
}

TEST(TranscriptTools, ACallEndsTheStreamAndIsAnAssistantMessageWithoutContent) {
  SessionLog log;
  log.streamed("I look").call("c1").result("c1", "text").streamed("Done");
  const auto messages = log.transcript().messages;
  ASSERT_EQ(messages.size(), 4u);
  EXPECT_EQ(messages[1].role, Role::assistant);
  EXPECT_FALSE(messages[1].content);
  EXPECT_EQ(messages[1].tool_call_id, "c1");
  EXPECT_EQ(messages[1].tool_name, "read");
  EXPECT_EQ(to_text(*messages[1].tool_input), R"({"path":"/tmp"})");
  EXPECT_EQ(messages[2].role, Role::tool);
  EXPECT_EQ(messages[2].tool_call_id, "c1");
  EXPECT_EQ(messages[2].tool_output, boost::json::value("text"));
  EXPECT_EQ(messages[3].content, "Done");
}

TEST(TranscriptTools, AnInputThatIsNoObjectIsLeftOut) {
  SessionLog log;
  log.add(EventType::tool_call_started, "run_1", SessionLog::tool("c1", R"("tool_input":"ls")"));
  EXPECT_FALSE(log.transcript().messages[0].tool_input);
}

TEST(TranscriptTools, OtherNamesOfTheKeysAreNotRead) {
  SessionLog log;
  log.add(EventType::tool_call_started, "run_1", R"({"id":"c1","name":"read","input":{}})");
  EXPECT_EQ(log.transcript().messages[0].tool_name, "");
  EXPECT_EQ(log.transcript().messages[0].tool_call_id, "");
}

TEST(TranscriptTools, AFailedCallSaysSo) {
  SessionLog log;
  log.call("c1").failure("c1", "tool_error");
  const auto messages = log.transcript().messages;
  ASSERT_EQ(messages.size(), 2u);
  EXPECT_EQ(messages[1].tool_output, boost::json::value("it broke"));
  EXPECT_EQ(find_bool(messages[1].metadata, "is_error"), true);
  EXPECT_EQ(find_string(messages[1].metadata, "error_code"), "tool_error");
}

TEST(TranscriptTools, CallsSideBySideKeepTheirResults) {
  SessionLog log;
  log.call("c1").call("c2").result("c2", "two").result("c1", "one");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "call c2 read", "result c2: two", "result c1: one"));
}

TEST(TranscriptTools, ACallWithoutAResultIsInDoubt) {
  SessionLog log;
  log.call("c1").call("c2").result("c2", "two").streamed("and on").call("c3");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "call c2 read", "result c2: two", result("c1", kInDoubtText),
                                       "assistant: and on", "call c3 read", result("c3", kInDoubtText)));
  const auto messages = log.transcript().messages;
  EXPECT_EQ(find_string(messages[3].metadata, "error_code"), "in_doubt");
  EXPECT_EQ(find_bool(messages[3].metadata, "is_error"), true);
  log.result("c3", "three");
  EXPECT_EQ(log.lines().back(), "result c3: three");
}

TEST(TranscriptTools, AResultWithoutACallBringsItsCallAlong) {
  SessionLog log;
  log.streamed("a").result("c1", "text").streamed("b");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: a", "call c1 read", "result c1: text", "assistant: b"));
}

TEST(TranscriptTools, ASecondStartOrResultOfACallAddsNothing) {
  SessionLog log;
  log.call("c1").call("c1").result("c1", "text").result("c1", "again");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "result c1: text"));
}

TEST(TranscriptTools, AnIdThatComesAgainAfterItsResultIsAnotherCall) {
  SessionLog log;
  log.call("c1").result("c1", "one").call("c1").result("c1", "two");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "result c1: one", "call c1 read", "result c1: two"));
}

TEST(TranscriptTools, TheSameIdInTwoRunsIsTwoCalls) {
  SessionLog log;
  log.call("c1", "run_1").call("c1", "run_2").result("c1", "two", "run_2").result("c1", "one", "run_1");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "result c1: one", "call c1 read", "result c1: two"));
}

TEST(TranscriptTools, CallsWithoutAnIdAreAnsweredInTheirOrder) {
  SessionLog log;
  log.call("").call("").result("", "one").result("", "two").result("", "three");
  EXPECT_THAT(log.lines(),
              ElementsAre("call  read", "call  read", "result : one", "result : two", "call  read", "result : three"));
}

TEST(TranscriptTools, ARequestedApprovalIsAPlaceholderForTheResult) {
  SessionLog log;
  asked(log.streamed("a").call("c1"), "c1");
  EXPECT_THAT(log.lines(), ElementsAre("assistant: a", "call c1 read", result("c1", kWaitingText)));
}

TEST(TranscriptTools, AnApprovalThatIsAskedBeforeTheStartBringsItsCallAlong) {
  SessionLog log;
  asked(log, "c1");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", result("c1", kWaitingText)));
  EXPECT_EQ(to_text(*log.transcript().messages[0].tool_input), R"({"path":"/"})");
}

TEST(TranscriptTools, TheResultTakesThePlaceOfThePlaceholder) {
  SessionLog log;
  asked(log, "c1").add(EventType::tool_approval_granted, "run_1", R"({"approval_id":"apr_1"})");
  log.call("c1").result("c1", "text");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "result c1: text"));

  SessionLog unstarted;
  asked(unstarted, "c1").result("c1", "text");
  EXPECT_THAT(unstarted.lines(), ElementsAre("call c1 read", "result c1: text"));
}

TEST(TranscriptTools, AGrantedCallThatBeganAndHasNoResultIsInDoubt) {
  SessionLog log;
  asked(log, "c1").add(EventType::tool_approval_granted, "run_1", R"({"approval_id":"apr_1"})").call("c1");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", result("c1", kInDoubtText)));
}

TEST(TranscriptTools, ADecisionIsTheResultOfItsCallAndNoMessageOfItsOwn) {
  SessionLog granted;
  asked(granted, "c1").add(EventType::tool_approval_granted, "run_1", R"({"tool_call_id":"c1"})");
  EXPECT_THAT(granted.lines(), ElementsAre("call c1 read",
                                           "result c1: This tool call was approved. It has not run yet: make the same "
                                           "call again to run it."));
  SessionLog denied;
  asked(denied, "c1").add(EventType::tool_approval_denied, "run_1", R"({"approval_id":"apr_1","reason":"expired"})");
  EXPECT_THAT(denied.lines(), ElementsAre("call c1 read",
                                          "result c1: This tool call was not approved, so it did not "
                                          "run: expired."));
  SessionLog unknown;
  asked(unknown, "c1").add(EventType::tool_approval_denied, "run_1", R"({"approval_id":"apr_2"})");
  unknown.add(EventType::tool_approval_granted, "run_2", R"({"approval_id":"apr_1"})");
  EXPECT_THAT(unknown.lines(), ElementsAre("call c1 read", result("c1", kWaitingText)));
}

TEST(TranscriptTools, ACallThatWasWithdrawnWithItsRunCanWaitForAnApproval) {
  SessionLog log;
  log.sent("q").call("c1").failure("c1", "cancelled").add(EventType::run_cancelled, "run_1");
  // Asked for by the name of the tool alone.
  log.add(EventType::tool_approval_requested, "run_1",
          R"({"approval_id":"apr_1","tool_name":"read","tool_call_id":"","tool_input":{}})");
  EXPECT_THAT(log.lines(), ElementsAre("user: q", "call c1 read", result("c1", kWaitingText)));
}

TEST(TranscriptTools, AnApprovalOfACallThatHasRunSaysNothing) {
  SessionLog log;
  asked(log.call("c1").result("c1", "text"), "c1");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "result c1: text"));
}

TEST(TranscriptTools, ACallOfAnEarlierAttemptCanBeAnsweredInALaterOne) {
  SessionLog log;
  asked(log.streamed("I ask"), "c1").add(EventType::step_reset, "run_1").result("c1", "text").streamed("ok");
  EXPECT_THAT(log.lines(), ElementsAre("call c1 read", "result c1: text", "assistant: ok"));
}

TEST(TranscriptTools, CallsThatWereOpenAtAForkAreInDoubt) {
  SessionLog log;
  log.sent("q").call("c1").add(EventType::session_created, "", R"({"forked_from":"ses_0","at":2})");
  log.sent("go on", "run_2");
  EXPECT_THAT(log.lines(), ElementsAre("user: q", "call c1 read", result("c1", kInDoubtText), "user: go on"));
}

}  // namespace
}  // namespace asmgr
