// What a run says that is too large for the log: kept beside it, found again, and never given as good when it is not.
#include <gtest/gtest.h>

#include <filesystem>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

constexpr std::size_t kFiveMiB = std::size_t{5} << 20;
const std::string kSecret = "ghp_0123456789abcdefghijklmnopqrstuvwxyz";

class LargeEvents : public testing::Test {
 protected:
  // A tool whose output is 5 MiB, with a secret near its end.
  LargeEvents() {
    std::string output;
    output.reserve(kFiveMiB + 100);
    for (std::size_t line = 0; output.size() < kFiveMiB; ++line) output += "line " + std::to_string(line) + "\\n";
    output += "token " + kSecret + " the very end";
    work_.write("recording.jsonl",
                R"({"t":0,"type":"tool_call_started","data":{"tool_call_id":"c1","tool_name":"cat","tool_input":{}}})"
                "\n"
                R"({"t":0,"type":"tool_call_completed","data":{"tool_call_id":"c1","tool_name":"cat","tool_output":")" +
                    output +
                    "\"}}\n"
                    R"({"t":0,"type":"message_received","data":{"role":"assistant","content":"done"}})"
                    "\n"
                    R"({"t":0,"finish":{"status":"completed","output":{"content":"done"}}})"
                    "\n");
  }
  // `more` are lines of the pipeline.
  void deploy(const std::string& more) const {
    work_.write("asmgr.yaml",
                "version: 1\n"
                "stores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "artifacts:\n  files: {plugin: file, config: {root: ./artifacts}}\n"
                "providers:\n  recorded: {plugin: replay, config: {file: ./recording.jsonl}}\n"
                "pipelines:\n  default:\n    store: local\n    provider: recorded\n" +
                    more);
  }
  [[nodiscard]] RunOutput run() const {
    const Ended ended = work_.asmgr({"run", "--output", "jsonl", "show me"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    return run_output(ended.out);
  }
  [[nodiscard]] boost::json::array artifacts_of(const std::string& session) const {
    const Ended listed = work_.asmgr({"session", "artifacts", session, "--output", "json"});
    EXPECT_EQ(listed.code, 0) << listed.err;
    return json_of(listed.out).at("items").as_array();
  }
  [[nodiscard]] std::string file_of_bytes() const {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(work_.path("artifacts/objects"))) {
      if (entry.path().filename() == "bytes") return entry.path().string();
    }
    ADD_FAILURE() << "no object";
    return {};
  }

  Workplace work_;
};

TEST_F(LargeEvents, TheLogKeepsTheBeginningAndArtifactGetTheWholeWithoutItsSecrets) {
  deploy("    artifacts: files\n");
  const RunOutput run = this->run();
  EXPECT_TRUE(run.result.at("warnings").as_array().empty());
  const boost::json::object event = run.log.first("tool_call_completed");
  EXPECT_EQ(at(event, "/data/tool_call_id"), "c1");
  EXPECT_EQ(at(event, "/data/tool_name"), "cat");
  const std::string shown = at(event, "/data/tool_output");
  EXPECT_TRUE(shown.starts_with("line 0\nline 1\n"));
  EXPECT_LT(shown.size(), std::size_t{1} << 20);
  EXPECT_NE(shown.find("[cut: the first "), std::string::npos);

  const boost::json::array known = artifacts_of(run.session_id());
  ASSERT_EQ(known.size(), 1U);
  const std::string key = at(known[0], "/key");
  EXPECT_EQ(key, at(event, "/data/_truncated/artifact"));
  EXPECT_EQ(at(known[0], "/sha256"), at(event, "/data/_truncated/sha256"));
  EXPECT_EQ(at(known[0], "/run_id"), run.run_id());
  EXPECT_EQ(at(known[0], "/metadata/event_type"), "tool_call_completed");
  EXPECT_EQ(json_of(work_.asmgr({"artifact", "show", key, "--output", "json"}).out), known[0].as_object());

  const Ended whole = work_.asmgr({"artifact", "get", key});
  EXPECT_EQ(whole.code, 0) << whole.err;
  EXPECT_EQ(std::to_string(whole.out.size()), at(known[0], "/bytes"));
  const std::string output = at(json_of(whole.out), "/tool_output");
  EXPECT_GT(whole.out.size(), kFiveMiB);
  EXPECT_TRUE(output.ends_with("token [REDACTED] the very end")) << output.substr(output.size() - 60);
  const Ended to_file = work_.asmgr({"artifact", "get", key, "--out", work_.path("whole.json")});
  EXPECT_EQ(to_file.code, 0) << to_file.err;
  EXPECT_EQ(work_.read("whole.json"), whole.out);
  EXPECT_EQ(work_.run_program({"/bin/grep", "-rl", kSecret, work_.path("artifacts"), work_.path("asmgr.db")}).out, "");

  EXPECT_EQ(work_.asmgr({"session", "verify", run.session_id()}).code, 0);
  const Ended transcript = work_.asmgr({"session", "transcript", run.session_id()});
  EXPECT_NE(transcript.out.find("line 0"), std::string::npos);
}

