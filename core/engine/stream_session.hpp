// One call from a prompt to a stream of events: a session of its own, its run, what it says, its result.
#pragma once

#include <chrono>
#include <string>

#include "core/engine/options.hpp"

namespace asmgr {

struct StreamSessionOptions {
  RunOnceOptions run;  // its event_callback is called as well
  // So long without an event ends the stream with a timeout; the run goes on until close().
  std::chrono::milliseconds idle_timeout{120'000};
};

// The run is under way whether anybody reads or not: who reads slowly reads what is stored, and holds nothing back.
// May not outlive its SessionManager.
class StreamSession {
 public:
  virtual ~StreamSession() = default;  // closes, without waiting for the end

  // The run's next event in order; null after its last one, and after close(). One thread at a time. The pointer lives
  // until the next call. Errors: why the run could not be carried out, timeout (idle_timeout).
  [[nodiscard]] virtual Result<const Event*> next() = 0;
  // The end of the run, with its session closed as run_once closes it. Any thread but the engine's, any number of
  // times.
  [[nodiscard]] virtual Result<RunResult> result() = 0;
  // Cancels the run, and with it the session that was made for it; a run that has ended stays as it is. Any thread, any
  // number of times; does not wait.
  virtual void close() = 0;

  [[nodiscard]] virtual const std::string& session_id() const noexcept = 0;
  [[nodiscard]] virtual const std::string& run_id() const noexcept = 0;
};

}  // namespace asmgr
