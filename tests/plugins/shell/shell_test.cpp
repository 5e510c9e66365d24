// What a host sees of a run of the `shell` provider: events in order, results, failures.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/plugins/support/cancelled_anywhere.hpp"
#include "tests/plugins/support/fake_run.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;
using testing::ElementsAre;
using testing::HasSubstr;

// Runs the input with the configuration and returns the run.
std::unique_ptr<FakeRun> shell_run(const json::value& input, const json::object& config = {},
                                   const FakeRun::Answer& answer = {}) {
  ProviderUnderTest shell("shell", config);
  auto run = std::make_unique<FakeRun>(input);
  run->answer = answer;
  shell.run(*run);
  return run;
}

std::string content_of(FakeRun& run) {
  return std::string(run.finish().output().at("content").as_string());
}

TEST(Shell, DescribesItself) {
  ProviderUnderTest shell("shell", json::object{});
  const json::value description = shell.describe();
  EXPECT_EQ(description.at("vendor"), "shell");
  EXPECT_EQ(description.at("grade"), "intercept");
  EXPECT_EQ(description.at("capabilities").at(0).at("name"), "command_execution");
  EXPECT_EQ(description.at("capabilities").at(0).at("type"), "code_execution");
  EXPECT_EQ(description.at("capabilities").at(1).at("name"), "streaming");
  EXPECT_EQ(description.at("capabilities").at(1).at("type"), "sampling");
}

