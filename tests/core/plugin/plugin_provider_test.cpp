#include "core/plugin/plugin_provider.hpp"

#include <gtest/gtest.h>

#include "core/plugin/factory.hpp"
#include "tests/core/plugin/fake_component.hpp"
#include "tests/core/plugin/temp_folder.hpp"

namespace asmgr {
namespace {

using test::fake_of;
using test::text;

// A provider whose functions a test sets. Optional tables are offered when their function is set.
struct FakeProvider {
  static const void* table(std::string_view id);
  std::string description = R"({"vendor":"v","models":["m"],"grade":"cancel","usage":"total","heartbeat_ms":5,
                               "max_output_tokens":64000,"hints":["max_turns"],
                               "capabilities":[{"name":"chat","type":"sampling"}]})";
  std::function<asmgr_status(const asmgr_run_ctx*, asmgr_error*)> start;
  std::function<asmgr_status(const asmgr_sink*, asmgr_error*)> token;
  std::function<asmgr_status(std::string, asmgr_error*)> inject;
  std::vector<std::string> calls;
  bool destroyed = false;
};

const void* FakeProvider::table(std::string_view id) {
  static const asmgr_provider provider = [] {
    asmgr_provider table{};
    table.size = sizeof table;
    table.describe = [](asmgr_instance* self, const asmgr_sink* sink, asmgr_error*) noexcept -> asmgr_status {
      test::push_text(sink, fake_of<FakeProvider>(self).description);
      return ASMGR_OK;
    };
    table.start = [](asmgr_instance* self, const asmgr_run_ctx* run, asmgr_error* error) noexcept -> asmgr_status {
      return fake_of<FakeProvider>(self).start(run, error);
    };
    table.cancel = [](asmgr_instance* self, std::uint64_t number) noexcept {
      fake_of<FakeProvider>(self).calls.push_back("cancel " + std::to_string(number));
    };
    return table;
  }();
  static const asmgr_provider_resume resume = [] {
    asmgr_provider_resume table{};
    table.size = sizeof table;
    table.token = [](asmgr_instance* self, std::uint64_t, const asmgr_sink* sink,
                     asmgr_error* error) noexcept -> asmgr_status {
      return fake_of<FakeProvider>(self).token(sink, error);
    };
    return table;
  }();
  // As of a plugin that was built before inject was added: there is a table, the function is not within its size.
  static const asmgr_provider_steer steer = [] {
    asmgr_provider_steer table{};
    table.size = 8;
    return table;
  }();
  if (id == ASMGR_IFACE_PROVIDER) return &provider;
  if (id == ASMGR_IFACE_PROVIDER_RESUME) return &resume;
  if (id == ASMGR_IFACE_PROVIDER_STEER) return &steer;
  return nullptr;
}

class SilentChannel final : public RunChannel {
 public:
  EmitAnswer emit(std::span<const EventView>, EmitMode) noexcept override { return EmitAnswer::go_on; }
  void ask(std::uint64_t, std::string_view) noexcept override {}
  void finish(FinishStatus, std::string_view) noexcept override { ++finished; }
  void misbehaved(std::string_view) noexcept override {}
  void next_target(NextTarget, Go) noexcept override {}
  int finished = 0;
};

class PluginProviderTest : public testing::Test {
 protected:
  std::unique_ptr<Provider> make() {
    auto made = create_provider(component_.ref(), "mine", component_.config());
    EXPECT_TRUE(made) << made.error().message();
    return made ? std::move(*made) : nullptr;
  }
  RunContext context() {
    RunContext context;
    context.start = ++starts_;
    context.session = &session_;
    context.run = &run_;
    context.channel = &channel_;
    return context;
  }
  static void finish(const asmgr_run_ctx* run) { run->finish(run->ctx, ASMGR_FINISH_COMPLETED, text("")); }

  FakeProvider fake_;
  test::FakeComponent<FakeProvider> component_{ComponentKind::provider, fake_};
  Session session_ = test::a_session();
  asmgr::Run run_ = test::a_run();
  SilentChannel channel_;
  std::uint64_t starts_ = 0;
};

