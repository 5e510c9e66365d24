// Commands that an agent runs through the host.
#include <gmock/gmock.h>

#include <boost/json/serialize.hpp>
#include <filesystem>

#include "tests/plugins/acp/talk.hpp"

namespace asmgr_test {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class AcpTerminals : public ::testing::Test {
 protected:
  AcpTerminals() {
    talk.config.terminal = true;
    talk.open();
  }
  void create(const std::string& id, const std::string& members) {
    talk.request(id, "terminal/create", R"({"sessionId":"s1",)" + members + "}");
  }
  // Creates an allowed one and returns its id.
  std::string allowed(const std::string& id, const std::string& members) {
    create(id, members);
    talk.allow(talk.host.asked.size());
    return std::string(result(id).at("terminalId").as_string());
  }
  void call(const std::string& id, const std::string& method, const std::string& terminal) {
    talk.request(id, "terminal/" + method, R"({"sessionId":"s1","terminalId":")" + terminal + "\"}");
  }
  boost::json::value result(const std::string& id) { return talk.answer_to(boost::json::parse(id)).at("result"); }
  Talk talk;
};

TEST_F(AcpTerminals, ACommandAsksRunsAndIsAToolCall) {
  create("1", R"("command":"echo","args":["hello"])");
  EXPECT_EQ(talk.host.asked.at(0).at("tool_name"), "execute");
  EXPECT_EQ(talk.host.asked.at(0).at("tool_input").at("command"), "echo hello");
  EXPECT_THAT(talk.answer_to(1), IsEmpty());
  talk.allow(1);
  const std::string terminal(result("1").at("terminalId").as_string());
  call("2", "wait_for_exit", terminal);
  ASSERT_TRUE(talk.terminal_exits());
  EXPECT_EQ(result("2"), object_of(R"({"exitCode":0,"signal":null})"));
  call("3", "output", terminal);
  EXPECT_EQ(result("3"),
            object_of(R"({"output":"hello\n","truncated":false,"exitStatus":{"exitCode":0,"signal":null}})"));
  EXPECT_THAT(talk.event_types(), ElementsAre("run_started", "tool_call_started", "tool_call_completed"));
  EXPECT_EQ(talk.host.events.back().second.at("tool_output").at("content"), "hello\n");
  call("4", "release", terminal);
  call("5", "output", terminal);
  EXPECT_EQ(talk.answer_to(5).at("error").at("code"), -32002);
}

TEST(AcpTerminalLimits, ACommandThatPassesOneIsEndedAndSaysWhich) {
  Talk talk;
  talk.config.terminal = true;
  talk.config.agent.process_limits.file_size_bytes = 1000;
  talk.open();
  talk.request("1", "terminal/create",
               R"({"sessionId":"s1","command":"/bin/sh","args":["-c","head -c 2000 /dev/zero > made"]})");
  talk.allow(1);
  const boost::json::object made = talk.answer_to(boost::json::parse("1"));
  const std::string terminal(made.at("result").at("terminalId").as_string());
  ASSERT_TRUE(talk.terminal_exits());
  talk.request("2", "terminal/output", R"({"sessionId":"s1","terminalId":")" + terminal + "\"}");
  const boost::json::object told = talk.answer_to(boost::json::parse("2"));
  const std::string output(told.at("result").at("output").as_string());
  EXPECT_NE(output.find("[ended: it wrote a file of more than 1000 bytes]"), std::string::npos) << output;
  EXPECT_EQ(std::filesystem::file_size(talk.config.agent.cwd + "/made"), 1000U);
}

TEST_F(AcpTerminals, WhatIsDeniedDoesNotRun) {
  create("1", R"("command":"touch made")");
  talk.deny(1);
  EXPECT_TRUE(talk.answer_to(1).contains("error"));
  EXPECT_FALSE(std::filesystem::exists(talk.config.agent.cwd + "/made"));
}