TEST(Shell, ASuccessfulCommandEmitsTheWholeSequence) {
  const TempFolder folder;
  const auto run = shell_run("echo hello; echo oops >&2", {{"cwd", folder.path().string()}});
  EXPECT_THAT(run->event_types(), ElementsAre("run_started", "tool_call_started", "message_streamed",
                                              "tool_call_completed", "message_received"));
  const auto events = run->events();
  EXPECT_EQ(events[0].data, (json::value{{"cwd", folder.path().string()}, {"command", "echo hello; echo oops >&2"}}));
  const std::string id(events[1].data.at("tool_call_id").as_string());
  EXPECT_THAT(id, testing::MatchesRegex("tc_[0-9a-f]{16}"));
  EXPECT_EQ(
      events[1].data,
      (json::value{
          {"tool_call_id", id},
          {"tool_name", "bash"},
          {"tool_input",
           {{"command", "echo hello; echo oops >&2"}, {"args", json::array()}, {"cwd", folder.path().string()}}}}));
  EXPECT_EQ(run->asked().at(0), events[1].data);
  EXPECT_EQ(events[2].data, (json::value{{"content", "hello\n"}, {"delta", "hello\n"}}));
  EXPECT_EQ(events[3].data.at("tool_call_id"), json::value(id));
  EXPECT_EQ(events[3].data.at("tool_output").at("content"), "hello\n");
  EXPECT_EQ(events[3].data.at("tool_output").at("stderr"), "oops\n");
  EXPECT_EQ(events[3].data.at("tool_output").at("exit_code"), 0);
  EXPECT_TRUE(events[3].data.at("tool_output").at("duration_ms").is_int64());
  EXPECT_EQ(events[4].data, (json::value{{"content", "hello\n"}, {"role", "tool"}}));

  const SeenFinish finish = run->finish();
  EXPECT_EQ(finish.status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(finish.result.at("stop_reason"), "exit_code_0");
  EXPECT_EQ(finish.result.at("token_usage"), json::object());
  EXPECT_EQ(finish.output().at("content"), "hello\n");
  EXPECT_EQ(finish.output().at("stderr"), "oops\n");
  EXPECT_EQ(finish.output().at("exit_code"), 0);
  EXPECT_EQ(finish.output().at("timed_out"), false);
  EXPECT_EQ(finish.output().at("tool_calls"), json::array());
}

TEST(Shell, AllFormsOfInputAreEquivalent) {
  const std::vector<json::value> inputs = {
      "echo same",
      "  echo same \n",
      {{"prompt", "echo same"}},
      {{"command", "echo same"}},
      {{"command", "echo"}, {"args", {"same"}}},
      {{"command", "echo"}, {"args", {"same"}}, {"streaming", false}},
      {{"messages", {{{"role", "user"}, {"content", "echo same"}}}}},
      {{"messages",
        {{{"role", "system"}, {"content", "be good"}},
         {{"role", "user"}, {"content", {{{"type", "text"}, {"text", "echo same"}}}}}}}},
  };
  for (const json::value& input : inputs) EXPECT_EQ(content_of(*shell_run(input)), "same\n") << json::serialize(input);
}

TEST(Shell, UserMessagesAreJoinedByNewlines) {
  const json::value input{{"messages",
                           {{{"role", "user"}, {"content", "echo one"}},
                            {{"role", "assistant"}, {"content", "rm -rf /"}},
                            {{"role", "user"}, {"content", "echo two"}}}}};
  EXPECT_EQ(content_of(*shell_run(input)), "one\ntwo\n");
}

TEST(Shell, ArgumentsReachTheProgramUntouchedByAnyShell) {
  const json::value input{{"command", "printf"}, {"args", {"%s|", "$HOME", "a b", "; ls"}}};
  EXPECT_EQ(content_of(*shell_run(input)), "$HOME|a b|; ls|");
}

TEST(Shell, TheInputMaySetFolderAndEnvironment) {
  const TempFolder folder;
  std::filesystem::create_directory(folder.path() / "sub");
  const json::value input{
      {"command", "sh"}, {"args", {"-c", "pwd; echo $A $B"}}, {"cwd", "sub"}, {"env", {{"B", "input"}}}};
  const json::object config{{"cwd", folder.path().string()}, {"env", {{"A", "config"}, {"B", "config"}}}};
  EXPECT_EQ(content_of(*shell_run(input, config)), folder.path().string() + "/sub\nconfig input\n");
}

TEST(Shell, TheHostsEnvironmentIsSeenOnlyWhereAllowed) {
  ASSERT_EQ(setenv("ASMGR_SECRET_KEY", "s3cret", 1), 0);
  EXPECT_EQ(content_of(*shell_run("echo [$ASMGR_SECRET_KEY]")), "[]\n");
  EXPECT_EQ(content_of(*shell_run("echo [$ASMGR_SECRET_KEY]", {{"env_allow", {"PATH", "ASMGR_SECRET_*"}}})),
            "[s3cret]\n");
  unsetenv("ASMGR_SECRET_KEY");
}

TEST(Shell, BadInputIsAValidationErrorBeforeAnyEvent) {
  const std::vector<std::pair<json::value, std::string>> cases = {
      {nullptr, "the run has no input"},
      {"", "command is empty"},
      {"   ", "command is empty"},
      {42, "names no command"},
      {json::object{}, "names no command"},
      {{{"command", 7}}, "'command' must be a string"},
      {{{"command", ""}}, "command is empty"},
      {{{"command", "ls"}, {"args", "x"}}, "'args' must be a list of strings"},
      {{{"command", "ls"}, {"args", {1}}}, "'args' must be a list of strings"},
      {{{"command", "ls"}, {"cwd", ""}}, "'cwd' must be the name of a folder"},
      {{{"command", "ls"}, {"cwd", "/no/such/folder"}}, "'/no/such/folder', which is no folder"},
      {{{"command", "ls"}, {"env", {{"A", 1}}}}, "'A' must be a variable name"},
      {{{"command", "ls"}, {"env", {{"A=B", "1"}}}}, "'A=B' must be a variable name"},
      {{{"command", "ls"}, {"timeout_ms", 0}}, "'timeout_ms' must be a positive integer"},
      {{{"command", "ls"}, {"timeout_ms", "x"}}, "'timeout_ms' must be a positive integer"},
      {{{"command", "ls"}, {"streaming", "yes"}}, "'streaming' must be true or false"},
      {{{"prompt", 1}}, "'prompt' must be a string"},
      {{{"messages", "x"}}, "'messages' must be a list"},
      {{{"messages", json::array()}}, "command is empty"},
  };
  for (const auto& [input, message] : cases) {
    const auto run = shell_run(input);
    EXPECT_EQ(run->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED)) << json::serialize(input);
    EXPECT_EQ(run->finish().error_code(), "validation_error") << json::serialize(input);
    EXPECT_THAT(run->finish().error_message(), HasSubstr(message)) << json::serialize(input);
    EXPECT_TRUE(run->events().empty()) << json::serialize(input);
  }
}

