#include <asmgr/plugin.hpp>
#include <optional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/sdk/layer/fake_host.hpp"

namespace asmgr::sdk::test {
namespace {

// Does with a run what its config says.
class AsyncTestProvider final : public AsyncProvider, public ProviderFlow, public ProviderResume {
 public:
  explicit AsyncTestProvider(const Create& create) : mode_(create.config) {}
  std::string describe() override { return "{}"; }
  void start(Run& run) override {
    if (mode_ == "refuse") throw StatusError(ASMGR_E_PROVIDER_UNAVAILABLE, "nobody at home");
    if (mode_ == "ignore") return;
    kept_.emplace(std::move(run));
    if (mode_ == "drop") kept_.reset();
    if (mode_ == "take_and_throw") throw std::runtime_error("after taking");
    if (mode_ == "finish_twice") {
      kept_->finish(ASMGR_FINISH_COMPLETED, R"({"output":{}})");
      kept_->finish(ASMGR_FINISH_FAILED, "{}");
    }
    if (mode_ == "emit_late") {
      kept_->finish(ASMGR_FINISH_COMPLETED, "{}");
      late_answer = kept_->emit(event(ASMGR_EV_MESSAGE_SENT, "{}"));
    }
    if (mode_ == "fail") kept_->fail(StatusError(ASMGR_E_PROVIDER_AUTH, "key \"k\" is refused"));
    if (mode_ == "race") {
      std::thread other([this] { kept_->finish(ASMGR_FINISH_COMPLETED, "{}"); });
      kept_->finish(ASMGR_FINISH_COMPLETED, "{}");
      other.join();
    }
  }
  void cancel(std::uint64_t start) override {
    if (start == 666) throw std::runtime_error("cancel broke");
    if (kept_) kept_->finish(ASMGR_FINISH_CANCELLED, "{}");
  }
  void resume(std::uint64_t) override { throw std::runtime_error("resume broke"); }
  std::string token(std::uint64_t start) override { return start == 1 ? "native-1" : ""; }
  void forget(std::string_view) override {}

  static std::uint32_t late_answer;

 private:
  std::string mode_;
  std::optional<Run> kept_;
};
std::uint32_t AsyncTestProvider::late_answer = 99;

constexpr asmgr_component kAsyncTestProvider = component<AsyncTestProvider>("test", "A provider for tests", "{}");

class AsyncProviderLayer : public testing::Test {
 protected:
  // The status of start.
  asmgr_status start(const std::string& mode) {
    live.emplace(host, kAsyncTestProvider, mode);
    return table().start(live->instance, &run.context, &error);
  }
  const asmgr_provider& table() { return *live->table<asmgr_provider>(ASMGR_IFACE_PROVIDER); }

  FakeHost host;
  FakeRun run;
  asmgr_error error;
  std::optional<Live> live;
};

TEST_F(AsyncProviderLayer, AStartThatThrowsHasNotBegunAndNeverFinishes) {
  EXPECT_EQ(start("refuse"), static_cast<asmgr_status>(ASMGR_E_PROVIDER_UNAVAILABLE));
  live.reset();
  EXPECT_EQ(run.finishes, 0);
}

TEST_F(AsyncProviderLayer, ARunNobodyTakesFails) {
  EXPECT_EQ(start("ignore"), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(run.finishes, 1);
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_NE(run.result.find("provider dropped the run"), std::string::npos) << run.result;
}

TEST_F(AsyncProviderLayer, ADroppedRunFailsOnce) {
  EXPECT_EQ(start("drop"), static_cast<asmgr_status>(ASMGR_OK));
  live.reset();
  EXPECT_EQ(run.finishes, 1);
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
}

TEST_F(AsyncProviderLayer, ARunStillHeldWhenTheInstanceEndsFails) {
  EXPECT_EQ(start("keep"), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(run.finishes, 0);
  live.reset();
  EXPECT_EQ(run.finishes, 1);
}

TEST_F(AsyncProviderLayer, AStartThatThrowsAfterTakingTheRunHasBegun) {
  EXPECT_EQ(start("take_and_throw"), static_cast<asmgr_status>(ASMGR_OK));
  ASSERT_EQ(host.lines().size(), 1u);
  EXPECT_NE(host.lines()[0].find("after taking"), std::string::npos);
  live.reset();
  EXPECT_EQ(run.finishes, 1);
}

TEST_F(AsyncProviderLayer, TheFirstFinishCounts) {
  EXPECT_EQ(start("finish_twice"), static_cast<asmgr_status>(ASMGR_OK));
  live.reset();
  EXPECT_EQ(run.finishes, 1);
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_COMPLETED));
}

TEST_F(AsyncProviderLayer, TwoThreadsThatFinishFinishOnce) {
  EXPECT_EQ(start("race"), static_cast<asmgr_status>(ASMGR_OK));
  live.reset();
  EXPECT_EQ(run.finishes, 1);
}

TEST_F(AsyncProviderLayer, EmittingAfterFinishIsAnsweredStopWithoutTheHost) {
  EXPECT_EQ(start("emit_late"), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(AsyncTestProvider::late_answer, static_cast<std::uint32_t>(ASMGR_STOP));
  EXPECT_TRUE(run.types.empty());
}

TEST_F(AsyncProviderLayer, AFailureIsWrittenAsAnErrorObject) {
  EXPECT_EQ(start("fail"), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(run.finish_status, static_cast<std::uint32_t>(ASMGR_FINISH_FAILED));
  EXPECT_EQ(run.result,
            R"({"error":{"code":"provider_authentication_failed","message":"key \"k\" is refused","details":{}}})");
}

TEST_F(AsyncProviderLayer, AShortContextIsRefused) {
  run.context.size = 16;
  EXPECT_EQ(start("drop"), static_cast<asmgr_status>(ASMGR_E_INVALID_INPUT));
  EXPECT_EQ(run.finishes, 0);
}

TEST_F(AsyncProviderLayer, FunctionsWithoutAStatusLogWhatTheyThrow) {
  EXPECT_EQ(start("keep"), static_cast<asmgr_status>(ASMGR_OK));
  table().cancel(live->instance, 666);
  live->table<asmgr_provider_flow>(ASMGR_IFACE_PROVIDER_FLOW)->resume(live->instance, 1);
  ASSERT_EQ(host.lines().size(), 2u);
  EXPECT_NE(host.lines()[0].find("cancel broke"), std::string::npos) << host.lines()[0];
  EXPECT_NE(host.lines()[1].find("resume broke"), std::string::npos) << host.lines()[1];
}

TEST_F(AsyncProviderLayer, ANativeSessionIsPushedOnlyWhereThereIsOne) {
  EXPECT_EQ(start("keep"), static_cast<asmgr_status>(ASMGR_OK));
  Texts tokens;
  const auto& resume = *live->table<asmgr_provider_resume>(ASMGR_IFACE_PROVIDER_RESUME);
  EXPECT_EQ(resume.token(live->instance, 2, tokens.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(resume.token(live->instance, 1, tokens.sink(), &error), static_cast<asmgr_status>(ASMGR_OK));
  EXPECT_EQ(tokens.all, std::vector<std::string>{"native-1"});
  EXPECT_EQ(kAsyncTestProvider.get_interface(ASMGR_IFACE_PROVIDER_STEER), nullptr);
  EXPECT_EQ(kAsyncTestProvider.get_interface(ASMGR_IFACE_PROVIDER_APPROVAL), nullptr);
}

}  // namespace
}  // namespace asmgr::sdk::test
