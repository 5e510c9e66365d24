// Metric families of prometheus-cpp, from plain values. Only for the sources that render them.
#pragma once

#include <prometheus/metric_family.h>

#include <string>
#include <utility>
#include <vector>

#include "core/telemetry/metric_values.hpp"

namespace asmgr {

using Labels = std::vector<std::pair<std::string, std::string>>;

// One family under construction.
class Family {
 public:
  Family(prometheus::MetricType type, std::string name, std::string help) {
    family_.type = type;
    family_.name = std::move(name);
    family_.help = std::move(help);
  }
  // Of a counter or a gauge.
  void add(const Labels& labels, double value) {
    prometheus::ClientMetric& metric = labelled(labels);
    metric.counter.value = value;
    metric.gauge.value = value;
  }
  void add(const Labels& labels, const Histogram& histogram) {
    prometheus::ClientMetric::Histogram& out = labelled(labels).histogram;
    for (std::size_t i = 0; i < histogram.bounds.size(); ++i) {
      out.sample_count += histogram.counts[i];
      out.bucket.push_back({out.sample_count, histogram.bounds[i]});
    }
    out.sample_count += histogram.counts.back();
    out.sample_sum = histogram.sum;
  }
  void add_summary(const Labels& labels, std::uint64_t count, double sum) {
    prometheus::ClientMetric::Summary& out = labelled(labels).summary;
    out.sample_count = count;
    out.sample_sum = sum;
  }
  // Families without a value are left out.
  void into(std::vector<prometheus::MetricFamily>& families) && {
    if (!family_.metric.empty()) families.push_back(std::move(family_));
  }

 private:
  prometheus::ClientMetric& labelled(const Labels& labels) {
    prometheus::ClientMetric& metric = family_.metric.emplace_back();
    for (const auto& [name, value] : labels) metric.label.push_back({name, value});
    return metric;
  }
  prometheus::MetricFamily family_;
};

struct MetricValue;

// Those of plugins. A metric whose full name another one has already is left out.
void add_plugin_metrics(const std::vector<MetricValue>& metrics, std::vector<prometheus::MetricFamily>& families);

}  // namespace asmgr
