// How Amp is called, and what its lines mean. There is no recording of it: the lines are made after its documentation.
#include <gtest/gtest.h>

#include "tests/plugins/support/cancelled_anywhere.hpp"
#include "tests/plugins/support/scripted_agent.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

constexpr const char* kInit = R"({"type":"system","subtype":"init","session_id":"T-1","cwd":"/w","tools":["Bash"]})";
constexpr const char* kSays =
    R"({"type":"assistant","message":{"content":[{"type":"text","text":"Listing."},)"
    R"({"type":"tool_use","id":"t1","name":"Bash","input":{"cmd":"ls"}}],"usage":{"input_tokens":3,"output_tokens":2}}})";
constexpr const char* kToolResult =
    R"({"type":"user","message":{"content":[{"type":"tool_result","tool_use_id":"t1","content":"a.txt","is_error":false}]}})";
constexpr const char* kResult =
    R"({"type":"result","subtype":"success","is_error":false,"result":"Done.","usage":{"input_tokens":10,)"
    R"("cache_read_input_tokens":4,"cache_creation_input_tokens":1,"output_tokens":5}})";

std::vector<std::string> names_of(FakeRun& run) {
  std::vector<std::string> names;
  for (const SeenEvent& event : run.events()) names.push_back(event_name(event));
  return names;
}

TEST(AmpConversation, ItsLinesBecomeEvents) {
  ScriptedAgent agent;
  agent.said(kInit).said(kSays).said(kToolResult).said(kResult);
  ProviderUnderTest provider("amp", agent.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_EQ(names_of(run), (std::vector<std::string>{"run_started", "message_streamed", "tool_call_started",
                                                     "message_received", "token_usage_updated", "turn_completed",
                                                     "tool_call_completed", "token_usage_updated"}))
      << seen_of(run);
  EXPECT_EQ(
      json::serialize(run.finish().result_without_resources()),
      R"({"output":{"content":"Done.","stop_reason":"end_turn"},"stop_reason":"end_turn","token_usage":)"
      R"({"input_tokens":10,"cache_read_tokens":4,"cache_write_tokens":1,"output_tokens":5,"reasoning_tokens":0}})");
  EXPECT_EQ(provider.token(run.start()), "T-1");
}

TEST(AmpConversation, AnErrorResultFailsTheRunAndNamesWhatWasDenied) {
  ScriptedAgent agent;
  agent.said(kInit).said(R"({"type":"result","subtype":"error_during_execution","is_error":true,"error":"no credits",)"
                         R"("permission_denials":["Bash"]})");
  ProviderUnderTest provider("amp", agent.config());
  FakeRun run("go");
  provider.run(run);
  EXPECT_TRUE(has(run.finish().error_message(), "no credits")) << seen_of(run);
  EXPECT_EQ(json::serialize(run.finish().result.at("error").at("details").at("permission_denials")), R"(["Bash"])");
}

TEST(AmpConversation, WithoutAResultItHasFailed) {
  for (const std::size_t lines : {0U, 1U, 2U, 3U}) {
    ScriptedAgent agent;
    agent.said(kInit).said(kSays).said(kToolResult).said(kResult);
    ProviderUnderTest provider("amp", agent.config({"--cut", std::to_string(lines)}));
    FakeRun run("go");
    provider.run(run);
    EXPECT_EQ(run.finish().status, std::uint32_t{ASMGR_FINISH_FAILED}) << lines;
  }
}

TEST(AmpConversation, ConfigurationBecomesArgumentsAndThePromptGoesIn) {
  ScriptedAgent agent;
  agent.heard("any").said(kResult);
  json::object config = agent.config();
  config["permission_mode"] = "full_auto";
  config["mode"] = "rush";
  config["system_prompt"] = "be kind";
  ProviderUnderTest provider("amp", config);
  FakeRun run("go");
  run.resume_token = "T-1";
  provider.run(run);
  EXPECT_EQ(agent.arguments(),
            R"(["threads","continue","T-1","--execute","--stream-json","--mode","rush","--dangerously-allow-all"])");
  EXPECT_EQ(agent.lines().at(1), "be kind");
  EXPECT_EQ(agent.lines().at(3), "go");
}

TEST(AmpCancel, LeavesNoProcessAtAnyMoment) {
  TempFolder folder;
  const std::string script = folder.write("script.jsonl", std::string(kInit) + "\n" + kSays + "\n").string();
  expect_cancel_leaves_nothing("amp", stubborn(script, {}), "the prompt");
}

}  // namespace
}  // namespace asmgr_test
