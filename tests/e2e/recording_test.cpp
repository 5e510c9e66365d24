// What one provider did can be recorded and played by another.
#include <gtest/gtest.h>

#include "tests/e2e/support/event_log.hpp"
#include "tests/e2e/support/workplace.hpp"

namespace asmgr::e2e {
namespace {

class RecordAndReplay : public testing::Test {
 protected:
  RecordAndReplay() {
    work_.write("asmgr.yaml", shell_deployment() + "pipelines: {default: {store: local, provider: shell}}\n");
  }
  RunOutput run(const std::vector<std::string>& options, int code) const {
    std::vector<std::string> command{"run", "--output", "jsonl"};
    command.insert(command.end(), options.begin(), options.end());
    const Ended ended = work_.asmgr(command);
    EXPECT_EQ(ended.code, code) << ended.out << ended.err;
    return run_output(ended.out);
  }
  RunOutput replay(int code) const {
    return run({"--provider", "recorded", "--set", "providers.recorded.config.speed=0", "anything"}, code);
  }
  Workplace work_;
};

TEST_F(RecordAndReplay, AReplayedRunHasTheSameEventsInTheSameOrder) {
  const auto original =
      run({"--record", work_.path("recording.jsonl"), "for i in 1 2 3; do echo $i; sleep 0.05; done"}, 0);
  const auto replayed = replay(0);
  EXPECT_EQ(replayed.log.types(), original.log.types());
  EXPECT_GE(original.log.count("message_streamed"), 1U);
  EXPECT_EQ(original.log.count("tool_call_completed"), 1U);
  EXPECT_EQ(at(replayed.result, "/provider"), "recorded");
  EXPECT_EQ(at(replayed.result, "/output"), at(original.result, "/output"));
  EXPECT_EQ(at(replayed.log.first("tool_call_completed"), "/data"),
            at(original.log.first("tool_call_completed"), "/data"));
}

TEST_F(RecordAndReplay, AFailedRunFailsAgainInTheSameWay) {
  const auto original = run({"--record", work_.path("recording.jsonl"), "echo some; exit 3"}, 1);
  const auto replayed = replay(1);
  EXPECT_EQ(replayed.log.types(), original.log.types());
  EXPECT_EQ(at(replayed.result, "/error/code"), at(original.result, "/error/code"));
  EXPECT_EQ(at(original.result, "/error/code"), "command_failed");
}

}  // namespace
}  // namespace asmgr::e2e
