// Allow and deny lists: what passes, and everything that tries to get past them.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/plugins/support/fake_run.hpp"
#include "tests/sdk/toolkit/process_probe.hpp"

namespace asmgr_test {
namespace {

namespace json = boost::json;

// A folder with a file to be destroyed, and a provider that runs there.
class CommandLists : public testing::Test {
 protected:
  CommandLists() {
    folder_.write("victim", "precious");
    std::filesystem::create_symlink("/bin/rm", folder_.path() / "harmless");
    std::filesystem::create_symlink("/usr/bin/env", folder_.path() / "innocent");
    std::filesystem::create_symlink("/bin/sh", folder_.path() / "shellfish");
    folder_.write("ls", "#!/bin/sh\nrm -f victim\n");
    folder_.write("script", "#!/bin/sh\nrm -f victim\n");
    std::filesystem::permissions(folder_.path() / "ls", std::filesystem::perms::owner_all);
    std::filesystem::permissions(folder_.path() / "script", std::filesystem::perms::owner_all);
  }

  std::unique_ptr<FakeRun> run(const json::value& input, json::object config) {
    config["cwd"] = folder_.path().string();
    ProviderUnderTest shell("shell", config);
    auto fake = std::make_unique<FakeRun>(input);
    shell.run(*fake);
    return fake;
  }

  void expect_refused(const json::value& input, const json::object& config) {
    const auto fake = run(input, config);
    const std::string what = json::serialize(input) + " under " + json::serialize(config);
    EXPECT_EQ(fake->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED)) << what;
    EXPECT_EQ(fake->finish().error_code(), "policy_violation") << what;
    EXPECT_TRUE(fake->events().empty()) << what;
    EXPECT_TRUE(std::filesystem::exists(folder_.path() / "victim")) << what;
  }

  void expect_runs(const json::value& input, const json::object& config, const std::string& output) {
    const auto fake = run(input, config);
    const std::string what = json::serialize(input) + " under " + json::serialize(config);
    ASSERT_EQ(fake->finish().status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED))
        << what << ": " << json::serialize(fake->finish().result);
    EXPECT_EQ(fake->finish().output().at("content"), json::value(output)) << what;
  }

  TempFolder folder_;
  const json::object allow_ls_{{"allowed_commands", {"ls", "echo", "find", "cat"}}};
  const json::object deny_rm_{{"denied_commands", {"rm"}}};
};

// Lines that destroy the victim, or would in a shell.
const char* const kAttacks[] = {
    "rm victim",
    "/bin/rm victim",
    "/usr/bin/../bin/rm victim",
    "//bin//rm victim",
    "../../../../../../bin/rm victim",
    "ls; rm victim",
    "ls;rm victim",
    "ls ; rm victim",
    "ls && rm victim",
    "ls || rm victim",
    "ls | rm victim",
    "ls & rm victim",
    "ls\nrm victim",
    "ls\r\nrm victim",
    "ls $(rm victim)",
    "ls `rm victim`",
    "ls \"$(rm victim)\"",
    "ls \"`rm victim`\"",
    "ls ${x:-$(rm victim)}",
    "ls <(rm victim)",
    "(rm victim)",
    "{ rm victim; }",
    "! rm victim",
    "FOO=1 rm victim",
    "FOO=\"a b\" rm victim",
    "PATH=/bin rm victim",
    "FOO+=1 rm victim",
    "env rm victim",
    "env -i FOO=1 rm victim",
    "/usr/bin/env rm victim",
    "./innocent rm victim",
    "sh -c 'rm victim'",
    "/bin/sh -c 'rm victim'",
    "bash -c 'rm victim'",
    "dash -c 'rm victim'",
    "busybox rm victim",
    "./shellfish -c 'rm victim'",
    "exec rm victim",
    "command rm victim",
    "builtin eval rm victim",
    "eval rm victim",
    "nohup rm victim",
    "nice rm victim",
    "timeout 5 rm victim",
    "setsid rm victim",
    "stdbuf -o0 rm victim",
    "time rm victim",
    "sudo rm victim",
    "xargs rm victim",
    "echo victim | xargs rm",
    "find . -name victim -exec rm {} +",
    "find . -name victim -execdir rm {} ';'",
    "find . -name victim -ok rm {} ';'",
    "r\"\"m victim",
    "r''m victim",
    "\"rm\" victim",
    "'rm' victim",
    "\\rm victim",
    "r\\m victim",
    "$'rm' victim",
    "'/bin/rm' victim",
    "./harmless victim",
    "if true; then rm victim; fi",
    "for f in victim; do rm $f; done",
    "function f { rm victim; }; f",
    "ls > victim",
    "ls >> victim",
    "ls 2> victim",
    ">victim",
    "cat < victim",
    "ls # ; rm victim",
    "ls *",
    "ls ~",
    "perl -e 'unlink \"victim\"'",
    "python3 -c 'import os; os.remove(\"victim\")'",
    "awk 'BEGIN { system(\"rm victim\") }'",
    "/lib64/ld-linux-x86-64.so.2 /bin/rm victim",
    ". ./script",
    "source ./script",
    "ls 'unclosed",
    "ls \"unclosed",
    "ls \\",
};

