// How a conversation begins: greeting, authentication, session, mode, model, prompt.
#include <gmock/gmock.h>

#include "tests/plugins/acp/talk.hpp"

namespace asmgr_test {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(AcpOpening, SaysWhoWeAreAndOnlyOffersWhatIsConfigured) {
  Talk talk;
  talk.begin();
  EXPECT_EQ(talk.method(), "initialize");
  EXPECT_EQ(talk.params().at("protocolVersion"), 1);
  EXPECT_EQ(talk.params().at("clientCapabilities"),
            object_of(R"({"fs":{"readTextFile":false,"writeTextFile":false},"terminal":false})"));
  Talk open_handed;
  open_handed.config.fs = true;
  open_handed.config.terminal = true;
  open_handed.begin();
  EXPECT_EQ(open_handed.params().at("clientCapabilities"),
            object_of(R"({"fs":{"readTextFile":true,"writeTextFile":true},"terminal":true})"));
}

TEST(AcpOpening, RefusesAnotherVersionOfTheProtocol) {
  Talk talk;
  talk.begin();
  talk.answer(R"({"protocolVersion":2})");
  EXPECT_EQ(talk.failure().kind, "protocol_error");
  EXPECT_THAT(talk.failure().message, HasSubstr("version 2"));
  EXPECT_EQ(talk.host.finished, 1);
}

TEST(AcpOpening, BeginsASessionWithServersAndOptions) {
  Talk talk;
  talk.config.mcp_servers = boost::json::parse(R"([{"name":"x","command":"/bin/x","args":[],"env":[]}])").as_array();
  talk.config.agent.options = object_of(R"({"claudeCode":{"options":{}}})");
  talk.greet();
  EXPECT_EQ(talk.method(), "session/new");
  EXPECT_EQ(talk.params().at("cwd"), boost::json::value(talk.folder.path().string()));
  EXPECT_EQ(talk.params().at("mcpServers"), talk.config.mcp_servers);
  EXPECT_EQ(talk.params().at("_meta"), object_of(R"({"claudeCode":{"options":{}}})"));
}

TEST(AcpOpening, RefusesServersThatTheAgentCannotReach) {
  Talk talk;
  talk.config.mcp_servers =
      boost::json::parse(R"([{"type":"http","name":"x","url":"http://h","headers":[]}])").as_array();
  talk.capabilities = R"({"mcpCapabilities":{"http":false,"sse":true}})";
  talk.greet();
  EXPECT_EQ(talk.failure().status, ASMGR_E_UNSUPPORTED);
  EXPECT_THAT(talk.failure().message, HasSubstr("'x' over http"));
}

TEST(AcpOpening, AuthenticatesWhenConfiguredTo) {
  Talk talk;
  talk.config.auth_method = "key";
  talk.auth_methods = R"([{"id":"login","name":"L"},{"id":"key","name":"K"}])";
  talk.greet();
  EXPECT_EQ(talk.method(), "authenticate");
  EXPECT_EQ(talk.params(), object_of(R"({"methodId":"key"})"));
  talk.answer("{}");
  EXPECT_EQ(talk.method(), "session/new");
}

TEST(AcpOpening, NamesTheMethodsWhenAuthenticationIsWanted) {
  Talk talk;
  talk.auth_methods = R"([{"id":"login","name":"L"},{"id":"key","name":"K"}])";
  talk.greet();
  talk.refuse(R"({"code":-32000,"message":"Authentication required"})");
  EXPECT_EQ(talk.failure().status, ASMGR_E_PROVIDER_AUTH);
  EXPECT_THAT(talk.failure().message, HasSubstr("login, key"));
  EXPECT_EQ(talk.failure().details.at("auth_methods").as_array().size(), 2U);
}

TEST(AcpOpening, RefusesAMethodThatIsNotOffered) {
  Talk talk;
  talk.config.auth_method = "kei";
  talk.auth_methods = R"([{"id":"key","name":"K"}])";
  talk.greet();
  EXPECT_EQ(talk.failure().status, ASMGR_E_PROVIDER_AUTH);
  EXPECT_THAT(talk.failure().message, HasSubstr("'kei'"));
}

TEST(AcpOpening, LoadsASessionAndTakesItsHistoryForNoNews) {
  Talk talk;
  talk.resume_token = "s1";
  talk.capabilities = R"({"loadSession":true})";
  talk.greet();
  EXPECT_EQ(talk.method(), "session/load");
  EXPECT_EQ(talk.params().at("sessionId"), "s1");
  talk.update(R"({"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"of old"}})");
  talk.update(R"({"sessionUpdate":"tool_call","toolCallId":"t","title":"T","status":"completed"})");
  talk.ask("9", R"({"toolCallId":"t"})");
  talk.answer("null");
  talk.let_history_end();
  EXPECT_EQ(talk.method(), "session/prompt");
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started"));
  EXPECT_EQ(talk.host.events[0].second.at("session_id"), "s1");
  EXPECT_TRUE(talk.host.asked.empty());
  EXPECT_EQ(talk.answer_to(9).at("result"), object_of(R"({"outcome":{"outcome":"cancelled"}})"));
  talk.answer(R"({"stopReason":"end_turn"})");
  EXPECT_EQ(talk.conversation->content(), "");
}

