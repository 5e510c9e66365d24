#include "core/telemetry/metrics_text.hpp"

#include <prometheus/text_serializer.h>

#include "core/telemetry/families.hpp"

namespace asmgr {
namespace {

using prometheus::MetricType;
using Families = std::vector<prometheus::MetricFamily>;

constexpr std::array<std::string_view, kCommitAnswers> kAnswerNames{
    "ok", "version_conflict", "sequence_conflict", "stale_epoch", "already_exists", "limit_exceeded", "refused"};

struct IncidentText {
  const char* name;
  const char* help;
  const char* label;
};
constexpr std::array<IncidentText, kIncidents> kIncidentTexts{{
    {"asmgr_unit_retries_total", "Units tried again because the store failed", "store"},
    {"asmgr_ambiguous_units_total", "Units of which nobody knew whether they were written", "store"},
    {"asmgr_lost_sessions_total", "Sessions that another host took over", "store"},
    {"asmgr_recovered_runs_total", "Runs closed for a dead host or a hung plugin", "store"},
    {"asmgr_plugin_hangs_total", "Calls that did not return in time", "plugin"},
    {"asmgr_audit_delays_total", "Audit events that could not be written at once", "store"},
}};

template <typename Value>
double number(Value value) noexcept {
  return static_cast<double>(value);
}

void add_runs(const MetricValues& values, Families& families) {
  Family ended(MetricType::Counter, "asmgr_runs_ended_total", "Runs by their final status");
  Family errors(MetricType::Counter, "asmgr_run_errors_total", "Runs that ended with an error, by its code");
  Family wait(MetricType::Histogram, "asmgr_queue_wait_seconds", "From the submission of a run to its turn");
  Family first(MetricType::Histogram, "asmgr_first_event_seconds", "From a provider's start to its first event");
  Family took(MetricType::Histogram, "asmgr_run_duration_seconds", "From a run's turn to its durable end");
  for (const auto& [name, provider] : values.providers) {
    const Labels labels{{"provider", name}};
    for (const auto& [status, count] : provider.ended) {
      ended.add({{"provider", name}, {"status", std::string(status_name(status))}}, number(count));
    }
    for (const auto& [code, count] : provider.errors) {
      errors.add({{"provider", name}, {"code", std::string(code_name(code))}}, number(count));
    }
    wait.add(labels, provider.queue_wait_seconds);
    first.add(labels, provider.first_event_seconds);
    took.add(labels, provider.run_seconds);
  }
  for (Family* family : {&ended, &errors, &wait, &first, &took}) std::move(*family).into(families);
}

void add_usage(const MetricValues& values, Families& families) {
  Family tokens(MetricType::Counter, "asmgr_tokens_total", "Tokens of ended runs, in buckets that do not overlap");
  Family cost(MetricType::Counter, "asmgr_cost_usd_total", "Cost of ended runs whose cost is known");
  for (const auto& [provider, metrics] : values.providers) {
    for (const auto& [model, used] : metrics.models) {
      const auto bucket = [&, provider = provider, model = model](const char* kind, std::int64_t count) {
        tokens.add({{"provider", provider}, {"model", model}, {"kind", kind}}, number(count));
      };
      bucket("input", used.tokens.input_tokens);
      bucket("cache_read", used.tokens.cache_read_tokens);
      bucket("cache_write", used.tokens.cache_write_tokens);
      bucket("output", used.tokens.output_tokens);
      bucket("reasoning", used.tokens.reasoning_tokens);
      cost.add({{"provider", provider}, {"model", model}}, used.cost_usd);
    }
  }
  std::move(tokens).into(families);
  std::move(cost).into(families);
}

void add_commits(const MetricValues& values, Families& families) {
  Family took(MetricType::Histogram, "asmgr_commit_duration_seconds", "One commit call of a store");
  Family size(MetricType::Histogram, "asmgr_commit_group_units", "Units that went to the store in one call");
  Family units(MetricType::Counter, "asmgr_units_total", "Units by what the store answered");
  Family rows(MetricType::Counter, "asmgr_rows_total", "Sessions, runs and records written");
  Family failed(MetricType::Counter, "asmgr_failed_commits_total", "Commit calls that wrote nothing, or maybe");
  for (const auto& [name, store] : values.stores) {
    const Labels labels{{"store", name}};
    took.add(labels, store.commit_seconds);
    size.add(labels, store.group_units);
    rows.add(labels, number(store.rows));
    for (std::size_t i = 0; i < kCommitAnswers; ++i) {
      units.add({{"store", name}, {"answer", std::string(kAnswerNames[i])}}, number(store.answers[i]));
    }
    failed.add({{"store", name}, {"outcome", "failed"}}, number(store.failed_commits));
    failed.add({{"store", name}, {"outcome", "ambiguous"}}, number(store.ambiguous_commits));
  }
  for (Family* family : {&took, &size, &units, &rows, &failed}) std::move(*family).into(families);
}

void add_events(const MetricValues& values, const HostStatus& status, Families& families) {
  Family events(MetricType::Counter, "asmgr_events_total", "Durable events by type");
  for (std::size_t i = 0; i < kEventTypeSlots; ++i) {
    if (values.events[i] == 0) continue;
    events.add({{"type", std::string(type_name(static_cast<EventType>(i)))}}, number(values.events[i]));
  }
  std::move(events).into(families);
  const auto single = [&](MetricType type, const char* name, const char* help, std::uint64_t value) {
    Family family(type, name, help);
    family.add({}, number(value));
    std::move(family).into(families);
  };
  single(MetricType::Counter, "asmgr_late_events_total", "Events emitted after their run was over", status.late_events);
  single(MetricType::Counter, "asmgr_dropped_events_total", "Events that a provider may not make, or made twice",
         status.dropped_events);
  single(MetricType::Counter, "asmgr_callback_failures_total", "Event callbacks that threw", status.callback_failures);
  single(MetricType::Counter, "asmgr_slow_observes_total", "Events that a policy took too long over",
         status.slow_observes);
  single(MetricType::Gauge, "asmgr_active_sessions", "Sessions with runs in this host", status.sessions);
  single(MetricType::Gauge, "asmgr_active_runs", "Runs that this host carries out", status.runs);
  single(MetricType::Gauge, "asmgr_queued_runs", "Runs that wait in this host for their turn", status.queued_runs);
  single(MetricType::Gauge, "asmgr_waiting_sessions", "Sessions in line for a slot of the host", status.waiting);
  single(MetricType::Gauge, "asmgr_host_draining", "1 while the host takes no new run", status.draining ? 1 : 0);
}

void add_plugins(const MetricValues& values, Families& families) {
  Family calls(MetricType::Histogram, "asmgr_plugin_call_duration_seconds", "Calls into plugins");
  for (const auto& [plugin, functions] : values.plugin_seconds) {
    for (const auto& [function, histogram] : functions) {
      calls.add({{"plugin", plugin}, {"function", function}}, histogram);
    }
  }
  std::move(calls).into(families);
  for (std::size_t i = 0; i < kIncidents; ++i) {
    const IncidentText& text = kIncidentTexts[i];
    Family family(MetricType::Counter, text.name, text.help);
    for (const auto& [of, count] : values.incidents[i]) family.add({{text.label, of}}, number(count));
    std::move(family).into(families);
  }
}

}  // namespace

std::string metrics_text(const MetricValues& values, const HostStatus& status,
                         const std::vector<MetricValue>& of_plugins) {
  Families families;
  add_runs(values, families);
  add_usage(values, families);
  add_commits(values, families);
  add_events(values, status, families);
  add_plugins(values, families);
  add_plugin_metrics(of_plugins, families);
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace asmgr