TEST_F(AcpTerminals, APermissionForThisCommandIsEnough) {
  talk.ask("1", R"({"toolCallId":"t","kind":"execute","rawInput":{"command":"echo a; echo b"}})");
  talk.allow(1);
  create("2", R"("command":"/bin/sh","args":["-c","echo a; echo b"])");
  EXPECT_TRUE(talk.answer_to(2).contains("result"));
  create("3", R"("command":"/bin/sh","args":["-c","echo a; echo c"])");
  EXPECT_THAT(talk.answer_to(3), IsEmpty());
  EXPECT_EQ(talk.host.asked.size(), 2U);
}

TEST_F(AcpTerminals, APermissionForALineIsNoneForACommandThatEndsWithIt) {
  talk.ask("1", R"({"toolCallId":"t","kind":"execute","rawInput":{"command":"here"}})");
  talk.allow(1);
  create("2", R"("command":"touch","args":["here"])");
  create("3", R"("command":"/bin/sh","args":["-c","touch there","here"])");
  EXPECT_THAT(talk.answer_to(2), IsEmpty());
  EXPECT_THAT(talk.answer_to(3), IsEmpty());
  EXPECT_EQ(talk.host.asked.size(), 3U);
  EXPECT_FALSE(std::filesystem::exists(talk.config.agent.cwd + "/here"));
}

TEST_F(AcpTerminals, APermissionForACommandIsNoneForItsVariables) {
  talk.ask("1", R"({"toolCallId":"t","kind":"execute","rawInput":{"command":"ls"}})");
  talk.allow(1);
  create("2", R"("command":"ls","env":[{"name":"PATH","value":"/tmp/mine"}])");
  EXPECT_THAT(talk.answer_to(2), IsEmpty());
  ASSERT_EQ(talk.host.asked.size(), 2U);
  EXPECT_EQ(boost::json::serialize(talk.host.asked[1].at("tool_input").at("env")),
            R"([{"name":"PATH","value":"/tmp/mine"}])");
}

TEST_F(AcpTerminals, TheWorkingFolderMustBeInTheWorkspace) {
  create("1", R"("command":"ls","cwd":"/etc")");
  EXPECT_EQ(talk.answer_to(1).at("error").at("code"), -32602);
  EXPECT_THAT(talk.host.asked, IsEmpty());
}

TEST_F(AcpTerminals, OnlyTheEndOfTheOutputIsKept) {
  const std::string terminal = allowed("1", R"("command":"seq 1 100000","outputByteLimit":10)");
  ASSERT_TRUE(talk.terminal_exits());
  call("2", "output", terminal);
  EXPECT_EQ(result("2").at("output"), "99\n100000\n");
  EXPECT_EQ(result("2").at("truncated"), true);
}

TEST_F(AcpTerminals, KillingEndsACommandAndItsExitSaysSo) {
  const std::string terminal = allowed("1", R"("command":"sleep","args":["600"])");
  call("2", "wait_for_exit", terminal);
  call("3", "kill", terminal);
  ASSERT_TRUE(talk.terminal_exits());
  EXPECT_EQ(result("2").at("signal"), "SIGTERM");
  EXPECT_EQ(talk.event_types().back(), "tool_call_failed");
}

TEST_F(AcpTerminals, NothingOutlivesTheConversation) {
  const std::string marker = unique_marker();
  const std::string name = marker.substr(0, marker.find('='));
  const std::string value = marker.substr(marker.find('=') + 1);
  for (int i = 1; i <= 3; ++i) {
    static_cast<void>(allowed(std::to_string(i), R"("command":"setsid sleep 600 & sleep 600","env":[{"name":")" + name +
                                                     R"(","value":")" + value + "\"}]"));
  }
  ASSERT_TRUE(eventually([&] { return processes_with(marker).size() >= 6; }));
  talk.conversation.reset();
  EXPECT_THAT(processes_with(marker), IsEmpty());
}

TEST_F(AcpTerminals, WhatCannotBeStartedIsAnError) {
  create("1", R"("command":"no-such-program-at-all","args":["x"])");
  talk.allow(1);
  EXPECT_TRUE(talk.answer_to(1).contains("error"));
  EXPECT_EQ(talk.event_types().back(), "tool_call_failed");
}

}  // namespace
}  // namespace asmgr_test
