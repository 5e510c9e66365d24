#include "core/config/ready_here.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <map>

#include "core/config/file_reader.hpp"
#include "tests/core/config/config_fixture.hpp"

namespace asmgr {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A machine of its own: a folder of programs, variables, and the models that servers have.
class Machine {
 public:
  void install(const std::string& program) {
    const std::string file = folder_.write(program, "#!/bin/sh\n");
    fs::permissions(file, fs::perms::owner_all);
    variables["PATH"] = folder_.path().string();
  }
  std::map<std::string, std::string> variables;
  std::map<std::string, HttpAnswer> servers;  // by URL
  std::string missing_plugin;
  int asked = 0;

  Surroundings surroundings() {
    Surroundings here;
    here.environment = [this](std::string_view name) -> std::optional<std::string> {
      const auto found = variables.find(std::string(name));
      return found == variables.end() ? std::nullopt : std::optional(found->second);
    };
    here.has_plugin = [this](const std::string& plugin) { return plugin != missing_plugin; };
    here.get = [this](const std::string& url) -> Result<HttpAnswer> {
      ++asked;
      const auto found = servers.find(url);
      if (found == servers.end()) return Error(ErrorCode::provider_unavailable, "nobody there");
      return found->second;
    };
    return here;
  }
  std::vector<std::string> names() {
    std::vector<std::string> all;
    for (const ReadyProvider& one : ready_here(surroundings())) all.push_back(one.name);
    return all;
  }

 private:
  TemporaryFolder folder_;
};

// A built-in deployment as it is read. The spec looks into the tree.
class BuiltIn {
 public:
  explicit BuiltIn(const std::vector<ReadyProvider>& ready, const std::string& state_folder = "/var/state")
      : tree_(read(built_in_deployment(state_folder, ready), diagnostics_)),
        spec_(parse_deployment(tree_, {}, diagnostics_)) {
    EXPECT_EQ(render(diagnostics_, tree_.sources), "");
    EXPECT_EQ(spec_.stores.at("local").place.config->find("path")->text, state_folder + "/asmgr.db");
  }
  [[nodiscard]] const Pipeline& pipeline(const std::string& name) const { return spec_.pipelines.at(name).pipeline; }
  [[nodiscard]] std::string setting(const std::string& provider, const std::string& key) const {
    return spec_.providers.at(provider).place.config->find(key)->text;
  }

 private:
  static ConfigTree read(const std::string& text, Diagnostics& diagnostics) {
    ReadOptions options = test_options();
    options.environment = environment_of({{"OPENAI_API_KEY", "k"}, {"ANTHROPIC_API_KEY", "k"}});
    return read_config_text(text, "built-in deployment", options, diagnostics);
  }

  Diagnostics diagnostics_;
  ConfigTree tree_;
  DeploymentSpec spec_;
};

TEST(ReadyHere, IsNobodyOnABareMachine) {
  Machine machine;
  EXPECT_THAT(machine.names(), IsEmpty());
  const BuiltIn built_in({}, "/var/state $x");
  EXPECT_EQ(built_in.pipeline("default").provider, "shell");
  EXPECT_THAT(built_in.pipeline("default").policies, IsEmpty());
}

TEST(ReadyHere, AreAgentsThenKeysAndThenNoServerIsAsked) {
  Machine machine;
  machine.install("codex");
  machine.install("opencode");
  machine.variables["OPENAI_API_KEY"] = "k";
  machine.variables["GEMINI_API_KEY"] = "";
  EXPECT_THAT(machine.names(), ElementsAre("codex", "opencode", "openai"));
  EXPECT_EQ(machine.asked, 0);
}

TEST(ReadyHere, IsAServerWithAModelWhenThereIsNothingElse) {
  Machine machine;
  machine.servers["http://127.0.0.1:8080/v1/models"] = {404, "<html>"};
  machine.servers["http://127.0.0.1:8000/v1/models"] = {200, R"({"data":[]})"};
  machine.servers["http://127.0.0.1:1234/v1/models"] = {200, R"({"object":"list","data":[{"id":"qwen3:8b \"$1\""}]})"};
  EXPECT_THAT(machine.names(), ElementsAre("local_server"));
  const BuiltIn built_in(ready_here(machine.surroundings()));
  EXPECT_EQ(built_in.setting("local_server", "model"), R"(qwen3:8b "$1")");
  EXPECT_EQ(built_in.setting("local_server", "base_url"), "http://127.0.0.1:1234/v1");
}

TEST(ReadyHere, IsNobodyWhosePluginIsMissingOrWhoCouldNotBeAskedFirst) {
  Machine machine;
  machine.install("claude");
  machine.install("gemini");
  machine.missing_plugin = "gemini_cli";
  EXPECT_THAT(machine.names(), ElementsAre("claude_code"));
  machine.missing_plugin = "tool_rules";
  EXPECT_THAT(machine.names(), ElementsAre("gemini_cli"));
}

TEST(ReadyHere, AgentsThatAskArePutUnderAPolicyAndTheShellHasItsOwnPipeline) {
  Machine machine;
  machine.install("claude");
  machine.variables["ANTHROPIC_API_KEY"] = "k";
  const BuiltIn built_in(ready_here(machine.surroundings()));
  EXPECT_EQ(built_in.pipeline("default").provider, "claude_code");
  EXPECT_THAT(built_in.pipeline("default").policies, ElementsAre("ask_first"));
  EXPECT_THAT(built_in.pipeline("anthropic").policies, IsEmpty());
  EXPECT_EQ(built_in.pipeline("shell").provider, "shell");
  EXPECT_EQ(built_in.setting("anthropic", "api_key"), "k");
}

}  // namespace
}  // namespace asmgr
