// Submitting a run and waiting for its end as two steps, and a host that takes no new work.
#include <boost/asio/steady_timer.hpp>

#include <algorithm>

#include "core/engine/execution.hpp"
#include "core/engine/owed_answer.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

using Engine = SessionManager::Engine;

constexpr std::chrono::milliseconds kDrainLook{50};

// Answers once: with the run's end or when the time is up.
class RunWait : public std::enable_shared_from_this<RunWait> {
 public:
  RunWait(Engine& engine, AwaitRunOptions options, Handler<RunResult> handler)
      : engine_(engine), options_(std::move(options)), handler_(std::move(handler)) {}

  void begin(const Engine::FoundRun& found) {
    found_ = found;
    auto timer = std::make_shared<boost::asio::steady_timer>(engine_.context().pool, options_.timeout);
    timer_ = timer;
    timer->async_wait([timer, self = shared_from_this()](const boost::system::error_code& cancelled) {
      if (!cancelled) self->time_is_up();
    });
    if (auto kept = engine_.context().outcomes.kept(options_.run_id)) return answer_with_events(std::move(*kept));
    if (engine_.sessions().session_of_run(options_.run_id) != nullptr) {
      engine_.context().outcomes.get(options_.run_id)->when_settled([self = shared_from_this()](const auto& result) {
        if (result) return self->answer_with_events(*result);
        self->answer(result);
      });
    }
    // Also for a run of this host: it may have ended between the two looks.
    found_.host->wait_until(found_.session_id, [self = shared_from_this()] { return self->look(); });
  }

 private:
  // On a reader thread; true: nothing to wait for any more.
  bool look() {
    if (answered_) return true;
    auto run = found_.host->store().get_run(options_.tenant, options_.run_id);
    const bool rests = run && (is_terminal(run->status) || is_parked(*run));
    if (rests) {
      answer(engine_.result_from_store(*found_.host, options_.run_id, options_.events));
      return true;
    }
    if (!engine_.stopping()) return false;
    answer(Error(ErrorCode::cancelled, "this host is shutting down; run " + options_.run_id + " goes on elsewhere"));
    return true;
  }
  // Left by its host with a question that nobody has answered yet.
  [[nodiscard]] bool is_parked(const Run& run) {
    if (!read_suspension(run).on_purpose || engine_.sessions().session_of_run(run.id) != nullptr) return false;
    auto open = open_approvals(found_.host->store(), run.session_id);
    return open && std::any_of(open->begin(), open->end(), [&](const ApprovalRecord& asked) {
             return asked.approval.run_id == run.id && asked.approval.status == ApprovalStatus::pending;
           });
  }
  void answer_with_events(RunResult result) {
    found_.host->read(
        [self = shared_from_this(), result = std::move(result)]() mutable {
          fill_events(*self->found_.host, self->options_.events, result);
          self->answer(std::move(result));
        },
        Inline::no);
  }
  void time_is_up() {
    answer(Error(ErrorCode::timeout, "run " + options_.run_id + " has not ended within " +
                                         std::to_string(options_.timeout.count()) + " ms; it goes on"));
  }
  void answer(Result<RunResult> result) {
    if (answered_.exchange(true)) return;
    if (const auto timer = timer_.lock()) timer->cancel();
    handler_(std::move(result));
  }

  Engine& engine_;
  AwaitRunOptions options_;
  Handler<RunResult> handler_;
  Engine::FoundRun found_;
  std::weak_ptr<boost::asio::steady_timer> timer_;  // it must not outlive the engine's threads, as this may
  std::atomic<bool> answered_{false};
};

void await_run_at(Engine& engine, Inline where, const AwaitRunOptions& options, Handler<RunResult> handler) {
  engine.look_up<Engine::FoundRun>(
      where, [&engine, options] { return engine.find_run(options.run_id, options.tenant); },
      [&engine, options, handler](Result<Engine::FoundRun> found) {
        if (!found) return handler(found.error());
        std::make_shared<RunWait>(engine, options, handler)->begin(*found);
      });
}

}  // namespace

Result<RunResult> SessionManager::await_run(AwaitRunOptions options) {
  return block<RunResult>(
      [&](Handler<RunResult> done) { await_run_at(*engine_, Inline::yes, options, std::move(done)); });
}

void SessionManager::begin_await_run(AwaitRunOptions options, Handler<RunResult> handler) {
  await_run_at(*engine_, Inline::no, options, owed(std::move(handler)));
}

HostStatus SessionManager::status() {
  const HostSlots::Status slots = engine_->context().slots.status();
  const EngineCounters& counters = *engine_->context().counters;
  return {slots.sessions,        slots.runs,           slots.waiting,           engine_->draining(),
          counters.queued_runs,  counters.late_events, counters.dropped_events, counters.callback_failures,
          counters.slow_observes};
}

Result<void> SessionManager::drain(std::optional<std::chrono::milliseconds> limit) {
  if (EngineThread::here()) return blocking_here();
  const std::chrono::milliseconds timeout = limit.value_or(engine_->wiring()->host.drain_timeout);
  engine_->begin_draining();
  const Clock& clock = engine_->clock();
  const std::int64_t until = clock.monotonic_ns() + std::chrono::nanoseconds(timeout).count();
  Settled& settled = engine_->context().settled;
  while (true) {
    const std::uint64_t seen = settled.times();
    const std::optional<std::string> busy = engine_->anything_busy();
    if (!busy) return {};
    const std::int64_t left = until - clock.monotonic_ns();
    if (left <= 0) {
      return Error(ErrorCode::timeout, "session " + *busy + " still has runs after " + std::to_string(timeout.count()) +
                                           " ms; they go on, and nothing new is taken");
    }
    settled.wait(seen, std::min<std::chrono::nanoseconds>(std::chrono::nanoseconds(left), kDrainLook));
  }
}

}  // namespace asmgr