TEST_F(LargeEvents, WithoutArtifactsTheRestIsLostAndTheResultSaysSo) {
  deploy("    max_event_bytes: 64KiB\n");
  const RunOutput run = this->run();
  const boost::json::object event = run.log.first("tool_call_completed");
  EXPECT_TRUE(event.at("data").at_pointer("/_truncated/artifact").is_null());
  EXPECT_LT(at(event, "/data/tool_output").size(), 65536U);
  ASSERT_EQ(run.result.at("warnings").as_array().size(), 1U);
  EXPECT_NE(at(run.result, "/warnings/0").find("names no artifacts"), std::string::npos);
  EXPECT_TRUE(artifacts_of(run.session_id()).empty());
}

TEST_F(LargeEvents, ABitThatChangedInTheArtifactStoreIsAnErrorOfReading) {
  deploy("    artifacts: files\n");
  const RunOutput run = this->run();
  const std::string key = at(artifacts_of(run.session_id()).at(0), "/key");
  const std::string file = file_of_bytes();
  ASSERT_EQ(work_.run_program({"/bin/sh", "-c", "printf X | dd of='" + file + "' bs=1 seek=4000000 conv=notrunc"}).code,
            0);
  const Ended read = work_.asmgr({"artifact", "get", key, "--out", work_.path("whole.json")});
  EXPECT_EQ(read.code, 1);
  EXPECT_NE(read.err.find("storage_"), std::string::npos) << read.err;
  EXPECT_NE(read.err.find(key), std::string::npos) << read.err;
  for (const auto& entry : std::filesystem::directory_iterator(work_.path("."))) {
    EXPECT_NE(entry.path().filename().string().substr(0, 10), "whole.json") << "nothing is left of it";
  }
}

TEST_F(LargeEvents, AKeyThatNobodyKnowsIsNotFound) {
  deploy("    artifacts: files\n");
  const Ended ended = work_.asmgr({"artifact", "get", "asmgr-0123456789abcdef/event_1"});
  EXPECT_EQ(ended.code, 7);
  EXPECT_NE(ended.err.find("session artifacts"), std::string::npos) << ended.err;
  EXPECT_EQ(work_.asmgr({"session", "artifacts", "ses_unknown"}).code, 7);
}

TEST_F(LargeEvents, ASessionTakesWhatIsKnownOfItsArtifactsAlong) {
  deploy("    artifacts: files\n");
  const RunOutput run = this->run();
  const Ended exported = work_.asmgr({"session", "export", run.session_id(), "--artifacts"});
  ASSERT_EQ(exported.code, 0) << exported.err;
  work_.write("review.jsonl", exported.out);
  const Ended copied = work_.asmgr({"session", "import", "--new-id", "--output", "json", work_.path("review.jsonl")});
  ASSERT_EQ(copied.code, 0) << copied.err;
  const std::string copy = at(json_of(copied.out), "/id");
  const boost::json::array known = artifacts_of(copy);
  ASSERT_EQ(known.size(), 1U) << copied.out;
  EXPECT_EQ(work_.asmgr({"artifact", "get", at(known[0], "/key")}).code, 0);
}

}  // namespace
}  // namespace asmgr::e2e