TEST_F(PluginProviderTest, TellsWhatThePluginSaysOfItself) {
  const auto provider = make();
  const ProviderInfo& info = provider->info();
  EXPECT_EQ(info.name, "mine");
  EXPECT_EQ(info.vendor, "v");
  EXPECT_EQ(info.models, std::vector<std::string>{"m"});
  EXPECT_EQ(info.max_output_tokens, 64000);
  EXPECT_EQ(info.hints, std::vector<std::string>{"max_turns"});
  EXPECT_EQ(info.grade, EnforcementGrade::cancel);
  EXPECT_TRUE(info.usage_is_total);
  EXPECT_EQ(info.heartbeat_ms, 5);
  ASSERT_EQ(info.capabilities.size(), 1U);
  EXPECT_EQ(info.capabilities[0].type, CapabilityType::sampling);
  EXPECT_TRUE(info.can_resume_natively);
  EXPECT_FALSE(info.can_steer) << "the table has no room for inject";
  EXPECT_EQ(info.describe_json, fake_.description);
}

TEST_F(PluginProviderTest, EndsTheInstanceWithItself) {
  make().reset();
  EXPECT_TRUE(fake_.destroyed);
}

TEST_F(PluginProviderTest, AStartThatFinishesAtOnceFinishesOnce) {
  fake_.start = [](const asmgr_run_ctx* run, asmgr_error*) {
    finish(run);
    finish(run);
    return ASMGR_OK;
  };
  const auto provider = make();
  EXPECT_TRUE(provider->start(context()));
  EXPECT_EQ(channel_.finished, 1);
}

TEST_F(PluginProviderTest, LateCallsAreCountedAndLogged) {
  const asmgr_run_ctx* kept = nullptr;
  fake_.start = [&](const asmgr_run_ctx* run, asmgr_error*) {
    kept = run;
    return ASMGR_OK;
  };
  auto provider = make();
  ASSERT_TRUE(provider->start(context()));
  finish(kept);
  finish(kept);
  EXPECT_EQ(channel_.finished, 1);
  provider.reset();
  EXPECT_EQ(component_.log.lines(), (std::vector<std::string>{"3 mine: 1 calls came after the finish of a run and were "
                                                              "dropped; tell the plugin's author"}));
}

TEST_F(PluginProviderTest, ManyStartsAreForgottenInTheEnd) {
  fake_.start = [](const asmgr_run_ctx* run, asmgr_error*) {
    finish(run);
    return ASMGR_OK;
  };
  const auto provider = make();
  for (std::size_t i = 0; i < 3 * PluginProvider::kRemembered; ++i) ASSERT_TRUE(provider->start(context()));
  EXPECT_EQ(channel_.finished, static_cast<int>(3 * PluginProvider::kRemembered));
}

TEST_F(PluginProviderTest, AStartThatFailsSaysWhy) {
  fake_.start = [](const asmgr_run_ctx*, asmgr_error* error) {
    return test::fail(error, ASMGR_E_PROVIDER_RATE_LIMITED, "slow down", 0, 1500, R"({"http_status":429})");
  };
  const auto started = make()->start(context());
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), ErrorCode::provider_rate_limited);
  EXPECT_EQ(started.error().message(), "mine.start: slow down");
  EXPECT_EQ(started.error().retry_after_ms(), 1500);
  EXPECT_TRUE(started.error().retryable());
  EXPECT_EQ(started.error().details().at("http_status").as_int64(), 429);
}

TEST_F(PluginProviderTest, RetryFlagsBeatTheCodesDefault) {
  std::uint32_t flags = ASMGR_ERR_PERMANENT;
  fake_.start = [&](const asmgr_run_ctx*, asmgr_error* error) {
    return test::fail(error, ASMGR_E_PROVIDER_RATE_LIMITED, "no", flags);
  };
  const auto provider = make();
  EXPECT_FALSE(provider->start(context()).error().retryable());
  fake_.start = [&](const asmgr_run_ctx*, asmgr_error* error) {
    return test::fail(error, ASMGR_E_PROVIDER_AUTH, "no", ASMGR_ERR_RETRYABLE);
  };
  EXPECT_TRUE(provider->start(context()).error().retryable());
}

