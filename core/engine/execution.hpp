// Executing a run: the plan, the session's queue, the caller's callback, the result.
#pragma once

#include "core/engine/engine.hpp"
#include "core/engine/log_reader.hpp"

namespace asmgr {

// A run on its way to the session's queue. What is not accepted is told to whichever handler there is.
struct Submission {
  SessionManager::Engine::FoundRun found;
  std::string run_id;
  std::string tenant;
  RunPlan plan;
  std::function<void(const Result<void>&)> accepted;  // it is begun, or waits durably; may be empty
  Handler<RunResult> ended;                           // its result, without events; may be empty
  bool resumed = false;  // it may be queued already, by this very submission, with an owner that is gone
};
void send_submission(SessionManager::Engine& engine, Inline where, Submission submission);

struct WantedEvents {
  EventCallback callback;  // may be empty
  ResultEvents in_result = ResultEvents::lifecycle;
};
// `begin` sets the run going; the caller's thread delivers its events and waits for its end.
[[nodiscard]] Result<RunResult> deliver_until_ended(SessionManager::Engine& engine,
                                                    const SessionManager::Engine::FoundRun& found,
                                                    const std::string& run_id, const WantedEvents& wanted,
                                                    const std::function<void(Handler<RunResult>)>& begin);

// Puts the events the caller wants into the result. Reads the store.
void fill_events(StoreHost& host, ResultEvents wanted, RunResult& result);

// Delivers a run's events to a callback, each once and in order.
class CallbackDelivery {
 public:
  CallbackDelivery(StoreHost& host, const std::string& session_id, const std::string& run_id, std::uint64_t after,
                   EventCallback callback, EngineCounters& counters, std::function<void()> on_ready = {});
  // Delivers what there is; a store that cannot be read now is asked again by the next call.
  void deliver();
  void wait(std::chrono::milliseconds timeout) { reader_.wait(timeout); }
  void look_again() { reader_.look_again(); }
  [[nodiscard]] std::uint64_t failures() const noexcept { return failures_; }

 private:
  EventCallback callback_;
  EngineCounters& counters_;
  std::uint64_t failures_ = 0;
  LogReader reader_;
};

}  // namespace asmgr
