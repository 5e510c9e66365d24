// What comes between a prompt and its answer: updates, permissions, the end.
#include <gmock/gmock.h>

#include "tests/plugins/acp/talk.hpp"
#include "tests/support/profile.hpp"

namespace asmgr_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kEdit =
    R"({"toolCallId":"t","title":"Write a","kind":"edit","rawInput":{"path":"/w/a","content":"x"}})";

std::string selected(const std::string& option) {
  return R"({"outcome":{"outcome":"selected","optionId":")" + option + "\"}}";
}

TEST(AcpTurn, AskedCallsBeginWhenTheyAreAllowed) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","title":"Write","kind":"edit","status":"pending"})");
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started"));
  talk.ask("7", kEdit);
  EXPECT_EQ(talk.host.asked.at(0),
            object_of(R"({"tool_call_id":"t","tool_name":"edit","tool_input":{"path":"/w/a","content":"x"},)"
                      R"("title":"Write a"})"));
  EXPECT_TRUE(talk.conversation->waits());
  talk.allow(1);
  EXPECT_EQ(talk.answer_to(7).at("result"), object_of(selected("yes")));
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_started"));
  talk.update(R"({"sessionUpdate":"tool_call_update","toolCallId":"t","status":"in_progress"})");
  talk.update(R"({"sessionUpdate":"tool_call_update","toolCallId":"t","status":"completed","rawOutput":"done"})");
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_started", "tool_call_completed"));
  EXPECT_EQ(talk.host.events.back().second.at("tool_output"), "done");
  EXPECT_FALSE(talk.conversation->waits());
}

TEST(AcpTurn, DeniedCallsFailAndTheAgentIsToldByTheKindOfItsOptions) {
  struct Case {
    std::string options;
    std::string expected;
  };
  const std::string cancelled = R"({"outcome":{"outcome":"cancelled"}})";
  const std::vector<Case> cases{
      {Talk::kOptions, selected("no")},
      {R"([{"optionId":"a","kind":"allow_once"},{"optionId":"r","kind":"reject_always"}])", selected("r")},
      {R"([{"optionId":"a","kind":"allow_once"}])", cancelled},
      {R"([{"optionId":"reject_once","kind":"allow_once"}])", cancelled},
      {"[]", cancelled}};
  for (const Case& one : cases) {
    Talk talk;
    talk.open();
    talk.ask(R"("id-1")", kEdit, one.options);
    talk.deny(1, "not that file");
    EXPECT_EQ(talk.answer_to("id-1").at("result"), object_of(one.expected));
    EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_failed"));
    EXPECT_EQ(talk.host.events.back().second.at("tool_output"), object_of(R"({"error":"not that file"})"));
    talk.update(R"({"sessionUpdate":"tool_call_update","toolCallId":"t","status":"failed","rawOutput":"refused"})");
    EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_failed"));
  }
}

TEST(AcpTurn, NeverGivesALastingPermission) {
  Talk talk;
  talk.open();
  talk.ask("7", kEdit, R"([{"optionId":"always","kind":"allow_always"},{"optionId":"no","kind":"reject_once"}])");
  talk.allow(1);
  EXPECT_EQ(talk.answer_to(7).at("result"), object_of(selected("no")));
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_failed"));
}

TEST(AcpTurn, RefusesWhatWasAllowedWithAnotherInput) {
  Talk talk;
  talk.open();
  talk.ask("7", kEdit);
  asmgr::sdk::Verdict verdict;
  verdict.allowed = true;
  verdict.edited_input_json = R"({"path":"/w/b"})";
  talk.conversation->answered(1, verdict);
  EXPECT_EQ(talk.answer_to(7).at("result"), object_of(selected("no")));
  EXPECT_THAT(boost::json::serialize(talk.host.events.back().second), HasSubstr("another input"));
}

TEST(AcpTurn, SeveralQuestionsAreOpenAtOnceAndUpdatesGoOn) {
  Talk talk;
  talk.open();
  talk.ask("1", R"({"toolCallId":"a","kind":"edit"})");
  talk.ask("2", R"({"toolCallId":"b","kind":"edit"})");
  talk.update(R"({"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"meanwhile"}})");
  EXPECT_EQ(talk.event_types().back(), "message_streamed");
  talk.allow(2);
  talk.deny(1);
  EXPECT_EQ(talk.answer_to(2).at("result"), object_of(selected("yes")));
  EXPECT_EQ(talk.answer_to(1).at("result"), object_of(selected("no")));
}