TEST_F(PluginProviderTest, AStatusWithoutTextGetsASentence) {
  fake_.start = [](const asmgr_run_ctx*, asmgr_error*) { return asmgr_status{ASMGR_E_PROVIDER_AUTH}; };
  EXPECT_EQ(make()->start(context()).error().message(), "mine.start failed: provider_authentication_failed");
}

TEST_F(PluginProviderTest, AnUnknownNumberMeansItsCategory) {
  fake_.start = [](const asmgr_run_ctx*, asmgr_error*) { return asmgr_status{0x04EE}; };
  EXPECT_EQ(make()->start(context()).error().code(), ErrorCode::provider_error);
}

TEST_F(PluginProviderTest, OnlyTheHostSaysThatAPluginCrashed) {
  fake_.start = [](const asmgr_run_ctx*, asmgr_error*) { return asmgr_status{ASMGR_E_PLUGIN_CRASHED}; };
  const auto started = make()->start(context());
  EXPECT_EQ(started.error().code(), ErrorCode::plugin_misbehaved);
  EXPECT_EQ(started.error().message(),
            "mine.start broke the plugin contract: it answered plugin_crashed, which only the host may say");
}

TEST_F(PluginProviderTest, AMessageThatIsNotUtf8IsNotPassedOn) {
  fake_.start = [](const asmgr_run_ctx*, asmgr_error* error) { return test::fail(error, ASMGR_E_PROVIDER, "\xff"); };
  EXPECT_EQ(make()->start(context()).error().message(),
            "mine.start broke the plugin contract: its error message is not UTF-8");
}

TEST_F(PluginProviderTest, FinishingAndThenFailingToStartIsALie) {
  fake_.start = [](const asmgr_run_ctx* run, asmgr_error*) {
    finish(run);
    return asmgr_status{ASMGR_E_PROVIDER};
  };
  const auto started = make()->start(context());
  EXPECT_EQ(started.error().message(),
            "mine.start broke the plugin contract: it finished the run and then said that it had not begun");
  EXPECT_EQ(channel_.finished, 0);
}

TEST_F(PluginProviderTest, FacetsThatAreNotThereAreAnsweredInWords) {
  const auto provider = make();
  provider->resume(1);
  EXPECT_EQ(provider->steer(1, "{}").error().code(), ErrorCode::capability_not_supported);
  EXPECT_EQ(provider->resolve(1, 1, ToolVerdict::allow, "", "").error().code(), ErrorCode::capability_not_supported);
}

TEST_F(PluginProviderTest, CancelGoesToThePlugin) {
  make()->cancel(9);
  EXPECT_EQ(fake_.calls, std::vector<std::string>{"cancel 9"});
}

TEST_F(PluginProviderTest, TheResumeTokenMayBeAbsent) {
  fake_.token = [](const asmgr_sink*, asmgr_error*) { return ASMGR_OK; };
  const auto provider = make();
  EXPECT_EQ(*provider->resume_token(1), "");
  fake_.token = [](const asmgr_sink* sink, asmgr_error*) {
    test::push_text(sink, "tok");
    return ASMGR_OK;
  };
  EXPECT_EQ(*provider->resume_token(1), "tok");
}

// Throwing needs a plugin compiled without noexcept in its function types: a real file.
TEST(ThrowingPlugin, AnExceptionFromStartIsTheStartsError) {
  PluginCatalog catalog(PluginSearchPath({ASMGR_BROKEN_PLUGINS}, "", ""), {},
                        std::make_unique<HostServices>("1.0", system_clock(), nullptr));
  const auto component = catalog.open("start_throws", ComponentKind::provider);
  ASSERT_TRUE(component) << component.error().message();
  const auto provider = create_provider(*component, "mine", "{}");
  ASSERT_TRUE(provider);
  const Session session = test::a_session();
  const asmgr::Run run = test::a_run();
  SilentChannel channel;
  RunContext context;
  context.session = &session;
  context.run = &run;
  context.channel = &channel;
  const auto started = (*provider)->start(context);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().code(), ErrorCode::plugin_misbehaved);
  EXPECT_EQ(started.error().message(),
            "mine.start broke the plugin contract: it threw an exception: something that is no std::exception");
}

}  // namespace
}  // namespace asmgr
