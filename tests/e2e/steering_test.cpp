// `asmgr steer`: a run in one process is told something from another one.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <csignal>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

std::string record(const std::string& direction, const std::string& line) {
  boost::json::object one;
  one["t"] = 0;
  one["dir"] = direction;
  one["line"] = line;
  return boost::json::serialize(one) + "\n";
}

// What an agent says that is told something while it is at its first answer.
std::string agent_script() {
  return record("in", R"({"type":"control_request","request_id":"req_1","request":{"subtype":"initialize"}})") +
         record("out", R"({"type":"control_response","response":{"subtype":"success","request_id":"req_1"}})") +
         record("in", R"({"type":"user","message":{}})") +
         record("out", R"({"type":"system","subtype":"init","session_id":"s","model":"m"})") +
         record("out", R"({"type":"user","isReplay":true,"message":{}})") +
         record("out", R"({"type":"stream_event","event":{"type":"content_block_delta","index":0,)"
                       R"("delta":{"type":"text_delta","text":"going right"}}})") +
         record("in", R"({"type":"user","message":{}})") + record("out", R"({"type":"user","isReplay":true})") +
         record("out", R"({"type":"result","subtype":"success","is_error":false,"result":"left it is"})") +
         record("note", "exit 0");
}

class Steering : public testing::Test {
 protected:
  Steering() { work_.write("agent.jsonl", agent_script()); }

  // A run that has said this.
  void start_run(const std::string& provider, const std::string& prompt, const std::string& said) {
    work_.write("asmgr.yaml",
                "version: 1\nstores:\n  local: {plugin: sqlite, config: {path: ./asmgr.db, durability: normal}}\n"
                "providers:\n  agent: " +
                    provider + "\npipelines:\n  default: {store: local, provider: agent}\n");
    child_ = work_.start({"run", "--output", "jsonl", prompt});
    EXPECT_TRUE(child_->read_until([&](const std::string& out) { return out.find(said) != std::string::npos; }))
        << child_->out();
  }
  std::string run_id() const {
    for (const std::string& line : complete_lines(child_->out())) {
      if (const std::string id = at(json_of(line), "/run_id"); !id.empty()) return id;
    }
    return {};
  }

  Workplace work_;
  std::unique_ptr<Child> child_;
};

TEST_F(Steering, ReachesAnAgentInAnotherProcess) {
  start_run("{plugin: claude_code, config: {command: [\"" FAKE_AGENT "\", \"" + work_.path("agent.jsonl") +
                "\", --log, \"" + work_.path("heard") + "\", --]}}",
            "go right", "going right");
  const Ended told = work_.asmgr({"steer", run_id(), "no, left"});
  EXPECT_EQ(told.code, 0) << told.out << told.err;
  const Ended ended = child_->wait();
  EXPECT_EQ(ended.code, 0) << ended.out << ended.err;
  const RunOutput output = run_output(ended.out);
  EXPECT_EQ(at(output.result, "/output/content"), "left it is");
  EXPECT_NE(work_.read("heard").find("no, left"), std::string::npos);
  const Ended log = work_.asmgr({"events", at(output.log.events().at(0), "/session_id"), "--output", "jsonl"});
  EXPECT_NE(log.out.find(R"("content":"no, left","steered":true)"), std::string::npos) << log.out;
}

TEST_F(Steering, IsRefusedWhereThereIsNoModelToTell) {
  start_run("{plugin: shell, config: {timeout: 5m}}", "echo ready; sleep 60", "ready");
  const Ended told = work_.asmgr({"steer", run_id(), "faster"});
  EXPECT_EQ(told.code, 1) << told.out << told.err;
  EXPECT_NE(told.err.find("has no model that could be told anything"), std::string::npos) << told.err;
  child_->send(SIGINT);
  EXPECT_EQ(child_->wait().code, 5);
}

TEST_F(Steering, OfARunThatIsOverSaysSo) {
  start_run("{plugin: shell}", "echo ready", "\"result\"");
  EXPECT_EQ(child_->wait().code, 0);
  const Ended told = work_.asmgr({"steer", run_id(), "faster"});
  EXPECT_EQ(told.code, 1) << told.out << told.err;
  EXPECT_NE(told.err.find("there is nobody to tell"), std::string::npos) << told.err;
}

}  // namespace
}  // namespace asmgr::e2e