TEST(AcpTurn, AWithdrawnQuestionIsAnsweredAsCancelledAndALatePermissionEndsTheCall) {
  Talk talk;
  talk.open();
  talk.ask("5", kEdit);
  talk.say(R"({"jsonrpc":"2.0","method":"$/cancel_request","params":{"requestId":5}})");
  EXPECT_EQ(talk.answer_to(5).at("error").at("code"), -32800);
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started"));
  talk.allow(1);
  EXPECT_EQ(talk.event_types().back(), "tool_call_failed");
}

TEST(AcpTurn, CancellingAnswersEveryQuestionAndWaitsForTheTurnToEnd) {
  Talk talk;
  talk.open();
  talk.ask("1", R"({"toolCallId":"a","kind":"edit"})");
  talk.ask("2", R"({"toolCallId":"b","kind":"edit"})");
  EXPECT_TRUE(talk.conversation->cancel());
  const boost::json::object cancelled = object_of(R"({"outcome":{"outcome":"cancelled"}})");
  EXPECT_EQ(talk.answer_to(1).at("result"), cancelled);
  EXPECT_EQ(talk.answer_to(2).at("result"), cancelled);
  talk.ask("3", R"({"toolCallId":"c","kind":"edit"})");
  EXPECT_EQ(talk.answer_to(3).at("result"), cancelled);
  EXPECT_EQ(talk.host.asked.size(), 2U);
  EXPECT_FALSE(talk.conversation->outcome().has_value());
  talk.answer(R"({"stopReason":"cancelled"})");
  EXPECT_EQ(talk.conversation->outcome()->status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_EQ(talk.host.finished, 1);
}

TEST(AcpTurn, CancellingBeforeThePromptCancelsTheRequestAndDoesNotWait) {
  Talk talk;
  talk.greet();
  const boost::json::value open = talk.last().at("id");
  EXPECT_FALSE(talk.conversation->cancel());
  EXPECT_EQ(talk.method(), "$/cancel_request");
  EXPECT_EQ(talk.params().at("requestId"), open);
}

TEST(AcpTurn, AnAgentThatEndsBeforeThePromptLeavesItToTheProcessToSayWhy) {
  Talk talk;
  talk.greet();
  talk.conversation->agent_gone();
  EXPECT_FALSE(talk.conversation->outcome().has_value());
}

TEST(AcpTurn, MapsStopReasons) {
  for (const char* reason : {"end_turn", "max_tokens", "max_turn_requests", "refusal"}) {
    Talk talk;
    talk.open();
    talk.answer(R"({"stopReason":")" + std::string(reason) + "\"}");
    EXPECT_EQ(talk.conversation->outcome()->status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED)) << reason;
    EXPECT_EQ(talk.conversation->outcome()->stop_reason, reason);
  }
  Talk nameless;
  nameless.open();
  nameless.answer("{}");
  EXPECT_EQ(nameless.failure().kind, "protocol_error");
  Talk broken_off;
  broken_off.open();
  broken_off.answer(R"({"stopReason":"cancelled"})");
  EXPECT_EQ(broken_off.failure().status, ASMGR_E_PROVIDER);
}

TEST(AcpTurn, MapsErrorsOfThePrompt) {
  const std::vector<std::pair<std::string, asmgr_status>> cases{
      {R"({"code":-32603,"message":"Internal error"})", ASMGR_E_PROVIDER},
      {R"({"code":-32000,"message":"Authentication required"})", ASMGR_E_PROVIDER_AUTH},
      {R"({"code":400,"message":"too long"})", ASMGR_E_PROVIDER},
      {R"({"code":401,"message":"key"})", ASMGR_E_PROVIDER_AUTH},
      {R"({"code":429,"message":"slow down"})", ASMGR_E_PROVIDER_RATE_LIMITED},
      {R"({"code":503,"message":"down"})", ASMGR_E_PROVIDER_UNAVAILABLE},
      {R"({"code":-32603,"message":"x","data":{"errorKind":"rate_limit"}})", ASMGR_E_PROVIDER_RATE_LIMITED}};
  for (const auto& [error, status] : cases) {
    Talk talk;
    talk.open();
    talk.refuse(error);
    EXPECT_EQ(talk.failure().status, status) << error;
  }
}

