#include "core/engine/call_watch.hpp"

#include <algorithm>

namespace asmgr {
namespace {

std::uint64_t next_watch_id() {
  static std::atomic<std::uint64_t> last{0};
  return last.fetch_add(1) + 1;
}

struct CachedSlot {
  std::uint64_t watch = 0;
  void* slot = nullptr;
};
thread_local CachedSlot cached_slot;

}  // namespace

CallWatch::CallWatch(const Clock& clock, std::chrono::milliseconds limit, Overdue overdue, Observer* observer)
    : clock_(clock),
      limit_(limit),
      overdue_(std::move(overdue)),
      observer_(observer),
      id_(next_watch_id()),
      thread_([this] { watch(); }) {}

CallWatch::~CallWatch() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

CallWatch::Slot& CallWatch::slot_of_this_thread() {
  if (cached_slot.watch == id_) return *static_cast<Slot*>(cached_slot.slot);
  std::lock_guard lock(mutex_);
  const std::thread::id self = std::this_thread::get_id();
  Slot* slot = nullptr;
  for (const auto& held : slots_) {
    // A slot of a thread that has ended may be met again under the same id; it is idle then.
    if (held->thread == self) slot = held.get();
  }
  if (slot == nullptr) {
    slots_.push_back(std::make_unique<Slot>());
    slot = slots_.back().get();
    slot->thread = self;
  }
  cached_slot = {id_, slot};
  return *slot;
}

bool CallWatch::all_back_within(std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return back_.wait_for(lock, patience, [this] {
    return std::none_of(slots_.begin(), slots_.end(), [](const auto& slot) { return slot->state.load() == kReported; });
  });
}

void CallWatch::watch() {
  const auto pace =
      std::clamp<std::chrono::milliseconds>(limit_ / 8, std::chrono::milliseconds(5), std::chrono::milliseconds(500));
  std::unique_lock lock(mutex_);
  while (!wake_.wait_for(lock, pace, [this] { return stopping_; })) {
    const std::int64_t too_old = clock_.monotonic_ns() - std::chrono::nanoseconds(limit_).count();
    std::vector<Slot*> late;
    for (const auto& slot : slots_) {
      std::uint32_t running = kRunning;
      if (slot->since_ns.load(std::memory_order_acquire) > too_old) continue;
      if (slot->state.compare_exchange_strong(running, kReporting, std::memory_order_acq_rel)) {
        // The stamp may be of a newer call than the time that was looked at.
        if (slot->since_ns.load(std::memory_order_acquire) <= too_old) {
          late.push_back(slot.get());
        } else {
          slot->state.store(kRunning, std::memory_order_release);
        }
      }
    }
    lock.unlock();
    for (Slot* slot : late) {
      overdue_(slot->call);
      slot->state.store(kReported, std::memory_order_release);
    }
    lock.lock();
  }
}

CallWatch::Scope::Scope(CallWatch& watch, WatchedCall call) : watch_(watch) {
  Slot& slot = watch.slot_of_this_thread();
  if (slot.state.load(std::memory_order_relaxed) != kIdle) return;
  slot.call = call;
  slot.since_ns.store(watch.clock_.monotonic_ns(), std::memory_order_release);
  slot.state.store(kRunning, std::memory_order_release);
  slot_ = &slot;
}

void CallWatch::Scope::observe(const Slot& slot) const noexcept {
  PluginCalls calls;
  calls.plugin = slot.call.plugin;
  calls.function = slot.call.function;
  calls.add(std::chrono::nanoseconds(watch_.clock_.monotonic_ns() - slot.since_ns.load(std::memory_order_relaxed)));
  watch_.observer_->plugin_called(calls);
}

bool CallWatch::Scope::end() noexcept {
  Slot* slot = std::exchange(slot_, nullptr);
  if (slot == nullptr) return false;
  if (watch_.observer_ != nullptr && slot->call.measured == WatchedCall::Measured::yes) observe(*slot);
  std::uint32_t running = kRunning;
  while (!slot->state.compare_exchange_weak(running, kIdle, std::memory_order_acq_rel)) {
    if (running == kReported) {
      std::lock_guard lock(watch_.mutex_);
      slot->state.store(kIdle, std::memory_order_release);
      watch_.back_.notify_all();
      return true;
    }
    std::this_thread::yield();  // a report is being made, or was taken back
    running = kRunning;
  }
  return false;
}

}  // namespace asmgr
