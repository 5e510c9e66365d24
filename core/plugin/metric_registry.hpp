// The metrics that plugins register: in memory, by handle.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace asmgr {

enum class MetricKind : std::uint32_t { counter = 1, gauge, histogram };

// What a reader sees of one metric. A counter has a sum, a gauge its present value, a histogram sum and count.
struct MetricValue {
  std::string name;
  std::string unit;
  std::string help;
  MetricKind kind = MetricKind::counter;
  double value = 0;
  std::uint64_t count = 0;
};

// Thread-safe.
class MetricRegistry {
 public:
  static constexpr std::size_t kMaxMetrics = 4096;

  // The same name gives the same handle. 0 = refused: a bad name ([a-z][a-z0-9_]*), another kind than before, too many.
  [[nodiscard]] std::uint32_t add(MetricKind kind, std::string_view name, std::string_view unit, std::string_view help);
  // Unknown handles, non-finite values and negative additions to a counter are ignored. A gauge is added to as well.
  void record(std::uint32_t handle, double value) noexcept;
  [[nodiscard]] std::vector<MetricValue> read() const;

 private:
  mutable std::mutex mutex_;
  std::deque<MetricValue> metrics_;
  std::unordered_map<std::string, std::uint32_t> handles_;
};

}  // namespace asmgr
