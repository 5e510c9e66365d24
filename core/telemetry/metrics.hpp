// The observer that counts.
#pragma once

#include <mutex>

#include "core/telemetry/metric_values.hpp"

namespace asmgr {

class Metrics final : public Observer {
 public:
  // A copy, consistent in itself. Any thread.
  [[nodiscard]] MetricValues values() const;

  void group_committed(const CommittedGroup& group) noexcept override;
  void run_begun(const RunBegun& run) noexcept override;
  void run_spoke(const RunSpoke& run) noexcept override;
  void run_ended(const RunEnded& run) noexcept override;
  void plugin_called(const PluginCalls& calls) noexcept override;
  void happened(Incident incident, std::string_view of) noexcept override;

 private:
  // What is counted must not end the run that is counted: without memory for a new label the value is lost.
  template <typename Count>
  void count(Count&& change) noexcept;

  mutable std::mutex mutex_;
  MetricValues values_;
};

}  // namespace asmgr
