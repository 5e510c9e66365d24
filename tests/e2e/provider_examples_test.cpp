// The examples of configs/providers: each is checked as it is and serves a run. The programs and servers they name are
// played from recordings; nothing else of them is changed.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <set>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/support/recorded_answer.hpp"

namespace asmgr::e2e {
namespace {

namespace fs = std::filesystem;
using asmgr_test::LoopbackServer;
using asmgr_test::Peer;
using asmgr_test::ReceivedRequest;

std::string recorded(const std::string& file) {
  return std::string(ASMGR_SOURCE_DIR) + "/tests/data/" + file;
}

LoopbackServer::Script plays(const std::string& file) {
  return [answer = asmgr_test::read_recording(recorded(file))](Peer& peer, const ReceivedRequest&) {
    asmgr_test::play(peer, answer, asmgr_test::Pace::kWhole, 0);
  };
}

class ProviderExample : public testing::Test {
 protected:
  ProviderExample() {
    fs::copy(fs::path(ASMGR_SOURCE_DIR) / "configs", work_.path("configs"), fs::copy_options::recursive);
    for (const char* key : {"ANTHROPIC_API_KEY", "OPENAI_API_KEY", "GEMINI_API_KEY"}) work_.set(key, "not-a-key");
    work_.set("PATH", work_.path("programs") + ":/usr/bin:/bin");
  }

  // A program of that name on PATH, which plays the recording whatever it is told.
  void install(const std::string& program, const std::string& player, const std::string& script,
               const std::string& options = {}) const {
    const std::string name = "programs/" + program;
    work_.write(name, "#!/bin/sh\nexec '" + player + "' '" + script + "' " + options + " \"$@\"\n");
    fs::permissions(work_.path(name), fs::perms::owner_all);
  }

  // What the run answered.
  std::string answer_of(const std::string& example, const std::vector<std::string>& settings = {}) const {
    const std::string config = "configs/providers/" + example + ".yaml";
    const Ended check = work_.asmgr({"config", "check", "-c", config});
    EXPECT_EQ(check.code, 0) << check.out << check.err;
    EXPECT_EQ(check.out.find("warning"), std::string::npos) << check.out;
    std::vector<std::string> command{"run", "-c", config, "--output", "json", "hello"};
    for (const std::string& setting : settings) command.insert(command.end(), {"--set", setting});
    const Ended run = work_.asmgr(command);
    EXPECT_EQ(run.code, 0) << run.out << run.err;
    EXPECT_EQ(at(json_of(run.out), "/status"), "completed") << run.out;
    return at(json_of(run.out), "/output/content");
  }

  Workplace work_;
};

TEST_F(ProviderExample, OfAnthropicAnswers) {
  LoopbackServer server(plays("anthropic/stream-text.http"));
  EXPECT_NE(answer_of("anthropic", {"providers.claude.config.base_url=" + server.url()}), "");
  EXPECT_EQ(server.requests().at(0).header("x-api-key"), "not-a-key");
}

TEST_F(ProviderExample, OfOpenAiAnswers) {
  LoopbackServer server(plays("openai/responses/stream-text.http"));
  EXPECT_NE(answer_of("openai", {"providers.gpt.config.base_url=" + server.url()}), "");
}

TEST_F(ProviderExample, OfALocalServerAnswersWithoutAKey) {
  LoopbackServer server(plays("openai/chat/stream-text.http"));
  EXPECT_NE(answer_of("local_server", {"providers.ollama.config.base_url=" + server.url()}), "");
  EXPECT_EQ(server.requests().at(0).header("authorization"), "");
}

TEST_F(ProviderExample, OfGeminiAnswers) {
  LoopbackServer server(plays("gemini/stream-text.http"));
  EXPECT_NE(answer_of("gemini", {"providers.gemini.config.base_url=" + server.url()}), "");
}

TEST_F(ProviderExample, OfAHostedModelGoesOnWithTheLocalServer) {
  LoopbackServer hosted(plays("anthropic/stream-error500.http"));
  LoopbackServer local(plays("openai/chat/stream-text.http"));
  EXPECT_NE(answer_of("hosted_then_local", {"providers.hosted.config.base_url=" + hosted.url(),
                                            "providers.ollama.config.base_url=" + local.url()}),
            "");
  EXPECT_EQ(hosted.requests().size(), 1U);
  EXPECT_EQ(local.requests().size(), 1U);
}

TEST_F(ProviderExample, OfClaudeCodeAnswers) {
  install("claude", FAKE_AGENT, recorded("claude_code/text.jsonl"), "--greet --");
  EXPECT_NE(answer_of("claude_code"), "");
}

TEST_F(ProviderExample, OfCodexAnswers) {
  install("codex", FAKE_AGENT, recorded("codex/app-server-text.jsonl"), "--");
  EXPECT_NE(answer_of("codex"), "");
}

TEST_F(ProviderExample, OfGeminiCliAnswers) {
  install("gemini", FAKE_AGENT, recorded("gemini_cli/text.jsonl"), "--exit 0 --");
  EXPECT_NE(answer_of("gemini_cli"), "");
}

TEST_F(ProviderExample, OfOpencodeAnswers) {
  install("opencode", FAKE_AGENT, recorded("opencode/text.jsonl"), "--exit 0 --");
  EXPECT_NE(answer_of("opencode"), "");
}

TEST_F(ProviderExample, OfAmpAnswers) {
  work_.write("amp.jsonl", R"({"type":"system","subtype":"init","session_id":"T-1","cwd":"/w","tools":["Bash"]})"
                           "\n"
                           R"({"type":"assistant","message":{"content":[{"type":"text","text":"Hello."}]}})"
                           "\n"
                           R"({"type":"result","subtype":"success","is_error":false,"result":"Hello."})"
                           "\n");
  install("amp", FAKE_AGENT, work_.path("amp.jsonl"), "--exit 0 --");
  EXPECT_EQ(answer_of("amp"), "Hello.");
}

TEST_F(ProviderExample, OfAnAcpAgentAnswers) {
  install("npx", ACP_FAKE_AGENT, recorded("acp/claude.jsonl"), "0");
  EXPECT_NE(answer_of("acp"), "");
}

// Every plugin that is a provider has an example that names it; `shell` and `replay` have theirs a folder above.
TEST(ProviderExamples, AreThereForEveryProvider) {
  std::set<std::string> named;
  for (const auto& entry : fs::directory_iterator(fs::path(ASMGR_SOURCE_DIR) / "configs/providers")) {
    std::ifstream in(entry.path());
    const std::string text{std::istreambuf_iterator<char>(in), {}};
    for (const char* plugin :
         {"anthropic", "openai", "gemini", "claude_code", "codex", "gemini_cli", "opencode", "amp", "acp"}) {
      if (text.find("plugin: " + std::string(plugin)) != std::string::npos) named.insert(plugin);
    }
  }
  EXPECT_EQ(named.size(), 9U);
}

}  // namespace
}  // namespace asmgr::e2e
