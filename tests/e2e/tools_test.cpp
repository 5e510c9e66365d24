// Tools that the host runs for a model: a recorded model, a real tool server, the policies of the file between them.
#include <gtest/gtest.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

class Tools : public testing::Test {
 protected:
  Tools() {
    // A model that asks for echo and for fail at once, and says what it thinks when it has the results.
    work_.write(
        "model.jsonl",
        R"({"replay":1,"grade":"own","usage":"delta"})"
        "\n"
        R"({"t":0,"type":"message_streamed","data":{"content":"I look","delta":"I look"}})"
        "\n"
        R"({"t":0,"finish":{"status":"tool_calls","output":{"content":"I look"},"token_usage":{"input_tokens":7},)"
        R"("tool_calls":[{"id":"a","name":"mcp__things__echo","input":{"text":"found it"}},)"
        R"({"id":"b","name":"mcp__things__fail","input":{}}]}})"
        "\n"
        R"({"t":0,"type":"message_received","data":{"role":"assistant","content":"that was it"}})"
        "\n"
        R"({"t":0,"finish":{"status":"completed","output":{"content":"that was it"},"token_usage":{"input_tokens":20}}})"
        "\n");
  }
  void write_file(const std::string& policies,
                  const std::string& server = "[python3, " ASMGR_SOURCE_DIR "/tests/core/tools/fake_mcp_server.py]") {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "providers:\n  model: {plugin: replay, config: {file: model.jsonl, speed: 0}}\n"
                "policies:\n  rules: {plugin: tool_rules, config: {" +
                    policies +
                    "}}\n"
                    "pipelines:\n  default:\n    store: local\n    provider: model\n    policies: [rules]\n"
                    "    tools: {servers: [things]}\n"
                    "mcp:\n  things: {command: " +
                    server + "}\n");
  }
  RunOutput run(int code) const {
    const Ended ended = work_.asmgr({"run", "--output", "jsonl", "what is it?"});
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    return run_output(ended.out);
  }
  Workplace work_;
};

TEST_F(Tools, OfAServerRunAndTheirResultsGoBackToTheModel) {
  write_file("deny: [nothing_of_that_name]");
  const RunOutput ran = run(0);
  EXPECT_EQ(ran.log.count("tool_call_started"), 2U);
  EXPECT_EQ(at(ran.log.first("tool_call_completed"), "/data/tool_output"), "found it");
  EXPECT_EQ(at(ran.log.first("tool_call_failed"), "/data/tool_output"), "it did not work");
  EXPECT_EQ(at(ran.result, "/output/content"), "that was it");
  EXPECT_EQ(at(ran.result, "/token_usage/input_tokens"), "27");
}

TEST_F(Tools, ThatARuleDeniesDoNotRun) {
  write_file("deny: [\"mcp__things__e*\"]");
  const RunOutput ran = run(0);
  EXPECT_EQ(ran.log.count("tool_call_started"), 1U);
  EXPECT_EQ(ran.log.count("tool_call_completed"), 0U);
  EXPECT_EQ(ran.log.count("policy_violation"), 1U);
  EXPECT_EQ(at(ran.result, "/status"), "completed");
}

TEST_F(Tools, OfAServerThatIsNotThereFailTheRunAndSayWhichServer) {
  write_file("deny: [nothing_of_that_name]", "[no-such-tool-server]");
  const RunOutput ran = run(1);
  const std::string message = at(ran.result, "/error/message");
  EXPECT_NE(message.find("mcp.things"), std::string::npos) << message;
  EXPECT_NE(message.find("no-such-tool-server"), std::string::npos) << message;
}

TEST_F(Tools, AreWarnedOfWhereTheProviderRunsItsOwn) {
  write_file("deny: [nothing_of_that_name]");
  const Ended checked =
      work_.asmgr({"config", "check", "--set", "providers.model.plugin=shell", "--set", "providers.model.config={}"});
  EXPECT_NE((checked.out + checked.err).find("runs its own tools"), std::string::npos) << checked.out << checked.err;
}

}  // namespace
}  // namespace asmgr::e2e
