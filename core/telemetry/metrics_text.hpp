// What was counted, as the text that Prometheus reads.
#pragma once

#include <string>
#include <vector>

#include "core/engine/options.hpp"
#include "core/plugin/metric_registry.hpp"
#include "core/telemetry/metric_values.hpp"

namespace asmgr {

// Names are asmgr_<noun>_<unit>[_total]; those that plugins registered begin with asmgr_plugin_
// (core/telemetry/README).
[[nodiscard]] std::string metrics_text(const MetricValues& values, const HostStatus& status,
                                       const std::vector<MetricValue>& of_plugins);

}  // namespace asmgr
