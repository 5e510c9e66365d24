// A session that is moved, forked and verified by processes that end at any moment.
#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"
#include "tests/support/profile.hpp"

namespace asmgr::e2e {
namespace {

// An agent that says very much at once.
std::string long_recording() {
  std::string text;
  for (int i = 1; i <= 2000; ++i) {
    text += R"({"t":0,"type":"message_streamed","data":{"delta":"piece )" + std::to_string(i) +
            " of a text that is as long as pieces of texts are\"}}\n";
  }
  return text + R"({"t":0,"finish":{"status":"completed","output":{},"token_usage":{},"error":null}})" + "\n";
}

class SessionLogs : public testing::Test {
 protected:
  SessionLogs() {
    work_.write("asmgr.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: recorded}}\n");
    work_.write("recording.jsonl", long_recording());
    const Ended ended = work_.asmgr({"run", "--output", "json", "go"});
    EXPECT_EQ(ended.code, 0) << ended.err;
    session_ = at(json_of(ended.out), "/session_id");
    const Ended exported = work_.asmgr({"session", "export", session_, "--file", "log.jsonl"});
    EXPECT_EQ(exported.code, 0) << exported.err;
    head_ = exported.out.substr(0, exported.out.find('\n'));
  }
  // A command on a store of its own.
  static std::vector<std::string> on(const std::string& store, std::vector<std::string> command) {
    command.insert(command.end(), {"--set", "stores.local.config.path=./" + store});
    return command;
  }
  Workplace work_;
  std::string session_;
  std::string head_;
};

TEST_F(SessionLogs, AnImportThatIsKilledLeavesAllOrNothing) {
  using Clock = std::chrono::steady_clock;
  const auto begin = Clock::now();
  EXPECT_EQ(work_.asmgr(on("whole.db", {"session", "import", "log.jsonl"})).code, 0);
  const auto whole = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - begin);
  const int rounds = test::in_profile(8, 120);
  int complete = 0;
  for (int i = 0; i < rounds; ++i) {
    const std::string store = "store" + std::to_string(i) + ".db";
    const auto child = work_.start(on(store, {"session", "import", "log.jsonl"}));
    child->read_for(std::chrono::duration_cast<std::chrono::milliseconds>(whole * i / rounds));
    child->send(SIGKILL);
    (void)child->wait();
    const Ended listed = work_.asmgr(on(store, {"session", "list", "--output", "jsonl"}));
    ASSERT_EQ(listed.code, 0) << listed.err;
    const auto sessions = complete_lines(listed.out);
    ASSERT_LE(sessions.size(), 1U);
    if (sessions.empty()) {
      const Ended again = work_.asmgr(on(store, {"session", "import", "log.jsonl"}));
      EXPECT_EQ(again.code, 0) << again.err;
    } else {
      ++complete;
    }
    const Ended verified = work_.asmgr(on(store, {"session", "verify", session_, "--expect", head_}));
    EXPECT_EQ(verified.code, 0) << verified.out << verified.err;
  }
  RecordProperty("imports_complete_at_the_kill", complete);
  EXPECT_EQ(work_.asmgr(on("store0.db", {"session", "export", session_})).out, work_.read("log.jsonl"));
}

// The whole way a log can go: out, into another store, forked there, its run gone on with.
TEST_F(SessionLogs, GoFromStoreToStoreAndOn) {
  ASSERT_EQ(work_.asmgr(on("b.db", {"session", "import", "log.jsonl"})).code, 0);
  const Ended forked = work_.asmgr(on("b.db", {"session", "fork", session_, "--at", "100", "--output", "json"}));
  ASSERT_EQ(forked.code, 0) << forked.err;
  const std::string fork = at(json_of(forked.out), "/id");
  EXPECT_EQ(at(json_of(forked.out), "/chain_id"), session_);
  EXPECT_EQ(work_.asmgr(on("b.db", {"session", "activate", fork})).code, 0);
  const Ended run = work_.asmgr(on("b.db", {"run", "--session", fork, "--provider", "shell", "echo on"}));
  EXPECT_EQ(run.out, "on\n");
  const Ended events = work_.asmgr(on("b.db", {"events", fork, "--output", "jsonl"}));
  EXPECT_TRUE(EventLog(complete_lines(events.out)).is_whole(session_));
  EXPECT_EQ(work_.asmgr(on("b.db", {"session", "verify", fork})).code, 0);
  EXPECT_EQ(work_.asmgr(on("b.db", {"session", "verify", session_, "--expect", head_})).code, 0);
}

}  // namespace
}  // namespace asmgr::e2e
