// What a user of the program sees before any session exists.
#include <gtest/gtest.h>

#include "core/model/json.hpp"
#include "host/cli/command_line.hpp"
#include "tests/host/cli/program.hpp"

namespace asmgr::cli {
namespace {

std::vector<std::string> words_of(const std::string& path) {
  std::vector<std::string> words;
  std::istringstream stream(path);
  for (std::string word; stream >> word;) words.push_back(word);
  return words;
}

TEST(Program, SaysItsVersion) {
  const auto ended = World().asmgr({"--version"});
  EXPECT_EQ(ended.code, 0);
  EXPECT_EQ(ended.out, "asmgr " ASMGR_VERSION "\n");
  EXPECT_EQ(ended.err, "");
}

TEST(Program, HelpsWithEveryCommandOnStandardOutput) {
  const World world;
  CommandLine line;
  auto commands = all_commands(line.root());
  commands.push_back({"", &line.root()});
  for (const auto& [path, app] : commands) {
    auto words = words_of(path);
    words.push_back("--help");
    const auto ended = world.asmgr(words);
    EXPECT_EQ(ended.code, 0) << path;
    EXPECT_NE(ended.out.find("\nExample:\n  "), std::string::npos) << path << ended.out;
    EXPECT_EQ(ended.err, "") << path;
  }
}

TEST(Program, WithoutACommandNamesThemAndExitsTwo) {
  const auto ended = World().asmgr({});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err,
            "error: missing_required_field: 'asmgr' needs a command: run, step, session, runs, run-show, cancel, "
            "interrupt, steer, "
            "approvals, events, usage, audit, work, reload, policy, route, plugin, config, store, doctor, completion\n"
            "hint: `asmgr --help` shows how it is used\n");
}

TEST(Program, AUsageErrorInTextIsOneLineAndAHint) {
  const auto ended = World().asmgr({"sesion"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.out, "");
  EXPECT_EQ(ended.err,
            "error: invalid_input: unknown command 'asmgr sesion'\n"
            "hint: did you mean 'asmgr session'?\n");
}

TEST(Program, AUsageErrorInJsonIsAnErrorObject) {
  for (const std::string format : {"json", "jsonl"}) {
    const auto ended = World().asmgr({"serve", "--output", format});
    EXPECT_EQ(ended.code, 2);
    EXPECT_EQ(ended.out,
              "{\"error\":{\"code\":\"invalid_input\",\"message\":\"this version does not have 'asmgr serve' "
              "yet\",\"retryable\":false,\"details\":{},\"provider_error\":null}}\n");
    EXPECT_EQ(ended.err, "");
  }
}

TEST(Program, AnEmptyPipeIsNoPrompt) {
  const auto ended = World().asmgr({"run"}, "");
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err,
            "error: invalid_input: the prompt is empty: give it as an argument, with - on standard input, or with "
            "--input FILE\n");
}

TEST(Program, ABadDurationIsAUsageError) {
  const auto ended = World().asmgr({"run", "--timeout", "soon", "x"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err,
            "error: invalid_input: --timeout: 'soon' is not a duration above zero; write it as 500ms, 30s, 5m or 2h\n");
}

TEST(Program, ABadTimeIsAUsageError) {
  const auto ended = World().asmgr({"events", "ses_1", "--since", "yesterday"});
  EXPECT_EQ(ended.code, 2);
  EXPECT_EQ(ended.err, "error: invalid_input: --since: 'yesterday' is not a time; write it as 2026-01-02T03:04:05Z\n");
}

TEST(Program, AConfigurationThatIsNotThereIsExitThree) {
  const auto ended = World().asmgr({"-c", "none.yaml", "session", "list"});
  EXPECT_EQ(ended.code, 3) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("none.yaml"), std::string::npos) << ended.err;
}

TEST(Program, AConfigurationsErrorsAreAllListedWithTheirLines) {
  const World world;
  world.folder().write("asmgr.yaml",
                       "version: 1\nstors: {}\npipelines:\n  default: {store: nowhere, provider: nobody}\n");
  const auto ended = world.asmgr({"config", "check"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(ended.err.find("asmgr.yaml:2:1: stors: "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("asmgr.yaml:4:"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("\nerror: config_invalid: "), std::string::npos) << ended.err;
}

TEST(Program, ConfigSchemaIsJsonInEveryFormat) {
  for (const std::string format : {"text", "json", "jsonl"}) {
    const auto ended = World().asmgr({"config", "schema", "--output", format});
    EXPECT_EQ(ended.code, 0) << ended.err;
    EXPECT_TRUE(parse_json_object(ended.out, "schema").has_value()) << format;
  }
}

TEST(Program, ConfigShowMasksWhatCameFromTheEnvironment) {
  World world;
  world.set("SECRET_FOLDER", "/very/secret");
  world.folder().write("asmgr.yaml",
                       "version: 1\nstores:\n  local: {plugin: sqlite, config: {path: a.db}}\nproviders:\n"
                       "  shell: {plugin: shell, config: {cwd: \"${env:SECRET_FOLDER}\"}}\npipelines:\n"
                       "  default: {store: local, provider: shell}\n");
  const auto ended = world.asmgr({"config", "show"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("***"), std::string::npos) << ended.out;
  EXPECT_EQ(ended.out.find("/very/secret"), std::string::npos) << ended.out;
}

TEST(Program, WritingToAFullDiskIsAnError) {
  const World world;
  const auto ended = world.program({"/bin/sh", "-c", "\"" + asmgr_program() + "\" config schema > /dev/full"});
  EXPECT_EQ(ended.code, 1);
  EXPECT_EQ(
      ended.err,
      "error: storage_write_failed: the answer could not be written to standard output: No space left on device; what "
      "was done stays done\n");
}

TEST(Program, ExportsNoSymbolThatAPluginCouldFind) {
  const auto ended = World().program({"/usr/bin/nm", "-D", "--defined-only", asmgr_program()});
  ASSERT_EQ(ended.code, 0) << ended.err;
  EXPECT_EQ(ended.out.find("asmgr"), std::string::npos) << ended.out;
}

}  // namespace
}  // namespace asmgr::cli
