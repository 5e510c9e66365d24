// Who wants to know what the engine does: metrics, traces. The engine works the same without one.
//
// Nothing is told per event: commit groups, runs, calls into plugins and incidents are. Every function is called from
// any thread, also several at a time, on the engine's own paths: it must be quick, must not block and must not throw.
// The views in what it is given live for the call.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/model/error.hpp"
#include "core/model/event.hpp"
#include "core/model/run.hpp"
#include "core/ports/store.hpp"

namespace asmgr {

// Counts by EventType; a type that came with a later version counts as unknown.
inline constexpr std::size_t kEventTypeSlots = static_cast<std::size_t>(EventType::step_reset) + 1;
using EventTypeCounts = std::array<std::uint32_t, kEventTypeSlots>;
inline constexpr std::size_t kCommitAnswers = static_cast<std::size_t>(CommitAnswer::refused) + 1;

// One commit call of a store has come back.
struct CommittedGroup {
  std::string_view store;
  CommitOutcome outcome = CommitOutcome::filled;
  std::chrono::nanoseconds took{0};
  std::uint32_t units = 0;
  std::uint32_t rows = 0;  // sessions, runs and records of the units that were written
  EventTypeCounts events{};
  std::array<std::uint32_t, kCommitAnswers> answers{};  // by CommitAnswer; all 0 unless the outcome is filled
};

// A run's turn has come: its policies are asked next.
struct RunBegun {
  std::string_view session_id;
  std::string_view run_id;
  std::string_view provider;           // instance name
  std::chrono::nanoseconds waited{0};  // since it was submitted
};

// The provider said something for the first time.
struct RunSpoke {
  std::string_view provider;
  std::chrono::nanoseconds after{0};  // since the provider was started
};

// The terminal event of a run is durable.
struct RunEnded {
  const Run& run;
  std::string_view provider;
  std::string_view model;            // as the provider says, may be empty
  std::chrono::nanoseconds took{0};  // since it began
};

// Calls of one function of one plugin's instance. Those that are made per event are handed over many at a time.
struct PluginCalls {
  static constexpr std::array<double, 11> kBounds{1e-6, 1e-5, 1e-4, 5e-4, 1e-3, 5e-3, 2e-2, 5e-2, 0.25, 1.0, 5.0};  // s

  std::string_view plugin;
  std::string_view function;
  std::array<std::uint32_t, kBounds.size() + 1> counts{};  // the last: longer than every bound
  std::chrono::nanoseconds total{0};

  void add(std::chrono::nanoseconds took) noexcept {
    const double seconds = std::chrono::duration<double>(took).count();
    std::size_t slot = 0;
    while (slot < kBounds.size() && seconds > kBounds[slot]) ++slot;
    ++counts[slot];
    total += took;
  }
};

// Rare things that each deserve a counter.
enum class Incident : std::uint8_t {
  unit_retried,    // a store refused a unit, it is tried again; of: the store
  unit_ambiguous,  // nobody knows whether a unit was written; of: the store
  session_lost,    // another host has taken a session; of: the store
  run_recovered,   // a run of a dead host or a hung plugin was closed; of: the store
  plugin_hung,     // a call did not return in time; of: the plugin
  audit_delayed,   // an audit event could not be written at once; of: the store
};
inline constexpr std::size_t kIncidents = static_cast<std::size_t>(Incident::audit_delayed) + 1;

class Observer {
 public:
  virtual ~Observer() = default;
  virtual void group_committed(const CommittedGroup& group) noexcept = 0;
  virtual void run_begun(const RunBegun& run) noexcept = 0;
  virtual void run_spoke(const RunSpoke& run) noexcept = 0;
  virtual void run_ended(const RunEnded& run) noexcept = 0;
  virtual void plugin_called(const PluginCalls& calls) noexcept = 0;
  virtual void happened(Incident incident, std::string_view of) noexcept = 0;
};

}  // namespace asmgr
