// What every part of the engine shares: time, threads, the watchdog, the log and a few counters.
#pragma once

#include <asmgr/abi/host.h>

#include <atomic>
#include <boost/asio/thread_pool.hpp>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

#include "core/engine/call_watch.hpp"
#include "core/engine/current_wiring.hpp"
#include "core/engine/helper_threads.hpp"
#include "core/engine/host_slots.hpp"
#include "core/engine/log_line.hpp"
#include "core/engine/run_outcome.hpp"
#include "core/ports/observer.hpp"

namespace asmgr {

// Plugins that hung, by instance name. Three times, and the instance is not called again until the process restarts.
class PluginFaults {
 public:
  static constexpr int kDisabledAfter = 3;
  int count_hang(const std::string& plugin) {
    std::lock_guard lock(mutex_);
    return ++hangs_[plugin];
  }
  [[nodiscard]] bool disabled(const std::string& plugin) {
    std::lock_guard lock(mutex_);
    auto at = hangs_.find(plugin);
    return at != hangs_.end() && at->second >= kDisabledAfter;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, int> hangs_;
};

struct EngineCounters {
  std::atomic<std::uint64_t> late_events{0};     // emitted after a run was over
  std::atomic<std::uint64_t> dropped_events{0};  // of types a provider may not make, or made twice
  std::atomic<std::uint64_t> callback_failures{0};
  std::atomic<std::uint64_t> slow_observes{0};  // a policy took longer over one event than it may
  std::atomic<std::uint64_t> live_runs{0};
  std::atomic<std::uint64_t> queued_runs{0};  // that wait in this process
};

// A run that waits, for as long as this lives.
class CountedAsQueued {
 public:
  explicit CountedAsQueued(std::shared_ptr<EngineCounters> counters) : counters_(std::move(counters)) {
    counters_->queued_runs.fetch_add(1, std::memory_order_relaxed);
  }
  CountedAsQueued(CountedAsQueued&& other) noexcept : counters_(std::move(other.counters_)) {}
  CountedAsQueued& operator=(CountedAsQueued&& other) noexcept {
    std::swap(counters_, other.counters_);
    return *this;
  }
  ~CountedAsQueued() {
    if (counters_ != nullptr) counters_->queued_runs.fetch_sub(1, std::memory_order_relaxed);
  }

 private:
  std::shared_ptr<EngineCounters> counters_;
};

// Tells a host that ends that something may have come to rest.
class Settled {
 public:
  void notify() {
    {
      std::lock_guard lock(mutex_);
      ++times_;
    }
    changed_.notify_all();
  }
  // How often it was told so far.
  [[nodiscard]] std::uint64_t times() {
    std::lock_guard lock(mutex_);
    return times_;
  }
  // Returns when it was told more often than `seen`, or when the time is up.
  void wait(std::uint64_t seen, std::chrono::nanoseconds longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [&] { return times_ > seen; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t times_ = 0;
};

struct EngineContext {
  const Clock& clock;
  std::string host_id;
  HostOptions host;
  TakesRuns takes_runs;
  bool serves;  // looks for work by itself
  EngineLog log;
  boost::asio::thread_pool& pool;
  HelperThreads& helpers;
  CallWatch& watch;
  RunOutcomes& outcomes;
  PluginFaults& faults;
  std::shared_ptr<EngineCounters> counters;                // shared with what may outlive the engine: given-up runs
  std::shared_ptr<std::atomic<std::uint64_t>> last_start;  // numbers of provider starts
  std::atomic<bool>& stopping;                             // no new work; what runs is being ended
  std::atomic<bool>& draining;                             // no new work; what was taken goes on
  Settled& settled;                                        // told by sessions while `stopping` or `draining`
  HostSlots& slots;
  const CurrentWiring& wiring;
  Observer* observer;  // may be null

  // Of what belongs to no run; may be null.
  [[nodiscard]] std::shared_ptr<const Redactor> redactor() const { return wiring.get()->redactor; }
  void happened(Incident incident, std::string_view of) const {
    if (observer != nullptr) observer->happened(incident, of);
  }
  // Runs a function soon on an engine thread.
  void schedule(std::function<void()> work) const;
};

}  // namespace asmgr
