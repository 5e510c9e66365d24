// Which parts a deployment is made of is said by its YAML and by the files in a folder, never by a build.
#include <gtest/gtest.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

namespace fs = std::filesystem;

constexpr const char* kRecording =
    R"({"t":0,"type":"message_received","data":{"role":"assistant","content":"from the recording"}}
{"t":0,"finish":{"status":"completed","output":{"content":"from the recording"},"token_usage":{},"error":null}}
)";

std::string pipeline_of(const std::string& provider) {
  return "pipelines: {default: {store: local, provider: " + provider + "}}\n";
}

boost::json::object result_of(const Workplace& work, const std::vector<std::string>& options) {
  std::vector<std::string> command{"run", "--output", "json", "echo from the shell"};
  command.insert(command.end(), options.begin(), options.end());
  const Ended ended = work.asmgr(command);
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  return json_of(ended.out);
}

TEST(Swap, OneWordOfTheFileSwapsTheProvider) {
  const Workplace work;
  work.write("recording.jsonl", kRecording);
  for (const std::string provider : {"shell", "recorded", "shell"}) {
    work.write("asmgr.yaml", shell_deployment() + pipeline_of(provider));
    const auto result = result_of(work, {});
    EXPECT_EQ(at(result, "/provider"), provider);
    EXPECT_EQ(at(result, "/output/content"), provider == "shell" ? "from the shell\n" : "from the recording");
  }
}

TEST(Swap, OneFlagSwapsTheProvider) {
  const Workplace work;
  work.write("recording.jsonl", kRecording);
  work.write("asmgr.yaml", shell_deployment() + pipeline_of("shell"));
  EXPECT_EQ(at(result_of(work, {}), "/provider"), "shell");
  const auto result = result_of(work, {"--provider", "recorded"});
  EXPECT_EQ(at(result, "/provider"), "recorded");
  EXPECT_EQ(at(result, "/output/content"), "from the recording");
  EXPECT_EQ(at(result_of(work, {"--set", "pipelines.default.provider=recorded"}), "/provider"), "recorded");
}

TEST(Swap, TheStoreIsSwappedAsWell) {
  const Workplace work;
  work.write("asmgr.yaml", shell_deployment() + pipeline_of("shell"));
  result_of(work, {"--set", "stores.local.plugin=memory", "--set", "stores.local.config={}"});
  EXPECT_FALSE(work.has("asmgr.db"));
  result_of(work, {});
  EXPECT_TRUE(work.has("asmgr.db"));
}

// A copy of the program with plugins of its own, as installed.
class Installed : public testing::Test {
 protected:
  Installed() {
    fs::create_directories(work_.path("bin"));
    fs::create_directories(work_.path("lib/asmgr"));
    fs::copy(plugins_under_test(), work_.path("lib/asmgr/plugins"));
    std::error_code other_disk;
    fs::create_hard_link(program_under_test(), work_.path("bin/asmgr"), other_disk);
    if (other_disk) fs::copy_file(program_under_test(), work_.path("bin/asmgr"));
    work_.use_program(work_.path("bin/asmgr"));
    work_.write("recording.jsonl", kRecording);
    work_.write("asmgr.yaml", shell_deployment() + pipeline_of("recorded"));
  }
  Workplace work_;
};

TEST_F(Installed, ADeletedPluginIsMissedWhereItIsNamed) {
  EXPECT_EQ(at(result_of(work_, {}), "/provider"), "recorded");
  fs::remove(work_.path("lib/asmgr/plugins/replay.asmgr.so"));
  const Ended ended = work_.asmgr({"run", "echo hello"});
  EXPECT_EQ(ended.code, 3);
  EXPECT_EQ(ended.out, "");
  // Where it is asked for, what is missing, where it was looked for, and what to do.
  EXPECT_NE(ended.err.find("asmgr.yaml:6:"), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find("plugin 'replay' cannot be loaded: there is no replay.asmgr.so in " +
                           work_.path("lib/asmgr/plugins") + "; install it there"),
            std::string::npos)
      << ended.err;
  // What does not need it works on.
  EXPECT_EQ(at(result_of(work_, {"--provider", "shell"}), "/provider"), "shell");
  // Putting the file back is all it takes.
  fs::copy(plugins_under_test() / "replay.asmgr.so", work_.path("lib/asmgr/plugins/replay.asmgr.so"));
  EXPECT_EQ(at(result_of(work_, {}), "/provider"), "recorded");
}

// The plugin a third party wrote in C, built with a compiler and the SDK's folder and nothing else.
TEST(Swap, APluginBuiltElsewhereInCWorksOnceItIsInASearchPath) {
  const Workplace work;
  work.write("recording.jsonl", kRecording);
  work.write("asmgr.yaml", "plugins: {search_path: [./more plugins]}\n" + shell_deployment() +
                               "  theirs: {plugin: echo}\n" + pipeline_of("theirs"));
  const Ended without = work.asmgr({"config", "check"});
  EXPECT_EQ(without.code, 3) << without.out;
  EXPECT_NE(without.err.find("echo.asmgr.so"), std::string::npos) << without.err;

  const std::string sources = ASMGR_SOURCE_DIR;
  fs::create_directory(work.path("more plugins"));
  const Ended built = work.run_program(
      {ASMGR_C_COMPILER, "-std=c11", "-D_POSIX_C_SOURCE=200809L", "-fPIC", "-shared", "-fvisibility=hidden",
       "-I" + sources + "/sdk/include", "-Wl,-z,nodelete,-z,now,-z,defs",
       "-Wl,--version-script=" + sources + "/sdk/cmake/plugin.map", sources + "/tests/sdk/package/plain_c/echo.c", "-o",
       work.path("more plugins/echo.asmgr.so"), "-lpthread"});
  ASSERT_EQ(built.code, 0) << built.err;

  const Ended with = work.asmgr({"config", "check"});
  EXPECT_EQ(with.code, 0) << with.err;
  const auto result = result_of(work, {});
  EXPECT_EQ(at(result, "/provider"), "theirs");
  // It answers with the run's own document.
  EXPECT_EQ(at(result, "/output/echo/input/messages/0/content"), "echo from the shell") << at(result, "/output");
  const Ended list = work.asmgr({"plugin", "list"});
  EXPECT_NE(list.out.find(work.path("more plugins/echo.asmgr.so")), std::string::npos) << list.out;
}

}  // namespace
}  // namespace asmgr::e2e