TEST(AcpTurn, MessagesEndWithTheirIdsWithToolCallsAndWithTheTurn) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"agent_message_chunk","messageId":"1","content":{"type":"text","text":""}})");
  talk.update(R"({"sessionUpdate":"agent_message_chunk","messageId":"1","content":{"type":"text","text":"one"}})");
  talk.update(R"({"sessionUpdate":"agent_message_chunk","messageId":"2","content":{"type":"text","text":"two"}})");
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","title":"T"})");
  talk.update(
      R"({"sessionUpdate":"agent_message_chunk","content":{"type":"resource_link","name":"f","uri":"file:///f"}})");
  talk.answer(R"({"stopReason":"end_turn"})");
  std::vector<std::string> messages;
  for (const auto& [type, data] : talk.host.events)
    if (type == "message_received") messages.emplace_back(data.at("content").as_string());
  EXPECT_THAT(messages, ElementsAre("one", "two", "[f](file:///f)"));
  EXPECT_EQ(talk.conversation->content(), "[f](file:///f)");
}

TEST(AcpTurn, ListsOfUpdatesReplaceAndTheRestIsMerged) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","title":"T","kind":"read","status":"in_progress",)"
              R"("content":[{"type":"content","content":{"type":"text","text":"old"}}]})");
  talk.update(R"({"sessionUpdate":"tool_call_update","toolCallId":"t","status":"completed","title":null,)"
              R"("content":[{"type":"content","content":{"type":"text","text":"new"}}]})");
  EXPECT_EQ(talk.host.events.back().second.at("tool_output"), "new");
  EXPECT_EQ(talk.host.events.at(1).second.at("title"), "T");
}

TEST(AcpTurn, NamesToolsByWhatTheyDo) {
  const std::vector<std::pair<std::string, std::string>> cases{
      {R"("kind":"read","title":"Read a")", "read"},
      {R"("kind":"search","rawInput":{"command":["ls"]})", "execute"},
      {R"("kind":"other","title":"mcp__files__list")", "mcp__files__list"},
      {R"("title":"mcp__files__list")", "mcp__files__list"},
      {R"("status":"pending")", "tool"}};
  for (const auto& [members, name] : cases) {
    Talk talk;
    talk.open();
    talk.ask("1", R"({"toolCallId":"t",)" + members + "}");
    EXPECT_EQ(talk.host.asked.at(0).at("tool_name"), boost::json::value(name)) << members;
  }
}

TEST(AcpTurn, CallsThatTheAgentForgetsFailAtTheEnd) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","title":"T","status":"in_progress"})");
  talk.answer(R"({"stopReason":"end_turn"})");
  EXPECT_THAT(talk.event_types(),
              ElementsAre("run_started", "tool_call_started", "tool_call_failed", "turn_completed"));
}

TEST(AcpTurn, ACallThatIsNotAskedForInTimeHasBegun) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","kind":"execute","status":"pending","rawInput":{}})");
  const auto now = acp::Turn::Clock::now();
  EXPECT_FALSE(talk.conversation->is_overdue(now + std::chrono::hours(1)));  // its input is still being written
  talk.update(R"({"sessionUpdate":"tool_call_update","toolCallId":"t","rawInput":{"command":"make"}})");
  EXPECT_FALSE(talk.conversation->is_overdue(now));
  ASSERT_TRUE(talk.conversation->is_overdue(now + std::chrono::hours(1)));
  talk.conversation->time_passed(now + std::chrono::hours(1));
  EXPECT_EQ(talk.event_types().back(), "tool_call_started");
}

TEST(AcpTurn, ACallThatIsSaidToRunBeforeItIsAskedForBeginsWhenItIsAllowed) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","kind":"edit","status":"pending"})");
  talk.update(R"({"sessionUpdate":"tool_call_update","toolCallId":"t","status":"in_progress"})");
  EXPECT_TRUE(talk.conversation->waits());
  talk.ask("7", kEdit);
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started"));
  EXPECT_FALSE(talk.conversation->is_overdue(acp::Turn::Clock::now() + std::chrono::hours(1)));
  talk.deny(1);
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_failed"));
}

