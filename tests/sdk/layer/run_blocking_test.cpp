#include <asmgr/run_blocking.h>

#include <cstdlib>

#include "tests/sdk/layer/fake_host.hpp"

namespace asmgr::sdk::test {
namespace {

std::uint32_t greet(void* user, const asmgr_run_ctx* context, asmgr_run_result* result) {
  if (asmgr_run_emit(context, ASMGR_EV_MESSAGE_RECEIVED, asmgr_literal("{}")) == ASMGR_STOP)
    return ASMGR_FINISH_CANCELLED;
  if (user != nullptr) return ASMGR_FINISH_COMPLETED;
  char* json = static_cast<char*>(std::malloc(16));
  std::memcpy(json, R"({"output":{}})", 13);
  result->json = asmgr_str{json, 13};
  result->release = std::free;
  return ASMGR_FINISH_COMPLETED;
}

class RunBlocking : public testing::Test {
 protected:
  RunBlocking() { asmgr_run_threads_init(&threads); }
  asmgr_status start(FakeRun& run, void* user = nullptr) {
    return asmgr_run_blocking(&threads, host.table(), &run.context, greet, user, nullptr);
  }
  FakeHost host;
  asmgr_run_threads threads;
};

TEST_F(RunBlocking, TheFunctionsResultFinishesTheRunAndIsReleased) {
  FakeRun run;
  ASSERT_EQ(start(run), static_cast<asmgr_status>(ASMGR_OK));
  ASSERT_TRUE(run.wait_finished());
  asmgr_run_threads_join(&threads);
  EXPECT_EQ(run.finishes, 1);
  EXPECT_EQ(run.result, R"({"output":{}})");
  EXPECT_EQ(run.emit_flags, std::vector<std::uint32_t>{ASMGR_EMIT_MAY_BLOCK});
}

TEST_F(RunBlocking, AnUntouchedResultIsAnEmptyObjectAndStopIsSeen) {
  FakeRun run;
  run.emit_answer = ASMGR_STOP;
  ASSERT_EQ(start(run, this), static_cast<asmgr_status>(ASMGR_OK));
  asmgr_run_threads_join(&threads);
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_CANCELLED));
  EXPECT_EQ(run.result, "{}");
}

TEST_F(RunBlocking, JoinWaitsForEveryRun) {
  std::vector<std::unique_ptr<FakeRun>> runs;
  for (std::uint64_t i = 1; i <= 20; ++i) {
    runs.push_back(std::make_unique<FakeRun>(i));
    ASSERT_EQ(start(*runs.back()), static_cast<asmgr_status>(ASMGR_OK));
  }
  asmgr_run_threads_join(&threads);
  for (const auto& run : runs) EXPECT_EQ(run->finishes, 1);
}

}  // namespace
}  // namespace asmgr::sdk::test
