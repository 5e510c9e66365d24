#include "core/engine/stream_session.hpp"

#include <stop_token>

#include "core/engine/one_shot.hpp"
#include "core/engine/waiting.hpp"

namespace asmgr {
namespace {

// What the run's end and its reader share; the end may come later than the reader goes.
struct StreamedRun {
  std::string session_id;
  std::string run_id;
  bool own_session = true;
  std::atomic<bool> closed{false};
  std::stop_source stop;
  Waiting<RunResult> ended;
};

class RunStream final : public StreamSession {
 public:
  RunStream(SessionManager& manager, std::shared_ptr<StreamedRun> run, std::unique_ptr<EventStream> events,
            std::chrono::milliseconds idle_timeout)
      : manager_(manager), run_(std::move(run)), events_(std::move(events)), idle_timeout_(idle_timeout) {}
  ~RunStream() override { close(); }

  Result<const Event*> next() override {
    if (over_ || run_->closed) return nullptr;
    auto event = events_->next();
    if (!event) return event;
    if (*event != nullptr) {
      over_ = is_run_terminal((*event)->type);
      return event;
    }
    if (run_->closed) return nullptr;
    if (!run_->ended.is_answered()) {
      return Error(ErrorCode::timeout, "run " + run_->run_id + " said nothing for " +
                                           std::to_string(idle_timeout_.count()) +
                                           " ms; it goes on until it is closed");
    }
    over_ = true;
    auto result = run_->ended.wait();
    if (!result) return result.error();
    return nullptr;
  }
  Result<RunResult> result() override {
    if (EngineThread::here()) return blocking_here();
    return run_->ended.wait();
  }
  void close() override {
    if (run_->closed.exchange(true) || run_->ended.is_answered()) return;
    run_->stop.request_stop();
    CancelRunOptions cancel;
    cancel.run_id = run_->run_id;
    cancel.reason = "closed";
    manager_.begin_cancel_run(std::move(cancel), [](const Result<Run>&) {});
  }
  const std::string& session_id() const noexcept override { return run_->session_id; }
  const std::string& run_id() const noexcept override { return run_->run_id; }

 private:
  SessionManager& manager_;
  std::shared_ptr<StreamedRun> run_;
  std::unique_ptr<EventStream> events_;
  std::chrono::milliseconds idle_timeout_;
  bool over_ = false;
};

// Closes the session that was made for the run, then tells who waits.
void end_streamed_run(SessionManager& manager, StreamedRun& run, const RunOnceOptions& options,
                      Result<RunResult> result) {
  if (run.own_session) {
    // Closed before it began: the run was cancelled under its execution.
    if (!result && run.closed) {
      (void)manager.cancel_session({run.session_id, options.tenant, options.caller, {}});
    } else if (auto warning = finish_session(manager, run.session_id, options, result); warning && result) {
      result->warnings.push_back(*warning);
    }
  }
  const bool failed = !result.has_value();
  run.ended.answer(std::move(result));
  if (failed) run.stop.request_stop();  // no terminal event will come
}

}  // namespace

Result<std::unique_ptr<StreamSession>> SessionManager::stream_session(const StreamSessionOptions& options) {
  if (EngineThread::here()) return blocking_here();
  auto session_id = session_for(*this, *engine_->wiring(), options.run);
  if (!session_id) return session_id.error();
  auto run = std::make_shared<StreamedRun>();
  run->session_id = *session_id;
  run->own_session = options.run.session_id.empty();
  auto started = start_run_in(*this, *session_id, options.run);
  if (!started) {
    if (run->own_session) (void)finish_session(*this, *session_id, options.run, started.error());
    return started.error();
  }
  run->run_id = started->id;
  StreamEventsOptions stream;
  stream.session_id = *session_id;
  stream.run_id = started->id;
  stream.until = StreamUntil::run_terminal;
  stream.wait_timeout = options.idle_timeout;
  stream.stop = run->stop.get_token();
  auto events = stream_session_events(std::move(stream));
  if (!events) return events.error();
  begin_execute_run(execution_of(options.run, run->run_id), [this, run, once = options.run](Result<RunResult> result) {
    // Dropped by a host that ends: nothing can be done in the session any more.
    if (!result && engine_->stopping()) {
      run->ended.answer(std::move(result));
      run->stop.request_stop();
      return;
    }
    engine_->context().helpers.run([this, run, once, result = std::move(result)]() mutable {
      end_streamed_run(*this, *run, once, std::move(result));
    });
  });
  return std::unique_ptr<StreamSession>(
      std::make_unique<RunStream>(*this, std::move(run), std::move(*events), options.idle_timeout));
}

}  // namespace asmgr