TEST(Shell, ANonZeroExitCodeFailsTheRunAndKeepsTheOutput) {
  const auto run = shell_run("echo out; echo why >&2; exit 3");
  EXPECT_THAT(run->event_types(), ElementsAre("run_started", "tool_call_started", "message_streamed",
                                              "tool_call_failed", "error_occurred"));
  EXPECT_EQ(run->events()[3].data.at("is_error"), true);
  EXPECT_EQ(run->events()[4].data.at("error_code"), "command_failed");
  const SeenFinish finish = run->finish();
  EXPECT_EQ(finish.status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_EQ(finish.error_code(), "command_failed");
  EXPECT_EQ(finish.result.at("error").at("details"), (json::value{{"exit_code", 3}, {"stderr", "why\n"}}));
  EXPECT_EQ(finish.output().at("content"), "out\n");
  EXPECT_EQ(finish.output().at("exit_code"), 3);
}

TEST(Shell, ExitCodesMayBeDeclaredASuccess) {
  const auto run = shell_run("exit 3", {{"success_exit_codes", {0, 3}}});
  EXPECT_EQ(run->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
  EXPECT_EQ(run->finish().result.at("stop_reason"), "exit_code_3");
}

TEST(Shell, ATimeoutEndsTheTreeAndKeepsTheOutput) {
  const std::string marker = unique_marker();
  const json::object config{{"timeout", 300},
                            {"env", {{marker.substr(0, marker.find('=')), marker.substr(marker.find('=') + 1)}}}};
  const auto run = shell_run("echo partial; (sleep 1000; true) & sleep 1000", config);
  const SeenFinish finish = run->finish();
  EXPECT_EQ(finish.status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_EQ(finish.error_code(), "command_timeout");
  EXPECT_EQ(finish.output().at("content"), "partial\n");
  EXPECT_EQ(finish.output().at("exit_code"), 124);
  EXPECT_EQ(finish.output().at("timed_out"), true);
  EXPECT_THAT(run->event_types(), ElementsAre("run_started", "tool_call_started", "message_streamed",
                                              "tool_call_failed", "error_occurred"));
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Shell, APassedLimitFailsTheRunAndIsNamed) {
  const std::string marker = unique_marker();
  const json::object env{{marker.substr(0, marker.find('=')), marker.substr(marker.find('=') + 1)}};
  const auto limited = [&](const char* command, json::object limits) {
    return shell_run(command, {{"env", env}, {"limits", std::move(limits)}})->finish();
  };
  const std::vector<std::tuple<std::string, std::string, SeenFinish>> ends = {
      {"memory",
       "the command was ended because it used more than 40 MiB of memory; raise `limits.memory` if it needs more",
       limited("echo up; head -c 300M /dev/zero | tail & sleep 1000", {{"memory", 40 << 20}})},
      {"cpu", "the command was ended because it used more than 100 ms of CPU time; raise `limits.cpu` if it needs more",
       limited("echo up; while :; do :; done & sleep 1000", {{"cpu", 100}})},
      {"output",
       "the command was ended because it wrote more than 4 KiB of output; raise `limits.output` if it needs more",
       limited("echo up; yes", {{"output", 4096}})},
      {"file_size",
       "the command was ended because it wrote a file of more than 1 KiB; raise `limits.file_size` if it needs more",
       limited("echo up; f=$(mktemp); head -c 10000 /dev/zero > $f; code=$?; rm $f; exit $code",
               {{"file_size", 1024}})},
  };
  for (const auto& [name, sentence, finish] : ends) {
    EXPECT_EQ(finish.status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED)) << name;
    EXPECT_EQ(finish.error_code(), "command_failed");
    EXPECT_EQ(finish.error_message(), sentence);
    EXPECT_EQ(finish.result.at("error").at("details").at("limit"), json::string(name));
    EXPECT_EQ(finish.result.at("stop_reason"), json::string("limit_" + name));
    EXPECT_EQ(finish.output().at("limit"), json::string(name));
    EXPECT_EQ(std::string(finish.output().at("content").as_string()).substr(0, 3), "up\n");
  }
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Shell, ItSaysWhatACommandUsed) {
  const auto run = shell_run("head -c 50M /dev/zero | tail -n 1 | wc -c; echo 12345 >&2");
  const json::value resources = run->finish().output().at("resources");
  EXPECT_GE(resources.at("max_rss_bytes").to_number<std::int64_t>(), 45 << 20);
  EXPECT_EQ(resources.at("output_bytes"), 9 + 6);
  EXPECT_GE(resources.at("cpu_user_ms").as_int64() + resources.at("cpu_system_ms").as_int64(), 1);
  EXPECT_EQ(run->finish().result.at("provider_metadata").at("resources"), resources);
  EXPECT_FALSE(run->finish().output().contains("limit"));
}

TEST(Shell, TheNumberOfOpenFilesIsLimited) {
  EXPECT_EQ(content_of(*shell_run("ulimit -n", {{"limits", {{"open_files", 37}}}})), "37\n");
}

TEST(Shell, TheInputsTimeoutBeatsTheConfiguredOne) {
  const auto run = shell_run({{"command", "sleep"}, {"args", {"1000"}}, {"timeout_ms", 50}});
  EXPECT_EQ(run->finish().error_code(), "command_timeout");
}

TEST(Shell, CancelEndsTheTreeWithinASecondAndKeepsTheOutput) {
  const std::string marker = unique_marker();
  ProviderUnderTest shell("shell", json::object{{"env", {{"ASMGR_TEST_MARKER", marker.substr(marker.find('=') + 1)}}}});
  FakeRun run("echo partial; (setsid sh -c 'trap \"\" TERM; echo deaf; sleep 1000' &); sleep 1000");
  shell.start(run);
  ASSERT_TRUE(run.wait_streamed("deaf"));
  ASSERT_TRUE(eventually([&] { return processes_with(marker).size() >= 2; }));
  const auto begin = std::chrono::steady_clock::now();
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
  EXPECT_TRUE(processes_with(marker).empty());
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_EQ(run.finish().output().at("content"), "partial\ndeaf\n");
  EXPECT_EQ(run.event_types().back(), "tool_call_failed");
}

TEST(Shell, CancelledAtAnyMomentItLeavesNothingBehind) {
  const TempFolder folder;
  const std::string script = folder.write("script.jsonl", "up\n").string();
  json::object input;
  input["command"] = FAKE_AGENT;
  input["args"] = json::array{"--orphans", json::string(script), "--hang"};
  expect_cancel_leaves_nothing("shell", json::object(), input);
}

TEST(Shell, DestroyingTheInstanceEndsItsRuns) {
  const std::string marker = unique_marker();
  ProviderUnderTest shell("shell", json::object{{"env", {{"ASMGR_TEST_MARKER", marker.substr(marker.find('=') + 1)}}}});
  FakeRun run("echo up; sleep 1000");
  shell.start(run);
  ASSERT_TRUE(run.wait_events(3));
  shell.destroy();
  EXPECT_EQ(run.finishes().size(), 1U);
  EXPECT_TRUE(processes_with(marker).empty());
}

TEST(Shell, StopFromTheHostEndsTheCommand) {
  ProviderUnderTest shell("shell", json::object{});
  FakeRun run("echo up; sleep 1000");
  run.on_emit = [](const SeenEvent& event) -> std::uint32_t {
    return event.type == ASMGR_EV_MESSAGE_STREAMED ? ASMGR_STOP : ASMGR_GO_ON;
  };
  shell.run(run);
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_EQ(run.finish().output().at("content"), "up\n");
}

TEST(Shell, ItAsksBeforeAnythingRuns) {
  const TempFolder folder;
  ProviderUnderTest shell("shell", json::object{{"cwd", folder.path().string()}});
  FakeRun run("touch ran");
  run.answer.silent = true;
  shell.start(run);
  ASSERT_TRUE(run.wait_asked());
  EXPECT_THAT(run.event_types(), ElementsAre("run_started"));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "ran"));
  run.cancel();
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "ran"));
}

