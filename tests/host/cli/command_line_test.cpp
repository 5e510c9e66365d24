#include "host/cli/command_line.hpp"

#include <gtest/gtest.h>

namespace asmgr::cli {
namespace {

struct Outcome {
  std::string text;  // "command", the answer, or "CODE: message | hint"
  GlobalOptions global;
};

Outcome parse(const std::vector<std::string>& arguments) {
  CommandLine line;
  const auto parsed = line.parse(arguments);
  Outcome outcome;
  outcome.global = line.global();
  if (const auto* answer = std::get_if<CommandLine::Answer>(&parsed)) outcome.text = answer->text;
  if (std::holds_alternative<Command*>(parsed)) outcome.text = "command";
  if (const auto* misuse = std::get_if<CommandLine::Misuse>(&parsed)) {
    outcome.text = std::string(code_name(misuse->error.code())) + ": " + misuse->error.message() + " | " + misuse->hint;
  }
  return outcome;
}

TEST(CommandLine, AMisspeltCommandIsRecognised) {
  EXPECT_EQ(parse({"sesion", "list"}).text,
            "invalid_input: unknown command 'asmgr sesion' | did you mean 'asmgr session'?");
  EXPECT_EQ(parse({"session", "lst"}).text,
            "invalid_input: unknown command 'asmgr session lst' | did you mean 'asmgr session list'?");
}

TEST(CommandLine, ACommandThatIsLikeNoOtherLeadsToHelp) {
  EXPECT_EQ(parse({"frobnicate"}).text,
            "invalid_input: unknown command 'asmgr frobnicate' | `asmgr --help` shows how it is used");
}

TEST(CommandLine, ACommandOfALaterVersionIsSaidToBeMissing) {
  EXPECT_EQ(parse({"serve"}).text,
            "invalid_input: this version does not have 'asmgr serve' yet | `asmgr --help` shows how it is used");
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{{"plugin", "check"}, {"plugin", "new"}, {"config", "init"}}) {
    EXPECT_EQ(parse(words).text, "invalid_input: this version does not have 'asmgr " + words[0] + " " + words[1] +
                                     "' yet | `asmgr " + words[0] + " --help` shows how it is used");
  }
}

TEST(CommandLine, AMisspeltOptionIsRecognised) {
  EXPECT_EQ(parse({"run", "--porvider", "x", "hi"}).text,
            "invalid_input: unknown option '--porvider' of 'asmgr run' | did you mean '--provider'?");
}

TEST(CommandLine, ANounAloneNamesItsCommands) {
  EXPECT_EQ(parse({"config"}).text,
            "missing_required_field: 'asmgr config' needs a command: check, show, schema | `asmgr config --help` shows "
            "how it is used");
}

TEST(CommandLine, AMissingArgumentIsNamed) {
  EXPECT_EQ(parse({"runs"}).text,
            "missing_required_field: 'asmgr runs': SESSION is required | `asmgr runs --help` shows how it is used");
}

TEST(CommandLine, APromptOfSeveralWordsIsToBeQuoted) {
  EXPECT_EQ(parse({"run", "say", "hi"}).text,
            "invalid_input: unexpected argument 'hi' of 'asmgr run' | a prompt of several words is put in quotes: "
            "asmgr run \"...\"");
}

TEST(CommandLine, APromptMayBeTheNameOfACommand) {
  EXPECT_EQ(parse({"run", "session"}).text, "command");
  EXPECT_EQ(parse({"run", "run"}).text, "command");
  EXPECT_EQ(parse({"session", "create", "--tag", "list"}).text, "command");
}

TEST(CommandLine, APromptMayBeginWithADashAfterTwo) {
  EXPECT_EQ(parse({"run", "--", "--help"}).text, "command");
}

TEST(CommandLine, GlobalOptionsStandBeforeOrAfterTheCommand) {
  for (const std::vector<std::string>& words : std::vector<std::vector<std::string>>{
           {"-c", "a.yaml", "--output", "json", "--set", "a=1", "--set", "b=2", "-q", "session", "list"},
           {"session", "-c", "a.yaml", "--output=json", "--set", "a=1", "list", "--set", "b=2", "-q"},
           {"session", "list", "-c", "a.yaml", "--output", "json", "--set", "a=1", "--set", "b=2", "-q"}}) {
    const auto outcome = parse(words);
    EXPECT_EQ(outcome.text, "command");
    EXPECT_EQ(outcome.global.config, "a.yaml");
    EXPECT_EQ(outcome.global.output, OutputFormat::json);
    EXPECT_EQ(outcome.global.sets, (std::vector<std::string>{"a=1", "b=2"}));
    EXPECT_TRUE(outcome.global.quiet);
  }
}

TEST(CommandLine, ARepeatableOptionTakesOneValueAndLeavesThePrompt) {
  EXPECT_EQ(parse({"run", "--tag", "a", "--tag", "b", "--policy", "p", "the prompt"}).text, "command");
  EXPECT_EQ(parse({"run", "--tag", "a", "the prompt", "more"}).text.find("invalid_input: unexpected argument 'more'"),
            0U);
  EXPECT_EQ(parse({"events", "--type", "a", "ses_1"}).text, "command");
}

TEST(CommandLine, AnOptionThatTakesOneOfSomeWordsSaysWhich) {
  EXPECT_EQ(
      parse({"run", "--output", "yaml", "x"}).text,
      "invalid_input: --output: 'yaml' is not one of text, json, jsonl | `asmgr run --help` shows how it is used");
  EXPECT_EQ(parse({"session", "list", "--status", "activ"}).text,
            "invalid_input: --status: 'activ' is not one of pending, active, paused, completed, failed, cancelled (did "
            "you mean 'active'?) | `asmgr session list --help` shows how it is used");
}

TEST(CommandLine, VersionIsAnsweredWhateverElseStandsThere) {
  EXPECT_EQ(parse({"--version"}).text, "asmgr " ASMGR_VERSION);
  EXPECT_EQ(parse({"runs", "--version"}).text, "asmgr " ASMGR_VERSION);
}

TEST(CommandLine, EveryCommandsHelpEndsWithAnExampleThatParses) {
  CommandLine line;
  const auto commands = all_commands(line.root());
  ASSERT_GT(commands.size(), 20U);
  for (const auto& [path, app] : commands) {
    const std::string help = app->help();
    const auto example = help.find("Example:\n  ");
    ASSERT_NE(example, std::string::npos) << path;
    EXPECT_NE(help.find("asmgr " + path, example), std::string::npos) << path;
  }
}

TEST(CommandLine, ThePlaceOfTheOutputFormatDoesNotMatterForUsageErrors) {
  EXPECT_EQ(find_output_format({"nonsense", "--output", "json"}), OutputFormat::json);
  EXPECT_EQ(find_output_format({"--output=jsonl", "nonsense"}), OutputFormat::jsonl);
  EXPECT_EQ(find_output_format({"run", "--", "--output", "json"}), OutputFormat::text);
  EXPECT_EQ(find_output_format({"--output"}), OutputFormat::text);
}

}  // namespace
}  // namespace asmgr::cli