TEST(AcpOpening, WaitsForHistoryThatComesAfterTheSessionIsLoaded) {
  Talk talk;
  talk.resume_token = "s1";
  talk.capabilities = R"({"loadSession":true})";
  talk.greet();
  talk.answer("null");
  EXPECT_EQ(talk.method(), "session/load");
  EXPECT_FALSE(talk.conversation->is_overdue(acp::Opening::Clock::now()));
  talk.update(R"({"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"of old"}})");
  const auto now = acp::Opening::Clock::now();
  talk.conversation->time_passed(now);
  EXPECT_EQ(talk.method(), "session/load");
  ASSERT_TRUE(talk.conversation->is_overdue(now + acp::Opening::kHistoryPause));
  talk.conversation->time_passed(now + acp::Opening::kHistoryPause);
  EXPECT_EQ(talk.method(), "session/prompt");
  EXPECT_FALSE(talk.conversation->is_overdue(now + std::chrono::hours(1)));
  talk.update(R"({"sessionUpdate":"agent_message_chunk","content":{"type":"text","text":"news"}})");
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "message_streamed"));
  EXPECT_EQ(talk.conversation->content(), "news");
}

TEST(AcpOpening, PrefersResumingToLoading) {
  Talk talk;
  talk.resume_token = "s1";
  talk.capabilities = R"({"loadSession":true,"sessionCapabilities":{"resume":{}}})";
  talk.greet();
  EXPECT_EQ(talk.method(), "session/resume");
}

TEST(AcpOpening, SaysThatASessionIsUnknown) {
  for (const char* error :
       {R"({"code":-32603,"message":"Internal error","data":{"details":"Session not found"}})",
        R"({"code":-32002,"message":"Resource not found"})", R"({"code":-32602,"message":"Session not found: s1"})"}) {
    Talk talk;
    talk.resume_token = "s1";
    talk.capabilities = R"({"loadSession":true})";
    talk.greet();
    talk.refuse(error);
    EXPECT_EQ(talk.failure().kind, "unknown_session");
    EXPECT_THAT(talk.failure().message, HasSubstr("'s1'"));
  }
}

TEST(AcpOpening, RefusesToGoOnWhereTheAgentCannot) {
  Talk talk;
  talk.resume_token = "s1";
  talk.greet();
  EXPECT_EQ(talk.failure().status, ASMGR_E_UNSUPPORTED);
}

TEST(AcpOpening, NamesNoSessionThatCannotBeGoneOnWith) {
  Talk talk;
  talk.open();
  EXPECT_FALSE(talk.host.events.at(0).second.contains("session_id"));
}

constexpr const char* kModes =
    R"({"sessionId":"s1","modes":{"currentModeId":"default","availableModes":[{"id":"default","name":"D"},)"
    R"({"id":"acceptEdits","name":"A"},{"id":"plan","name":"P"},{"id":"yolo","name":"Y"}]}})";

TEST(AcpOpening, SetsTheModeForAPermissionMode) {
  using Mode = asmgr::agent::PermissionMode;
  for (const auto& [mode, id] : {std::pair{Mode::kAcceptEdits, "acceptEdits"}, std::pair{Mode::kPlan, "plan"},
                                 std::pair{Mode::kFullAuto, "yolo"}}) {
    Talk talk;
    talk.session = kModes;
    talk.config.agent.permission_mode = mode;
    talk.open();
    EXPECT_EQ(talk.method(), "session/set_mode");
    EXPECT_EQ(talk.params(), (boost::json::object{{"sessionId", "s1"}, {"modeId", id}}));
    talk.answer("{}");
    EXPECT_EQ(talk.method(), "session/prompt");
    EXPECT_EQ(talk.host.events.at(0).second.at("mode"), boost::json::value(id));
  }
}

TEST(AcpOpening, TakesTheConfiguredModeFirstAndLeavesTheCurrentOne) {
  Talk talk;
  talk.session = kModes;
  talk.config.modes["default"] = "plan";
  talk.open();
  EXPECT_EQ(talk.params().at("modeId"), "plan");
  Talk same;
  same.session = kModes;
  same.config.modes["default"] = "default";
  same.open();
  EXPECT_EQ(same.method(), "session/prompt");
}

