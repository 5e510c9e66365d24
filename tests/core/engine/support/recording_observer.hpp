// An observer that writes down what it is told.
#pragma once

#include <map>
#include <mutex>
#include <numeric>
#include <string>
#include <vector>

#include "core/ports/observer.hpp"

namespace asmgr::testing {

class RecordingObserver final : public Observer {
 public:
  struct Seen {
    std::uint32_t groups = 0;
    std::uint32_t units = 0;
    std::uint32_t rows = 0;
    std::map<std::string, std::uint32_t> events;  // by type name
    std::vector<std::string> begun;               // providers
    std::vector<std::chrono::nanoseconds> waited;
    std::vector<std::string> spoke;
    std::vector<std::string> ended;              // "PROVIDER STATUS"
    std::map<std::string, std::uint32_t> calls;  // "PLUGIN FUNCTION"
    std::map<Incident, std::vector<std::string>> incidents;
  };
  [[nodiscard]] Seen seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  void group_committed(const CommittedGroup& group) noexcept override {
    const std::lock_guard lock(mutex_);
    ++seen_.groups;
    seen_.units += group.units;
    seen_.rows += group.rows;
    for (std::size_t i = 0; i < kEventTypeSlots; ++i) {
      if (group.events[i] != 0) seen_.events[std::string(type_name(static_cast<EventType>(i)))] += group.events[i];
    }
  }
  void run_begun(const RunBegun& run) noexcept override {
    const std::lock_guard lock(mutex_);
    seen_.begun.emplace_back(run.provider);
    seen_.waited.push_back(run.waited);
  }
  void run_spoke(const RunSpoke& run) noexcept override {
    const std::lock_guard lock(mutex_);
    seen_.spoke.emplace_back(run.provider);
  }
  void run_ended(const RunEnded& ended) noexcept override {
    const std::lock_guard lock(mutex_);
    seen_.ended.push_back(std::string(ended.provider) + " " + std::string(status_name(ended.run.status)));
  }
  void plugin_called(const PluginCalls& calls) noexcept override {
    const std::lock_guard lock(mutex_);
    seen_.calls[std::string(calls.plugin) + " " + std::string(calls.function)] +=
        std::accumulate(calls.counts.begin(), calls.counts.end(), 0U);
  }
  void happened(Incident incident, std::string_view of) noexcept override {
    const std::lock_guard lock(mutex_);
    seen_.incidents[incident].emplace_back(of);
  }

 private:
  mutable std::mutex mutex_;
  Seen seen_;
};

}  // namespace asmgr::testing
