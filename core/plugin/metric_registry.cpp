#include "core/plugin/metric_registry.hpp"

#include <algorithm>
#include <cmath>

namespace asmgr {
namespace {

bool is_metric_name(std::string_view name) noexcept {
  const auto lower = [](char c) { return c >= 'a' && c <= 'z'; };
  return !name.empty() && name.size() <= 128 && lower(name.front()) &&
         std::all_of(name.begin(), name.end(), [&](char c) { return lower(c) || (c >= '0' && c <= '9') || c == '_'; });
}

bool is_kind(MetricKind kind) noexcept {
  return kind == MetricKind::counter || kind == MetricKind::gauge || kind == MetricKind::histogram;
}

}  // namespace

std::uint32_t MetricRegistry::add(MetricKind kind, std::string_view name, std::string_view unit,
                                  std::string_view help) {
  if (!is_metric_name(name) || !is_kind(kind)) return 0;
  const std::lock_guard lock(mutex_);
  const auto known = handles_.find(std::string(name));
  if (known != handles_.end()) return metrics_[known->second - 1].kind == kind ? known->second : 0;
  if (metrics_.size() == kMaxMetrics) return 0;
  metrics_.push_back({std::string(name), std::string(unit), std::string(help), kind, 0, 0});
  const auto handle = static_cast<std::uint32_t>(metrics_.size());
  handles_.emplace(name, handle);
  return handle;
}

void MetricRegistry::record(std::uint32_t handle, double value) noexcept {
  if (!std::isfinite(value)) return;
  const std::lock_guard lock(mutex_);
  if (handle == 0 || handle > metrics_.size()) return;
  MetricValue& metric = metrics_[handle - 1];
  if (metric.kind == MetricKind::counter && value < 0) return;
  metric.value += value;
  ++metric.count;
}

std::vector<MetricValue> MetricRegistry::read() const {
  const std::lock_guard lock(mutex_);
  return {metrics_.begin(), metrics_.end()};
}

}  // namespace asmgr