TEST_F(CommandLists, NoLineGetsPastAnAllowList) {
  for (const char* attack : kAttacks) expect_refused(attack, allow_ls_);
}

TEST_F(CommandLists, NoLineGetsPastADenyList) {
  for (const char* attack : kAttacks) expect_refused(attack, deny_rm_);
}

TEST_F(CommandLists, NoLineGetsPastBothLists) {
  const json::object both{{"allowed_commands", {"ls", "echo", "rm", "sh", "find", "cat"}}, {"denied_commands", {"rm"}}};
  for (const char* attack : kAttacks) expect_refused(attack, both);
}

TEST_F(CommandLists, TheOtherFormsOfInputDoNotGetPastThemEither) {
  const std::vector<json::value> inputs = {
      {{"command", "rm"}, {"args", {"victim"}}},
      {{"command", "/bin/rm"}, {"args", {"victim"}}},
      {{"command", "./harmless"}, {"args", {"victim"}}},
      {{"command", "sh"}, {"args", {"-c", "rm victim"}}},
      {{"command", "env"}, {"args", {"rm", "victim"}}},
      {{"command", "find"}, {"args", {".", "-name", "victim", "-exec", "rm", "{}", ";"}}},
      {{"command", "rm victim"}},
      {{"command", "ls; rm victim"}},
      {{"command", "ls"}, {"args", json::array()}, {"env", {{"PATH", folder_.path().string()}}}},
      {{"command", "ls"}, {"args", json::array()}, {"env", {{"LD_PRELOAD", "./evil.so"}}}},
      {{"prompt", "ls; rm victim"}},
      {{"messages", {{{"role", "user"}, {"content", "ls"}}, {{"role", "user"}, {"content", "rm victim"}}}}},
  };
  for (const json::value& input : inputs) {
    expect_refused(input, allow_ls_);
    expect_refused(input, deny_rm_);
  }
}

TEST_F(CommandLists, AnotherProgramOfAnAllowedNameIsRefused) {
  expect_refused("./ls", allow_ls_);
  expect_refused(json::value(folder_.path().string() + "/ls"), allow_ls_);
  expect_refused("./script", allow_ls_);
}

TEST_F(CommandLists, AllowedCommandsRun) {
  expect_runs("echo hello world", allow_ls_, "hello world\n");
  expect_runs("/bin/echo by path", allow_ls_, "by path\n");
}

TEST_F(CommandLists, QuotesWorkAsInAShell) {
  expect_runs("echo 'a;b' \"c|d\" e\\&f 'it'\\''s' \"q\\\"q\" '' x#y HEAD@{1} a~", allow_ls_,
              "a;b c|d e&f it's q\"q  x#y HEAD@{1} a~\n");
  expect_runs("echo '$HOME' \"\\$HOME\" '*'", allow_ls_, "$HOME $HOME *\n");
  expect_runs("echo 'two\nlines'", allow_ls_, "two\nlines\n");
}

TEST_F(CommandLists, WhatIsNotDeniedRuns) {
  expect_runs("echo fine", deny_rm_, "fine\n");
  expect_runs("cat victim", deny_rm_, "precious");
  expect_runs("find . -name victim", deny_rm_, "./victim\n");
  expect_runs(json::value{{"command", "echo"}, {"args", {"rm", ";", "$(rm)"}}}, deny_rm_, "rm ; $(rm)\n");
}

TEST_F(CommandLists, AnEntryMayBeAPath) {
  const std::string script = folder_.path().string() + "/hello";
  folder_.write("hello", "#!/bin/sh\necho hello\n");
  std::filesystem::permissions(script, std::filesystem::perms::owner_all);
  expect_runs("./hello", {{"allowed_commands", {script}}}, "hello\n");
  expect_refused("./script", {{"allowed_commands", {script}}});
}

TEST_F(CommandLists, AShellThatIsAllowedByNameRuns) {
  expect_runs("sh -c 'echo a; echo b'", {{"allowed_commands", {"sh"}}}, "a\nb\n");
}

TEST_F(CommandLists, TheMessageSaysWhy) {
  const auto fake = run("ls; rm victim", allow_ls_);
  EXPECT_EQ(fake->finish().error_message(),
            "the command 'ls; rm victim' may not run: it joins several commands (; | &); while a command list is set, "
            "give one simple command");
  EXPECT_EQ(run("id", allow_ls_)->finish().error_message(),
            "the command 'id' may not run: 'id' is not an allowed command");
  EXPECT_EQ(run("rm victim", deny_rm_)->finish().error_message(),
            "the command 'rm victim' may not run: 'rm' is a denied command");
}

TEST_F(CommandLists, WithoutListsAShellRunsTheLine) {
  expect_runs("echo a; echo b | cat", {}, "a\nb\n");
}

}  // namespace
}  // namespace asmgr_test
