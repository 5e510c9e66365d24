#include <gtest/gtest.h>
#include <asmgr/toolkit/agent_config.hpp>
#include <asmgr/toolkit/agent_prompt.hpp>
#include <asmgr/toolkit/agent_report.hpp>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <string>
#include <vector>

namespace asmgr::agent {
namespace {

namespace json = boost::json;

AgentConfig read(const char* text) {
  const json::object parsed = sdk::parse_config(text);
  return read_agent_config(sdk::Config(parsed), {"agent"}, {"AGENT_*"});
}

std::string why_not(const std::function<void()>& call) {
  try {
    call();
  } catch (const sdk::StatusError& error) {
    return error.message();
  }
  return "it was taken";
}

TEST(AgentConfiguration, TheUsualProgramStandsWhereNoneIsNamed) {
  EXPECT_EQ(read("{}").command, std::vector<std::string>{"agent"});
  EXPECT_EQ(read(R"({"command":["npx","agent"]})").command, (std::vector<std::string>{"npx", "agent"}));
}

TEST(AgentConfiguration, TheEnvironmentIsNarrowedAndSet) {
  const AgentConfig config = read(R"({"env":{"A":"1","B":"2"},"env_allow":["EXTRA"]})");
  for (const char* name : {"PATH", "AGENT_*", "EXTRA"}) {
    EXPECT_EQ(std::count(config.env_allow.begin(), config.env_allow.end(), name), 1) << name;
  }
  const exec::Command command = make_command(config, {"run"}, exec::StdinSource::kEmpty, {{"B", "3"}});
  EXPECT_EQ(command.argv, (std::vector<std::string>{"agent", "run"}));
  EXPECT_EQ(std::count(command.env.begin(), command.env.end(), "A=1"), 1);
  EXPECT_EQ(std::count(command.env.begin(), command.env.end(), "B=3"), 1);
  EXPECT_EQ(std::count(command.env.begin(), command.env.end(), "B=2"), 0);
}

TEST(AgentConfiguration, ARunsOptionsGoBeforeIt) {
  const AgentConfig config =
      with_run_options(read(R"({"model":"a","max_turns":1})"), R"({"model":"b","permission_mode":"plan","other":7})");
  EXPECT_EQ(config.model, "b");
  EXPECT_EQ(config.max_turns, 1);
  EXPECT_EQ(config.permission_mode, PermissionMode::kPlan);
  EXPECT_EQ(why_not([&] { static_cast<void>(with_run_options(config, R"({"model":7})")); }),
            "the run's options cannot be used: config /model: expected a string, found int64");
  EXPECT_EQ(why_not([&] { static_cast<void>(with_run_options(config, R"({"permission_mode":"x"})")); }).substr(0, 54),
            "the run's options cannot be used: there is no permissi");
}

TEST(AgentConfiguration, OptionsBecomeArguments) {
  const auto arguments = [](const char* options) { return option_arguments(sdk::parse_config(options)); };
  EXPECT_EQ(arguments(R"({"b":"x","a":true,"n":3,"off":false,"none":null,"-c":["k=1","k=2"]})"),
            (std::vector<std::string>{"-c", "k=1", "-c", "k=2", "--a", "--b", "x", "--n", "3"}));
  EXPECT_EQ(why_not([&] { arguments(R"({"a":{}})"); }),
            "config /options: '--a' is an object, which no command line can carry; give a string, a number, true or a "
            "list of them");
}

TEST(AgentConfiguration, TheSchemaIsPutTogetherOfItsPieces) {
  static constexpr std::string_view kOwn = R"("own": {"type": "string", "default": "", "description": "Its own"},)";
  const json::value schema = json::parse(joined<kAgentSchemaBegin, kOwn, kAgentSchemaEnd>);
  EXPECT_TRUE(schema.at("properties").as_object().contains("own"));
  EXPECT_TRUE(schema.at("properties").as_object().contains("timeouts"));
}

TEST(AgentPrompt, InputsOfEveryShapeBecomeText) {
  const auto text = [](const char* input) {
    return prompt_text(read_messages(std::string(R"({"input":)") + input + "}"));
  };
  EXPECT_EQ(text(R"("hi")"), "hi");
  EXPECT_EQ(text(R"({"prompt":"hi"})"), "hi");
  EXPECT_EQ(text(R"({"messages":[{"role":"system","content":"be kind"},{"role":"user","content":"a"},
    {"content":[{"type":"text","text":"b"},{"type":"text","text":"c"}]}]})"),
            "be kind\n\na\nbc");
  EXPECT_EQ(text(R"({"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"},
    {"role":"user","content":"c"}]})"),
            "User: a\n\nAssistant: b\n\nUser: c");
}

