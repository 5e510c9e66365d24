// From what the engine tells to the text that Prometheus reads.
#include "core/telemetry/metrics.hpp"

#include <gmock/gmock.h>

#include "core/telemetry/metrics_text.hpp"
#include "tests/core/engine/support/world.hpp"

namespace asmgr::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string text_of(const Metrics& metrics, const HostStatus& status = {},
                    const std::vector<MetricValue>& plugins = {}) {
  return metrics_text(metrics.values(), status, plugins);
}

// The value of the sample with exactly this name and labels; -1 when there is none.
double sample(const std::string& text, const std::string& name) {
  const auto at = ("\n" + text).find("\n" + name + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + name.size() + 1));
}

TEST(MetricsOfAHost, ARunLeavesItsTraceInEveryStage) {
  World world(complete_with_text);
  auto metrics = std::make_shared<Metrics>();
  world.observer = metrics;
  ASSERT_TRUE(world.execute(world.pending_run(world.active_session())));
  const std::string text = text_of(*metrics, world.manager().status());
  EXPECT_EQ(sample(text, R"(asmgr_runs_ended_total{provider="test",status="completed"})"), 1);
  EXPECT_EQ(sample(text, R"(asmgr_queue_wait_seconds_count{provider="test"})"), 1);
  EXPECT_EQ(sample(text, R"(asmgr_first_event_seconds_count{provider="test"})"), 1);
  EXPECT_EQ(sample(text, R"(asmgr_run_duration_seconds_count{provider="test"})"), 1);
  EXPECT_EQ(sample(text, R"(asmgr_events_total{type="message_streamed"})"), 1);
  EXPECT_EQ(sample(text, R"(asmgr_tokens_total{provider="test",model="",kind="input"})"), 3);
  EXPECT_EQ(sample(text, R"(asmgr_tokens_total{provider="test",model="",kind="output"})"), 1);
  EXPECT_EQ(sample(text, R"(asmgr_units_total{store="local",answer="refused"})"), 0);
  EXPECT_GT(sample(text, R"(asmgr_units_total{store="local",answer="ok"})"), 3);
  EXPECT_GT(sample(text, R"(asmgr_commit_duration_seconds_count{store="local"})"), 3);
  EXPECT_GT(sample(text, R"(asmgr_commit_group_units_bucket{store="local",le="1"})"), 3);
  EXPECT_EQ(sample(text, R"(asmgr_plugin_call_duration_seconds_count{plugin="test",function="start"})"), 1);
  EXPECT_EQ(sample(text, "asmgr_active_runs"), 0);
}

TEST(MetricsOfAHost, ValuesOnABoundBelongBelowItAndBucketsAreCumulative) {
  Metrics metrics;
  for (const auto waited :
       {std::chrono::milliseconds(10), std::chrono::milliseconds(11), std::chrono::milliseconds(90)}) {
    metrics.run_begun({"s", "r", "p", waited});
  }
  const std::string text = text_of(metrics);
  EXPECT_EQ(sample(text, R"(asmgr_queue_wait_seconds_bucket{provider="p",le="0.01"})"), 1) << text;
  EXPECT_EQ(sample(text, R"(asmgr_queue_wait_seconds_bucket{provider="p",le="0.1"})"), 3);
  EXPECT_EQ(sample(text, R"(asmgr_queue_wait_seconds_bucket{provider="p",le="+Inf"})"), 3);
  EXPECT_NEAR(sample(text, R"(asmgr_queue_wait_seconds_sum{provider="p"})"), 0.111, 1e-9);
}

TEST(MetricsOfAHost, ErrorsAreCountedByCodeAndCostByModel) {
  Metrics metrics;
  asmgr::Run run;
  run.status = RunStatus::failed;
  run.error = Error(ErrorCode::provider_timeout);
  run.cost_usd = 0.25;
  metrics.run_ended({run, "p", "m-1", std::chrono::seconds(2)});
  metrics.run_ended({run, "p", "m-1", std::chrono::seconds(2)});
  const std::string text = text_of(metrics);
  EXPECT_EQ(sample(text, R"(asmgr_run_errors_total{provider="p",code="provider_timeout"})"), 2);
  EXPECT_EQ(sample(text, R"(asmgr_cost_usd_total{provider="p",model="m-1"})"), 0.5);
}