TEST(AcpOpening, RefusesToPlanOrTakeAModeThatThereIsNot) {
  Talk talk;
  talk.config.agent.permission_mode = asmgr::agent::PermissionMode::kPlan;
  talk.open();
  EXPECT_EQ(talk.failure().status, ASMGR_E_UNSUPPORTED);
  Talk other;
  other.session = kModes;
  other.config.modes["default"] = "careful";
  other.open();
  EXPECT_THAT(other.failure().message, HasSubstr("default, acceptEdits, plan, yolo"));
}

TEST(AcpOpening, DoesNotMissAModeThatOnlyAllowsMore) {
  Talk talk;
  talk.config.agent.permission_mode = asmgr::agent::PermissionMode::kFullAuto;
  talk.open();
  EXPECT_EQ(talk.method(), "session/prompt");
}

TEST(AcpOpening, SetsTheModelInBothWaysItIsOffered) {
  Talk option;
  option.config.agent.model = "big";
  option.session = R"({"sessionId":"s1","configOptions":[{"id":"m","category":"model","type":"select",)"
                   R"("currentValue":"small","options":[{"group":"g","name":"G","options":[{"value":"big"}]}]}]})";
  option.open();
  EXPECT_EQ(option.method(), "session/set_config_option");
  EXPECT_EQ(option.params(), object_of(R"({"sessionId":"s1","configId":"m","value":"big"})"));
  Talk list;
  list.config.agent.model = "big";
  list.session = R"({"sessionId":"s1","models":{"currentModelId":"small","availableModels":[{"modelId":"big"}]}})";
  list.open();
  EXPECT_EQ(list.method(), "session/set_model");
  EXPECT_EQ(list.params(), object_of(R"({"sessionId":"s1","modelId":"big"})"));
  list.answer("{}");
  EXPECT_EQ(list.host.events.at(0).second.at("model"), "big");
}

TEST(AcpOpening, RefusesAModelThatIsNotOffered) {
  Talk talk;
  talk.config.agent.model = "huge";
  talk.session = R"({"sessionId":"s1","models":{"currentModelId":"small","availableModels":[{"modelId":"small"}]}})";
  talk.open();
  EXPECT_EQ(talk.failure().status, ASMGR_E_UNSUPPORTED);
  EXPECT_THAT(talk.failure().message, HasSubstr("it offers: small"));
}

TEST(AcpPrompt, HasTextPicturesAndLinks) {
  Talk talk;
  talk.capabilities = R"({"promptCapabilities":{"image":true}})";
  talk.run_doc = R"({"input":{"messages":[{"role":"user","content":[{"type":"text","text":"see"},)"
                 R"({"type":"image","source":{"type":"base64","media_type":"image/png","data":"AA=="}},)"
                 R"({"type":"image","source":{"type":"url","url":"http://h/a.png"}}]}]}})";
  talk.open();
  EXPECT_EQ(talk.params().at("prompt"),
            boost::json::parse(R"([{"type":"text","text":"see"},{"type":"image","data":"AA==","mimeType":"image/png"},)"
                               R"({"type":"resource_link","uri":"http://h/a.png","name":"a.png"}])"));
}

TEST(AcpPrompt, RefusesPicturesTheAgentDoesNotTake) {
  Talk talk;
  talk.run_doc = R"({"input":{"messages":[{"role":"user","content":[{"type":"image","source":)"
                 R"({"type":"base64","media_type":"image/png","data":"AA=="}}]}]}})";
  talk.open();
  EXPECT_EQ(talk.failure().status, ASMGR_E_UNSUPPORTED);
  EXPECT_EQ(talk.method(), "session/new");
}

TEST(AcpPrompt, BeginsWithTheSystemPromptAndWhatWasSaidUnlessTheSessionHasIt) {
  Talk talk;
  talk.config.agent.system_prompt = "be brief";
  talk.transcript = R"([{"role":"user","content":"remember 7"}])";
  talk.open();
  const boost::json::array& blocks = talk.params().at("prompt").as_array();
  ASSERT_EQ(blocks.size(), 3U);
  EXPECT_EQ(blocks[0].at("text"), "be brief");
  EXPECT_THAT(std::string(blocks[1].at("text").as_string()), HasSubstr("remember 7"));
  EXPECT_EQ(blocks[2].at("text"), "hello");

  Talk resumed;
  resumed.config.agent.system_prompt = "be brief";
  resumed.resume_token = "s1";
  resumed.capabilities = R"({"loadSession":true})";
  resumed.open();
  resumed.let_history_end();
  EXPECT_EQ(resumed.params().at("prompt"), boost::json::parse(R"([{"type":"text","text":"hello"}])"));
}

}  // namespace
}  // namespace asmgr_test
