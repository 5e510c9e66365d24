#include "core/plugin/host_services.hpp"

#include <asmgr/abi/base.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <thread>

#include "core/plugin/call.hpp"
#include "tests/core/plugin/fake_component.hpp"
#include "tests/core/plugin/recording_log.hpp"

namespace asmgr {
namespace {

using test::text;

class FixedClock final : public Clock {
 public:
  [[nodiscard]] Timestamp now() const noexcept override { return {123}; }
  [[nodiscard]] std::int64_t monotonic_ns() const noexcept override { return 456; }
};

class HostServicesTest : public testing::Test {
 protected:
  const FixedClock clock_{};
  test::RecordingLog log_{LogLevel::info};
  HostServices host_{"2.3", clock_, &log_};
  const asmgr_host& table_ = *host_.table();
  void* ctx_ = table_.ctx;
};

TEST_F(HostServicesTest, SaysWhoItIs) {
  EXPECT_EQ(text(table_.name), "asmgr");
  EXPECT_EQ(text(table_.version), "2.3");
  EXPECT_EQ(table_.size, sizeof(asmgr_host));
  EXPECT_EQ(table_.minor, ASMGR_ABI_MINOR);
}

TEST_F(HostServicesTest, LogsWhatIsEnabledAndReadable) {
  EXPECT_EQ(table_.log_enabled(ctx_, ASMGR_LOG_DEBUG), 0);
  EXPECT_EQ(table_.log_enabled(ctx_, ASMGR_LOG_WARN), 1);
  EXPECT_EQ(table_.log_enabled(ctx_, 99), 1) << "a level of a later minor is at least an error";
  table_.log(ctx_, ASMGR_LOG_DEBUG, text("c"), text("hidden"), {});
  table_.log(ctx_, ASMGR_LOG_INFO, text("c"), text("shown "), text("{\"a\":1}"));
  table_.log(ctx_, ASMGR_LOG_ERROR, text("c"), text("\xff"), text("not json"));
  EXPECT_EQ(log_.lines(), (std::vector<std::string>{"2 c: shown {\"a\":1}", "4 c: (text that is not UTF-8)"}));
}

TEST_F(HostServicesTest, WithoutALogNothingIsEnabled) {
  const HostServices silent("1", clock_, nullptr);
  EXPECT_EQ(silent.table()->log_enabled(silent.table()->ctx, ASMGR_LOG_ERROR), 0);
  silent.table()->log(silent.table()->ctx, ASMGR_LOG_ERROR, text("c"), text("m"), {});
}

TEST_F(HostServicesTest, ShowsTheHostsClock) {
  EXPECT_EQ(table_.now_us(ctx_), 123);
  EXPECT_EQ(table_.mono_ns(ctx_), 456);
}

TEST_F(HostServicesTest, FillsAnErrorAndReturnsItsCode) {
  asmgr_error error;
  EXPECT_EQ(table_.set_error(ctx_, &error, ASMGR_E_STORAGE, ASMGR_ERR_RETRYABLE, 5, text("m"), text("{}")),
            std::uint32_t{ASMGR_E_STORAGE});
  EXPECT_EQ(error.message, "m");
  EXPECT_EQ(error.retry_after_ms, 5);
  EXPECT_EQ(table_.set_error(ctx_, nullptr, ASMGR_E_QUERY, 0, 0, text("m"), {}), std::uint32_t{ASMGR_E_QUERY});
}

TEST_F(HostServicesTest, TheSameMetricHasTheSameHandle) {
  const std::uint32_t first = table_.metric(ctx_, ASMGR_METRIC_COUNTER, text("rows_total"), text("1"), text("Rows"));
  EXPECT_NE(first, 0U);
  EXPECT_EQ(table_.metric(ctx_, ASMGR_METRIC_COUNTER, text("rows_total"), {}, {}), first);
  EXPECT_EQ(table_.metric(ctx_, ASMGR_METRIC_GAUGE, text("rows_total"), {}, {}), 0U) << "another kind";
  EXPECT_EQ(table_.metric(ctx_, ASMGR_METRIC_COUNTER, text("Bad Name"), {}, {}), 0U);
  EXPECT_EQ(table_.metric(ctx_, 9, text("x"), {}, {}), 0U);
  table_.metric_add(ctx_, first, 2);
  table_.metric_add(ctx_, first, 3);
  table_.metric_add(ctx_, first, -1);
  table_.metric_add(ctx_, 77, 1);
  const auto metrics = host_.metrics().read();
  ASSERT_EQ(metrics.size(), 1U);
  EXPECT_EQ(metrics[0].name, "rows_total");
  EXPECT_EQ(metrics[0].value, 5);
}

TEST_F(HostServicesTest, ACancelTokenIsSeenThreeWays) {
  CancelToken token;
  const asmgr_cancel* handle = cancel_handle(&token);
  EXPECT_EQ(table_.cancelled(ctx_, handle), 0);
  EXPECT_EQ(table_.wait(ctx_, handle, 1000), 0);
  const int fd = table_.cancel_fd(ctx_, handle);
  std::thread waiter([&] { EXPECT_EQ(table_.wait(ctx_, handle, std::numeric_limits<std::int64_t>::max()), 1); });
  token.cancel();
  waiter.join();
  EXPECT_EQ(table_.cancelled(ctx_, handle), 1);
  pollfd entry{fd, POLLIN, 0};
  EXPECT_EQ(poll(&entry, 1, 0), 1);
}

TEST_F(HostServicesTest, NoTokenIsNeverCancelled) {
  EXPECT_EQ(table_.cancelled(ctx_, nullptr), 0);
  EXPECT_EQ(table_.cancel_fd(ctx_, nullptr), -1);
  EXPECT_EQ(table_.wait(ctx_, nullptr, -5), 0);
}

TEST_F(HostServicesTest, ThereAreNoExtensionsYet) {
  EXPECT_EQ(table_.extension(ctx_, "asmgr.host.http/1"), nullptr);
}

}  // namespace
}  // namespace asmgr