TEST(AgentPrompt, WhatIsNoInputIsRefusedWithTheReason) {
  const auto why = [](const char* doc) { return why_not([&] { static_cast<void>(read_messages(doc)); }); };
  EXPECT_EQ(why(R"({})"), "the run has no input: give a prompt");
  EXPECT_EQ(why(R"({"input":"  "})"), "the input's prompt is empty");
  EXPECT_EQ(why(R"({"input":7})"), R"(the input has no prompt: give a string, {"prompt"} or {"messages"})");
  EXPECT_EQ(why(R"({"input":{"messages":[{"role":"user"}]}})"), "a message of the input has no 'content'");
  EXPECT_EQ(why(R"({"input":{"messages":[{"content":[{"type":"image"}]}]}})"), "an image of the input has no 'source'");
}

TEST(AgentPrompt, ATranscriptIntroducesWhatFollows) {
  EXPECT_EQ(transcript_introduction(""), "");
  EXPECT_EQ(transcript_introduction("[]"), "");
  EXPECT_EQ(transcript_introduction(R"([{"role":"user","content":"hi"},
    {"role":"assistant","tool_call_id":"t","tool_name":"bash","tool_input":{"command":"ls"}},
    {"role":"tool","tool_call_id":"t","tool_name":"bash","tool_output":"a.txt"},
    {"role":"assistant","content":"one file"}])"),
            "This conversation so far:\n\nUser: hi\n\nAssistant called bash: {\"command\":\"ls\"}\n\nResult of bash: "
            "a.txt\n\nAssistant: one file\n\nIt goes on with:\n\n");
}

constexpr AgentProgram kProgram{"agent", "The Agent", "get agent"};

std::string message_of(const AgentEnd& end, const AgentConfig& config) {
  return std::string(error_of(end, kProgram, config).at("message").as_string());
}

TEST(AgentError, AnEarlyEndIsExplainedByWhatTheProgramSaid) {
  AgentEnd end;
  end.wait_status = 2 << 8;
  end.stderr_tail = "WARNING: old\n\x1b[91m\x1b[1mError: \x1b[0mno such key abcdef \xff\n";
  const AgentConfig config = read(R"({"env":{"KEY":"abcdef","SHORT":"no"}})");
  EXPECT_EQ(
      message_of(end, config),
      "The Agent ended before its answer was complete, with exit code 2: Error: no such key [hidden] \xEF\xBF\xBD");
  end.wait_status = 9;
  end.stderr_tail.clear();
  EXPECT_EQ(message_of(end, config), "The Agent was killed by signal 9 before its answer was complete");
}

TEST(AgentConfiguration, LimitsReachTheCommand) {
  const AgentConfig config =
      read(R"({"limits":{"memory":1048576,"cpu":1500,"open_files":64,"file_size":4096,"output":1000}})");
  const exec::Command command = make_command(config, {}, exec::StdinSource::kEmpty);
  EXPECT_EQ(command.tree_limits.memory_bytes, 1048576U);
  EXPECT_EQ(command.tree_limits.cpu.count(), 1500);
  EXPECT_EQ(command.tree_limits.output_bytes, 1000U);
  EXPECT_EQ(command.limits.open_files, 64U);
  EXPECT_EQ(command.limits.file_size_bytes, 4096U);
  EXPECT_EQ(make_command(read("{}"), {}, exec::StdinSource::kEmpty).tree_limits.memory_bytes, 0U);
}

TEST(AgentError, APassedLimitIsNamedAndTheResultSaysWhatWasUsed) {
  AgentEnd end;
  json::object result;
  add_resources(result, end);
  EXPECT_TRUE(result.empty()) << "nothing is known";
  end.cause = AgentEndCause::kLimit;
  end.limit = exec::Limit::kMemory;
  end.message = "it used more than 1 GiB of memory";
  end.resources = exec::Resources{2000, std::chrono::microseconds(1'500'000), std::chrono::microseconds(2'000)};
  end.output_bytes = 7;
  add_resources(result, end);
  EXPECT_EQ(result, (json::object{{"provider_metadata",
                                   {{"resources",
                                     {{"max_rss_bytes", 2000},
                                      {"cpu_user_ms", 1500},
                                      {"cpu_system_ms", 2},
                                      {"output_bytes", 7},
                                      {"limit", "memory"}}}}}}));
  const json::object error = error_of(end, kProgram, read("{}"));
  EXPECT_EQ(error.at("message"),
            "The Agent was ended because it used more than 1 GiB of memory; raise the provider's `limits.memory` if it "
            "needs more");
  EXPECT_EQ(error.at("provider_error").at("kind"), "resource_limit");
}

TEST(AgentError, AMissingProgramIsUnavailableAndSaysHowToGetIt) {
  AgentEnd end;
  end.cause = AgentEndCause::kNotStarted;
  end.spawn_error = exec::SpawnError{exec::SpawnStep::kCommandNotFound, 2, "not found"};
  const json::object error = error_of(end, kProgram, read("{}"));
  EXPECT_EQ(error.at("code"), "provider_unavailable");
  EXPECT_EQ(error.at("provider_error").at("kind"), "cli_not_found");
  EXPECT_EQ(error.at("message"),
            "The Agent is not installed: 'agent' was not found; install it with `get agent`, or name it in the "
            "provider's `command`");
}

}  // namespace
}  // namespace asmgr::agent
