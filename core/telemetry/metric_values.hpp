// What has been counted so far, as plain values.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/ports/observer.hpp"

namespace asmgr {

// Counts of values by size. `bounds` ascend and outlive it; a value on a bound belongs below it.
struct Histogram {
  explicit Histogram(std::span<const double> upper_bounds) : bounds(upper_bounds), counts(upper_bounds.size() + 1) {}

  std::span<const double> bounds;
  std::vector<std::uint64_t> counts;  // the last: above every bound
  double sum = 0;

  void add(double value) noexcept {
    const auto at = std::lower_bound(bounds.begin(), bounds.end(), value) - bounds.begin();
    ++counts[static_cast<std::size_t>(at)];
    sum += value;
  }
};

namespace bounds {
inline constexpr std::array kCommitSeconds{1e-5, 2.5e-5, 5e-5,  1e-4, 2.5e-4, 5e-4, 1e-3, 2.5e-3,
                                           5e-3, 0.01,   0.025, 0.05, 0.1,    0.25, 1.0,  5.0};
inline constexpr std::array kGroupUnits{1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0};
inline constexpr std::array kWaitSeconds{0.001, 0.01, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0};
inline constexpr std::array kFirstEventSeconds{0.01, 0.02, 0.04, 0.08,  0.16,  0.32,  0.64,
                                               1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92};
inline constexpr std::array kRunSeconds{0.01, 0.1,  0.5,   1.0,   2.5,   5.0,    10.0,
                                        30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0};
}  // namespace bounds

// Values by label. Labels may come from outside (a model's name, a policy written into a request), so there are at most
// kMaxLabels of them; what comes after counts as "other".
template <typename Value>
class Labelled {
 public:
  static constexpr std::size_t kMaxLabels = 100;

  // `make` gives the value of a label that is met for the first time.
  template <typename Make>
  Value& at(std::string_view label, Make make) {
    auto found = values_.find(label);
    if (found == values_.end()) {
      const std::string kept(values_.size() < kMaxLabels ? label : std::string_view("other"));
      found = values_.try_emplace(kept, make()).first;
    }
    return found->second;
  }
  Value& at(std::string_view label) {
    return at(label, [] { return Value(); });
  }
  [[nodiscard]] auto begin() const noexcept { return values_.begin(); }
  [[nodiscard]] auto end() const noexcept { return values_.end(); }

 private:
  std::map<std::string, Value, std::less<>> values_;
};

struct StoreMetrics {
  Histogram commit_seconds{bounds::kCommitSeconds};
  Histogram group_units{bounds::kGroupUnits};
  std::uint64_t rows = 0;
  std::array<std::uint64_t, kCommitAnswers> answers{};
  std::uint64_t failed_commits = 0;
  std::uint64_t ambiguous_commits = 0;
};

struct ModelMetrics {
  TokenUsage tokens;
  double cost_usd = 0;
};

struct ProviderMetrics {
  Histogram queue_wait_seconds{bounds::kWaitSeconds};
  Histogram first_event_seconds{bounds::kFirstEventSeconds};
  Histogram run_seconds{bounds::kRunSeconds};
  std::map<RunStatus, std::uint64_t> ended;
  std::map<ErrorCode, std::uint64_t> errors;
  Labelled<ModelMetrics> models;
};

struct MetricValues {
  Labelled<StoreMetrics> stores;
  std::array<std::uint64_t, kEventTypeSlots> events{};  // durable, by EventType
  Labelled<ProviderMetrics> providers;
  Labelled<std::map<std::string, Histogram, std::less<>>> plugin_seconds;  // plugin -> function
  std::array<Labelled<std::uint64_t>, kIncidents> incidents;               // by Incident
};

}  // namespace asmgr
