#include "core/engine/run_link.hpp"

#include <thread>

#include "core/engine/engine_thread.hpp"
#include "core/engine/run_execution.hpp"
#include "core/engine/session_runtime.hpp"

namespace asmgr {
namespace {

class Inside {
 public:
  explicit Inside(std::atomic<int>& count) : count_(count) { count_.fetch_add(1); }
  ~Inside() { count_.fetch_sub(1); }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;

 private:
  std::atomic<int>& count_;
};

}  // namespace

RunLink::RunLink(std::shared_ptr<SessionRuntime> session, std::shared_ptr<RunExecution> run,
                 std::shared_ptr<Provider> provider)
    : session_(std::move(session)),
      run_(std::move(run)),
      provider_(std::move(provider)),
      engine_(session_->engine()),
      counters_(engine_.counters) {}

RunLink::~RunLink() = default;

void RunLink::begin() {
  self_ = shared_from_this();
}

void RunLink::not_started() {
  finished_.store(true);
  self_.reset();
}

void RunLink::detach() {
  cut_off();
  run_.reset();
}

void RunLink::cut_off() noexcept {
  cut_off_.store(true, std::memory_order_release);
  std::lock_guard lock(room_mutex_);
  room_.notify_all();
}

template <typename F>
void RunLink::to_session(F&& task, bool here) {
  session_->post(
      [link = shared_from_this(), task = std::forward<F>(task)]() mutable {
        if (link->run_ != nullptr) {
          const std::shared_ptr<RunExecution> run = link->run_;
          task(*run);
        }
      },
      here ? Serialiser::Where::here : Serialiser::Where::pool);
}

EmitAnswer RunLink::emit(std::span<const EventView> events, EmitMode mode) noexcept {
  try {
    return emit_checked(events, mode);
  } catch (...) {  // out of memory: none of the events was taken
    return EmitAnswer::stop;
  }
}

EmitAnswer RunLink::emit_checked(std::span<const EventView> events, EmitMode mode) {
  const Inside inside(inside_);
  if (is_cut_off() || finished_.load(std::memory_order_acquire)) {
    counters_->late_events.fetch_add(events.size(), std::memory_order_relaxed);
    return EmitAnswer::stop;
  }
  if (events.empty()) return paused() ? EmitAnswer::pause : EmitAnswer::go_on;
  // Inside the session's own serialiser (a provider that emits in its start) nobody can wait for room.
  const bool may_block = mode == EmitMode::may_block && !session_->running_here();
  const std::size_t before = outstanding_.fetch_add(events.size(), std::memory_order_acq_rel);
  if (!may_block && before >= 2 * kLimit) {
    outstanding_.fetch_sub(events.size(), std::memory_order_acq_rel);
    misbehaved("went on emitting after PAUSE until " + std::to_string(2 * kLimit) + " events were waiting");
    return EmitAnswer::stop;
  }
  may_block_.store(may_block, std::memory_order_relaxed);
  {
    const EngineThread::Scope scope;
    to_session([batch = EventBatch::copy_of(events)](RunExecution& run) mutable { run.on_events(std::move(batch)); },
               may_block);
  }
  if (outstanding_.load(std::memory_order_acquire) < kLimit) return EmitAnswer::go_on;
  if (may_block) {
    wait_for_room();
    return is_cut_off() ? EmitAnswer::stop : EmitAnswer::go_on;
  }
  paused_.store(true, std::memory_order_release);
  // Room may have come between the count and the mark.
  if (outstanding_.load(std::memory_order_acquire) < kLimit / 2) {
    session_->post([link = shared_from_this()] { link->returned(0); });
  }
  return EmitAnswer::pause;
}

void RunLink::wait_for_room() {
  std::unique_lock lock(room_mutex_);
  room_.wait(lock, [this] { return is_cut_off() || outstanding_.load(std::memory_order_acquire) < kLimit; });
}

void RunLink::returned(std::size_t events) noexcept {
  const std::size_t before = outstanding_.fetch_sub(events, std::memory_order_acq_rel);
  const std::size_t now = before - events;
  if (before >= kLimit && now < kLimit) {
    std::lock_guard lock(room_mutex_);
    room_.notify_all();
  }
  if (now < kLimit / 2 && paused_.exchange(false, std::memory_order_acq_rel) && run_ != nullptr && !is_cut_off()) {
    run_->on_room();
  }
}

void RunLink::await_outside() const noexcept {
  while (inside_.load() != 0) std::this_thread::yield();
}

void RunLink::ask(std::uint64_t ticket, std::string_view tool_call_json) noexcept {
  const Inside inside(inside_);
  if (is_cut_off()) return;
  const EngineThread::Scope scope;
  to_session(
      [ticket, text = std::string(tool_call_json)](RunExecution& run) mutable { run.on_ask(ticket, std::move(text)); },
      false);
}

void RunLink::finish(FinishStatus status, std::string_view result_json) noexcept {
  if (finished_.exchange(true)) {
    counters_->late_events.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const std::shared_ptr<RunLink> self = std::move(self_);
  const Inside inside(inside_);
  if (is_cut_off()) {
    counters_->late_events.fetch_add(1, std::memory_order_relaxed);
    return;
  }
  const EngineThread::Scope scope;
  to_session([status, text = std::string(result_json)](RunExecution& run) { run.on_finish(status, text); },
             may_block_.load(std::memory_order_relaxed) && !session_->running_here());
}

void RunLink::misbehaved(std::string_view what) noexcept {
  const Inside inside(inside_);
  if (is_cut_off()) return;
  to_session([text = std::string(what)](RunExecution& run) { run.on_misbehaved(text); }, false);
}

void RunLink::next_target(NextTarget next, Go go) noexcept {
  const Inside inside(inside_);
  if (is_cut_off()) return;
  const EngineThread::Scope scope;
  to_session([next = std::move(next),
              go = std::move(go)](RunExecution& run) mutable { run.on_next_target(std::move(next), go); },
             false);
}

}  // namespace asmgr