TEST(Shell, ADeniedCommandDoesNotRun) {
  const TempFolder folder;
  const auto run =
      shell_run("touch ran", {{"cwd", folder.path().string()}}, {ASMGR_VERDICT_DENY, "not on a Friday", "", false});
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "ran"));
  EXPECT_THAT(run->event_types(), ElementsAre("run_started", "tool_call_failed"));
  EXPECT_EQ(run->events()[1].data.at("is_error"), true);
  EXPECT_EQ(run->events()[1].data.at("tool_output"), (json::value{{"error", "not on a Friday"}}));
  EXPECT_EQ(run->finish().error_code(), "tool_permission_denied");
  EXPECT_THAT(run->finish().error_message(), HasSubstr("not on a Friday"));
}

TEST(Shell, AnEditedCommandRunsInsteadAndIsWhatIsRecorded) {
  const auto run = shell_run("echo asked", {}, {ASMGR_VERDICT_ALLOW, "", R"({"command":"echo edited"})", false});
  EXPECT_EQ(content_of(*run), "edited\n");
  EXPECT_EQ(run->events()[1].data.at("tool_input").at("command"), "echo edited");
}

TEST(Shell, AnEditedCommandIsHeldAgainstTheListsToo) {
  const auto run = shell_run("echo asked", {{"allowed_commands", {"echo"}}},
                             {ASMGR_VERDICT_ALLOW, "", R"({"command":"id"})", false});
  EXPECT_EQ(run->finish().error_code(), "policy_violation");
}

