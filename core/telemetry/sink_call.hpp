// Calls of a sink that may hang: each on a thread that nobody has to wait for.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <vector>

#include "core/engine/helper_threads.hpp"
#include "core/engine/log_line.hpp"
#include "core/ports/observer.hpp"
#include "core/ports/sink.hpp"

namespace asmgr {

class SinkCalls {
 public:
  // `limit`: how long a call may take before its token is cancelled. `observer` may be null.
  SinkCalls(std::shared_ptr<EventSink> sink, std::chrono::milliseconds limit, EngineLog log, Observer* observer);

  [[nodiscard]] std::string_view sink_name() const noexcept { return sink_->info().name; }
  [[nodiscard]] std::uint32_t max_batch() const noexcept { return std::max<std::uint32_t>(1, sink_->info().max_batch); }
  // Waits for the sink, also when it has been cancelled: a sink takes one call at a time. Errors: the sink's;
  // cancelled when cancel() was called and the sink did not come back in time.
  [[nodiscard]] Result<void> publish(std::vector<Event> events);
  // Once and for good, from any thread.
  void cancel() noexcept;

 private:
  struct Call;
  [[nodiscard]] Result<void> wait_for(Call& call);

  std::shared_ptr<EventSink> sink_;
  std::chrono::milliseconds limit_;
  EngineLog log_;
  Observer* observer_;
  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::shared_ptr<Call> current_;
  HelperThreads threads_;
};

}  // namespace asmgr