TEST(MetricsOfAHost, LabelsFromOutsideCannotGrowWithoutBound) {
  Metrics metrics;
  asmgr::Run run;
  run.status = RunStatus::completed;
  run.cost_usd = 1;
  for (int i = 0; i < 1000; ++i) metrics.run_ended({run, "p", "model-" + std::to_string(i), std::chrono::seconds(1)});
  const MetricValues values = metrics.values();
  const auto& models = values.providers.begin()->second.models;
  EXPECT_EQ(std::distance(models.begin(), models.end()), 101);
  EXPECT_EQ(sample(text_of(metrics), R"(asmgr_cost_usd_total{provider="p",model="other"})"), 900);
}

TEST(MetricsOfAHost, LabelsAreEscaped) {
  Metrics metrics;
  metrics.happened(Incident::plugin_hung, "a\"b\n");
  EXPECT_THAT(text_of(metrics), HasSubstr(R"(asmgr_plugin_hangs_total{plugin="a\"b\n"} 1)"));
}

TEST(MetricsOfAHost, AnEventOfALaterTypeCountsAsUnknown) {
  CommittedGroup group;
  group.store = "s";
  group.events[0] = 2;
  Metrics metrics;
  metrics.group_committed(group);
  EXPECT_EQ(sample(text_of(metrics), R"(asmgr_events_total{type="unknown"})"), 2);
}

TEST(MetricsOfAHost, WhatPluginsRegisterGetsTheirPrefixUnitAndTotal) {
  MetricRegistry registry;
  registry.record(registry.add(MetricKind::counter, "http_requests", "", "Requests made"), 3);
  registry.record(registry.add(MetricKind::gauge, "wal_bytes", "bytes", "Size of the log"), 7);
  registry.record(registry.add(MetricKind::histogram, "checkpoint", "seconds", "Checkpoints"), 0.5);
  const std::string text = text_of(Metrics(), {}, registry.read());
  EXPECT_EQ(sample(text, "asmgr_plugin_http_requests_total"), 3) << text;
  EXPECT_EQ(sample(text, "asmgr_plugin_wal_bytes"), 7);
  EXPECT_EQ(sample(text, "asmgr_plugin_checkpoint_seconds_sum"), 0.5);
  EXPECT_EQ(sample(text, "asmgr_plugin_checkpoint_seconds_count"), 1);
  EXPECT_THAT(text, HasSubstr("# HELP asmgr_plugin_http_requests_total Requests made"));
}

TEST(MetricsOfAHost, TwoPluginMetricsOfOneFullNameAreShownOnce) {
  MetricRegistry registry;
  registry.record(registry.add(MetricKind::counter, "x", "", ""), 1);
  registry.record(registry.add(MetricKind::counter, "x_total", "", ""), 2);
  const std::string text = text_of(Metrics(), {}, registry.read());
  EXPECT_EQ(sample(text, "asmgr_plugin_x_total"), 1);
  EXPECT_EQ(text.find("asmgr_plugin_x_total 2"), std::string::npos);
}

TEST(MetricsOfAHost, CountersOfTheEngineAreShown) {
  HostStatus status;
  status.runs = 2;
  status.queued_runs = 5;
  status.late_events = 7;
  const std::string text = text_of(Metrics(), status);
  EXPECT_EQ(sample(text, "asmgr_active_runs"), 2);
  EXPECT_EQ(sample(text, "asmgr_queued_runs"), 5);
  EXPECT_EQ(sample(text, "asmgr_late_events_total"), 7);
}

}  // namespace
}  // namespace asmgr::testing