TEST(Shell, AMissingProgramIsACommandNotFound) {
  const auto run = shell_run({{"command", "no-such-program"}, {"args", json::array()}});
  EXPECT_THAT(run->event_types(),
              ElementsAre("run_started", "tool_call_started", "tool_call_failed", "error_occurred"));
  EXPECT_EQ(run->finish().error_code(), "command_not_found");
  EXPECT_EQ(run->finish().error_message(),
            "the command 'no-such-program' was not found on PATH: install it or name it by its full path");
}

TEST(Shell, OutputIsCutAtTheConfiguredSize) {
  const auto run = shell_run("head -c 100000 /dev/zero | tr '\\0' x", {{"max_output_bytes", 1000}});
  EXPECT_EQ(content_of(*run).size(), 1000U);
  EXPECT_EQ(run->finish().output().at("truncated"), true);
}

TEST(Shell, CharactersAreNeverCutAndBadBytesAreReplaced) {
  const auto run = shell_run("printf 'gr\\303'; sleep 0.1; printf '\\274n \\377 \\342\\202'");
  std::string streamed;
  for (const SeenEvent& event : run->events_of(ASMGR_EV_MESSAGE_STREAMED)) {
    EXPECT_EQ(event.data.at("content"), event.data.at("delta"));
    streamed += event.data.at("delta").as_string();
  }
  EXPECT_EQ(streamed, "gr\u00FCn \uFFFD \uFFFD");
  EXPECT_EQ(content_of(*run), streamed);
  EXPECT_EQ(run->events_of(ASMGR_EV_MESSAGE_STREAMED).at(0).data.at("delta"), "gr");
}

TEST(Shell, OutputIsStreamedWhileTheCommandRuns) {
  const TempFolder folder;
  ProviderUnderTest shell("shell", json::object{{"cwd", folder.path().string()}});
  FakeRun run("echo first; while [ ! -e go ]; do sleep 0.01; done; echo second");
  shell.start(run);
  ASSERT_TRUE(run.wait_events(3));
  EXPECT_TRUE(run.finishes().empty());
  folder.write("go", "");
  ASSERT_TRUE(run.wait_finished());
  EXPECT_EQ(run.events_of(ASMGR_EV_MESSAGE_STREAMED).size(), 2U);
}

TEST(Shell, ManyRunsAtOnceDoNotMixUp) {
  ProviderUnderTest shell("shell", json::object{});
  std::vector<std::unique_ptr<FakeRun>> runs;
  for (int i = 0; i < 20; ++i) {
    runs.push_back(std::make_unique<FakeRun>(json::value("echo run " + std::to_string(i))));
    shell.start(*runs.back());
  }
  for (int i = 0; i < 20; ++i) {
    ASSERT_TRUE(runs[static_cast<std::size_t>(i)]->wait_finished());
    EXPECT_EQ(content_of(*runs[static_cast<std::size_t>(i)]), "run " + std::to_string(i) + "\n");
  }
}

TEST(Shell, AFolderThatDoesNotExistRefusesTheConfiguration) {
  try {
    ProviderUnderTest shell("shell", json::object{{"cwd", "/no/such/folder"}});
    FAIL() << "created";
  } catch (const std::runtime_error& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("cwd: the folder '/no/such/folder' in which commands are to run does not exist"));
  }
}

TEST(Shell, AWrapperInTheAllowListIsAProblem) {
  EXPECT_THAT(ProviderUnderTest::validate("shell", json::object{{"allowed_commands", {"ls", "env"}}}),
              ElementsAre("/allowed_commands/1: 'env' only runs another command, so allowing it would allow "
                          "everything; list the commands themselves"));
  EXPECT_TRUE(ProviderUnderTest::validate("shell", json::object{{"allowed_commands", {"ls", "git"}}}).empty());
}

}  // namespace
}  // namespace asmgr_test
