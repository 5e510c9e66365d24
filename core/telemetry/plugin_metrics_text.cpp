#include <set>

#include "core/plugin/metric_registry.hpp"
#include "core/telemetry/families.hpp"

namespace asmgr {
namespace {

constexpr std::string_view kTotal = "_total";

bool is_unit(std::string_view unit) noexcept {
  return !unit.empty() && unit.size() <= 32 &&
         std::all_of(unit.begin(), unit.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

// asmgr_plugin_<name>[_<unit>][_total]; what the name says already is not said twice.
std::string full_name(const MetricValue& metric) {
  std::string name = "asmgr_plugin_" + metric.name;
  const bool ends_in_total = name.ends_with(kTotal);
  if (ends_in_total) name.resize(name.size() - kTotal.size());
  if (is_unit(metric.unit) && !name.ends_with("_" + metric.unit)) name += "_" + metric.unit;
  if (metric.kind == MetricKind::counter || ends_in_total) name += kTotal;
  return name;
}

prometheus::MetricType type_of(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::counter:
      return prometheus::MetricType::Counter;
    case MetricKind::gauge:
      return prometheus::MetricType::Gauge;
    case MetricKind::histogram:
      break;
  }
  return prometheus::MetricType::Summary;  // only sum and count are kept
}

}  // namespace

void add_plugin_metrics(const std::vector<MetricValue>& metrics, std::vector<prometheus::MetricFamily>& families) {
  std::set<std::string> taken;
  for (const MetricValue& metric : metrics) {
    const std::string name = full_name(metric);
    if (!taken.insert(name).second) continue;
    Family family(type_of(metric.kind), name, metric.help);
    if (metric.kind == MetricKind::histogram) {
      family.add_summary({}, metric.count, metric.value);
    } else {
      family.add({}, metric.value);
    }
    std::move(family).into(families);
  }
}

}  // namespace asmgr
