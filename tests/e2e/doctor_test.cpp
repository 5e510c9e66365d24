// What `asmgr doctor` and `asmgr plugin info` say of providers: what they can do, and whether what they need is there.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/support/loopback_server.hpp"

namespace asmgr::e2e {
namespace {

namespace fs = std::filesystem;
using asmgr_test::LoopbackServer;
using asmgr_test::Peer;
using asmgr_test::ReceivedRequest;

class Doctor : public testing::Test {
 protected:
  // The finding about the one provider of a file.
  boost::json::value finding(const std::string& provider, int code) const {
    work_.write("asmgr.yaml", "version: 1\nstores:\n  local: {plugin: memory}\nproviders:\n  one: " + provider +
                                  "\npipelines:\n  default: {store: local, provider: one}\n");
    const Ended ended = work_.asmgr({"doctor", "--output", "json"});
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    const boost::json::value said = json_of(ended.out);
    for (const auto& one : said.at("findings").as_array()) {
      if (one.at("area") == "provider") return one;
    }
    return {};
  }
  Workplace work_;
};

TEST_F(Doctor, AsksTheServerOfAModelWhetherItIsThere) {
  LoopbackServer server(
      [](Peer& peer, const ReceivedRequest&) { peer.send(asmgr_test::answer(404, "text/plain", "")); });
  const auto found = finding("{plugin: openai, config: {api: chat, base_url: \"" + server.url() + "\", model: m}}", 0);
  EXPECT_EQ(at(found, "/health"), "ok");
  EXPECT_NE(at(found, "/detail").find(server.url() + " answers"), std::string::npos) << at(found, "/detail");
  EXPECT_EQ(at(found, "/facts/grade"), "own");
  EXPECT_EQ(at(found, "/facts/models/0"), "m");
}

TEST_F(Doctor, SaysThatAServerIsNotThere) {
  std::string url;
  {
    const LoopbackServer gone([](Peer&, const ReceivedRequest&) {});
    url = gone.url();
  }
  const auto found = finding("{plugin: openai, config: {api: chat, base_url: \"" + url + "\", model: m}}", 1);
  EXPECT_EQ(at(found, "/health"), "failure");
  EXPECT_NE(at(found, "/detail").find("cannot connect to " + url), std::string::npos) << at(found, "/detail");
  EXPECT_EQ(at(found, "/todo"), "start the server there, or correct base_url");
}

TEST_F(Doctor, SaysHowAMissingAgentIsInstalled) {
  work_.set("PATH", work_.path("programs"));
  const auto found = finding("{plugin: claude_code}", 1);
  EXPECT_NE(at(found, "/detail").find("program 'claude' was not found"), std::string::npos) << at(found, "/detail");
  EXPECT_NE(at(found, "/todo").find("npm install -g @anthropic-ai/claude-code"), std::string::npos);
}

TEST_F(Doctor, FindsAnAgentOnPath) {
  work_.write("programs/claude", "#!/bin/sh\n");
  fs::permissions(work_.path("programs/claude"), fs::perms::owner_all);
  work_.set("PATH", work_.path("programs"));
  const auto found = finding("{plugin: claude_code}", 0);
  EXPECT_NE(at(found, "/detail").find("program " + work_.path("programs/claude")), std::string::npos);
}

TEST_F(Doctor, SaysThatAKeyIsMissingWithoutAskingForIt) {
  const auto found = finding("{plugin: anthropic, config: {base_url: \"https://127.0.0.1:9\"}}", 1);
  EXPECT_NE(at(found, "/detail").find("api_key is empty"), std::string::npos) << at(found, "/detail");
  EXPECT_NE(at(found, "/todo").find("give the provider its key"), std::string::npos) << at(found, "/todo");
}

TEST(PluginInfo, SaysWhatAProviderCanDoBeforeItIsConfigured) {
  const Workplace work;
  for (const char* plugin :
       {"acp", "amp", "anthropic", "claude_code", "codex", "gemini", "gemini_cli", "openai", "opencode", "shell"}) {
    const Ended ended = work.asmgr({"plugin", "info", plugin, "--output", "json"});
    ASSERT_EQ(ended.code, 0) << plugin << ": " << ended.err;
    const boost::json::value said = json_of(ended.out);
    EXPECT_NE(at(said, "/components/0/facts/grade"), "") << plugin << ": " << ended.out;
    EXPECT_NE(at(said, "/components/0/facts/capabilities/0/name"), "") << plugin;
    // Which program an agent of the Agent Client Protocol is, only the configuration says.
    EXPECT_EQ(at(said, "/components/0/facts/needs/0").empty(), std::string(plugin) == "acp") << plugin;
    EXPECT_NE(at(said, "/components/0/config_schema/properties/permission_mode/description"), "") << plugin;
  }
  const Ended ended = work.asmgr({"plugin", "info", "claude_code"});
  EXPECT_NE(ended.out.find("grade                        intercept: asks the policies before a tool runs"),
            std::string::npos)
      << ended.out;
  EXPECT_NE(ended.out.find("plan                          passes --permission-mode plan"), std::string::npos);
}

TEST(PluginInfo, SaysWhatAProviderWantsThatHasNoDefaults) {
  const Workplace work;
  const Ended ended = work.asmgr({"plugin", "info", "replay"});
  EXPECT_EQ(ended.code, 0) << ended.err;
  EXPECT_NE(ended.out.find("it needs 'file' to say what it can do"), std::string::npos) << ended.out;
}

}  // namespace
}  // namespace asmgr::e2e
