#include "core/telemetry/metrics.hpp"

#include <new>

namespace asmgr {
namespace {

double seconds(std::chrono::nanoseconds duration) noexcept {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

template <typename Count>
void Metrics::count(Count&& change) noexcept {
  try {
    const std::lock_guard lock(mutex_);
    change(values_);
  } catch (const std::bad_alloc&) {
  }
}

MetricValues Metrics::values() const {
  const std::lock_guard lock(mutex_);
  return values_;
}

void Metrics::group_committed(const CommittedGroup& group) noexcept {
  count([&](MetricValues& values) {
    StoreMetrics& store = values.stores.at(group.store);
    store.commit_seconds.add(seconds(group.took));
    store.group_units.add(group.units);
    store.rows += group.rows;
    if (group.outcome == CommitOutcome::ambiguous) ++store.ambiguous_commits;
    if (group.outcome == CommitOutcome::busy || group.outcome == CommitOutcome::failed) ++store.failed_commits;
    for (std::size_t i = 0; i < kCommitAnswers; ++i) store.answers[i] += group.answers[i];
    for (std::size_t i = 0; i < kEventTypeSlots; ++i) values.events[i] += group.events[i];
  });
}

void Metrics::run_begun(const RunBegun& run) noexcept {
  count([&](MetricValues& values) { values.providers.at(run.provider).queue_wait_seconds.add(seconds(run.waited)); });
}

void Metrics::run_spoke(const RunSpoke& run) noexcept {
  count([&](MetricValues& values) { values.providers.at(run.provider).first_event_seconds.add(seconds(run.after)); });
}

void Metrics::run_ended(const RunEnded& ended) noexcept {
  count([&](MetricValues& values) {
    const Run& run = ended.run;
    ProviderMetrics& provider = values.providers.at(ended.provider);
    ++provider.ended[run.status];
    if (run.error) ++provider.errors[run.error->code()];
    provider.run_seconds.add(seconds(ended.took));
    if (run.token_usage.empty() && !run.cost_usd) return;
    ModelMetrics& model = provider.models.at(ended.model);
    model.tokens = model.tokens + run.token_usage;
    model.cost_usd += run.cost_usd.value_or(0);
  });
}

void Metrics::plugin_called(const PluginCalls& calls) noexcept {
  count([&](MetricValues& values) {
    auto& functions = values.plugin_seconds.at(calls.plugin);
    auto found = functions.find(calls.function);
    if (found == functions.end()) {
      found = functions.try_emplace(std::string(calls.function), std::span<const double>(PluginCalls::kBounds)).first;
    }
    Histogram& histogram = found->second;
    for (std::size_t i = 0; i < calls.counts.size(); ++i) histogram.counts[i] += calls.counts[i];
    histogram.sum += seconds(calls.total);
  });
}

void Metrics::happened(Incident incident, std::string_view of) noexcept {
  count([&](MetricValues& values) { ++values.incidents[static_cast<std::size_t>(incident)].at(of); });
}

}  // namespace asmgr