TEST(AcpTurn, ACallThatIsSaidToRunAndNotAskedForHasBegunSoon) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","kind":"read","status":"in_progress"})");
  const auto now = acp::Turn::Clock::now();
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started"));
  ASSERT_TRUE(talk.conversation->is_overdue(now + acp::Turn::kRunningTime));
  talk.conversation->time_passed(now + acp::Turn::kRunningTime);
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_started"));
}

TEST(AcpTurn, TellsPlansModesAndContextOnceAndCountsTheUnknown) {
  Talk talk;
  talk.open();
  talk.update(R"({"sessionUpdate":"plan","entries":[{"content":"a","priority":"high","status":"pending"}]})");
  talk.update(R"({"sessionUpdate":"current_mode_update","currentModeId":"plan"})");
  talk.update(R"({"sessionUpdate":"usage_update","used":5,"size":10})");
  talk.update(R"({"sessionUpdate":"usage_update","used":5,"size":10,"cost":{"amount":0.5,"currency":"USD"}})");
  talk.update(R"({"sessionUpdate":"available_commands_update","availableCommands":[]})");
  talk.update(R"({"sessionUpdate":"made_up"})");
  talk.say(
      R"({"jsonrpc":"2.0","method":"session/update","params":{"sessionId":"s2","update":{"sessionUpdate":"plan"}}})");
  talk.say(R"({"jsonrpc":"2.0","method":"_own/thing"})");
  talk.request("1", "elicitation/create", "{}");
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "plan_updated", "mode_changed", "context_usage_updated"));
  EXPECT_THAT(talk.host.unknown, ElementsAre("update made_up", "update of another session", "notification _own/thing",
                                             "request elicitation/create"));
  EXPECT_EQ(talk.answer_to(1).at("error").at("code"), -32601);
  EXPECT_EQ(talk.conversation->cost(), 0.5);
}

TEST(AcpTurn, NothingIsDoneForAnAgentOutsideOfAPrompt) {
  Talk talk;
  talk.config.fs = true;
  talk.greet();
  talk.ask("1", kEdit);
  talk.request("2", "fs/write_text_file",
               R"({"sessionId":"s1","path":")" + talk.config.agent.cwd + R"(/a","content":"x"})");
  EXPECT_EQ(talk.answer_to(1).at("result"), object_of(R"({"outcome":{"outcome":"cancelled"}})"));
  EXPECT_EQ(talk.answer_to(2).at("error").at("code"), -32800);
  EXPECT_THAT(talk.host.asked, IsEmpty());
}

// Any byte of any recording could be the last one; the long profile takes nearly all of them.
TEST(AcpTurn, AConversationThatBreaksOffAnywhereIsNeverCompleted) {
  for (const Recorded& recorded : all_recorded()) {
    if (!recorded.cancel_after.empty() || recorded.prompt == 5 || recorded.prompt == 6 || recorded.prompt == 8)
      continue;
    SCOPED_TRACE(recorded.name + " " + std::to_string(recorded.prompt));
    std::string bytes = "\n";
    std::string session;
    int prompts = -1;
    for (const std::string& line : lines_of_file(acp_data(recorded.name + ".jsonl"))) {
      const boost::json::value record = boost::json::parse(line);
      const boost::json::string& direction = record.at("dir").as_string();
      if (direction == "note") continue;
      const boost::json::object message = boost::json::parse(record.at("line").as_string()).as_object();
      const boost::json::value* method = message.if_contains("method");
      if (direction == "in" && method != nullptr && *method == "session/prompt") ++prompts;
      if (direction != "out" || method == nullptr || prompts != recorded.prompt) continue;
      session = message.at("params").at("sessionId").as_string();
      bytes += boost::json::serialize(message) + "\n";
    }
    const std::size_t cuts = static_cast<std::size_t>(asmgr::test::in_profile(25, 2000));
    const std::size_t step = bytes.size() / cuts + 1;
    for (std::size_t cut = 0; cut <= bytes.size(); cut += step) {
      Talk talk;
      talk.session = R"({"sessionId":")" + session + "\"}";
      talk.open();
      std::string_view rest = std::string_view(bytes).substr(0, cut);
      while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        talk.say(std::string(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
        if (!talk.host.asked.empty()) talk.allow(talk.host.asked.size());
      }
      talk.conversation->agent_gone();
      EXPECT_FALSE(talk.conversation->outcome().has_value()) << "cut at " << cut;
    }
  }
}

}  // namespace
}  // namespace asmgr_test
